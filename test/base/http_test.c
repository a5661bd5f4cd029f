/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that must be read in one way only: each accepted form beside its refused twins, whole and byte by byte. */
#include "base/http.h"
#include "test/case.h"

#include <stdlib.h>
#include <string.h>

#define POST "POST /ncpdp/script HTTP/1.1\r\nHost: a\r\n"

enum { BODY_MAX = 1000 };

struct verdict {
	enum http_progress progress;
	enum fault_code code;
	char path[FAULT_PATH_MAX];
	size_t used;
	char body[2 * BODY_MAX];
	size_t body_n;
	bool keep_alive, expect_continue;
};

/* Feeds `bytes` in pieces of `step`, in a fresh buffer each time so that an overrun or a stale pointer is seen. */
static struct verdict feed(const char *bytes, size_t n, size_t step)
{
	struct verdict verdict = { .progress = HTTP_MORE };
	struct http_reading reading = { 0 };
	struct http_request request;
	struct fault fault = { 0 };
	char *held = NULL;
	size_t have = 0, need = 1, used = 0;

	while (verdict.progress == HTTP_MORE && have < n) {
		size_t piece = step < n - have ? step : n - have;
		char *bigger = malloc(have + piece);

		if (have)
			memcpy(bigger, held, have);
		free(held);
		held = bigger;
		memcpy(held + have, bytes + have, piece);
		have += piece;
		verdict.progress = http_read_request(held, have, BODY_MAX, &reading, &request, &need, &used, &fault);
		if (verdict.progress == HTTP_MORE)
			cr_assert_gt(need, have, "asks for more than it has");
	}
	if (verdict.progress == HTTP_BAD) {
		verdict.code = fault.code;
		memcpy(verdict.path, fault.path, sizeof(verdict.path));
	}
	if (verdict.progress == HTTP_DONE) {
		verdict.used = used;
		verdict.body_n = request.body.n;
		memcpy(verdict.body, request.body.at, request.body.n);
		verdict.keep_alive = request.keep_alive;
		verdict.expect_continue = request.expect_continue;
	}
	free(held);
	return verdict;
}

/* Whole and in pieces must come to the same end. */
static struct verdict read_all(const char *bytes, size_t n)
{
	static const size_t steps[] = { 1, 2, 3, 7 };
	struct verdict whole = feed(bytes, n, n);

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct verdict piecewise = feed(bytes, n, steps[i]);

		cr_expect_eq(piecewise.progress, whole.progress, "pieces of %zu of: %.200s", steps[i], bytes);
		cr_expect_eq(piecewise.code, whole.code);
		cr_expect_str_eq(piecewise.path, whole.path);
		cr_expect_eq(piecewise.used, whole.used);
		cr_expect_eq(piecewise.body_n, whole.body_n);
		cr_expect_arr_eq(piecewise.body, whole.body, whole.body_n);
		cr_expect_eq(piecewise.keep_alive, whole.keep_alive);
	}
	return whole;
}

CASE(http, accepts)
{
	static const struct {
		const char *bytes, *body;
		bool keep_alive;
	} rows[] = {
		{ "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "", true },
		{ "\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "", true },
		{ "GET / HTTP/1.0\r\n\r\n", "", false },
		{ "GET / HTTP/1.1\r\nHost: a:8080\r\nConnection: x, Close\r\n\r\n", "", false },
		{ "GET / HTTP/1.1\r\nHost: [::1]:80\r\nX:\r\n\r\n", "", true },
		{ POST "Content-Length: 5\r\n\r\nhello", "hello", true },
		{ POST "content-length:\t005 \r\n\r\nhello", "hello", true },
		{ POST "Content-Length: 0\r\n\r\n", "", true },
		{ POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello", true },
		{ POST "Transfer-Encoding: Chunked\r\n\r\n1\r\nh\r\n004\r\nello\r\n0\r\n\r\n", "hello", true },
		{ POST "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0a\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789",
			true },
		{ POST "X: caf\xc3\xa9 \t x\r\nContent-Length: 1\r\n\r\n1", "1", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct verdict verdict = read_all(rows[i].bytes, strlen(rows[i].bytes));

		cr_expect_eq(verdict.progress, HTTP_DONE, "row %zu: %s", i, verdict.path);
		cr_expect_eq(verdict.used, strlen(rows[i].bytes));
		cr_expect_eq(verdict.body_n, strlen(rows[i].body));
		cr_expect_arr_eq(verdict.body, rows[i].body, verdict.body_n);
		cr_expect_eq(verdict.keep_alive, rows[i].keep_alive);
	}
}

CASE(http, refuses)
{
	static const struct {
		const char *bytes;
		enum fault_code code;
		const char *path;
	} rows[] = {
		/* two lengths */
		{ POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", FAULT_HTTP, "Transfer-Encoding" },
		{ POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", FAULT_HTTP, "Transfer-Encoding" },
		{ POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: 5, 5\r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: +5\r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: -5\r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: 0x5\r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: 5 5\r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: \r\n\r\nhello", FAULT_HTTP, "Content-Length" },
		{ POST "Content-Length: 1001\r\n\r\n", FAULT_TOO_LARGE, "Body" },
		{ POST "Content-Length: 18446744073709551617\r\n\r\n", FAULT_TOO_LARGE, "Body" },
		{ POST "Content-Length: 99999999999999999999999999999\r\n\r\n", FAULT_TOO_LARGE, "Body" },
		/* codings */
		{ POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", FAULT_HTTP, "Transfer-Encoding" },
		{ POST "Transfer-Encoding: identity\r\n\r\n", FAULT_HTTP, "Transfer-Encoding" },
		{ POST "Transfer-Encoding: xchunked\r\n\r\n", FAULT_HTTP, "Transfer-Encoding" },
		{ POST "Transfer-Encoding: \"chunked\"\r\n\r\n", FAULT_HTTP, "Transfer-Encoding" },
		{ POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", FAULT_HTTP,
			"Transfer-Encoding" },
		{ POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n", FAULT_HTTP, "Header" },
		{ "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", FAULT_HTTP, "Transfer-Encoding" },
		/* fields */
		{ POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST "Content-Length : 5\r\n\r\nhello", FAULT_HTTP, "Header" },
		{ POST "X: a\r\n Content-Length: 5\r\n\r\nhello", FAULT_HTTP, "Header" },
		{ POST "X: a\r\n\tb\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST " X: a\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST "X\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST ": x\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST "X(: x\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST "X: a\rb\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST "X: a\r\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST "X: \x7f\r\n\r\n", FAULT_HTTP, "Header" },
		{ POST "X: a\nContent-Length: 5\r\n\r\nhello", FAULT_HTTP, "Header" },
		{ "GET / HTTP/1.1\nHost: a\n\n", FAULT_HTTP, "Header" },
		{ "GET / HTTP/1.1\r\nHost: a\n\r\n", FAULT_HTTP, "Header" },
		{ "GET / HTTP/1.1\r\nHost: a\r\n\n", FAULT_HTTP, "Header" },
		{ POST "Expect: 200-maybe\r\n\r\n", FAULT_HTTP, "Expect" },
		/* host */
		{ "GET / HTTP/1.1\r\n\r\n", FAULT_HTTP, "Host" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", FAULT_HTTP, "Host" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", FAULT_HTTP, "Host" },
		{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", FAULT_HTTP, "Host" },
		{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", FAULT_HTTP, "Host" },
		{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", FAULT_HTTP, "Host" },
		{ "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", FAULT_HTTP, "Host" },
		/* request line */
		{ "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Target" },
		{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Target" },
		{ "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Target" },
		{ "GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Target" },
		{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Version" },
		{ "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Version" },
		{ "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", FAULT_HTTP, "Version" },
		{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", FAULT_HTTP, "Version" },
		{ "GET / http/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Version" },
		{ "GET / HTTP/1.10\r\nHost: a\r\n\r\n", FAULT_HTTP, "Version" },
		{ "GET /\r\nHost: a\r\n\r\n", FAULT_HTTP, "Version" },
		{ "G\tT / HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "Method" },
		{ "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_METHOD, "Method" },
		{ "get / HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_METHOD, "Method" },
		{ "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "RequestLine" },
		{ "\r\r\n", FAULT_HTTP, "RequestLine" },
		{ " GET / HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_HTTP, "RequestLine" },
		{ "\x16\x03\x01\x02", FAULT_HTTP, "RequestLine" },
		/* chunks */
		{ POST "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", FAULT_HTTP, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", FAULT_HTTP, "Trailer" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n100000000000000005\r\nhello\r\n0\r\n\r\n", FAULT_TOO_LARGE, "Chunk" },
		{ POST "Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\nhello\r\n0\r\n\r\n", FAULT_TOO_LARGE, "Body" },
		{ POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3E4\r\n", FAULT_TOO_LARGE, "Body" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct verdict verdict = read_all(rows[i].bytes, strlen(rows[i].bytes));

		cr_expect_eq(verdict.progress, HTTP_BAD, "row %zu: %s", i, rows[i].bytes);
		cr_expect_eq(verdict.code, rows[i].code, "row %zu: %s", i, rows[i].bytes);
		cr_expect_str_eq(verdict.path, rows[i].path, "row %zu: %s", i, rows[i].bytes);
	}
}

CASE(http, a_nul_is_refused_wherever_it_stands)
{
	static const char good[] = POST "X: y\r\nContent-Length: 0\r\n\r\n";
	char bytes[sizeof(good)];

	cr_expect_eq(read_all(good, sizeof(good) - 1).progress, HTTP_DONE);
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(bytes, good, sizeof(good));
		bytes[i] = '\0';
		cr_expect_neq(feed(bytes, sizeof(good) - 1, sizeof(good)).progress, HTTP_DONE, "NUL at %zu", i);
	}
}

CASE(http, a_request_cut_anywhere_asks_for_more)
{
	static const char good[] = POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

	for (size_t n = 1; n < sizeof(good) - 1; n++)
		cr_expect_eq(read_all(good, n).progress, HTTP_MORE, "cut at %zu", n);
}

CASE(http, the_next_request_begins_where_this_one_ends)
{
	static const char two[] = POST "Content-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\n";

	cr_expect_eq(feed(two, sizeof(two) - 1, sizeof(two)).used, strlen(POST "Content-Length: 2\r\n\r\nhi"));
}

CASE(http, the_head_is_there_while_the_body_is_awaited)
{
	char bytes[] = POST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
	struct http_reading reading = { 0 };
	struct http_request request;
	struct fault fault;
	size_t need, used;

	cr_expect_eq(http_read_request(bytes, sizeof(bytes) - 1, BODY_MAX, &reading, &request, &need, &used, &fault),
		HTTP_MORE);
	cr_expect_eq(reading.head_n, sizeof(bytes) - 1);
	cr_expect_eq(need, reading.head_n + 5);
	cr_expect(request.expect_continue && text_is(request.target, "/ncpdp/script"));
}

/* `before`, `n` times `unit`, `after`. */
static struct verdict repeated(const char *before, const char *unit, size_t n, const char *after)
{
	size_t size = strlen(before) + n * strlen(unit) + strlen(after);
	char *bytes = malloc(size + 1), *at = stpcpy(bytes, before);
	struct verdict whole, pieces;

	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, unit);
	stpcpy(at, after);
	whole = feed(bytes, size, size);
	pieces = feed(bytes, size, 97);
	cr_expect_eq(whole.progress, pieces.progress);
	cr_expect_eq(whole.code, pieces.code);
	cr_expect_str_eq(whole.path, pieces.path);
	free(bytes);
	return whole;
}

CASE(http, limits_hold_at_the_byte)
{
	static const char rest[] = " HTTP/1.1\r\nHost: a\r\n\r\n";
	size_t line = HTTP_LINE_MAX - strlen("GET / HTTP/1.1"), head = HTTP_HEAD_MAX - strlen("GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n");
	struct verdict verdict;

	cr_expect_eq(repeated("GET /", "a", line, rest).progress, HTTP_DONE);
	verdict = repeated("GET /", "a", line + 1, rest);
	cr_expect(verdict.code == FAULT_TOO_LARGE && strcmp(verdict.path, "RequestLine") == 0);

	cr_expect_eq(repeated("GET / HTTP/1.1\r\nHost: a\r\nX: ", "a", head, "\r\n\r\n").progress, HTTP_DONE);
	verdict = repeated("GET / HTTP/1.1\r\nHost: a\r\nX: ", "a", head + 1, "\r\n\r\n");
	cr_expect(verdict.code == FAULT_TOO_LARGE && strcmp(verdict.path, "Header") == 0);

	cr_expect_eq(repeated("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", HTTP_HEADERS_MAX - 1, "\r\n").progress, HTTP_DONE);
	cr_expect_eq(repeated("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", HTTP_HEADERS_MAX, "\r\n").code, FAULT_TOO_LARGE);

	cr_expect_eq(repeated(POST "Content-Length: 1000\r\n\r\n", "a", BODY_MAX, "").progress, HTTP_DONE);
	cr_expect_eq(repeated(POST "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", BODY_MAX, "0\r\n\r\n").body_n, BODY_MAX);
	cr_expect_eq(repeated(POST "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", BODY_MAX + 1, "0\r\n\r\n").code,
		FAULT_TOO_LARGE);
}

CASE(http, a_body_of_tiny_chunks_ends_at_the_overhead)
{
	size_t n = HTTP_CHUNK_OVERHEAD_MAX / 5, size;
	char *bytes, *at;
	struct http_reading reading = { 0 };
	struct http_request request;
	struct fault fault;
	size_t need, used;

	size = 100 + (n + 1) * 6;
	bytes = malloc(size);
	at = stpcpy(bytes, POST "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t i = 0; i <= n; i++)
		at = stpcpy(at, "1\r\na\r\n");
	cr_expect_eq(http_read_request(bytes, (size_t)(at - bytes), 1 << 20, &reading, &request, &need, &used, &fault),
		HTTP_BAD);
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	cr_expect_str_eq(fault.path, "Chunk");
	free(bytes);
}

CASE(http, headers_are_found_without_case)
{
	char bytes[] = "GET /a?b=c?d HTTP/1.1\r\nHost: a\r\ncontent-TYPE: \t text/xml \r\nEmpty:\r\n\r\n";
	struct http_reading reading = { 0 };
	struct http_request request;
	struct fault fault;
	size_t need, used;

	cr_assert_eq(http_read_request(bytes, sizeof(bytes) - 1, BODY_MAX, &reading, &request, &need, &used, &fault),
		HTTP_DONE);
	cr_expect(text_is(http_header_of(&request, "Content-Type"), "text/xml"));
	cr_expect(text_there(http_header_of(&request, "empty")) && http_header_of(&request, "empty").n == 0);
	cr_expect_not(text_there(http_header_of(&request, "Content")));
	cr_expect(text_is(request.target, "/a") && text_is(request.query, "b=c?d"));
}

CASE(http, writes_responses)
{
	struct arena arena;
	struct buffer out;

	arena_init(&arena, 10000);
	buffer_init(&out, &arena, 0);
	http_write_response(&out, 503, "application/xml", text_lit("<x/>"), "Retry-After: 1\r\n", true);
	http_write_response(&out, 200, NULL, text_lit("ignored"), "", false);
	http_write_response(&out, 299, "text/plain", text_lit(""), "", false);
	cr_expect(text_is(buffer_text(&out),
		"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/xml\r\nContent-Length: 4\r\nRetry-After: 1\r\n"
		"Connection: close\r\n\r\n<x/>"
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
		"HTTP/1.1 299 \r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"));
	arena_done(&arena);
}
