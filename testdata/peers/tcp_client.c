/* The tutorial's TCP client: a piece of the terminal goes to the server, a piece of the server's answer comes back, in
 * turns. Mended: it never looks at what read(2) answers, so at the end of its input it spins for ever, sending the
 * -1 bytes that it did not read; and an answer that comes in two pieces leaves it one piece behind for good. Here the
 * end of the input is told to the server (a half-close), and what still comes is shown until the server's end. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1024];
	ssize_t n;
	if (argc != 2)
		return 2;
	struct sockaddr_in addr = loopback(argv[1]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("connect");
	while ((n = Read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
		write_all(fd, buf, n);
		n = Read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		write_all(STDOUT_FILENO, buf, n);
	}
	shutdown(fd, SHUT_WR);
	while ((n = Read(fd, buf, sizeof(buf))) > 0)
		write_all(STDOUT_FILENO, buf, n);
	if (n < 0)
		die("read");
	close(fd);
	return 0;
}
