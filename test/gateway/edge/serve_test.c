/* SPDX-License-Identifier: Apache-2.0 */
/* Clients over real loopback sockets, in one process: the server is stepped by hand, time is made up. */
#include "gateway/edge/serve.h"

#include "base/xml.h"
#include "test/case.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define POST(target) "POST " target " HTTP/1.1\r\nHost: a\r\n"

static int64_t ms = 100000;
static struct serve *serve;

static struct now now(void)
{
	return (struct now){ .mono_ms = ms, .wall_ms = 1700000000000 + ms };
}

static void begin_with(struct config config)
{
	struct fault fault;

	config.listen = text_lit("127.0.0.1:0");
	cr_assert(serve_new(&config, &serve, &fault));
}

static void begin(void)
{
	begin_with((struct config){ 0 });
}

static int dial(void)
{
	struct text address = serve_address(serve, false), port = address;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t number;

	text_cut(&port, ':');
	cr_assert(text_to_int(port, &number));
	to.sin_port = htons((uint16_t)number);
	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void say_bytes(int fd, const char *bytes, size_t n)
{
	cr_assert_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

static void say(int fd, const char *bytes)
{
	say_bytes(fd, bytes, strlen(bytes));
}

/* What the server answered by itself since the last test of it. */
static int refused;

static bool step(struct input *input)
{
	while (serve_next(serve, now(), input)) {
		if (input->kind != IN_REFUSED)
			return true;
		cr_expect_gt(input->count, 0);
		cr_expect_neq(input->fault, FAULT_NONE);
		refused += (int)input->count;
	}
	return false;
}

/* Steps until there is an input, at most for as long as the sockets move. */
static bool next(struct input *input)
{
	for (;;) {
		struct pollfd poll_fd = { .fd = serve_fd(serve), .events = POLLIN };

		if (step(input))
			return true;
		if (poll(&poll_fd, 1, 30) <= 0)
			return false;
	}
}

static void nothing(void)
{
	struct input input;

	cr_expect_not(next(&input));
}

static void answer(uint64_t connection, struct text body)
{
	serve_reply(serve, &(struct out){ .kind = OUT_REPLY, .connection = connection, .status = 200, .media = "application/xml",
				   .extra = "X-Trace-ID: t\r\n", .payload = body }, now());
}

/* All that comes until the answer is whole by its Content-Length, or the server closes (*closed). */
static size_t hear(int fd, char *out, size_t size, bool *closed)
{
	size_t n = 0;

	*closed = false;
	while (n < size - 1) {
		struct pollfd both[] = { { .fd = fd, .events = POLLIN }, { .fd = serve_fd(serve), .events = POLLIN } };
		struct input input;
		ssize_t got;

		while (step(&input))
			continue;
		if (poll(both, 2, 50) <= 0)
			break;
		if (!both[0].revents)
			continue;
		got = recv(fd, out + n, size - 1 - n, 0);
		if (got <= 0) {
			*closed = got == 0; /* not on RST */
			break;
		}
		n += (size_t)got;
	}
	out[n] = '\0';
	return n;
}

/* Says it and hears what the server answers by itself. */
static char *refusal(const char *bytes)
{
	static char heard[8192];
	bool closed;
	int fd = dial();

	say(fd, bytes);
	hear(fd, heard, sizeof(heard), &closed);
	cr_expect(closed, "the connection ends in good order after: %s", bytes);
	close(fd);
	nothing();
	cr_expect_eq(refused, 1, "told once: %s", bytes);
	refused = 0;
	return heard;
}

static void end(void)
{
	serve_free(serve);
	serve = NULL;
}

CASE(serve, a_request_and_its_answer_and_the_next)
{
	char heard[4096];
	struct input input;
	bool closed;
	int fd;

	begin();
	fd = dial();
	for (int i = 0; i < 3; i++) {
		say(fd, POST("/ncpdp/script?x=y") "Content-Length: 5\r\n\r\nhello");
		cr_assert(next(&input));
		cr_expect(input.kind == IN_REQUEST && text_is(input.request->target, "/ncpdp/script"));
		cr_expect(text_is(input.request->body, "hello") && input.id.n == 32 && input.connection);
		nothing();
		answer(input.connection, text_lit("<x/>"));
		hear(fd, heard, sizeof(heard), &closed);
		cr_expect_not(closed);
		cr_expect(strncmp(heard, "HTTP/1.1 200 OK\r\n", 17) == 0 && strstr(heard, "\r\nDate: ")
			&& strstr(heard, "\r\nX-Trace-ID: t\r\n") && strstr(heard, "\r\nContent-Length: 4\r\n")
			&& strstr(heard, "\r\n\r\n<x/>"), "%s", heard);
	}
	close(fd);
	nothing();
	cr_expect(serve_drain(serve));
	end();
}

CASE(serve, byte_by_byte)
{
	static const char request[] = POST("/ncpdp/rtpb") "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
	struct input input;
	int fd;

	begin();
	fd = dial();
	for (size_t i = 0; i + 1 < sizeof(request) - 1; i++) {
		say_bytes(fd, request + i, 1);
		cr_expect_not(step(&input));
	}
	say(fd, "\n");
	cr_assert(next(&input));
	cr_expect(text_is(input.request->body, "abcde"));
	close(fd);
	end();
}

CASE(serve, requests_behind_each_other_are_handed_on_one_by_one)
{
	char heard[4096];
	struct input input;
	bool closed;
	int fd;

	begin();
	fd = dial();
	say(fd, POST("/1") "Content-Length: 1\r\n\r\na" POST("/2") "Content-Length: 1\r\n\r\nb" POST("/3"));
	cr_assert(next(&input));
	cr_expect(text_is(input.request->body, "a"));
	nothing();
	say(fd, "Connection: close\r\n\r\n");
	answer(input.connection, text_lit("1"));
	cr_assert(next(&input));
	cr_expect(text_is(input.request->body, "b"));
	answer(input.connection, text_lit("2"));
	cr_assert(next(&input));
	cr_expect(text_is(input.request->target, "/3"));
	answer(input.connection, text_lit("3"));
	hear(fd, heard, sizeof(heard), &closed);
	cr_expect(closed && strstr(heard, "\r\nConnection: close\r\n"));
	close(fd);
	end();
}

CASE(serve, many_clients_at_once)
{
	enum { CLIENTS = 300 };
	int fds[CLIENTS];
	char heard[512];
	struct input input;
	bool closed;

	begin();
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = dial();
		say(fds[i], POST("/ncpdp/rtpb") "Content-Length: 2\r\n\r\nhi");
	}
	for (int i = 0; i < CLIENTS; i++) {
		cr_assert(next(&input), "request %d", i);
		answer(input.connection, text_lit("<x/>"));
	}
	for (int i = 0; i < CLIENTS; i++) {
		if (i < 3)
			cr_expect_gt(hear(fds[i], heard, sizeof(heard), &closed), 0);
		close(fds[i]);
	}
	nothing();
	cr_expect(serve_drain(serve));
	end();
}

CASE(serve, what_http_refuses_is_answered_in_the_standard_of_the_address)
{
	static const struct {
		const char *bytes, *status, *part;
	} rows[] = {
		{ POST("/ncpdp/script") "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400", "Error>" },
		{ POST("/ncpdp/rtpb") "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello", "400", "RTPBResponse>" },
		{ POST("/ncpdp/rtpb?a") "X : y\r\n\r\n", "400", "RTPBResponse>" },
		{ POST("/ncpdp/script") "Content-Length: 1048577\r\n\r\n<x><MessageID>m-7</MessageID>", "413",
			"<RelatesToMessageID>m-7<" },
		{ POST("/ncpdp/rtpb") "Content-Length: 1048577\r\n\r\n", "413", "RTPBResponse>" },
		{ "POST /ncpdp/script HTTP/1.1\nHost: a\n\n", "400", "Error>" },
		{ "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "405", "{\"code\":\"METHOD\"" },
		{ POST("/elsewhere") "Content-Length: x\r\n\r\n", "400", "{\"code\":\"HTTP\"" },
		{ "\x16\x03\x01 hello", "400", "{\"code\":\"HTTP\"" },
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *heard = refusal(rows[i].bytes);

		cr_expect(strncmp(heard + strlen("HTTP/1.1 "), rows[i].status, 3) == 0, "row %zu: %s", i, heard);
		cr_expect(strstr(heard, rows[i].part), "row %zu: %s", i, heard);
		cr_expect(strstr(heard, "\r\nX-Trace-ID: ") && strstr(heard, "\r\nConnection: close\r\n"));
	}
	end();
}

CASE(serve, a_client_that_sends_too_much_still_sees_the_answer)
{
	static char body[2 << 20];
	char heard[8192];
	bool closed;
	int fd;
	struct input input;

	begin();
	fd = dial();
	say(fd, POST("/ncpdp/script") "Content-Length: 2097152\r\n\r\n");
	memset(body, 'x', sizeof(body));
	/* As much as fits at a time, while the server goes on. */
	for (size_t sent = 0; sent < sizeof(body);) {
		ssize_t n = send(fd, body + sent, sizeof(body) - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			cr_assert_eq(errno, EAGAIN, "no reset at %zu", sent);
		sent += n > 0 ? (size_t)n : 0;
		cr_expect_not(step(&input));
	}
	hear(fd, heard, sizeof(heard), &closed);
	cr_expect(closed);
	cr_expect(strncmp(heard, "HTTP/1.1 413 ", 13) == 0 && strstr(heard, "Error>"), "%.40s", heard);
	close(fd);
	nothing();
	cr_expect(serve_drain(serve));
	end();
}

CASE(serve, says_continue_before_a_body_that_waits_for_it)
{
	char heard[512];
	struct input input;
	bool closed;
	int fd;

	begin();
	fd = dial();
	say(fd, POST("/ncpdp/script") "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	nothing();
	hear(fd, heard, sizeof(heard), &closed);
	cr_expect_str_eq(heard, "HTTP/1.1 100 Continue\r\n\r\n");
	say(fd, "hi");
	cr_assert(next(&input));
	cr_expect(text_is(input.request->body, "hi"));
	close(fd);
	end();
	begin();
	cr_expect(strstr(refusal(POST("/ncpdp/script") "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"), " 413 "),
		"and not before one that is refused");
	end();
}

CASE(serve, a_head_request_gets_no_body)
{
	char heard[512];
	struct input input;
	bool closed;
	int fd;

	begin();
	fd = dial();
	say(fd, "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	cr_assert(next(&input));
	answer(input.connection, text_lit("body"));
	hear(fd, heard, sizeof(heard), &closed);
	cr_expect(strstr(heard, "Content-Length: 4\r\n") && !strstr(heard, "body") && !closed);
	close(fd);
	end();
}

CASE(serve, a_hang_up_is_told_only_while_an_answer_is_awaited)
{
	struct input input;
	uint64_t connection;
	int fd;

	begin();
	fd = dial();
	say(fd, POST("/ncpdp/script") "Content-Length: 10\r\n\r\nhalf");
	nothing();
	close(fd);
	nothing();
	fd = dial();
	say(fd, POST("/ncpdp/script") "Content-Length: 2\r\n\r\nhi");
	cr_assert(next(&input));
	connection = input.connection;
	close(fd);
	cr_assert(next(&input));
	cr_expect(input.kind == IN_HANGUP && input.connection == connection);
	answer(connection, text_lit("late"));
	nothing();
	cr_expect(serve_drain(serve));
	end();
}

CASE(serve, an_answer_larger_than_the_socket_takes_arrives_whole)
{
	enum { SIZE = 8 << 20 };
	char *body = malloc(SIZE), *heard = malloc(SIZE + 4096);
	struct input input;
	bool closed;
	size_t n;
	int fd;

	begin();
	fd = dial();
	for (size_t i = 0; i < SIZE; i++)
		body[i] = (char)('a' + i % 26);
	say(fd, POST("/x") "Content-Length: 0\r\n\r\n");
	cr_assert(next(&input));
	answer(input.connection, (struct text){ body, SIZE });
	n = hear(fd, heard, SIZE + 4096, &closed);
	cr_assert_gt(n, SIZE);
	cr_expect_arr_eq(heard + n - SIZE, body, SIZE);
	say(fd, POST("/x") "Content-Length: 0\r\n\r\n");
	cr_expect(next(&input), "and the connection goes on");
	close(fd);
	end();
	free(body);
	free(heard);
}

/* After `wait_ms` the connection must still be there, a scan later it must be ended. */
static void outlasts(int fd, int64_t wait_ms, const char *answer_part)
{
	char heard[4096];
	bool closed;

	ms += wait_ms - 1000;
	serve_tick(serve, now());
	hear(fd, heard, sizeof(heard), &closed);
	cr_expect(!closed && !*heard, "ended too early: %s", heard);
	ms += 2001;
	serve_tick(serve, now());
	hear(fd, heard, sizeof(heard), &closed);
	cr_expect(closed, "after %lld ms", (long long)wait_ms);
	cr_expect(strstr(heard, answer_part), "%s", heard);
	close(fd);
	nothing();
}

CASE(serve, the_slow_are_ended)
{
	struct input input;
	int fd;

	begin();
	fd = dial();
	nothing();
	outlasts(fd, 75000, "");
	fd = dial();
	say(fd, "POST /ncpdp/rtpb HTTP/1.1\r\nHost: a\r\nX: ");
	nothing();
	outlasts(fd, 5000, "RTPBResponse>");
	fd = dial();
	say(fd, POST("/ncpdp/script") "Content-Length: 100000\r\n\r\n<a>");
	nothing();
	outlasts(fd, 5000, "HTTP/1.1 408 ");
	fd = dial();
	say(fd, POST("/ncpdp/script") "Content-Length: 100\r\n\r\n");
	for (int i = 0; i < 10; i++)
		say(fd, "0123456789");
	cr_assert(next(&input));
	ms += 3600000; /* it waits for us, not we for it */
	serve_tick(serve, now());
	answer(input.connection, text_lit("<x/>"));
	nothing();
	close(fd);
	end();
}

CASE(serve, takes_as_many_as_it_may_and_more_when_one_leaves)
{
	struct input input;
	int first, second, third;

	begin_with((struct config){ .connections = 2 });
	first = dial();
	second = dial();
	nothing();
	third = dial(); /* the kernel takes it, we do not */
	say(third, POST("/3") "Content-Length: 0\r\n\r\n");
	nothing();
	close(first);
	cr_assert(next(&input));
	cr_expect(text_is(input.request->target, "/3"));
	close(second);
	close(third);
	end();
}

CASE(serve, drains)
{
	char heard[512];
	struct input input;
	bool closed;
	int idle, busy;

	begin();
	idle = dial();
	busy = dial();
	say(busy, POST("/x") "Content-Length: 0\r\n\r\n");
	cr_assert(next(&input));
	nothing();
	cr_expect_not(serve_drain(serve));
	hear(idle, heard, sizeof(heard), &closed);
	cr_expect(closed, "an idle one ends at once");
	answer(input.connection, text_lit("<x/>"));
	hear(busy, heard, sizeof(heard), &closed);
	cr_expect(closed && strstr(heard, "Connection: close\r\n"));
	cr_expect(serve_drain(serve));
	close(idle);
	close(busy);
	end();
}

CASE(serve, says_which_address_cannot_be_used)
{
	static const char *const wrong[] = { "8080", "127.0.0.1", "127.0.0.1:", ":1", "127.0.0.1:http", "127.0.0.1:99999x",
		"203.0.113.1:0" };
	struct config config = { 0 };
	struct serve *none;
	struct fault fault;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		config.listen = text_of(wrong[i]);
		cr_expect_not(serve_new(&config, &none, &fault), "%s", wrong[i]);
		cr_expect(fault.code == FAULT_CONFIG && strcmp(fault.path, "listen") == 0);
	}
	config.listen = text_lit("");
	cr_expect(serve_new(&config, &none, &fault), "empty: no plain address");
	cr_expect_not(text_there(serve_address(none, false)));
	serve_free(none);
	config.listen_tls = text_lit("127.0.0.1:0");
	config.certificate = config.key = text_lit("/nowhere");
	cr_expect_not(serve_new(&config, &none, &fault));
	cr_expect_str_eq(fault.path, "certificate");
	serve_free(NULL);
}
