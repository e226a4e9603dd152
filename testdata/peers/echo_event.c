/* The tutorial's first echo server on libevent: an event for the listener, an event for each client. Mended: a client
 * that has gone stays in the loop there, with its event and its descriptor, and is reported as readable for ever. */
#include <event2/event.h>
#include "wrap.h"

static struct event_base *base;

static void client_cb(evutil_socket_t cfd, short what, void *arg)
{
	struct event **ev = arg;
	char buf[1500];
	(void)what;
	ssize_t n = Read(cfd, buf, sizeof(buf));
	if (n < 0)
		die("read");
	if (n > 0) {
		write_all(STDOUT_FILENO, buf, n);
		write_all(cfd, buf, n);
		return;
	}
	event_free(*ev);
	free(ev);
	close(cfd);
	served();
}

static void listener_cb(evutil_socket_t lfd, short what, void *arg)
{
	struct event **ev = malloc(sizeof(*ev));
	(void)what, (void)arg;
	*ev = event_new(base, Accept(lfd), EV_READ | EV_PERSIST, client_cb, ev);
	event_add(*ev, NULL);
}

int main(int argc, char **argv)
{
	int lfd = tcp4listen(server_args(argc, argv));
	base = event_base_new();
	struct event *ev = event_new(base, lfd, EV_READ | EV_PERSIST, listener_cb, NULL);
	event_add(ev, NULL);
	return event_base_dispatch(base);
}
