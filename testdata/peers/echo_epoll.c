/* The tutorial's echo server on epoll(7), level-triggered. Mended: it closes a descriptor first and takes it out of the
 * epoll afterwards, which then fails with EBADF; closing alone takes it out. */
#include <sys/epoll.h>
#include "wrap.h"

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
			char buf[1024];
			int fd = evs[i].data.fd;
			if (fd == lfd) {
				ev.events = EPOLLIN;
				ev.data.fd = Accept(lfd);
				epoll_ctl(epfd, EPOLL_CTL_ADD, ev.data.fd, &ev);
				continue;
			}
			ssize_t m = Read(fd, buf, sizeof(buf));
			if (m < 0)
				die("read");
			if (m == 0) {
				close(fd);
				served();
				continue;
			}
			write_all(STDOUT_FILENO, buf, m);
			write_all(fd, buf, m);
		}
	}
}
