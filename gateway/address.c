/* SPDX-License-Identifier: Apache-2.0 */
/* One table of addresses; refusals in the words of whoever posted there. */
#include "gateway/address.h"

#include <assert.h>
#include <string.h>

enum { PATH_SEEN_MAX = 64 }; /* bytes of a request looked at to guess its address: the longest is 14 */

static const struct {
	const char *path, *methods;
	bool takes;
	enum ncpdp_family family;
} rows[] = {
	[ADDRESS_SCRIPT] = { "/ncpdp/script", "POST", true, NCPDP_SCRIPT },
	[ADDRESS_RTPB] = { "/ncpdp/rtpb", "POST", true, NCPDP_RTPB },
	[ADDRESS_HEALTH] = { "/healthz", "GET, HEAD", false, NCPDP_FAMILIES },
	[ADDRESS_READY] = { "/readyz", "GET, HEAD", false, NCPDP_FAMILIES },
	[ADDRESS_METRICS] = { "/metrics", "GET, HEAD", false, NCPDP_FAMILIES },
	[ADDRESS_NONE] = { "", "", false, NCPDP_FAMILIES },
};

enum address address_of(struct text path)
{
	enum address address = ADDRESS_SCRIPT;

	while (address < ADDRESS_NONE && !text_is(path, rows[address].path))
		address++;
	return address;
}

enum address address_guess(struct text bytes)
{
	struct text rest = { bytes.at, bytes.n < PATH_SEEN_MAX ? bytes.n : PATH_SEEN_MAX };
	struct text path;

	rest = text_trim(rest);
	text_cut(&rest, ' ');
	if (!text_there(rest))
		return ADDRESS_NONE;
	path = text_cut(&rest, '\r');
	path = text_cut(&path, ' ');
	return address_of(text_cut(&path, '?'));
}

bool address_takes(enum address address, enum ncpdp_family *family)
{
	*family = rows[address].family;
	return rows[address].takes;
}

const char *address_extra(enum address address, int status, struct text trace, struct arena *arena)
{
	struct buffer lines;

	buffer_init(&lines, arena, 128);
	buffer_lit(&lines, "X-Trace-ID: ");
	buffer_add(&lines, trace);
	buffer_lit(&lines, "\r\n");
	if (status == 503)
		buffer_lit(&lines, "Retry-After: 1\r\n");
	if (status == 405) {
		buffer_lit(&lines, "Allow: ");
		buffer_add(&lines, text_of(rows[address].methods));
		buffer_lit(&lines, "\r\n");
	}
	buffer_add_char(&lines, '\0');
	return lines.failed ? "" : lines.at;
}

static int message_status(const struct fault *fault)
{
	if (fault_row(fault->code)->retry)
		return 503;
	if (fault->code == FAULT_TOO_LARGE || fault->code == FAULT_HTTP || fault->code == FAULT_METHOD)
		return fault_row(fault->code)->http_status;
	return 200;
}

void address_refuse(enum address address, const struct fault *fault, int status, struct text received, struct text trace,
	struct now now, struct arena *arena, struct out *out)
{
	const struct fault_row *row = fault_row(fault->code);
	struct buffer body;

	assert(fault->code != FAULT_NONE);
	buffer_init(&body, arena, 0);
	out->kind = OUT_REPLY;
	if (rows[address].takes) {
		const struct ncpdp_message unread = { .family = rows[address].family };
		struct ncpdp_sender sender;

		ncpdp_sender(&unread, received, &sender);
		/* The trace is fresh and fits a MessageID, so the partner's question leads straight to our log. */
		ncpdp_write_refusal(rows[address].family, &sender, trace, now.wall_ms, fault, &body);
		out->status = status ? status : message_status(fault);
		out->media = MEDIA_XML;
	} else {
		/* Names and sentences are our own and hold nothing that JSON would have to escape. */
		buffer_format(&body, "{\"code\":\"%s\",\"message\":\"%s\"}\n", row->name, row->sentence);
		out->status = status ? status : row->http_status;
		out->media = "application/json";
	}
	out->payload = buffer_text(&body);
	out->extra = address_extra(address, out->status, trace, arena);
}
