/* The tutorial's client on a unix stream socket, with a name of its own (sock.c there): unix_client SERVER OWN. In turns
 * as its TCP client, and mended in the same places. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1500];
	ssize_t n;
	if (argc != 3)
		return 2;
	unlink(argv[2]);
	struct sockaddr_un server = unix_name(argv[1]), own = unix_name(argv[2]);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		die("bind");
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
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
	unlink(argv[2]);
	return 0;
}
