/* The other ends of a measurement, and what the kernel can do at best.
 *
 *   limit feed N              writes N bytes to stdout, a pipe
 *   limit drain               reads stdin to its end, prints how many bytes that were
 *   limit mem ADDR N          connects and sends N bytes from memory
 *   limit sink ADDR           takes one connection, throws its bytes away, prints how many they were
 *   limit send ADDR           stdin into a connection, by splice through 1 MiB pipes
 *   limit recv ADDR           one connection to stdout, the same way
 *   limit relay ADDR ADDR     one connection into another, the same way
 *   limit crowd ADDR M N      M readers and a writer of N bytes, in messages of 64 KiB: prints what the readers got
 *   limit broker ADDR         what one peer sends goes to all others, by copying, 256 KiB at a time
 *
 * ADDR is a port of 127.0.0.1, or a path. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MIB = 1 << 20, BUF = 256 << 10 };
static char buf[MIB];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static socklen_t address(const char *s, struct sockaddr_storage *sa)
{
	memset(sa, 0, sizeof *sa);
	if (strchr(s, '/')) {
		struct sockaddr_un *un = (struct sockaddr_un *)sa;
		un->sun_family = AF_UNIX;
		strncpy(un->sun_path, s, sizeof un->sun_path - 1);
		return sizeof *un;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)sa;
	in->sin_family = AF_INET;
	in->sin_port = htons((unsigned short)atoi(s));
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof *in;
}

/* The peer may not listen yet. */
static int dial(const char *s)
{
	struct sockaddr_storage sa;
	socklen_t n = address(s, &sa);
	for (int i = 0; i < 2000; i++) {
		int fd = socket(sa.ss_family, SOCK_STREAM, 0);
		if (fd < 0)
			die("socket");
		if (connect(fd, (struct sockaddr *)&sa, n) == 0)
			return fd;
		close(fd);
		usleep(1000);
	}
	die("connect");
	return -1;
}

static int take(const char *s)
{
	struct sockaddr_storage sa;
	socklen_t n = address(s, &sa);
	int l = socket(sa.ss_family, SOCK_STREAM, 0), one = 1;
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(l, (struct sockaddr *)&sa, n) < 0 || listen(l, 16) < 0)
		die(s);
	int fd = accept(l, NULL, NULL);
	if (fd < 0)
		die("accept");
	close(l);
	return fd;
}

static void all(int fd, long long n)
{
	while (n > 0) {
		ssize_t m = write(fd, buf, n < BUF ? (size_t)n : BUF);
		if (m < 0)
			die("write");
		n -= m;
	}
}

static int is_pipe(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* move splices from in to out until the end; a pipe stands in between where neither is one. */
static void move(int in, int out)
{
	int p[2];
	if (is_pipe(in) || is_pipe(out)) {
		fcntl(is_pipe(in) ? in : out, F_SETPIPE_SZ, MIB);
		for (;;) {
			ssize_t n = splice(in, NULL, out, NULL, MIB, SPLICE_F_MOVE);
			if (n < 0)
				die("splice");
			if (n == 0)
				return;
		}
	}
	if (pipe(p) < 0)
		die("pipe");
	fcntl(p[1], F_SETPIPE_SZ, MIB);
	for (;;) {
		ssize_t n = splice(in, NULL, p[1], NULL, MIB, SPLICE_F_MOVE);
		if (n < 0)
			die("splice");
		if (n == 0)
			return;
		while (n > 0) {
			ssize_t m = splice(p[0], NULL, out, NULL, (size_t)n, SPLICE_F_MOVE);
			if (m <= 0)
				die("splice");
			n -= m;
		}
	}
}

static void watch(int ep, int op, int fd, unsigned events)
{
	struct epoll_event e = {.events = events, .data.fd = fd};
	if (epoll_ctl(ep, op, fd, &e) < 0)
		die("epoll_ctl");
}

/* crowd ends when all readers have all of it; whoever waits for more than the tool gives is killed by the bench. */
static void crowd(const char *to, int readers, long long n)
{
	int ep = epoll_create1(0), writer;
	long long sum = 0, left = n;
	for (int i = 0; i < readers; i++) {
		int fd = dial(to);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		watch(ep, EPOLL_CTL_ADD, fd, EPOLLIN);
	}
	writer = dial(to);
	usleep(300000); /* until the tool has taken all of them in, too */
	fcntl(writer, F_SETFL, O_NONBLOCK);
	watch(ep, EPOLL_CTL_ADD, writer, EPOLLOUT);
	while (sum < n * readers) {
		struct epoll_event ev[64];
		int k = epoll_wait(ep, ev, 64, -1);
		for (int i = 0; i < k; i++) {
			ssize_t m;
			if (ev[i].data.fd != writer) { /* tcp(7), MSG_TRUNC: the bytes are not copied */
				if ((m = recv(ev[i].data.fd, buf, MIB, MSG_TRUNC)) == 0 || (m < 0 && errno != EAGAIN))
					die("recv");
				sum += m > 0 ? m : 0;
			} else if (left > 0) {
				if ((m = send(writer, buf, left < 65536 ? (size_t)left : 65536, 0)) < 0 && errno != EAGAIN)
					die("send");
				left -= m > 0 ? m : 0;
				if (left == 0)
					watch(ep, EPOLL_CTL_MOD, writer, 0);
			}
		}
	}
	printf("%lld\n", sum);
}

/* broker has no queues: it waits for the slowest. */
static void broker(const char *at)
{
	struct sockaddr_storage sa;
	socklen_t n = address(at, &sa);
	int l = socket(sa.ss_family, SOCK_STREAM, 0), ep = epoll_create1(0), fds[4096], peers = 0;
	if (bind(l, (struct sockaddr *)&sa, n) < 0 || listen(l, 1024) < 0)
		die(at);
	watch(ep, EPOLL_CTL_ADD, l, EPOLLIN);
	for (;;) {
		struct epoll_event ev[64];
		int k = epoll_wait(ep, ev, 64, -1);
		for (int i = 0; i < k; i++) {
			int from = ev[i].data.fd;
			if (from == l) {
				if (peers < 4096 && (fds[peers] = accept(l, NULL, NULL)) >= 0)
					watch(ep, EPOLL_CTL_ADD, fds[peers++], EPOLLIN);
				continue;
			}
			ssize_t got = recv(from, buf, BUF, MSG_DONTWAIT);
			if (got < 0 && errno == EAGAIN)
				continue;
			if (got <= 0)
				exit(0);
			for (int j = 0; j < peers; j++)
				if (fds[j] != from && send(fds[j], buf, (size_t)got, MSG_NOSIGNAL) != got)
					die("send");
		}
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	memset(buf, 'x', sizeof buf);
	if (!strcmp(what, "feed") && argc == 3) {
		fcntl(1, F_SETPIPE_SZ, MIB);
		all(1, atoll(argv[2]));
	} else if (!strcmp(what, "drain")) {
		long long sum = 0;
		ssize_t n;
		fcntl(0, F_SETPIPE_SZ, MIB);
		while ((n = read(0, buf, MIB)) > 0)
			sum += n;
		if (n < 0)
			die("read");
		printf("%lld\n", sum);
	} else if (!strcmp(what, "mem") && argc == 4) {
		int fd = dial(argv[2]);
		all(fd, atoll(argv[3]));
		shutdown(fd, SHUT_WR);
		if (read(fd, buf, 1) < 0 && errno != ECONNRESET)
			die("read");
	} else if (!strcmp(what, "sink") && argc == 3) {
		int fd = take(argv[2]), flags = strchr(argv[2], '/') ? 0 : MSG_TRUNC; /* tcp(7): the bytes are not copied */
		long long sum = 0;
		ssize_t n;
		while ((n = recv(fd, buf, flags ? MIB : BUF, flags)) > 0)
			sum += n;
		if (n < 0)
			die("recv");
		printf("%lld\n", sum);
	} else if (!strcmp(what, "send") && argc == 3) {
		int fd = dial(argv[2]);
		move(0, fd);
		shutdown(fd, SHUT_WR);
		if (read(fd, buf, 1) < 0)
			die("read");
	} else if (!strcmp(what, "recv") && argc == 3) {
		int fd = take(argv[2]), null = open("/dev/null", O_WRONLY);
		struct stat a, b;
		if (fstat(1, &a) == 0 && fstat(null, &b) == 0 && a.st_rdev == b.st_rdev && S_ISCHR(a.st_mode)) {
			ssize_t n; /* tcp(7), MSG_TRUNC: the bytes are not copied */
			while ((n = recv(fd, buf, MIB, MSG_TRUNC)) > 0)
				;
			if (n < 0)
				die("recv");
		} else
			move(fd, 1);
	} else if (!strcmp(what, "crowd") && argc == 5) {
		crowd(argv[2], atoi(argv[3]), atoll(argv[4]));
	} else if (!strcmp(what, "broker") && argc == 3) {
		broker(argv[2]);
	} else if (!strcmp(what, "relay") && argc == 4) {
		int in = take(argv[2]), out = dial(argv[3]);
		move(in, out);
		shutdown(out, SHUT_WR);
		if (read(out, buf, 1) < 0)
			die("read");
	} else {
		fprintf(stderr, "limit: see the head of limit.c\n");
		return 2;
	}
	return 0;
}
