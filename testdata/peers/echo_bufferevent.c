/* The tutorial's second echo server on libevent, after the library's hello-world: a bufferevent for each client. Mended:
 * at the client's end it frees the bufferevent at once, and with it the answers that still wait to be sent; here they
 * are sent first. A client that sends and does not read is not read from while much waits for it (a high-water mark),
 * so that the server's memory has a bound. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include "wrap.h"

enum { MUCH = 1 << 20 };

static void gone(struct bufferevent *bev)
{
	bufferevent_free(bev);
	served();
}

static void read_cb(struct bufferevent *bev, void *arg)
{
	char buf[1500];
	size_t n;
	(void)arg;
	while ((n = bufferevent_read(bev, buf, sizeof(buf))) > 0) {
		write_all(STDOUT_FILENO, buf, n);
		bufferevent_write(bev, buf, n);
	}
	if (evbuffer_get_length(bufferevent_get_output(bev)) > MUCH)
		bufferevent_disable(bev, EV_READ);
}

/* Called when all that waited has been sent. */
static void write_cb(struct bufferevent *bev, void *arg)
{
	(void)arg;
	bufferevent_enable(bev, EV_READ);
}

static void last_write_cb(struct bufferevent *bev, void *arg)
{
	(void)arg;
	gone(bev);
}

static void event_cb(struct bufferevent *bev, short what, void *arg)
{
	(void)arg;
	if (what & BEV_EVENT_ERROR)
		die("connection");
	if (evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
		gone(bev);
		return;
	}
	bufferevent_setcb(bev, NULL, last_write_cb, event_cb, NULL);
}

static void listener_cb(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct bufferevent *bev = bufferevent_socket_new(arg, fd, BEV_OPT_CLOSE_ON_FREE);
	(void)l, (void)sa, (void)len;
	bufferevent_setcb(bev, read_cb, write_cb, event_cb, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

int main(int argc, char **argv)
{
	int lfd = tcp4listen(server_args(argc, argv));
	struct event_base *base = event_base_new();
	evutil_make_socket_nonblocking(lfd);
	struct evconnlistener *l = evconnlistener_new(base, listener_cb, base, LEV_OPT_CLOSE_ON_FREE, -1, lfd);
	if (l == NULL)
		die("evconnlistener_new");
	return event_base_dispatch(base);
}
