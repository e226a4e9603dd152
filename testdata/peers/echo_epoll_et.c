/* The tutorial's echo server on epoll(7), edge-triggered: the connection does not block, and is read, four bytes at a
 * time there, until EAGAIN. Four bytes are too few for a test of many megabytes; here it is 1024. Mended: a write that
 * finds no room (EAGAIN) waits for some instead of losing the bytes; see wrap.h. */
#include <sys/epoll.h>
#include "wrap.h"

static void echo(int fd)
{
	char buf[1024];
	for (;;) {
		ssize_t n = Read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			die("read");
		if (n == 0) {
			close(fd);
			served();
			return;
		}
		write_all(STDOUT_FILENO, buf, n);
		write_all(fd, buf, n);
	}
}

int main(int argc, char **argv)
{
	int lfd = tcp4listen(server_args(argc, argv));
	int epfd = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = lfd}, evs[1024];
	epoll_ctl(epfd, EPOLL_CTL_ADD, lfd, &ev);
	for (;;) {
		int n = epoll_wait(epfd, evs, 1024, -1);
		if (n < 0)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (evs[i].data.fd != lfd) {
				echo(evs[i].data.fd);
				continue;
			}
			int cfd = Accept(lfd);
			fcntl(cfd, F_SETFL, fcntl(cfd, F_GETFL) | O_NONBLOCK);
			ev.events = EPOLLIN | EPOLLET;
			ev.data.fd = cfd;
			epoll_ctl(epfd, EPOLL_CTL_ADD, cfd, &ev);
		}
	}
}
