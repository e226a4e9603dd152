/* The tutorial's echo server on a unix stream socket: one client. Its path is its argument (sock.s there). Mended: the
 * answers of bind and listen are looked at, and the path is removed at the end, not only at the beginning. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1500];
	ssize_t n;
	if (argc != 2)
		return 2;
	unlink(argv[1]);
	struct sockaddr_un addr = unix_name(argv[1]);
	int lfd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(lfd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	if (listen(lfd, 128) < 0)
		die("listen");
	int cfd = Accept(lfd);
	while ((n = Read(cfd, buf, sizeof(buf))) > 0) {
		write_all(STDOUT_FILENO, buf, n);
		write_all(cfd, buf, n);
	}
	if (n < 0)
		die("read");
	close(cfd);
	close(lfd);
	unlink(argv[1]);
	return 0;
}
