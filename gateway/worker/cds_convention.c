/* SPDX-License-Identifier: Apache-2.0 */
/* The convention by which CRD clients are told that the pharmacy benefit pays, as a table. */
#include "gateway/worker/cds_convention.h"

#include <string.h>

#define ROUTING "[; BIN {BIN}][, PCN {PCN}]"
#define WORDS(words) { words, sizeof(words) - 1 }

static const struct crd_answer rows[CDS_CONVENTIONS] = {
	[CDS_PHARMACY] = { .when = WORDS("PHARMACY"), .covered = WORDS("conditional"), .info_needed = WORDS("OTH"),
		.instructions = WORDS("Send the prescription to a pharmacy; ask its price as an NCPDP real-time benefit request" ROUTING) },
	[CDS_PHARMACY_AUTHORIZATION] = { .when = WORDS("PHARMACY_AUTHORIZATION"), .covered = WORDS("conditional"), .info_needed = WORDS("OTH"),
		.instructions = WORDS("Submit prior authorization as NCPDP SCRIPT ePA, not as a medical request" ROUTING) },
	[CDS_PHARMACY_APPROVED] = { .when = WORDS("PHARMACY_APPROVED"), .covered = WORDS("conditional"), .info_needed = WORDS("OTH"),
		.instructions = WORDS("Send the prescription to a pharmacy, with the number of the authorization" ROUTING) },
};

const struct crd_answer *cds_convention_row(size_t n)
{
	return n < CDS_CONVENTIONS ? &rows[n] : NULL;
}

static void take(struct text *to, struct text from)
{
	if (from.n)
		*to = from;
}

void cds_convention_of(const struct config *config, enum cds_convention when, struct crd_answer *out)
{
	*out = rows[when];
	for (size_t i = 0; i < config->crd_answers_n; i++) {
		const struct crd_answer *own = &config->crd_answers[i];

		if (!text_equal(own->when, out->when))
			continue;
		take(&out->covered, own->covered);
		take(&out->info_needed, own->info_needed);
		take(&out->reason_system, own->reason_system);
		take(&out->reason_code, own->reason_code);
		take(&out->instructions, own->instructions);
	}
	if (!text_is(out->covered, "conditional"))
		out->info_needed = TEXT_NONE;
}

/* -- instructions -- */

struct names {
	struct text bin, pcn;
};

/* Whether the part names something that is not known. */
static bool unknown(struct text part, const struct names *names)
{
	return (!names->bin.n && memmem(part.at, part.n, "{BIN}", 5)) || (!names->pcn.n && memmem(part.at, part.n, "{PCN}", 5));
}

static void add(struct text part, const struct names *names, struct buffer *out)
{
	for (size_t i = 0; i < part.n;) {
		struct text rest = { part.at + i, part.n - i };
		bool bin = text_starts(rest, "{BIN}"), pcn = text_starts(rest, "{PCN}");

		if (bin || pcn)
			buffer_add(out, bin ? names->bin : names->pcn);
		else
			buffer_add_char(out, part.at[i]);
		i += bin || pcn ? 5 : 1;
	}
}

struct text cds_instructions(struct text pattern, struct text bin, struct text pcn, struct arena *arena)
{
	const struct names names = { bin, pcn };
	struct text rest = pattern;
	struct buffer out;

	buffer_init(&out, arena, pattern.n + bin.n + pcn.n + 16);
	while (text_there(rest)) {
		struct text part;

		add(text_cut(&rest, '['), &names, &out);
		if (!text_there(rest))
			break;
		part = text_cut(&rest, ']');
		if (!unknown(part, &names))
			add(part, &names, &out);
	}
	return buffer_text(&out);
}
