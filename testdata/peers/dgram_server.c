/* The tutorial's UDP server moved to a unix socket, which it says works alike: an echo server on a path. A client
 * without a name cannot be answered; it is only heard. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1500];
	if (argc != 2)
		return 2;
	unlink(argv[1]);
	struct sockaddr_un addr = unix_name(argv[1]);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	for (;;) {
		struct sockaddr_un client;
		socklen_t len = sizeof(client);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&client, &len);
		if (n < 0)
			die("recvfrom");
		write_all(STDOUT_FILENO, buf, n);
		if (len > sizeof(sa_family_t) && sendto(fd, buf, n, 0, (struct sockaddr *)&client, len) != n)
			die("sendto");
	}
}
