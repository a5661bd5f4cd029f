/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a request line and its fields, refusing every form that RFC 9112 only tolerates. */
#include "base/http_head.h"

#include <string.h>

enum { CHAR_TOKEN = 1, CHAR_VALUE = 2, CHAR_TARGET = 4, CHAR_HOST = 8 };

#define T CHAR_TOKEN
#define V CHAR_VALUE
#define P CHAR_TARGET
#define H CHAR_HOST
/* What each byte may be part of: T token, V field value, P request target, H host. Bytes from 0x80 are obs-text, V only. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" /* ranges of designators: both compilers have them */
static const unsigned char classes[256] = {
	['\t'] = V, [' '] = V,
	['!'] = T | V | P | H, ['"'] = V | P, ['#'] = T | V, ['$'] = T | V | P | H, ['%'] = T | V | P | H,
	['&'] = T | V | P | H, ['\''] = T | V | P | H, ['('] = V | P | H, [')'] = V | P | H, ['*'] = T | V | P | H,
	['+'] = T | V | P | H, [','] = V | P, ['-'] = T | V | P | H, ['.'] = T | V | P | H, ['/'] = V | P,
	['0' ... '9'] = T | V | P | H, [':'] = V | P | H, [';'] = V | P | H, ['<'] = V | P, ['='] = V | P | H,
	['>'] = V | P, ['?'] = V | P, ['@'] = V | P, ['A' ... 'Z'] = T | V | P | H, ['['] = V | P | H, ['\\'] = V | P,
	[']'] = V | P | H, ['^'] = T | V | P, ['_'] = T | V | P | H, ['`'] = T | V | P, ['a' ... 'z'] = T | V | P | H,
	['{'] = V | P, ['|'] = T | V | P, ['}'] = V | P, ['~'] = T | V | P | H,
	[0x80 ... 0xff] = V,
};
#pragma GCC diagnostic pop
#undef T
#undef V
#undef P
#undef H

bool http_token_char(char c)
{
	return classes[(unsigned char)c] & CHAR_TOKEN;
}

int http_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool all(struct text t, unsigned char class)
{
	for (size_t i = 0; i < t.n; i++)
		if (!(classes[(unsigned char)t.at[i]] & class))
			return false;
	return true;
}

/* Cuts the next line, without its CR LF, off the front. find_head has seen that every LF follows a CR. */
static struct text cut_line(struct text *rest)
{
	const char *lf = memchr(rest->at, '\n', rest->n);
	struct text line = { rest->at, (size_t)(lf - rest->at) - 1 };

	*rest = (struct text){ lf + 1, rest->n - line.n - 2 };
	return line;
}

static bool parse_request_line(struct text line, struct http_request *out, struct fault *fault)
{
	struct text rest = line;

	out->method = text_cut(&rest, ' ');
	out->target = text_cut(&rest, ' ');
	if (!out->method.n || !all(out->method, CHAR_TOKEN))
		return fault_set(fault, FAULT_HTTP, "Method");
	if (!text_is(rest, "HTTP/1.1") && !text_is(rest, "HTTP/1.0"))
		return fault_set(fault, FAULT_HTTP, "Version");
	out->version_1_0 = text_is(rest, "HTTP/1.0");
	if (!text_in_list(out->method, "GET HEAD POST PUT PATCH DELETE OPTIONS"))
		return fault_set(fault, FAULT_METHOD, "Method");
	/* RFC 9112 3.2.1: origin form; the other forms are for proxies */
	if (!out->target.n || out->target.at[0] != '/' || !all(out->target, CHAR_TARGET))
		return fault_set(fault, FAULT_HTTP, "Target");
	out->query = out->target;
	out->target = text_cut(&out->query, '?');
	return true;
}

static bool parse_field(struct text line, struct http_header *out, struct fault *fault)
{
	const char *colon = memchr(line.at, ':', line.n);

	if (!colon)
		return fault_set(fault, FAULT_HTTP, "Header");
	out->name = (struct text){ line.at, (size_t)(colon - line.at) };
	out->value = text_trim((struct text){ colon + 1, line.n - out->name.n - 1 });
	/* A folded line begins with a space, and a space before the colon is no token character either (RFC 9112 5.1, 5.2).
	   A CR inside the line is no value character, but trimming would hide one at its end. */
	if (!out->name.n || !all(out->name, CHAR_TOKEN) || !all((struct text){ colon + 1, line.n - out->name.n - 1 }, CHAR_VALUE))
		return fault_set(fault, FAULT_HTTP, "Header");
	return true;
}

/* What the fields say about the connection; the body's framing is http_head_framing's. */
static bool parse_meaning(struct http_request *out, struct fault *fault)
{
	size_t hosts = 0;

	out->keep_alive = !out->version_1_0;
	out->expect_continue = false;
	for (size_t i = 0; i < out->headers_n; i++) {
		struct text name = out->headers[i].name, value = out->headers[i].value;

		if (text_equal_nocase(name, text_lit("Host"))) {
			if (hosts++ || !value.n || !all(value, CHAR_HOST))
				return fault_set(fault, FAULT_HTTP, "Host");
		} else if (text_equal_nocase(name, text_lit("Connection"))) {
			while (text_there(value))
				if (text_equal_nocase(text_trim(text_cut(&value, ',')), text_lit("close")))
					out->keep_alive = false;
		} else if (text_equal_nocase(name, text_lit("Expect"))) {
			if (!text_equal_nocase(value, text_lit("100-continue")))
				return fault_set(fault, FAULT_HTTP, "Expect");
			out->expect_continue = !out->version_1_0; /* RFC 9110 10.1.1 */
		}
	}
	if (!hosts && !out->version_1_0)
		return fault_set(fault, FAULT_HTTP, "Host");
	return true;
}

bool http_head_parse(struct text head, struct http_request *out, struct fault *fault)
{
	struct text rest = head;

	out->headers_n = 0;
	if (!parse_request_line(cut_line(&rest), out, fault))
		return false;
	for (;;) {
		struct text line = cut_line(&rest);

		if (!line.n)
			return parse_meaning(out, fault);
		if (out->headers_n == HTTP_HEADERS_MAX)
			return fault_set(fault, FAULT_TOO_LARGE, "Header");
		if (!parse_field(line, &out->headers[out->headers_n], fault))
			return false;
		out->headers_n++;
	}
}

/* Decimal digits and nothing else: no sign, no list, no space (RFC 9112 6.3 point 5). Too big a number becomes SIZE_MAX. */
static bool parse_length(struct text value, size_t *out)
{
	*out = 0;
	for (size_t i = 0; i < value.n; i++) {
		size_t digit = (size_t)(value.at[i] - '0');

		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		*out = *out > (SIZE_MAX - digit) / 10 ? SIZE_MAX : *out * 10 + digit;
	}
	return value.n > 0;
}

bool http_head_framing(const struct http_request *request, size_t body_max, bool *chunked, size_t *body_n,
	struct fault *fault)
{
	bool length = false;

	*chunked = false;
	*body_n = 0;
	for (size_t i = 0; i < request->headers_n; i++) {
		struct text name = request->headers[i].name, value = request->headers[i].value;

		if (text_equal_nocase(name, text_lit("Content-Length"))) {
			if (length || !parse_length(value, body_n))
				return fault_set(fault, FAULT_HTTP, "Content-Length");
			length = true;
		} else if (text_equal_nocase(name, text_lit("Transfer-Encoding"))) {
			if (*chunked || !text_equal_nocase(value, text_lit("chunked")))
				return fault_set(fault, FAULT_HTTP, "Transfer-Encoding");
			*chunked = true;
		}
	}
	/* RFC 9112 6.3 point 3: this ought to be handled as an error; 6.1: HTTP/1.0 with a coding is faulty framing */
	if (*chunked && (length || request->version_1_0))
		return fault_set(fault, FAULT_HTTP, "Transfer-Encoding");
	if (*body_n > body_max)
		return fault_set(fault, FAULT_TOO_LARGE, "Body");
	return true;
}

struct text http_header_of(const struct http_request *request, const char *name)
{
	struct text wanted = text_of(name);

	for (size_t i = 0; i < request->headers_n; i++)
		if (text_equal_nocase(request->headers[i].name, wanted))
			return request->headers[i].value;
	return TEXT_NONE;
}
