/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 messages as bytes (RFC 9112), read strictly: no I/O here, so it can be tested and fuzzed whole. */
#pragma once

#include "base/buffer.h"
#include "base/fault.h"

enum {
	HTTP_LINE_MAX = 4096,      /* bytes of a request line */
	HTTP_HEAD_MAX = 16 * 1024, /* bytes of request line and headers */
	HTTP_HEADERS_MAX = 64,
	HTTP_CHUNK_OVERHEAD_MAX = 64 * 1024, /* bytes of chunk framing in one body: a body of one-byte chunks is an attack */
};

struct http_header {
	struct text name, value; /* value trimmed */
};

struct http_request {
	struct text method, target; /* target is the path, in origin form */
	struct text query;          /* after '?', TEXT_NONE without */
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t headers_n;
	struct text body;
	bool keep_alive;
	bool expect_continue;
	bool version_1_0;
};

enum http_progress {
	HTTP_MORE, /* the bytes so far are fine and not all: *need says how many bytes in all are wanted at least */
	HTTP_DONE, /* one whole request: *used says how many bytes it took */
	HTTP_BAD,  /* fault is set (HTTP, TOO_LARGE, METHOD); answer and close the connection, nothing after it can be trusted */
};

/* Where reading stands between calls; zero it for a new request. */
struct http_reading {
	size_t head_n;             /* bytes of the head once complete, 0 before */
	size_t body_n;             /* declared by Content-Length */
	size_t scanned;            /* bytes already looked at, so that slow senders cost no second scan */
	bool chunked;
	size_t chunk_at, chunk_out; /* chunked: where the next chunk line is, bytes of body so far (moved to the front) */
	size_t chunk_overhead;
	size_t lead;               /* bytes of the empty line before the request line, 0 or 2 */
	bool first_line;           /* the request line is whole */
	const char *base;          /* where the bytes were at the last call */
};

/* Looks at the bytes received so far of a request (body at most body_max bytes). Chunked bodies are joined in place in
   `bytes`. Texts in *out point into bytes; the next call for the same request may find the bytes moved (a grown buffer) and
   is given the same *out. Refused: both Content-Length and Transfer-Encoding, several or
   malformed Content-Length, any coding but chunked, folded headers, space before a colon, bare LF, control characters, chunk extensions,
   HTTP/1.0 with Transfer-Encoding, trailer fields, absolute-form, missing or repeated Host. After HTTP_MORE with reading->head_n set,
   *out holds the head already (to see Expect). */
enum http_progress http_read_request(char *bytes, size_t n, size_t body_max, struct http_reading *reading,
	struct http_request *out, size_t *need, size_t *used, struct fault *fault);

/* A header's value by name without case; TEXT_NONE when absent. */
struct text http_header_of(const struct http_request *request, const char *name);

const char *http_reason(int status);

/* Appends the head of a response alone, for a body of body_n bytes that is sent beside it. `extra` as below. */
void http_write_head(struct buffer *out, int status, const char *content_type, size_t body_n, const char *extra, bool close);
/* Appends a whole response. content_type NULL: no body. `extra` are further header lines, each with CR LF, "" for none. */
void http_write_response(struct buffer *out, int status, const char *content_type, struct text body, const char *extra,
	bool close);
