/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer's CDS service says: written by our own tables and read back, and each answer that says nothing. */
#include "fhir-bridge/crd/coverage_read.h"
#include "test/fhir-bridge/sample.h"

static struct text response(const struct coverage_info *info, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 2048);
	buffer_lit(&out, "{\"cards\":[],\"systemActions\":[{\"type\":\"update\",\"description\":\"x\",\"resource\":{\"resourceType\":\"MedicationRequest\","
			 "\"id\":\"order\",\"extension\":[{\"url\":\"urn:other\",\"valueString\":\"x\"},");
	buffer_add(&out, coverage_info_write(info, arena));
	buffer_lit(&out, "]}}]}");
	return buffer_text(&out);
}

static struct coverage_info info_of(const char *covered)
{
	return (struct coverage_info){ .coverage = text_lit("Coverage/1"), .covered = covered, .date = text_lit("2026-11-22"),
		.assertion_id = text_lit("id-1") };
}

CASE(coverage_read, what_is_said_is_read)
{
	static const struct {
		const char *covered, *pa_needed, *info_needed, *detail;
		bool other;
	} rows[] = {
		{ "covered", "auth-needed", NULL, NULL, false },
		{ "covered", "no-auth", NULL, "Submit with NCPDP", false },
		{ "not-covered", NULL, NULL, NULL, false },
		{ "conditional", "auth-needed", "OTH", "Submit prior authorization as NCPDP SCRIPT ePA, not as a medical request; BIN 999999", true },
		{ "not-covered", NULL, NULL, "Ask the pharmacy benefit", true },
		{ "conditional", NULL, "location", "Say where it is given", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct coverage_info info = info_of(rows[i].covered);
		struct coverage_said said;
		struct arena arena;
		struct fault fault = { 0 };

		arena_init(&arena, MEMORY);
		info.pa_needed = rows[i].pa_needed;
		info.info_needed = rows[i].info_needed;
		info.reason_words = text_lit("because");
		if (rows[i].detail)
			info.details[info.details_n++] = (struct coverage_detail){ .category = "cat-other", .code = "instructions", .words = text_of(rows[i].detail) };
		cr_assert(coverage_info_read(response(&info, &arena), &arena, &said, &fault), "row %zu: %s", i, fault.path);
		cr_expect(text_is(said.covered, rows[i].covered) && text_is(said.date, "2026-11-22") && text_is(said.assertion_id, "id-1"));
		cr_expect(text_is(said.reason, "because"));
		cr_expect(rows[i].pa_needed ? text_is(said.pa_needed, rows[i].pa_needed) : !said.pa_needed.n);
		cr_expect_eq(said.other_benefit, rows[i].other, "row %zu", i);
		arena_done(&arena);
	}
}

CASE(coverage_read, an_answer_that_says_nothing)
{
	static const char *const rows[] = { "", "[]", "{\"cards\":[]}", "{\"systemActions\":[]}", "<html>",
		"{\"systemActions\":[{\"type\":\"update\",\"resource\":{\"resourceType\":\"MedicationRequest\"}}]}",
		"{\"systemActions\":[{\"type\":\"update\",\"resource\":{\"resourceType\":\"MedicationRequest\",\"extension\":[{\"url\":\"" COVERAGE_INFORMATION
		"\",\"extension\":[{\"url\":\"covered\",\"valueCode\":\"perhaps\"}]}]}}]}" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct coverage_said said;
		struct arena arena;
		struct fault fault;

		arena_init(&arena, MEMORY);
		cr_expect(!coverage_info_read(text_of(rows[i]), &arena, &said, &fault), "row %zu", i);
		arena_done(&arena);
	}
}
