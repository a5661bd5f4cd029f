/* SPDX-License-Identifier: Apache-2.0 */
/* Between HTTP and the bus: fields of a request into a record, fields of a reply into header lines. */
#include "gateway/edge/web.h"

#include "gateway/edge/address.h"

/* All fields of this name, joined as RFC 9110 5.3 lets them be; TEXT_NONE without any. */
static struct text fields(const struct http_request *request, const char *name, struct arena *arena)
{
	struct text one = http_header_of(request, name);
	struct buffer joined;
	size_t n = 0;

	for (size_t i = 0; i < request->headers_n; i++)
		n += text_equal_nocase(request->headers[i].name, text_of(name));
	if (n < 2)
		return one;
	buffer_init(&joined, arena, 256);
	for (size_t i = 0; i < request->headers_n; i++) {
		if (!text_equal_nocase(request->headers[i].name, text_of(name)))
			continue;
		if (joined.n)
			buffer_lit(&joined, ", ");
		buffer_add(&joined, request->headers[i].value);
	}
	return buffer_text(&joined);
}

struct text web_pack(const struct http_request *request, const struct caller *caller, struct arena *arena)
{
	struct web_request web = {
		.method = text_is(request->method, "HEAD") ? text_lit("GET") : request->method,
		.path = request->target,
		.query = request->query,
		.accept = fields(request, "Accept", arena),
		.content_type = fields(request, "Content-Type", arena),
		.if_none_match = fields(request, "If-None-Match", arena),
		.prefer = fields(request, "Prefer", arena),
		.body = request->body,
		.client = caller->client,
		.scopes = caller->scopes,
	};
	struct buffer packed;

	buffer_init(&packed, arena, 256 + request->body.n);
	record_pack(&web_request_record, &web, &packed);
	return buffer_text(&packed);
}

/* A header line, of a value that is fit for one: visible characters and nothing else. */
static void line(struct buffer *lines, const char *name, struct text value, const char *around)
{
	for (size_t i = 0; i < value.n; i++)
		if (value.at[i] < ' ' || value.at[i] > '~' || (*around && value.at[i] == '"'))
			return;
	if (!value.n)
		return;
	buffer_add(lines, text_of(name));
	buffer_lit(lines, ": ");
	buffer_add(lines, text_of(around));
	buffer_add(lines, value);
	buffer_add(lines, text_of(around));
	buffer_lit(lines, "\r\n");
}

const char *web_extra(enum family family, const struct envelope *envelope, int status, struct arena *arena)
{
	const char *all = address_extra(ADDRESS_NONE, status == 405 ? 0 : status, envelope->trace, arena);
	enum ncpdp_family standard;
	struct buffer lines;

	if (family_is_ncpdp(family, &standard))
		return all;
	buffer_init(&lines, arena, 256);
	buffer_add(&lines, text_of(all));
	line(&lines, "ETag", envelope->etag, "\"");
	line(&lines, "Location", envelope->location, "");
	line(&lines, "Allow", envelope->allow, "");
	/* What anybody may ask may be kept by anybody; the rest is about somebody. */
	if (envelope->cache_s > 0)
		buffer_format(&lines, "Cache-Control: public, max-age=%lld\r\n", (long long)envelope->cache_s);
	else
		buffer_lit(&lines, "Cache-Control: no-store\r\n");
	buffer_add_char(&lines, '\0');
	return lines.failed ? "" : lines.at;
}
