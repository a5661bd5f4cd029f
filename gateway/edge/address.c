/* SPDX-License-Identifier: Apache-2.0 */
/* One table of addresses; refusals in the words of whoever posted there. */
#include "gateway/edge/address.h"

#include "fhir-bridge/outcome.h"
#include "gateway/edge/problem.h"

#include <assert.h>
#include <string.h>

enum { PATH_SEEN_MAX = 64 }; /* bytes of a request looked at to guess its address: the longest is 37 */

#define WEB_METHODS "GET, HEAD, POST, PUT, DELETE"

static const struct {
	const char *path, *methods;
	bool below; /* what is below this path is at the same address */
	enum family family; /* FAMILIES: the edge answers by itself */
} rows[] = {
	[ADDRESS_SCRIPT] = { "/ncpdp/script", "POST", false, FAMILY_SCRIPT },
	[ADDRESS_RTPB] = { "/ncpdp/rtpb", "POST", false, FAMILY_RTPB },
	[ADDRESS_HEALTH] = { "/healthz", "GET, HEAD", false, FAMILIES },
	[ADDRESS_READY] = { "/readyz", "GET, HEAD", false, FAMILIES },
	[ADDRESS_METRICS] = { "/metrics", "GET, HEAD", false, FAMILIES },
	[ADDRESS_TOKEN] = { "/oauth/token", "POST", false, FAMILIES },
	[ADDRESS_SMART] = { "/.well-known/smart-configuration", "GET, HEAD", false, FAMILIES },
	[ADDRESS_SMART_FHIR] = { "/fhir/.well-known/smart-configuration", "GET, HEAD", false, FAMILIES },
	[ADDRESS_JWKS] = { "/.well-known/jwks.json", "GET, HEAD", false, FAMILIES },
	[ADDRESS_FORMULARY] = { "/formulary/v1", WEB_METHODS, true, FAMILY_FORMULARY },
	[ADDRESS_FHIR] = { "/fhir", WEB_METHODS, true, FAMILY_FHIR },
	[ADDRESS_CDS] = { "/cds-services", WEB_METHODS, true, FAMILY_CDS },
	[ADDRESS_CDS_2_0] = { "/crd/2.0/cds-services", WEB_METHODS, true, FAMILY_CDS },
	[ADDRESS_ROUTE] = { "/route", WEB_METHODS, true, FAMILY_ROUTE },
	[ADDRESS_NOTIFY] = { "/fhir-notify", "POST", true, FAMILY_FHIR },
	[ADDRESS_NONE] = { "", "", false, FAMILIES },
};

static bool at(enum address address, struct text path)
{
	size_t n = strlen(rows[address].path);

	return text_is(path, rows[address].path) ||
	       (rows[address].below && text_starts(path, rows[address].path) && path.at[n] == '/');
}

enum address address_of(struct text path)
{
	enum address address = ADDRESS_SCRIPT;

	while (address < ADDRESS_NONE && !at(address, path))
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

bool address_takes(enum address address, enum family *family)
{
	*family = rows[address].family;
	return rows[address].family != FAMILIES;
}

enum address address_of_family(enum family family)
{
	enum address address = ADDRESS_SCRIPT;

	assert(family < FAMILIES);
	while (rows[address].family != family)
		address++;
	return address;
}

bool address_allows(enum address address, struct text method)
{
	struct text rest = text_of(rows[address].methods);

	while (text_there(rest))
		if (text_equal(text_trim(text_cut(&rest, ',')), method))
			return true;
	return false;
}

const char *address_extra(enum address address, int status, struct text trace, struct arena *arena)
{
	enum ncpdp_family standard;
	struct buffer lines;

	buffer_init(&lines, arena, 128);
	buffer_lit(&lines, "X-Trace-ID: ");
	buffer_add(&lines, trace);
	buffer_lit(&lines, "\r\n");
	if (status == 503)
		buffer_lit(&lines, "Retry-After: 1\r\n");
	if (rows[address].family != FAMILIES && !family_is_ncpdp(rows[address].family, &standard))
		buffer_lit(&lines, "Cache-Control: no-store\r\n"); /* here they are refusals: for answers see web.c */
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
	if (fault->code == FAULT_TOO_LARGE || fault->code == FAULT_HTTP || fault->code == FAULT_METHOD ||
		fault->code == FAULT_MEDIA)
		return fault_row(fault->code)->http_status;
	return 200;
}

static void refuse_message(enum ncpdp_family family, const struct fault *fault, struct text received, struct text trace, struct now now,
	struct buffer *body)
{
	const struct ncpdp_message unread = { .family = family };
	struct ncpdp_sender sender;

	ncpdp_sender(&unread, received, &sender);
	/* The trace is fresh and fits a MessageID, so the partner's question leads straight to our log. */
	ncpdp_write_refusal(family, &sender, trace, now.wall_ms, fault, body);
}

void address_refuse(enum address address, const struct fault *fault, int status, struct text received, struct text trace,
	struct now now, struct arena *arena, struct out *out)
{
	const struct fault_row *row = fault_row(fault->code);
	enum ncpdp_family standard;
	struct buffer body;

	assert(fault->code != FAULT_NONE);
	buffer_init(&body, arena, 0);
	out->kind = OUT_REPLY;
	out->status = status ? status : row->http_status;
	switch (rows[address].family) {
	case FAMILY_SCRIPT:
	case FAMILY_RTPB:
		family_is_ncpdp(rows[address].family, &standard);
		refuse_message(standard, fault, received, trace, now, &body);
		out->status = status ? status : message_status(fault);
		out->media = MEDIA_XML;
		break;
	case FAMILY_FORMULARY:
	case FAMILY_ROUTE:
		problem_write(fault, out->status, trace, false, &body);
		out->media = MEDIA_PROBLEM;
		break;
	case FAMILY_FHIR:
	case FAMILY_CDS:
		fhir_outcome_write(fault, &body);
		out->media = MEDIA_FHIR;
		break;
	case FAMILIES:
		/* Names and sentences are our own and hold nothing that JSON would have to escape. */
		buffer_format(&body, "{\"code\":\"%s\",\"message\":\"%s\"}\n", row->name, row->sentence);
		out->media = MEDIA_JSON;
		break;
	}
	out->payload = buffer_text(&body);
	out->extra = address_extra(address, out->status, trace, arena);
}
