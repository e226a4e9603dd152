/* What epoll_wait says of a socket with 8 bytes in it, to one who reads 4 at a time: level-triggered, edge-triggered, and
 * edge-triggered with a read until EAGAIN. One line for each call: mode, call, result, bytes that are left.
 * 11-epoll.sh draws what it prints. */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *mode;
static int pair[2], epfd;

static int say(const char *call, int result)
{
	int left;
	ioctl(pair[0], FIONREAD, &left);
	printf("%s %s %d %d\n", mode, call, result, left);
	return result;
}

static void peer(const char *bytes, int n) { say("peer", write(pair[1], bytes, n)); }

static int wait_once(void)
{
	struct epoll_event ev;
	return say("epoll_wait", epoll_wait(epfd, &ev, 1, 0));
}

static int read_four(void)
{
	char buf[4];
	int n = read(pair[0], buf, sizeof(buf));
	return say("read", n < 0 ? -errno : n);
}

int main(void)
{
	const char *modes[] = {"level", "edge", "until"};
	for (int i = 0; i < 3; i++) {
		mode = modes[i];
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
		epfd = epoll_create1(0);
		struct epoll_event ev = {.events = EPOLLIN | (i > 0 ? EPOLLET : 0)};
		epoll_ctl(epfd, EPOLL_CTL_ADD, pair[0], &ev);
		peer("12345678", 8);
		for (int turn = 0; turn < 3; turn++)
			if (wait_once() == 1)
				while (read_four() > 0 && i == 2)
					;
		peer("9", 1);
		for (int turn = 0; turn < 2; turn++)
			if (wait_once() == 1)
				while (read_four() > 0 && i == 2)
					;
		close(epfd);
		close(pair[0]);
		close(pair[1]);
	}
	return 0;
}
