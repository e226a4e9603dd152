/* The tutorial's UDP client moved to a unix socket: dgram_client SERVER OWN (sock.s and sock.c there). The name of its
 * own is what answers come to. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1500];
	ssize_t n;
	if (argc != 3)
		return 2;
	unlink(argv[2]);
	struct sockaddr_un server = unix_name(argv[1]), own = unix_name(argv[2]);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		die("bind");
	while ((n = Read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
		if (sendto(fd, buf, n, 0, (struct sockaddr *)&server, sizeof(server)) != n)
			die("sendto");
		n = recvfrom(fd, buf, sizeof(buf), 0, NULL, NULL);
		if (n < 0)
			die("recvfrom");
		write_all(STDOUT_FILENO, buf, n);
	}
	close(fd);
	unlink(argv[2]);
	return 0;
}
