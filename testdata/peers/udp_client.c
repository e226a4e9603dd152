/* The tutorial's UDP client: bound to a port of its own, a datagram for each piece of input, an answer for each
 * datagram. Mended: the end of the input ends it; before, it sent datagrams of length -1 for ever. Its own port is
 * chosen by the kernel. */
#include "wrap.h"

int main(int argc, char **argv)
{
	char buf[1500];
	ssize_t n;
	if (argc != 2)
		return 2;
	struct sockaddr_in server = loopback(argv[1]);
	int fd = bind4(SOCK_DGRAM, "0");
	while ((n = Read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
		if (sendto(fd, buf, n, 0, (struct sockaddr *)&server, sizeof(server)) != n)
			die("sendto");
		n = recvfrom(fd, buf, sizeof(buf), 0, NULL, NULL);
		if (n < 0)
			die("recvfrom");
		write_all(STDOUT_FILENO, buf, n);
	}
	close(fd);
	return 0;
}
