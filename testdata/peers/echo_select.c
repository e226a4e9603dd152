/* The tutorial's echo server on select(2): the set is copied before each call, as the call leaves only what is ready in
 * it, and every descriptor up to the largest is asked. */
#include <sys/select.h>
#include "wrap.h"

int main(int argc, char **argv)
{
	int lfd = tcp4listen(server_args(argc, argv));
	int maxfd = lfd;
	fd_set all, ready;
	FD_ZERO(&all);
	FD_SET(lfd, &all);
	for (;;) {
		ready = all;
		if (select(maxfd + 1, &ready, NULL, NULL, NULL) < 0)
			die("select");
		if (FD_ISSET(lfd, &ready)) {
			int cfd = Accept(lfd);
			if (cfd >= FD_SETSIZE) { /* beyond the end of the set; the tutorial names the limit and does not check it */
				close(cfd);
				continue;
			}
			FD_SET(cfd, &all);
			if (cfd > maxfd)
				maxfd = cfd;
		}
		for (int fd = lfd + 1; fd <= maxfd; fd++) {
			char buf[1500];
			if (!FD_ISSET(fd, &ready))
				continue;
			ssize_t n = Read(fd, buf, sizeof(buf));
			if (n < 0)
				die("read");
			if (n == 0) {
				close(fd);
				FD_CLR(fd, &all);
				served();
				continue;
			}
			write_all(STDOUT_FILENO, buf, n);
			write_all(fd, buf, n);
		}
	}
}
