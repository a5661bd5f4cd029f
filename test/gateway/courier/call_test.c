/* SPDX-License-Identifier: Apache-2.0 */
/* Posting over real sockets to a scripted partner. */
#include "gateway/courier/call.h"
#include "test/case.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int port;
static pid_t partner;

/* A partner that takes `n` connections one after another and gives each the same answer, after `wait_ms`. */
static void open_partner(int n, const char *answer, size_t extra, int wait_ms)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert(bind(listener, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(listener, 5) == 0);
	cr_assert_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	port = ntohs(at.sin_port);
	partner = fork();
	if (partner == 0) {
		for (int i = 0; i < n; i++) {
			char request[4096], *more = calloc(1, extra + 1);
			int fd = accept(listener, NULL, NULL);
			ssize_t got = 0;

			while (got < 4000 && !memmem(request, (size_t)got, "hello</a>", 9) &&
				!(got > 4 && memcmp(request, "GET ", 4) == 0 && memmem(request, (size_t)got, "\r\n\r\n", 4))) {
				ssize_t part = read(fd, request + got, sizeof(request) - (size_t)got);

				if (part <= 0)
					_exit(1);
				got += part;
			}
			poll(NULL, 0, wait_ms);
			memset(more, 'x', extra);
			send(fd, answer, strlen(answer), MSG_NOSIGNAL);
			send(fd, more, extra, MSG_NOSIGNAL);
			close(fd);
		}
		_exit(0);
	}
	close(listener);
}

static char media[100];

static int call(struct calls *calls, const char *method, const char *url, int ms, char *body, size_t size)
{
	struct now now = clock_now();
	struct out out = { .kind = OUT_CALL, .call = 7, .payload = text_lit("<a>hello</a>"), .deadline_ms = now.mono_ms + ms };
	struct input input;

	out.url = text_of(url);
	out.method = method;
	calls_start(calls, &out, now);
	while (!calls_next(calls, clock_now(), &input)) {
		struct pollfd fd = { .fd = calls_fd(calls), .events = POLLIN };

		cr_assert(clock_now().mono_ms < now.mono_ms + ms + 2000, "no end to it");
		poll(&fd, 1, 5);
	}
	cr_expect(input.kind == IN_ANSWER && input.call == 7);
	text_to_z(input.payload, body, size);
	text_to_z(input.media, media, sizeof(media));
	return input.status;
}

static int post(struct calls *calls, const char *url, int ms, char *body, size_t size)
{
	return call(calls, NULL, url, ms, body, size);
}

CASE(call, an_answer_comes_back)
{
	struct calls *calls = calls_new();
	char url[80], body[100];

	open_partner(2, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthanks", 0, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in", port);
	cr_expect_eq(post(calls, url, 3000, body, sizeof(body)), 200);
	cr_expect_str_eq(body, "thanks");
	cr_expect_eq(post(calls, url, 3000, body, sizeof(body)), 200, "and again");
	waitpid(partner, NULL, 0);
	calls_free(calls);
}

CASE(call, another_method_is_used_and_what_the_answer_is_comes_with_it)
{
	struct calls *calls = calls_new();
	char url[80], body[100];

	open_partner(2, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n{}", 0, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in", port);
	cr_expect_eq(call(calls, "GET", url, 3000, body, sizeof(body)), 200, "without a body");
	cr_expect_str_eq(body, "{}");
	cr_expect_str_eq(media, "application/json");
	cr_expect_eq(call(calls, "PUT", url, 3000, body, sizeof(body)), 200, "with one");
	waitpid(partner, NULL, 0);
	calls_free(calls);
}

CASE(call, a_redirect_is_not_followed)
{
	struct calls *calls = calls_new();
	char url[80], body[100];

	open_partner(1, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in", port);
	cr_expect_eq(post(calls, url, 3000, body, sizeof(body)), 302);
	waitpid(partner, NULL, 0);
	calls_free(calls);
}

CASE(call, no_proxy_of_the_environment_sees_a_message)
{
	static const char *const names[] = { "http_proxy", "all_proxy", "ALL_PROXY" };
	struct calls *calls = calls_new();
	char url[80], body[100];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		setenv(names[i], "http://127.0.0.1:1/", 1);
	open_partner(1, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthanks", 0, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in", port);
	cr_expect_eq(post(calls, url, 3000, body, sizeof(body)), 200);
	waitpid(partner, NULL, 0);
	calls_free(calls);
}

CASE(call, a_call_without_time_left_is_not_one_without_a_limit)
{
	struct calls *calls = calls_new();
	char url[80], body[100];

	open_partner(1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, 5000);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in", port);
	cr_expect_eq(post(calls, url, 0, body, sizeof(body)), 0);
	kill(partner, SIGKILL);
	waitpid(partner, NULL, 0);
	calls_free(calls);
}

CASE(call, no_answer_is_status_0)
{
	struct calls *calls = calls_new();
	char url[80], body[100];

	cr_expect_eq(post(calls, "http://127.0.0.1:1/", 1000, body, sizeof(body)), 0, "nobody listens");
	cr_expect_eq(post(calls, "file:///etc/hostname", 1000, body, sizeof(body)), 0, "not a web address");
	open_partner(1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, 1500);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in", port);
	cr_expect_eq(post(calls, url, 300, body, sizeof(body)), 0, "too late");
	waitpid(partner, NULL, 0);
	open_partner(1, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", (1 << 20) + 1, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/in", port);
	cr_expect_eq(post(calls, url, 3000, body, sizeof(body)), 0, "too much");
	cr_expect_str_eq(body, "");
	waitpid(partner, NULL, 0);
	calls_free(calls);
}
