/* The tutorial's echo server with a thread for each client, detached, so that nobody has to join it; what the thread
 * needs is on the heap, as the next client would overwrite a variable of main's. */
#include <pthread.h>
#include "wrap.h"

struct client {
	int cfd;
};

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static void *echo(void *arg)
{
	struct client *c = arg;
	char buf[1024];
	ssize_t n;
	while ((n = Read(c->cfd, buf, sizeof(buf))) > 0) {
		write_all(STDOUT_FILENO, buf, n);
		write_all(c->cfd, buf, n);
	}
	if (n < 0)
		die("read");
	close(c->cfd);
	free(c);
	pthread_mutex_lock(&one);
	served();
	pthread_mutex_unlock(&one);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int lfd = tcp4listen(server_args(argc, argv));
	for (;;) {
		pthread_t id;
		struct client *c = malloc(sizeof(*c));
		c->cfd = Accept(lfd);
		if (pthread_create(&id, &attr, echo, c) != 0)
			die("pthread_create");
	}
}
