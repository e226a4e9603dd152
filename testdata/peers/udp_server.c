/* The tutorial's UDP echo server. Mended: len is set anew before each recvfrom(2), which writes to it. It has no end, as
 * a datagram socket hears none: it is stopped by a signal. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1500];
	int fd = bind4(SOCK_DGRAM, server_args(argc, argv));
	for (;;) {
		struct sockaddr_in client;
		socklen_t len = sizeof(client);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&client, &len);
		if (n < 0)
			die("recvfrom");
		write_all(STDOUT_FILENO, buf, n);
		if (sendto(fd, buf, n, 0, (struct sockaddr *)&client, len) != n)
			die("sendto");
	}
}
