/* SPDX-License-Identifier: Apache-2.0 */
/* Frames HTTP/1.1 requests (RFC 9112) out of bytes as they come. Whatever two readers could understand differently is
   refused, because that is how requests are smuggled past a proxy in front. The head's own grammar is in http_head.c. */
#include "base/http.h"

#include <assert.h>
#include <string.h>

#include "base/http_head.h"

enum {
	CHUNK_DIGITS_MAX = 8, /* hexadecimal digits of a chunk size: 4 GB, beyond any body_max, and never overflows */
	CRLF = 2,             /* bytes */
};

static enum http_progress bad(struct fault *fault, enum fault_code code, const char *where)
{
	fault_set(fault, code, where);
	return HTTP_BAD;
}

static enum http_progress more(size_t *need, size_t at_least)
{
	*need = at_least;
	return HTTP_MORE;
}

/* Finds the empty line that ends the head. Looks at each byte once and stops at the limits, so that the verdict is the same
   however the bytes were cut. */
static enum http_progress find_head(const char *bytes, size_t n, struct http_reading *reading, size_t *need,
	struct fault *fault)
{
	size_t lead = 0, limit = n < HTTP_HEAD_MAX ? n : HTTP_HEAD_MAX, line_limit = HTTP_LINE_MAX + CRLF;

	/* RFC 9112 2.2: one empty line before the request line is passed over */
	if (n && bytes[0] == '\r') {
		if (n < CRLF + 1)
			return n == CRLF && bytes[1] != '\n' ? bad(fault, FAULT_HTTP, "RequestLine") : more(need, CRLF + 1);
		if (bytes[1] != '\n')
			return bad(fault, FAULT_HTTP, "RequestLine");
		lead = CRLF;
	}
	/* Anything else than HTTP (a TLS hello on the plain port) shows in its first byte. */
	if (n > lead && !http_token_char(bytes[lead]))
		return bad(fault, FAULT_HTTP, "RequestLine");
	line_limit += lead;
	if (reading->scanned < lead)
		reading->scanned = lead;
	while (reading->scanned < limit) {
		const char *lf = memchr(bytes + reading->scanned, '\n', limit - reading->scanned);
		size_t at = lf ? (size_t)(lf - bytes) : limit;

		if (!reading->first_line && at >= line_limit)
			return bad(fault, FAULT_TOO_LARGE, "RequestLine");
		reading->scanned = at;
		if (!lf)
			break;
		reading->first_line = true;
		if (at == lead || bytes[at - 1] != '\r')
			return bad(fault, FAULT_HTTP, "Header"); /* bare LF */
		reading->scanned = at + 1;
		if (at >= lead + 3 && bytes[at - 2] == '\n') {
			reading->head_n = at + 1;
			reading->lead = lead;
			return HTTP_DONE;
		}
	}
	if (n >= HTTP_HEAD_MAX)
		return bad(fault, FAULT_TOO_LARGE, "Header");
	return more(need, n + 1);
}

/* One chunk's size line at reading->chunk_at. *line is its length with CR LF once whole. */
static enum http_progress chunk_line(const char *bytes, size_t n, const struct http_reading *reading, size_t *size,
	size_t *line, size_t *need, struct fault *fault)
{
	size_t at = reading->chunk_at, digits = 0;

	*size = 0;
	for (; at < n && http_hex(bytes[at]) >= 0; at++) {
		if (++digits > CHUNK_DIGITS_MAX)
			return bad(fault, FAULT_TOO_LARGE, "Chunk");
		*size = *size * 16 + (size_t)http_hex(bytes[at]);
	}
	if (at < n && (!digits || bytes[at] != '\r'))
		return bad(fault, FAULT_HTTP, "Chunk"); /* a chunk extension, too */
	if (at + 1 < n && bytes[at + 1] != '\n')
		return bad(fault, FAULT_HTTP, "Chunk");
	if (at + CRLF > n)
		return more(need, n + 1);
	*line = at + CRLF - reading->chunk_at;
	return HTTP_DONE;
}

/* Joins whole chunks behind the head; what is left between the body and *used is of no use to anyone. */
static enum http_progress read_chunks(char *bytes, size_t n, size_t body_max, struct http_reading *reading,
	struct http_request *out, size_t *need, size_t *used, struct fault *fault)
{
	for (;;) {
		size_t size, line, end;
		enum http_progress progress = chunk_line(bytes, n, reading, &size, &line, need, fault);

		if (progress != HTTP_DONE)
			return progress;
		if (size > body_max - reading->chunk_out)
			return bad(fault, FAULT_TOO_LARGE, "Body");
		if (reading->chunk_overhead + line + CRLF > HTTP_CHUNK_OVERHEAD_MAX)
			return bad(fault, FAULT_TOO_LARGE, "Chunk");
		end = reading->chunk_at + line + size;
		/* After the last chunk only the empty line: trailer fields would be headers that nobody checked. */
		if ((n > end && bytes[end] != '\r') || (n > end + 1 && bytes[end + 1] != '\n'))
			return bad(fault, FAULT_HTTP, size ? "Chunk" : "Trailer");
		if (n < end + CRLF)
			return more(need, end + CRLF);
		if (!size) {
			*used = end + CRLF;
			out->body = (struct text){ bytes + reading->head_n, reading->chunk_out };
			return HTTP_DONE;
		}
		memmove(bytes + reading->head_n + reading->chunk_out, bytes + reading->chunk_at + line, size);
		reading->chunk_out += size;
		reading->chunk_at = end + CRLF;
		reading->chunk_overhead += line + CRLF;
	}
}

enum http_progress http_read_request(char *bytes, size_t n, size_t body_max, struct http_reading *reading,
	struct http_request *out, size_t *need, size_t *used, struct fault *fault)
{
	if (!reading->head_n) {
		enum http_progress progress = find_head(bytes, n, reading, need, fault);

		if (progress != HTTP_DONE)
			return progress;
		if (!http_head_parse((struct text){ bytes + reading->lead, reading->head_n - reading->lead }, out, fault)
			|| !http_head_framing(out, body_max, &reading->chunked, &reading->body_n, fault))
			return HTTP_BAD;
		reading->chunk_at = reading->head_n;
	} else if (reading->base != bytes) {
		/* The buffer was moved to make room: read the texts where they are now. */
		bool again = http_head_parse((struct text){ bytes + reading->lead, reading->head_n - reading->lead }, out,
			fault);

		assert(again);
		(void)again;
	}
	reading->base = bytes;
	out->body = (struct text){ bytes + reading->head_n, 0 };
	if (reading->chunked)
		return read_chunks(bytes, n, body_max, reading, out, need, used, fault);
	if (n - reading->head_n < reading->body_n)
		return more(need, reading->head_n + reading->body_n);
	out->body.n = reading->body_n;
	*used = reading->head_n + reading->body_n;
	return HTTP_DONE;
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} rows[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return ""; /* RFC 9112 4: the reason may be empty */
}

void http_write_head(struct buffer *out, int status, const char *content_type, size_t body_n, const char *extra, bool close)
{
	buffer_lit(out, "HTTP/1.1 ");
	buffer_add_int(out, status);
	buffer_add_char(out, ' ');
	buffer_add(out, text_of(http_reason(status)));
	if (content_type) {
		buffer_lit(out, "\r\nContent-Type: ");
		buffer_add(out, text_of(content_type));
	}
	buffer_lit(out, "\r\nContent-Length: ");
	buffer_add_int(out, (int64_t)body_n);
	buffer_lit(out, "\r\n");
	buffer_add(out, text_of(extra));
	if (close)
		buffer_lit(out, "Connection: close\r\n");
	buffer_lit(out, "\r\n");
}

void http_write_response(struct buffer *out, int status, const char *content_type, struct text body, const char *extra,
	bool close)
{
	size_t n = content_type ? body.n : 0;

	http_write_head(out, status, content_type, n, extra, close);
	buffer_add(out, (struct text){ body.at, n });
}
