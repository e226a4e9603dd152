/* An echo server on poll(2), which the tutorial describes and leaves to its reader: an array of what is wanted, with
 * what is ready beside it. */
#include "wrap.h"

enum { MAX = 1024 };

int main(int argc, char **argv)
{
	static struct pollfd fds[MAX];
	int n = 1;
	fds[0].fd = tcp4listen(server_args(argc, argv));
	fds[0].events = POLLIN;
	for (;;) {
		if (poll(fds, n, -1) < 0)
			die("poll");
		for (int i = n - 1; i > 0; i--) { /* downwards, so that the last may take the place of one that has gone */
			char buf[1500];
			if (!fds[i].revents)
				continue;
			ssize_t m = Read(fds[i].fd, buf, sizeof(buf));
			if (m < 0)
				die("read");
			if (m == 0) {
				close(fds[i].fd);
				fds[i] = fds[--n];
				served();
				continue;
			}
			write_all(STDOUT_FILENO, buf, m);
			write_all(fds[i].fd, buf, m);
		}
		if (fds[0].revents && n < MAX) {
			fds[n].fd = Accept(fds[0].fd);
			fds[n].events = POLLIN;
			fds[n++].revents = 0;
		}
	}
}
