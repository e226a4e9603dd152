/* What the tutorial keeps in its wrap.h: calls that say what went wrong and end, and the few lines that every server
 * begins with. Two things are ours. A server may be given port 0, and says on stderr where it listens. And a server
 * told how many clients to serve ends after them, with 0, so that a test sees it end. */
#ifndef WRAP_H
#define WRAP_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The tutorial calls write once and does not look at the answer: a short write would lose the rest, and on a socket
 * that does not block (its edge-triggered server) so would EAGAIN. It also prints what came with printf("%s\n"), which
 * needs a NUL at the end, stops at the first one inside and adds a newline; here what came is written as it is. */
static inline void write_all(int fd, const char *buf, size_t n)
{
	while (n > 0) {
		ssize_t m = write(fd, buf, n);
		if (m < 0 && errno == EINTR)
			continue;
		if (m < 0 && errno == EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};
			poll(&p, 1, -1);
			continue;
		}
		if (m < 0)
			die("write");
		buf += m;
		n -= m;
	}
}

static inline ssize_t Read(int fd, char *buf, size_t n)
{
	ssize_t m;
	do
		m = read(fd, buf, n);
	while (m < 0 && errno == EINTR);
	return m;
}

static inline int Accept(int lfd)
{
	int cfd;
	do
		cfd = accept(lfd, NULL, NULL);
	while (cfd < 0 && errno == EINTR);
	if (cfd < 0)
		die("accept");
	return cfd;
}

static inline struct sockaddr_in loopback(const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr.s_addr);
	return a;
}

static inline struct sockaddr_un unix_name(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(a.sun_path)) {
		fprintf(stderr, "%s: too long for a socket's name\n", path);
		exit(1);
	}
	strcpy(a.sun_path, path);
	return a;
}

static inline int bind4(int type, const char *port)
{
	struct sockaddr_in a = loopback(port);
	socklen_t len = sizeof(a);
	int on = 1, fd = socket(AF_INET, type, 0);
	if (fd < 0)
		die("socket");
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("bind");
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		die("getsockname");
	fprintf(stderr, "on 127.0.0.1:%d\n", ntohs(a.sin_port));
	return fd;
}

static inline int tcp4listen(const char *port)
{
	int lfd = bind4(SOCK_STREAM, port);
	if (listen(lfd, 128) < 0)
		die("listen");
	return lfd;
}

/* How many clients are still to be served; -1 when there is no end of them. */
static int clients = -1;

static inline const char *server_args(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s PORT [CLIENTS]\n", argv[0]);
		exit(2);
	}
	if (argc > 2)
		clients = atoi(argv[2]);
	return argv[1];
}

/* A client has gone. */
static inline void served(void)
{
	if (clients > 0 && --clients == 0)
		exit(0);
}

#endif
