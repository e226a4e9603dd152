/* The tutorial's echo server with a process for each client. Mended: it installs its handler of SIGCHLD anew for each
 * client and without SA_RESTART, and wonders why the handler seems not to run (its printf has no newline, and accept
 * fails with EINTR when it does run). Here the handler is installed once and only interrupts; the loop reaps, so that
 * no child that ends at the same moment as another is missed. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include "wrap.h"

static void child_ended(int sig) { (void)sig; }

static void echo(int cfd)
{
	char buf[1024];
	ssize_t n;
	while ((n = Read(cfd, buf, sizeof(buf))) > 0) {
		write_all(STDOUT_FILENO, buf, n);
		write_all(cfd, buf, n);
	}
	close(cfd);
	_exit(n < 0);
}

int main(int argc, char **argv)
{
	int lfd = tcp4listen(server_args(argc, argv));
	sigset_t chld, old;
	struct sigaction act = {.sa_handler = child_ended};
	sigaction(SIGCHLD, &act, NULL);
	/* SIGCHLD comes only while ppoll waits: one that came just before is seen there, not lost. */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	for (;;) {
		struct pollfd p = {.fd = lfd, .events = POLLIN};
		int status, ready = ppoll(&p, 1, NULL, &old);
		if (ready < 0 && errno != EINTR)
			die("ppoll");
		while (waitpid(-1, &status, WNOHANG) > 0) {
			if (status != 0)
				exit(1);
			served();
		}
		if (ready <= 0)
			continue;
		int cfd = Accept(lfd);
		pid_t pid = fork();
		if (pid < 0)
			die("fork");
		if (pid == 0) {
			close(lfd);
			echo(cfd);
		}
		close(cfd);
	}
}
