/* SPDX-License-Identifier: Apache-2.0 */
/* Faults told in FHIR. */
#include "base/json.h"
#include "fhir-bridge/outcome.h"
#include "fhir-bridge/records.h"
#include "test/case.h"

static const struct {
	enum fault_code code;
	const char *path, *expression, *diagnostics, *issue;
} told[] = {
	{ FAULT_MISSING, "Bundle/entry[0]/resource/Claim/item[1]/quantity", "Bundle.entry[0].resource.item[1].quantity", NULL, "required" },
	{ FAULT_BAD_CODE, "Claim.use", "Claim.use", NULL, "code-invalid" },
	{ FAULT_RULE, "Bundle/entry[2]/resource/Patient/contained[0]/Organization/name", "Bundle.entry[2].resource.contained[0].name", NULL,
		"invariant" },
	{ FAULT_MISSING, "Bundle.entry[0].resource.item[0].extension('http://example.org/a')",
		"Bundle.entry[0].resource.item[0].extension('http://example.org/a')", NULL, "required" },
	{ FAULT_UNKNOWN_SENDER, "Authorization", NULL, "Authorization", "security" },
	{ FAULT_NOT_JSON, "", NULL, NULL, "structure" },
	/* ours to mend: where it happened is nobody else's business */
	{ FAULT_INTERNAL, "Bundle/entry[0]", NULL, NULL, "exception" },
};

CASE(fhir_outcome, says_what_and_where)
{
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		struct fhir_document back = { 0 };
		const struct fhir_outcome_issue *issue;
		struct fault fault, second;
		struct buffer json;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		buffer_init(&json, &arena, 0);
		fault_set(&fault, told[i].code, told[i].path);
		fhir_outcome_write(&fault, &json);
		cr_assert(json_read(&fhir_document_record, &back, buffer_text(&json), &arena, NULL, &second));
		cr_assert(record_check(&fhir_document_record, &back, &second), "%zu: %s", i, second.path);
		cr_assert_eq(back.operation_outcome->issue_n, 1);
		issue = &back.operation_outcome->issue[0];
		cr_expect(text_is(issue->code, told[i].issue), "%zu", i);
		cr_expect(text_is(issue->severity, "error"));
		cr_expect(text_is(issue->details->text, fault_row(told[i].code)->sentence));
		cr_expect_eq(issue->expression_n, told[i].expression ? 1 : 0, "%zu", i);
		cr_expect(!told[i].expression || text_is(issue->expression[0], told[i].expression), "%zu: %.*s", i,
			TEXT_ARGS(issue->expression[0]));
		cr_expect(told[i].diagnostics ? text_is(issue->diagnostics, told[i].diagnostics) : !text_there(issue->diagnostics), "%zu", i);
		arena_done(&arena);
	}
}

CASE(fhir_outcome, every_fault_has_an_issue_type)
{
	/* R4 value set issue-type, the codes our table uses */
	static const char types[] = "invalid structure required value invariant security login unknown expired forbidden suppressed processing "
				    "not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly "
				    "business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational";

	for (enum fault_code code = FAULT_NONE + 1; code < FAULT_CODES; code++)
		cr_expect(text_in_list(text_of(fault_row(code)->fhir_issue), types), "%s", fault_row(code)->name);
}

CASE(fhir_outcome, the_longest_path_fits)
{
	char where[FHIR_EXPRESSION_MAX];
	struct fault fault;

	fault_set(&fault, FAULT_MISSING, "");
	memset(fault.path, 'a', sizeof(fault.path) - 1);
	fault.path[sizeof(fault.path) - 1] = '\0';
	fhir_expression(&fault, where);
	cr_expect_eq(strlen(where), sizeof(fault.path) - 1);
}
