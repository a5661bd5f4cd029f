/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a FHIR bundle, seen as a request and as an answer: never a crash, what can be answered gets an answer that reads back as
   what was decided, and no denial without a reason gets through. */
#include "fhir-bridge/fhir.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct fhir_decision denial = { .action = { "A3", 2 }, .reason = { "not tried", 9 }, .note = { "call", 4 } };

static void answer(const struct fhir_bundle *request, struct arena *arena)
{
	struct fhir_bundle *bundle = fhir_response_of(request, &denial, text_lit("r"), INT64_C(1795339800000), arena), *back;
	struct fhir_decision decision;
	struct buffer json;
	struct fault fault;

	if (!bundle)
		return;
	buffer_init(&json, arena, 0);
	fhir_write(bundle, &json);
	if (json.failed)
		return;
	if (!fhir_read(buffer_text(&json), arena, &back, &fault)) {
		if (fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
			abort();
		return;
	}
	if (!fhir_response_read(back, arena, &decision, &fault) || !text_equal(decision.action, denial.action) ||
		!text_equal(decision.reason, denial.reason) || !text_equal(decision.note, denial.note))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fhir_bundle *bundle;
	struct fhir_claim_view view;
	struct fhir_decision decision;
	struct fault fault;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	if (fhir_read((struct text){ (const char *)data, n }, &arena, &bundle, &fault)) {
		if (fhir_claim_read(bundle, &arena, &view, &fault))
			answer(bundle, &arena);
		if (fhir_response_read(bundle, &arena, &decision, &fault) && text_in_list(decision.action, "A2 A3 A6") &&
			!text_trim(decision.reason).n)
			abort();
	}
	arena_done(&arena);
	return 0;
}
