/* The tutorial's TCP server: one client, and a chat in turns in which the server speaks first. Mended: after either end
 * it goes on for ever, writing the client what it did not read. Here each end is noticed once; the end of the input is
 * told to the client with a half-close, and the turns go on with the one who still speaks. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1024];
	ssize_t n;
	int lfd = tcp4listen(server_args(argc, argv));
	int cfd = Accept(lfd);
	int speak = 1, hear = 1;
	while (speak || hear) {
		if (speak) {
			n = Read(STDIN_FILENO, buf, sizeof(buf));
			if (n > 0) {
				write_all(cfd, buf, n);
			} else {
				speak = 0;
				shutdown(cfd, SHUT_WR);
			}
		}
		if (hear) {
			n = Read(cfd, buf, sizeof(buf));
			if (n < 0)
				die("read");
			if (n > 0)
				write_all(STDOUT_FILENO, buf, n);
			else
				hear = 0;
		}
	}
	close(lfd);
	close(cfd);
	return 0;
}
