/* SPDX-License-Identifier: Apache-2.0 */
/* A request on its way to another payer: the bytes that came, but for its identifier and the number of the case. */
#include "fhir-bridge/pas/pas_ask.h"

#include "base/json.h"
#include "fhir-bridge/systems.h"

#define WORD(a, b) { { a, sizeof(a) - 1 }, { b, sizeof(b) - 1 } }

/* A word that is exchanged wherever it stands as a whole string. */
struct exchange {
	struct text from, to;
};

/* Behind the closing quote of the string that begins at `at`. The text was read before, so that there is one. */
static size_t string_end(struct text body, size_t at)
{
	for (at++; at < body.n && body.at[at] != '"'; at++)
		at += body.at[at] == '\\';
	return at + 1 < body.n ? at + 1 : body.n;
}

static void exchange_all(struct text body, const struct exchange *words, size_t n, struct buffer *out)
{
	size_t kept = 0;

	for (size_t at = 0; at < body.n;) {
		size_t end;

		if (body.at[at] != '"') {
			at++;
			continue;
		}
		end = string_end(body, at);
		for (size_t i = 0; i < n; i++) {
			struct text inner = { body.at + at + 1, end - at - 2 };

			if (!words[i].from.n || !text_equal(inner, words[i].from))
				continue;
			buffer_add(out, (struct text){ body.at + kept, at + 1 - kept });
			buffer_add(out, words[i].to);
			kept = end - 1;
			break;
		}
		at = end;
	}
	buffer_add(out, (struct text){ body.at + kept, body.n - kept });
}

static void add_identifier(struct buffer *out, struct text identifier)
{
	buffer_lit(out, "{\"system\":\"" SYSTEM_OURS "bundle\",\"value\":\"");
	buffer_add(out, identifier);
	buffer_lit(out, "\"}");
}

bool pas_forward(struct text body, const struct pas_forward *how, struct arena *arena, struct text *out, struct fault *fault)
{
	const struct exchange number = { how->ours, how->theirs };
	struct fhir_identified bundle = { 0 };
	struct buffer first, whole;

	if (!json_read(&fhir_identified_record, &bundle, body, arena, NULL, fault))
		return false;
	buffer_init(&first, arena, body.n + 200);
	if (bundle.identifier.n) {
		size_t at = (size_t)(bundle.identifier.at - body.at), end = at + bundle.identifier.n;

		buffer_add(&first, (struct text){ body.at, at });
		add_identifier(&first, how->identifier);
		buffer_add(&first, (struct text){ body.at + end, body.n - end });
	} else {
		struct text rest = text_trim(body);

		buffer_lit(&first, "{\"identifier\":");
		add_identifier(&first, how->identifier);
		buffer_lit(&first, ",");
		buffer_add(&first, (struct text){ rest.at + 1, rest.n - 1 });
	}
	*out = buffer_text(&first);
	if (text_there(how->ours) && text_there(how->theirs)) {
		buffer_init(&whole, arena, first.n + 200);
		exchange_all(*out, &number, 1, &whole);
		*out = buffer_text(&whole);
	}
	return text_there(*out) || fault_set(fault, FAULT_TOO_LARGE, "Bundle");
}

/* -- what an inquiry gives -- */

struct text pas_inquired(struct text body, size_t i, struct arena *arena)
{
	static const struct exchange profiles[] = {
		WORD(PAS "profile-pas-inquiry-response-bundle", PAS "profile-pas-response-bundle"),
		WORD(PAS "profile-claiminquiryresponse", PAS "profile-claimresponse"),
	};
	struct fhir_raw_parameters raw = { 0 };
	struct text found = TEXT_NONE;
	struct buffer out;
	struct fault fault;
	size_t n = 0;

	if (!json_read(&fhir_raw_parameters_record, &raw, body, arena, NULL, &fault))
		return TEXT_NONE;
	if (text_is(raw.type, "Bundle"))
		found = i == 0 ? text_trim(body) : TEXT_NONE; /* 2.0.1 */
	for (size_t k = 0; k < raw.parameter_n && !text_there(found); k++)
		if (text_is(raw.parameter[k].name, "return") || text_is(raw.parameter[k].name, "responseBundle"))
			found = n++ == i ? raw.parameter[k].resource : TEXT_NONE;
	if (!text_there(found))
		return TEXT_NONE;
	buffer_init(&out, arena, found.n + 100);
	exchange_all(found, profiles, sizeof(profiles) / sizeof(*profiles), &out);
	return buffer_text(&out);
}
