// The other side of a tool that many.go measures, as fast as the kernel allows.
//   udp count PORT                  receives until nothing has come for 300 ms: "datagrams/s datagrams"
//   udp flood HOST PORT SIZE COUNT  sends as fast as sendmmsg does
//   udp train HOST PORT SIZE COUNT  sends as fast as it goes when the kernel cuts (UDP_SEGMENT)
//   udp take PORT                   receives 64 at a time and writes them to stdout: the limit to hold a receiver against
//   udp bytes SIZE                  reads stdin to its end: "datagrams/s datagrams", of SIZE bytes each
//   udp gso|mmsg HOST PORT SIZE     sends stdin, cut by the kernel or 64 at a time: the limit to hold a sender against
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { BATCH = 64, SLOT = 65536 };

static struct mmsghdr msgs[BATCH];
static struct iovec iovs[BATCH];
static char ctl[BATCH][256];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void result(double n, double secs) { printf("%.0f %.0f\n", secs > 0 ? n / secs : 0, n); }

static int to(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, host, &a.sin_addr);
	if (fd < 0 || connect(fd, (void *)&a, sizeof a))
		die("connect");
	return fd;
}

// lay points message i at n bytes.
static void lay(int i, char *p, size_t n)
{
	iovs[i] = (struct iovec){ p, n };
	msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &iovs[i], .msg_iovlen = 1 };
}

// out sends n messages; what the kernel has no room for now is offered again, and an error about an earlier one is no
// reason to stop.
static void out(int fd, int n)
{
	for (int i = 0; i < n;) {
		int m = sendmmsg(fd, msgs + i, n - i, 0);
		if (m > 0)
			i += m;
		else if (errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED && errno != EINTR)
			die("sendmmsg");
	}
}

static int at(int port, int room)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
	if (bind(fd, (void *)&a, sizeof a))
		die("bind");
	return fd;
}

// take ends by a signal.
static void take(int fd)
{
	char *mem = malloc(BATCH * SLOT);
	for (;;) {
		for (int i = 0; i < BATCH; i++)
			lay(i, mem + i * SLOT, SLOT);
		int m = recvmmsg(fd, msgs, BATCH, MSG_WAITFORONE, NULL);
		if (m < 0)
			die("recvmmsg");
		for (int i = 0; i < m; i++)
			iovs[i].iov_len = msgs[i].msg_len;
		for (struct iovec *v = iovs; v < iovs + m;) {
			ssize_t n = writev(1, v, iovs + m - v);
			if (n < 0)
				die("writev");
			for (; v < iovs + m && (size_t)n >= v->iov_len; v++)
				n -= v->iov_len;
			if (v < iovs + m) {
				v->iov_base = (char *)v->iov_base + n;
				v->iov_len -= n;
			}
		}
	}
}

static void count(int port)
{
	int fd = at(port, 16 << 20), patience = 30000;
	char *mem = malloc(16 * SLOT);
	double n = 0, first = 0, last = 0;
	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		for (int i = 0; i < 16; i++) {
			lay(i, mem + i * SLOT, SLOT);
			msgs[i].msg_hdr.msg_control = ctl[i];
			msgs[i].msg_hdr.msg_controllen = sizeof ctl[i];
		}
		int m = recvmmsg(fd, msgs, 16, MSG_DONTWAIT, NULL);
		if (m < 0) {
			if (errno != EAGAIN && errno != EINTR)
				die("recvmmsg");
			if (poll(&p, 1, patience) == 0)
				break;
			continue;
		}
		last = now();
		if (!first)
			first = last;
		patience = 300;
		for (int i = 0; i < m; i++) {
			int len = msgs[i].msg_len, seg = len;
			struct msghdr *h = &msgs[i].msg_hdr;
			for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
				if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
					memcpy(&seg, CMSG_DATA(c), sizeof seg);
			n += seg ? (len + seg - 1) / seg : 1;
		}
	}
	result(n, last - first);
}

static void flood(int fd, int size, long n)
{
	char *mem = calloc(1, size);
	for (; n > 0; n -= BATCH) {
		int m = n < BATCH ? n : BATCH;
		for (int i = 0; i < m; i++)
			lay(i, mem, size);
		out(fd, m);
	}
}

// train has rows datagrams in each message.
static void train(int fd, int size, long n)
{
	int rows = 65000 / size > 64 ? 64 : 65000 / size;
	char *mem = calloc(rows, size);
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size))
		die("UDP_SEGMENT");
	for (; n > 0; n -= rows) {
		lay(0, mem, (size_t)size * (n < rows ? n : rows));
		out(fd, 1);
	}
}

static void bytes(int size)
{
	static char mem[1 << 18];
	double n = 0, first = 0, last = 0;
	ssize_t m;
	while ((m = read(0, mem, sizeof mem)) > 0) {
		last = now();
		if (!first)
			first = last;
		n += m;
	}
	result(n / size, last - first);
}

// limit sends stdin: unit bytes a message.
static void limit(int fd, int unit, int batch)
{
	size_t all = (size_t)unit * batch;
	char *mem = malloc(all);
	for (;;) {
		size_t have = 0;
		ssize_t m;
		while (have < all && (m = read(0, mem + have, all - have)) > 0)
			have += m;
		if (!have)
			return;
		int n = 0;
		for (size_t at = 0; at < have; at += unit, n++)
			lay(n, mem + at, have - at < (size_t)unit ? have - at : (size_t)unit);
		out(fd, n);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	if (argc == 3 && !strcmp(how, "count")) {
		count(atoi(argv[2]));
	} else if (argc == 3 && !strcmp(how, "bytes")) {
		bytes(atoi(argv[2]));
	} else if (argc == 6 && !strcmp(how, "flood")) {
		flood(to(argv[2], argv[3]), atoi(argv[4]), atol(argv[5]));
	} else if (argc == 6 && !strcmp(how, "train")) {
		train(to(argv[2], argv[3]), atoi(argv[4]), atol(argv[5]));
	} else if (argc == 3 && !strcmp(how, "take")) {
		take(at(atoi(argv[2]), 4 << 20));
	} else if (argc == 5 && !strcmp(how, "mmsg")) {
		limit(to(argv[2], argv[3]), atoi(argv[4]), BATCH);
	} else if (argc == 5 && !strcmp(how, "gso")) {
		int fd = to(argv[2], argv[3]), size = atoi(argv[4]), rows = 65000 / size;
		if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size))
			die("UDP_SEGMENT");
		limit(fd, size * (rows > 64 ? 64 : rows), 4);
	} else {
		fprintf(stderr, "usage: see the head of udp.c\n");
		return 2;
	}
	return 0;
}
