/* SPDX-License-Identifier: Apache-2.0 */
/* The same edge over TLS: one client stepped beside the server, and what an idle connection costs. */
#include "gateway/edge/serve.h"
#include "test/case.h"
#include "test/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IDLE_MAX = 48 * 1024 /* bytes; what an idle connection may cost beyond the kernel */, IDLE_CLIENTS = 20 };

static int64_t ms = 100000;

static struct now now(void)
{
	return (struct now){ .mono_ms = ms, .wall_ms = 1700000000000 + ms };
}

struct end {
	int fd;
	SSL *ssl;
};

static struct serve *serve_tls(const struct files *files)
{
	struct config config = { .listen = text_lit(""), .listen_tls = text_lit("127.0.0.1:0"),
		.certificate = text_of(files->certificate), .key = text_of(files->key) };
	struct serve *serve;
	struct fault fault;

	cr_assert(serve_new(&config, &serve, &fault));
	cr_assert_not(text_there(serve_address(serve, false)));
	return serve;
}

static struct end dial(const struct serve *serve, SSL_CTX *context)
{
	struct text port = serve_address(serve, true);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct end end = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	int64_t number;
	int one = 1;

	/* or the client's kernel keeps a request back until the handshake is acknowledged */
	setsockopt(end.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	text_cut(&port, ':');
	cr_assert(text_to_int(port, &number));
	to.sin_port = htons((uint16_t)number);
	cr_assert_eq(connect(end.fd, (struct sockaddr *)&to, sizeof(to)), 0);
	if (!context)
		return end;
	end.ssl = SSL_new(context);
	SSL_set_fd(end.ssl, end.fd);
	SSL_set_connect_state(end.ssl);
	/* From here on the client never waits: the server is in this very thread. */
	cr_assert_eq(fcntl(end.fd, F_SETFL, O_NONBLOCK), 0);
	return end;
}

static void hang_up(struct end *end)
{
	SSL_free(end->ssl);
	close(end->fd);
}

/* The server looks at all there is for it; true with the input, if it gave one. */
static bool serve_all(struct serve *serve, struct input *input)
{
	for (;;) {
		struct pollfd poll_fd = { .fd = serve_fd(serve), .events = POLLIN };

		if (serve_next(serve, now(), input))
			return true;
		if (poll(&poll_fd, 1, 5) <= 0)
			return false;
	}
}

static void shake(struct serve *serve, struct end *end)
{
	struct input input;

	for (int i = 0; i < 20 && SSL_do_handshake(end->ssl) != 1; i++)
		cr_assert_not(serve_all(serve, &input));
	cr_assert(SSL_is_init_finished(end->ssl));
	serve_all(serve, &input);
}

static void write_all(struct serve *serve, struct end *end, const char *bytes, size_t n, struct input *input, bool *asked)
{
	*asked = false;
	for (size_t at = 0; at < n || !*asked;) {
		size_t done = 0;

		if (at < n)
			SSL_write_ex(end->ssl, bytes + at, n - at, &done);
		at += done;
		*asked = serve_all(serve, input) || *asked;
		if (!done && !*asked && at == n)
			return;
	}
}

static size_t read_answer(struct serve *serve, struct end *end, char *out, size_t size, size_t want)
{
	size_t n = 0;
	struct input input;

	for (int quiet = 0; n < want && quiet < 20;) {
		size_t done;

		if (SSL_read_ex(end->ssl, out + n, size - n, &done)) {
			n += done;
			quiet = 0;
		} else {
			quiet++;
			cr_assert_not(serve_all(serve, &input));
		}
	}
	return n;
}

static void answer(struct serve *serve, const struct input *input, struct text body)
{
	serve_reply(serve, &(struct out){ .kind = OUT_REPLY, .connection = input->connection, .status = 200,
				   .media = "application/xml", .payload = body, .extra = "" }, now());
}

CASE(serve_tls, requests_small_and_large)
{
	static const size_t sizes[] = { 0, 5, 5000, 16384, 70000, 1 << 20 };
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	struct files files;
	struct serve *serve;
	struct end end;
	char *bytes = malloc(1200000), *heard = malloc(1200000);

	make_files(&files);
	serve = serve_tls(&files);
	end = dial(serve, context);
	shake(serve, &end);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct input input;
		bool asked;
		int head = sprintf(bytes, "POST /ncpdp/script HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", sizes[i]);
		size_t n;

		memset(bytes + head, 'a' + (int)i, sizes[i]);
		write_all(serve, &end, bytes, (size_t)head + sizes[i], &input, &asked);
		cr_assert(asked, "%zu bytes", sizes[i]);
		cr_assert_eq(input.request->body.n, sizes[i]);
		cr_assert_arr_eq(input.request->body.at, bytes + head, sizes[i]);
		answer(serve, &input, input.request->body);
		n = read_answer(serve, &end, heard, 1200000, sizes[i] + 80);
		cr_assert_gt(n, sizes[i]);
		cr_expect_arr_eq(heard + n - sizes[i], bytes + head, sizes[i]);
	}
	hang_up(&end);
	serve_free(serve);
	SSL_CTX_free(context);
	remove_files(&files);
	free(bytes);
	free(heard);
}

CASE(serve_tls, requests_behind_each_other_in_one_record)
{
	static const char two[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	struct files files;
	struct serve *serve;
	struct input input;
	struct end end;
	size_t done;

	make_files(&files);
	serve = serve_tls(&files);
	end = dial(serve, context);
	shake(serve, &end);
	cr_assert(SSL_write_ex(end.ssl, two, sizeof(two) - 1, &done));
	cr_assert(serve_all(serve, &input));
	cr_expect(text_is(input.request->target, "/1"));
	answer(serve, &input, text_lit("1"));
	cr_assert(serve_all(serve, &input));
	cr_expect(text_is(input.request->target, "/2"));
	/* the next comes while this one is awaited: epoll speaks of it only once */
	cr_assert(SSL_write_ex(end.ssl, two, 28, &done));
	cr_expect_not(serve_next(serve, now(), &(struct input){ 0 }));
	answer(serve, &input, text_lit("2"));
	cr_assert(serve_all(serve, &input));
	cr_expect(text_is(input.request->target, "/1"));
	hang_up(&end);
	cr_assert(serve_all(serve, &input));
	cr_expect_eq(input.kind, IN_HANGUP);
	serve_free(serve);
	SSL_CTX_free(context);
	remove_files(&files);
}

CASE(serve_tls, a_handshake_that_does_not_come_ends)
{
	struct files files;
	struct serve *serve;
	struct input input;
	struct end end;
	char byte;

	make_files(&files);
	serve = serve_tls(&files);
	end = dial(serve, NULL);
	cr_expect_not(serve_all(serve, &input));
	ms += 4900;
	serve_tick(serve, now());
	cr_expect_lt(recv(end.fd, &byte, 1, MSG_DONTWAIT), 0, "still there");
	ms += 1200;
	serve_tick(serve, now());
	cr_expect_eq(recv(end.fd, &byte, 1, 0), 0);
	hang_up(&end);
	cr_expect(serve_drain(serve));
	serve_free(serve);
	remove_files(&files);
}

#ifndef CASE_LEAKS /* AddressSanitizer's malloc counts for nobody */
CASE(serve_tls, an_idle_connection_is_small)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	struct files files;
	struct serve *serve;
	struct end ends[IDLE_CLIENTS];
	size_t before, with_both, clients_only;

	make_files(&files);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	serve = serve_tls(&files);
	before = mallinfo2().uordblks;
	for (int i = 0; i < IDLE_CLIENTS; i++) {
		struct input input;
		size_t done;
		char heard[512];

		ends[i] = dial(serve, context);
		shake(serve, &ends[i]);
		cr_assert(SSL_write_ex(ends[i].ssl, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, &done));
		cr_assert(serve_all(serve, &input));
		answer(serve, &input, text_lit("x"));
		cr_assert_gt(read_answer(serve, &ends[i], heard, sizeof(heard), 60), 0);
	}
	with_both = mallinfo2().uordblks;
	serve_free(serve);
	clients_only = mallinfo2().uordblks;
	/* Both ends live in this process; the server's share is what went with it. */
	cr_expect_lt((with_both - clients_only) / IDLE_CLIENTS, IDLE_MAX, "%zu bytes each",
		(with_both - clients_only) / IDLE_CLIENTS);
	cr_expect_gt(with_both, before);
	for (int i = 0; i < IDLE_CLIENTS; i++)
		hang_up(&ends[i]);
	SSL_CTX_free(context);
	remove_files(&files);
}
#endif
