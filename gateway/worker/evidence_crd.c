/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer's CDS service says about which benefit pays, as evidence. */
#include "gateway/worker/worker_evidence.h"

#include "fhir-bridge/crd/coverage_read.h"
#include "routing/evidence.h"

static bool say(struct route_question *out, enum evidence_kind kind, const char *member, const char *value, struct text day, struct arena *arena)
{
	struct text always = text_of(evidence_row(kind)->says), name = text_cut(&always, '=');
	struct route_said *said = arena_push(arena, (void **)&out->said, &out->said_n, sizeof(*said));

	if (said)
		*said = (struct route_said){ .kind = text_of(evidence_row(kind)->name), .member = member ? text_of(member) : name,
			.value = value ? text_of(value) : always, .date = day };
	return said != NULL;
}

bool evidence_of_crd(struct text body, struct text day, struct arena *arena, struct route_question *out)
{
	struct coverage_said said;
	struct fault fault;

	if (!coverage_info_read(body, arena, &said, &fault))
		return false;
	if (said.other_benefit)
		return say(out, EVIDENCE_CRD_OTHER_BENEFIT, NULL, NULL, day, arena);
	if (text_is(said.covered, "not-covered"))
		return say(out, EVIDENCE_CRD_NOT_COVERED, NULL, NULL, day, arena);
	if (!text_is(said.covered, "covered"))
		return true; /* it depends, and does not say on what the router asks */
	return say(out, EVIDENCE_CRD_COVERED, NULL, NULL, day, arena) &&
		(!text_is(said.pa_needed, "auth-needed") || say(out, EVIDENCE_CRD_COVERED, "prior_authorization", "true", day, arena));
}
