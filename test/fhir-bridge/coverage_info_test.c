/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of coverage-information beside what it refuses, and how one is written and recognized. */
#include "fhir-bridge/crd/coverage_info.h"
#include "test/fhir-bridge/sample.h"

#include <string.h>

static const struct coverage_info good = {
	.coverage = { "Coverage/c", 10 },
	.covered = "covered",
	.pa_needed = "auth-needed",
	.date = { "2026-11-22", 10 },
	.assertion_id = { "a1", 2 },
};

CASE(coverage_info, each_rule_refuses_something)
{
	const struct text some = text_lit("x");
	struct {
		const char *rule;
		struct coverage_info bad;
	} rows[] = {
		{ "whole", { .covered = "covered", .coverage = some, .date = some } },
		{ "whole", { .coverage = some, .date = some, .assertion_id = some } },
		{ "details", good },
		{ "details", good },
		{ "billing", good },
		{ "crd-ci-q1", good },
		{ "crd-ci-q2", good },
		{ "crd-ci-q3", good },
		{ "crd-ci-q3", good },
		{ "crd-ci-q4", good },
		{ "crd-ci-q5", good },
		{ "crd-ci-q5", good },
		{ "crd-ci-q6", good },
		{ "crd-ci-q7", good },
		{ "crd-ci-q8", good },
		{ "crd-ci-q9", good },
		{ "own reason", good },
		{ "own reason", good },
	};
	bool seen[32] = { false };

	rows[2].bad.details_n = 1;
	rows[2].bad.details[0] = (struct coverage_detail){ .category = "cat-other", .code = "instructions" };
	rows[3].bad.details_n = 1;
	rows[3].bad.details[0] = (struct coverage_detail){ .code = "instructions", .words = some };
	rows[4].bad.billing_code = some;
	rows[5].bad.questionnaire = some;
	rows[6].bad.covered = "not-covered";
	rows[7].bad.covered = "conditional";
	rows[8].bad.doc_needed = "conditional";
	rows[9].bad.pa_needed = "no-auth";
	rows[9].bad.doc_purpose = "withpa";
	rows[9].bad.reason_words = some;
	rows[10].bad.pa_needed = "satisfied";
	rows[11].bad.satisfied_pa_id = some;
	rows[12].bad.info_needed = "OTH";
	rows[13].bad.reason = "other-benefit";
	rows[14].bad.doc_purpose = "withclaim";
	rows[15].bad.pa_needed = "indeterminate";
	rows[16].bad.own_reason = some;
	rows[16].bad.reason_words = some;
	rows[17].bad.own_reason = rows[17].bad.own_system = some;
	cr_assert(!coverage_info_broken(&good));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct coverage_rule *broken = coverage_info_broken(&rows[i].bad);

		cr_assert(broken && strcmp(broken->name, rows[i].rule) == 0, "%zu: %s, not %s", i, rows[i].rule, broken ? broken->name : "none");
		seen[broken - coverage_rules] = true;
	}
	for (size_t i = 0; i < coverage_rules_n; i++)
		cr_expect(seen[i], "%s has an example", coverage_rules[i].name);
}

CASE(coverage_info, what_mends_it_is_taken)
{
	struct coverage_info info = good;

	info.covered = "conditional";
	info.info_needed = "OTH";
	info.reason_words = text_lit("ask the pharmacy benefit");
	cr_expect(!coverage_info_broken(&info));
	info = good;
	info.pa_needed = "satisfied";
	info.satisfied_pa_id = text_lit("EXAUTH1");
	cr_expect(!coverage_info_broken(&info));
	info = good;
	info.covered = "not-covered";
	info.pa_needed = NULL;
	info.reason = "no-active-coverage";
	cr_expect(!coverage_info_broken(&info));
	info = good;
	info.doc_needed = "clinical";
	info.doc_purpose = "withpa";
	info.reason_words = text_lit("why");
	info.questionnaire = text_lit("https://example.org/Questionnaire/q|1");
	cr_expect(!coverage_info_broken(&info));
}

CASE(coverage_info, it_is_recognized_by_its_coverage)
{
	struct fhir_extension extension = { 0 };
	struct coverage_info info = good;
	struct arena arena;
	struct fault fault;
	struct text id;

	arena_init(&arena, MEMORY);
	info.details_n = 3;
	info.details[0] = (struct coverage_detail){ .category = "cat-limitation", .code = "allowed-quantity", .number = text_lit("2"),
		.qualification = text_lit("units in 28 days") };
	info.details[1] = (struct coverage_detail){ .category = "cat-other", .code = "instructions", .words = text_lit("\"do\"") };
	info.details[2] = (struct coverage_detail){ .category = "cat-other", .code = "policy-link", .url = text_lit("https://example.org/p") };
	cr_assert(json_read(&fhir_extension_record, &extension, coverage_info_write(&info, &arena), &arena, NULL, &fault));
	cr_expect(coverage_info_about(&extension, text_lit("Coverage/c"), &id) && text_is(id, "a1"));
	cr_expect(!coverage_info_about(&extension, text_lit("Coverage/cc"), &id) && !coverage_info_about(&extension, text_lit("overage/c"), &id));
	extension.url = text_lit("http://example.org/other");
	cr_expect(!coverage_info_about(&extension, text_lit("Coverage/c"), &id));
	cr_expect(!text_holds(coverage_info_essence(&info, &arena), "2026-11-22") && !text_holds(coverage_info_essence(&info, &arena), "a1"));
	arena_done(&arena);
}

CASE(coverage_info, crd_2_0_1_has_other_codes)
{
	static const struct {
		const char *covered, *pa_needed, *info_needed, *reason;
		const char *holds[3], *never;
	} rows[] = {
		{ "covered", "auth-needed", NULL, NULL, { "\"covered\",\"valueCode\":\"covered\"", "\"auth-needed\"" }, "info-needed" },
		{ "indeterminate", NULL, NULL, "technical", { "\"valueCode\":\"conditional\"", "\"pa-needed\",\"valueCode\":\"conditional\"", "\"OTH\"" }, "technical" },
		{ "conditional", NULL, "detail-code", NULL, { "\"OTH\"", "\"pa-needed\"" }, "detail-code" },
		{ "conditional", "conditional", "location", NULL, { "\"location\"" }, "OTH" },
		{ "not-covered", NULL, NULL, "gold-card", { "\"not-covered\"", "gold-card" }, "pa-needed" },
		{ "not-covered", NULL, NULL, "no-member-found", { "\"not-covered\"", "words" }, "no-member-found" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct coverage_info info = good;
		struct arena arena;
		struct text said;

		arena_init(&arena, MEMORY);
		info.covered = rows[i].covered;
		info.pa_needed = rows[i].pa_needed;
		info.info_needed = rows[i].info_needed;
		info.reason = rows[i].reason;
		info.reason_words = text_lit("words");
		info.as_2_0 = true;
		said = coverage_info_write(&info, &arena);
		for (size_t k = 0; k < 3 && rows[i].holds[k]; k++)
			cr_expect(text_holds(said, rows[i].holds[k]), "%zu: %.*s", i, TEXT_ARGS(said));
		cr_expect(!text_holds(said, rows[i].never), "%zu: %.*s", i, TEXT_ARGS(said));
		arena_done(&arena);
	}
}

CASE(coverage_info, whom_to_ask_and_until_when_it_holds)
{
	static const struct {
		bool as_2_0;
		const char *holds[3], *never;
	} rows[] = {
		{ false, { "\"valueContactDetail\":{\"name\":\"EXAMPLE\"", "\"value\":\"5555550100\"", "\"expiry-date\",\"valueDate\":\"2026-12-31\"" }, "valueContactPoint" },
		{ true, { "\"valueContactPoint\":{\"system\":\"phone\",\"value\":\"5555550100\"" }, "expiry-date" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct coverage_info info = good;
		struct arena arena;
		struct text said;

		arena_init(&arena, MEMORY);
		info.contact_name = text_lit("EXAMPLE");
		info.expiry_date = text_lit("2026-12-31");
		info.as_2_0 = rows[i].as_2_0;
		cr_expect(!text_holds(coverage_info_write(&info, &arena), "contact"), "a name alone helps nobody");
		info.contact_telephone = text_lit("5555550100");
		said = coverage_info_write(&info, &arena);
		for (size_t k = 0; k < 3 && rows[i].holds[k]; k++)
			cr_expect(text_holds(said, rows[i].holds[k]), "%zu: %.*s", i, TEXT_ARGS(said));
		cr_expect(!text_holds(said, rows[i].never), "%zu: %.*s", i, TEXT_ARGS(said));
		arena_done(&arena);
	}
}
