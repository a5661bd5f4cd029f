/* SPDX-License-Identifier: Apache-2.0 */
/* The router: what the rules that come with the program decide, what route_decide promises for any rules, and which rule
   files are refused, with the line. */
#include "routing/routing.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY = 1 << 20 };

/* The words "key=value ..." as a question. */
static struct route_question question_of(const char *words, struct arena *arena)
{
	struct route_question question = { 0 };
	struct text rest = arena_text(arena, text_of(words));

	while (text_there(rest)) {
		struct text value = text_cut(&rest, ' '), key = text_cut(&value, '=');
		const struct field *field;
		char name[40];

		if (!key.n)
			continue;
		field = record_field(&route_question_record, text_to_z(key, name, sizeof(name)));
		cr_assert(field, "no member %s", name);
		if (field->kind == FIELD_FLAG)
			*(int64_t *)field_at(field, &question) = 1;
		else
			*(struct text *)field_at(field, &question) = value;
	}
	return question;
}

static struct text file_bytes(const char *path, struct arena *arena)
{
	FILE *in = fopen(path, "re");
	char *at = arena_alloc(arena, 256 * 1024);
	size_t n;

	cr_assert(in && at, "%s", path);
	n = fread(at, 1, 256 * 1024, in);
	fclose(in);
	return (struct text){ at, n };
}

static struct rules *built_in(struct arena *arena)
{
	struct rules *rules;
	struct fault fault = { 0 };
	int line;

	cr_assert(rules_read(file_bytes(RULES_FILE, arena), &rules, &line, &fault), "line %d: %s %s", line,
		fault_row(fault.code)->name, fault.path);
	return rules;
}

static const struct {
	const char *known, *track, *rule;
} decisions[] = {
	/* the plan's own word comes first, whatever else is known */
	{ "benefit=MEDICAL listed=YES status=COVERED", "MEDICAL", "plan-medical" },
	{ "benefit=MEDICAL listed=YES status=COVERED administered_by=SELF route=ORAL", "MEDICAL", "plan-medical" },
	{ "benefit=MEDICAL listed=YES status=EXCLUDED", "MEDICAL", "plan-medical" },
	{ "benefit=PHARMACY listed=YES status=COVERED", "PHARMACY", "plan-pharmacy" },
	{ "benefit=PHARMACY listed=YES status=COVERED administered_by=PROVIDER place_of_service=11", "PHARMACY", "plan-pharmacy" },
	{ "benefit=PHARMACY listed=YES status=COVERED payer_type=B", "PHARMACY", "plan-pharmacy" },
	{ "benefit=PHARMACY listed=YES status=NOT_COVERED", "NOT_COVERED", "not-covered" },
	{ "benefit=PHARMACY listed=YES status=EXCLUDED", "NOT_COVERED", "excluded" },
	{ "listed=YES status=EXCLUDED administered_by=PROVIDER hcpcs=J3490", "MEDICAL", "excluded-billable" },
	{ "listed=YES status=EXCLUDED administered_by=PROVIDER", "NOT_COVERED", "excluded" },
	{ "listed=YES status=EXCLUDED administered_by=SELF hcpcs=J3490", "NOT_COVERED", "excluded" },
	{ "listed=YES status=NOT_COVERED administered_by=PROVIDER route=INFUSION", "NOT_COVERED", "not-covered" },
	/* a remote PBM has the member: it decides, unless our own file says that the medical benefit pays */
	{ "backend=remote", "PHARMACY", "routed" },
	{ "backend=remote plan=DEMO listed=YES status=EXCLUDED", "PHARMACY", "routed" },
	{ "backend=remote listed=NO hcpcs=J3490", "PHARMACY", "routed-billable" },
	{ "backend=remote benefit=PHARMACY listed=YES status=NOT_COVERED", "PHARMACY", "routed" },
	{ "backend=remote benefit=BOTH listed=YES status=COVERED", "PHARMACY", "routed" },
	{ "backend=remote benefit=BOTH listed=YES status=COVERED place_of_service=11", "MEDICAL", "routed-clinic" },
	{ "backend=remote benefit=MEDICAL listed=YES status=COVERED", "MEDICAL", "plan-medical" },
	{ "backend=remote status=EXCLUDED administered_by=PROVIDER hcpcs=J3490", "MEDICAL", "excluded-billable" },
	/* both benefits: the place decides */
	{ "benefit=BOTH status=COVERED listed=YES place_of_service=11", "MEDICAL", "both-at-clinic" },
	{ "benefit=BOTH status=COVERED listed=YES place_of_service=22 administered_by=SELF", "MEDICAL", "both-at-clinic" },
	{ "benefit=BOTH status=COVERED listed=YES place_of_service=12", "PHARMACY", "both-at-home" },
	{ "benefit=BOTH status=COVERED listed=YES place_of_service=12 administered_by=PROVIDER", "PHARMACY", "both-at-home" },
	{ "benefit=BOTH status=COVERED listed=YES administered_by=SELF", "PHARMACY", "both-self" },
	{ "benefit=BOTH status=COVERED listed=YES administered_by=PROVIDER", "BOTH_BY_SITE", "both-unknown" },
	{ "benefit=BOTH status=COVERED listed=YES", "BOTH_BY_SITE", "both-unknown" },
	{ "benefit=BOTH status=COVERED listed=YES place_of_service=99", "BOTH_BY_SITE", "both-unknown" },
	/* Medicare */
	{ "payer_type=B administered_by=PROVIDER listed=YES status=COVERED", "MEDICAL", "part-b-provider" },
	{ "payer_type=B administered_by=PROVIDER", "MEDICAL", "part-b-provider" },
	{ "payer_type=B administered_by=SELF listed=YES status=COVERED", "PHARMACY", "part-b-self" },
	{ "payer_type=B route=INFUSION place_of_service=22", "MEDICAL", "part-b-infusion" },
	{ "payer_type=B route=INFUSION", "UNDETERMINED", "unknown" },
	{ "payer_type=D administered_by=PROVIDER place_of_service=11 listed=YES status=COVERED", "MEDICAL", "part-d-provider" },
	{ "payer_type=D administered_by=SELF place_of_service=11 listed=YES status=COVERED", "PHARMACY", "self" },
	/* who gives it, and where */
	{ "administered_by=PROVIDER place_of_service=11 listed=YES status=COVERED", "MEDICAL", "provider-clinic" },
	{ "administered_by=PROVIDER place_of_service=19 payer_type=E", "MEDICAL", "provider-clinic" },
	{ "administered_by=PROVIDER place_of_service=12 listed=YES status=COVERED", "UNDETERMINED", "provider-somewhere" },
	{ "administered_by=PROVIDER route=INFUSION hcpcs=J3490 listed=YES status=COVERED", "MEDICAL", "provider-infusion" },
	{ "administered_by=PROVIDER route=INJECTION hcpcs=J3490 listed=YES status=COVERED", "UNDETERMINED", "provider-somewhere" },
	{ "administered_by=SELF route=INJECTION listed=YES status=COVERED", "PHARMACY", "self" },
	{ "administered_by=SELF place_of_service=11 listed=YES status=COVERED", "PHARMACY", "self" },
	{ "listed=YES status=COVERED route=ORAL", "PHARMACY", "presumed-self" },
	{ "listed=YES status=COVERED route=INHALED hcpcs=J7699", "PHARMACY", "presumed-self" },
	{ "listed=YES status=COVERED route=INJECTION", "UNDETERMINED", "injected-somewhere" },
	{ "listed=YES status=COVERED", "PHARMACY", "listed-covered" },
	{ "listed=YES status=COVERED route=OTHER", "PHARMACY", "listed-covered" },
	/* not in the plan's file, and no plan */
	{ "listed=NO hcpcs=J3490", "UNDETERMINED", "unlisted-billable" },
	{ "listed=NO plan=DEMO", "NOT_COVERED", "unlisted" },
	{ "plan=DEMO", "UNDETERMINED", "no-product" },
	{ "ndc=99999000303 payer_type=H", "UNDETERMINED", "unknown" },
	{ "administered_by=SELF", "UNDETERMINED", "unknown" },
	{ "", "UNDETERMINED", "unknown" },
};

CASE(decide, built_in_rules)
{
	struct arena arena;
	struct rules *rules;

	arena_init(&arena, MEMORY);
	rules = built_in(&arena);
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct route_question question = question_of(decisions[i].known, &arena);
		struct route_decision decision;
		struct fault fault = { 0 };

		cr_assert(record_check(&route_question_record, &question, &fault), "%s: %s", decisions[i].known, fault.path);
		route_decide(rules, &question, &arena, &decision);
		cr_expect(text_is(decision.rule, decisions[i].rule), "%s: rule %.*s", decisions[i].known,
			TEXT_ARGS(decision.rule));
		cr_expect(text_is(decision.track, decisions[i].track), "%s: track %.*s", decisions[i].known,
			TEXT_ARGS(decision.track));
		cr_expect(record_check(&route_decision_record, &decision, &fault), "%s: %s", decisions[i].known, fault.path);
		if (text_is(decision.track, "UNDETERMINED"))
			cr_expect(memchr(decision.sentence.at, '?', decision.sentence.n), "%s asks nothing", decisions[i].known);
	}
	rules_free(rules);
	arena_done(&arena);
}

/* Taking one known thing after the other away must end where nothing is known; the same question gives the same answer. */
CASE(decide, less_evidence_ends_undetermined)
{
	struct arena arena;
	struct rules *rules;

	arena_init(&arena, MEMORY);
	rules = built_in(&arena);
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		struct route_question question = question_of(decisions[i].known, &arena);
		struct route_decision first, again;

		route_decide(rules, &question, &arena, &first);
		route_decide(rules, &question, &arena, &again);
		cr_expect(record_equal(&route_decision_record, &first, &again));
		for (size_t k = 0; k < route_question_record.n; k++) {
			const struct field *field = &route_question_record.fields[k];

			if (field->kind == FIELD_FLAG)
				*(int64_t *)field_at(field, &question) = 0;
			else
				*(struct text *)field_at(field, &question) = TEXT_NONE;
			route_decide(rules, &question, &arena, &first);
			cr_expect(text_there(first.track));
		}
		cr_expect(text_is(first.track, "UNDETERMINED"), "%s", decisions[i].known);
		cr_expect_eq(first.evidence_n, 0);
		arena_reset(&arena);
	}
	rules_free(rules);
	arena_done(&arena);
}

CASE(decide, evidence_names_what_was_known)
{
	struct arena arena;
	struct rules *rules;
	struct route_question question;
	struct route_decision decision;

	arena_init(&arena, MEMORY);
	rules = built_in(&arena);
	question = question_of("administered_by=PROVIDER place_of_service=11 prior_authorization=1 listed=YES status=COVERED",
		&arena);
	route_decide(rules, &question, &arena, &decision);
	cr_assert_eq(decision.evidence_n, 5);
	cr_expect(text_is(decision.evidence[0].says, "listed YES"));
	cr_expect(text_is(decision.evidence[0].source, "formulary") && text_is(decision.evidence[0].outcome, "CONTEXT"));
	cr_expect(text_is(decision.evidence[2].says, "administered_by PROVIDER") && text_is(decision.evidence[2].outcome, "USED"));
	cr_expect(text_is(decision.evidence[3].says, "place_of_service 11") && text_is(decision.evidence[3].outcome, "USED"));
	cr_expect(text_is(decision.evidence[3].source, "order"));
	cr_expect(text_is(decision.evidence[4].says, "prior_authorization true"));
	cr_expect_eq(decision.prior_authorization, 1, "as the formulary says");
	question.prior_authorization = 0;
	route_decide(rules, &question, &arena, &decision);
	cr_expect_eq(decision.prior_authorization, 0, "as the formulary says");
	cr_expect_eq(decision.version.n, 16);
	cr_expect(!text_there(decision.hcpcs));
	question.hcpcs = text_lit("J3490");
	route_decide(rules, &question, &arena, &decision);
	cr_expect(text_is(decision.hcpcs, "J3490"), "the code goes along, whatever decided");
	rules_free(rules);
	arena_done(&arena);
}

CASE(decide, prior_authorization_column_and_flag_condition)
{
	static const char file[] = "flagged | prior_authorization=true plan=A,B | PHARMACY | house | yes | | why\n"
				   "never | plan=* | MEDICAL | house | no | | why\r\n\n# comment\n"
				   "rest | * | UNDETERMINED | house | formulary | | which plan?";
	static const struct {
		const char *known, *rule;
		int64_t prior_authorization;
	} rows[] = {
		{ "plan=A prior_authorization=1", "flagged", 1 },
		{ "plan=B prior_authorization=1", "flagged", 1 },
		{ "plan=A", "never", 0 },
		{ "plan=C prior_authorization=1", "never", 0 },
		{ "prior_authorization=1", "rest", 1 },
		{ "", "rest", 0 },
	};
	struct arena arena;
	struct rules *rules;
	struct fault fault = { 0 };
	int line;

	arena_init(&arena, MEMORY);
	cr_assert(rules_read(text_of(file), &rules, &line, &fault), "line %d: %s", line, fault.path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct route_question question = question_of(rows[i].known, &arena);
		struct route_decision decision;

		route_decide(rules, &question, &arena, &decision);
		cr_expect(text_is(decision.rule, rows[i].rule), "%s: %.*s", rows[i].known, TEXT_ARGS(decision.rule));
		cr_expect_eq(decision.prior_authorization, rows[i].prior_authorization, "%s", rows[i].known);
	}
	rules_free(rules);
	arena_done(&arena);
}

CASE(decide, a_presumption_wants_to_be_asked_about)
{
	static const char file[] = "sure | plan=A | PHARMACY | house | yes | | why\n"
				   "presumed | plan=B | PHARMACY | house | formulary  ask | | why\n"
				   "rest | * | UNDETERMINED | house | formulary | | which plan?";
	struct arena arena;
	struct rules *rules;
	struct fault fault = { 0 };
	int line;

	arena_init(&arena, MEMORY);
	cr_assert(rules_read(text_of(file), &rules, &line, &fault), "line %d: %s", line, fault.path);
	for (int presumed = 0; presumed < 2; presumed++) {
		struct route_question question = question_of(presumed ? "plan=B" : "plan=A", &arena);
		struct route_decision decision;

		route_decide(rules, &question, &arena, &decision);
		cr_expect_eq(decision.ask_first, presumed);
	}
	rules_free(rules);
	cr_expect(!rules_read(text_lit("a | plan=X | PHARMACY | house | formulary please | | why\nrest | * | UNDETERMINED | house | no | | which?"), &rules, &line, &fault) &&
		line == 1 && fault.code == FAULT_BAD_CODE);
	arena_done(&arena);
}

CASE(decide, routed_stands_for_the_backend_of_the_question)
{
	static const char file[] = "mine | backend=* plan=A | PHARMACY | other | no | | why\n"
				   "routed | backend=* | PHARMACY | routed | no | | why\n"
				   "rest | * | UNDETERMINED | house | no | | what?";
	struct route_question question = { .backend = text_lit("remote"), .routed_by = text_lit("BIN 999998") };
	struct route_decision decision;
	struct arena arena;
	struct rules *rules;
	struct fault fault = { 0 };
	int line;

	arena_init(&arena, MEMORY);
	cr_assert(rules_read(text_of(file), &rules, &line, &fault));
	route_decide(rules, &question, &arena, &decision);
	cr_expect(text_is(decision.backend, "remote") && decision.evidence_n == 2);
	cr_expect(text_is(decision.evidence[0].source, "configuration") && text_is(decision.evidence[0].says, "backend remote"));
	cr_expect(text_is(decision.evidence[1].says, "routed_by BIN 999998"));
	question.plan = text_lit("A");
	route_decide(rules, &question, &arena, &decision);
	cr_expect(text_is(decision.backend, "other"), "a rule may name one itself");
	question.backend = TEXT_NONE;
	route_decide(rules, &question, &arena, &decision);
	cr_expect(text_is(decision.backend, "house"));
	cr_expect(text_is(rules_backend(rules, 0, &line), "other") && line == 1);
	cr_expect(text_is(rules_backend(rules, 1, &line), "routed") && line == 2);
	cr_expect(!text_there(rules_backend(rules, 3, &line)));
	rules_free(rules);
	arena_done(&arena);
}

#define LAST "\nz | * | UNDETERMINED | house | no | | what?"

static const struct {
	const char *file;
	int line;
	enum fault_code code;
	const char *path;
} refused[] = {
	{ "", 1, FAULT_RULE, "conditions" },
	{ "# nothing", 1, FAULT_RULE, "conditions" },
	{ "a | plan=X | PHARMACY | house | no | | why", 1, FAULT_RULE, "conditions" },
	{ "a | * | PHARMACY | house | no | | why", 1, FAULT_RULE, "track" },
	{ "a | * | UNDETERMINED | house | no | | why?" LAST, 2, FAULT_RULE, "conditions" },
	{ "# c\n\na | plan=X | PHARMACY | house | no | | why\na | plan=Y | PHARMACY | house | no | | why" LAST, 4, FAULT_REPEATED, "id" },
	{ "a | plan=X | PHARMACY | house | no" LAST, 1, FAULT_MISSING, "sentence" },
	{ "a | plan=X | PHARMACY | house | no | | " LAST, 1, FAULT_MISSING, "sentence" },
	{ "a | plan=X | PHARMACY | house | no | | why | more" LAST, 1, FAULT_UNKNOWN_ELEMENT, "sentence" },
	{ " | plan=X | PHARMACY | house | no | | why" LAST, 1, FAULT_MISSING, "id" },
	{ "a | | PHARMACY | house | no | | why" LAST, 1, FAULT_MISSING, "conditions" },
	{ "a | plan=X | SOMEWHERE | house | no | | why" LAST, 1, FAULT_BAD_CODE, "track" },
	{ "a | plan=X | PHARMACY | | no | | why" LAST, 1, FAULT_MISSING, "backend" },
	{ "a | plan=X | PHARMACY | house | maybe | | why" LAST, 1, FAULT_BAD_CODE, "prior_auth" },
	{ "a | plan=X | PHARMACY | routed | no | | why" LAST, 1, FAULT_RULE, "backend" },
	{ "a | colour=X | PHARMACY | house | no | | why" LAST, 1, FAULT_UNKNOWN_ELEMENT, "conditions" },
	{ "a | plan | PHARMACY | house | no | | why" LAST, 1, FAULT_MISSING, "conditions/plan" },
	{ "a | plan= | PHARMACY | house | no | | why" LAST, 1, FAULT_MISSING, "conditions/plan" },
	{ "a | plan=X,,Y | PHARMACY | house | no | | why" LAST, 1, FAULT_MISSING, "conditions/plan" },
	{ "a | benefit=DENTAL | PHARMACY | house | no | | why" LAST, 1, FAULT_BAD_CODE, "conditions/benefit" },
	{ "a | hcpcs=J34901 | PHARMACY | house | no | | why" LAST, 1, FAULT_TOO_LONG, "conditions/hcpcs" },
	{ "a | plan=X plan=Y | PHARMACY | house | no | | why" LAST, 1, FAULT_REPEATED, "conditions/plan" },
	{ "a | prior_authorization=false | PHARMACY | house | no | | why" LAST, 1, FAULT_BAD_CODE, "conditions/prior_authorization" },
	{ "a | diagnosis=C*,D0*5 | PHARMACY | house | no | | why" LAST, 1, FAULT_BAD_TEXT, "conditions/diagnosis" },
	{ "a | benefit=MED* | PHARMACY | house | no | | why" LAST, 1, FAULT_BAD_TEXT, "conditions/benefit" },
	{ "a | said=X | PHARMACY | house | no | | why" LAST, 1, FAULT_UNKNOWN_ELEMENT, "conditions" },
	{ "a | from=2026-02-30 | PHARMACY | house | no | | why" LAST, 1, FAULT_BAD_DATE, "conditions/from" },
	{ "a | from= | PHARMACY | house | no | | why" LAST, 1, FAULT_MISSING, "conditions/from" },
	{ "a | from=2026-01-01 from=2026-01-02 | PHARMACY | house | no | | why" LAST, 1, FAULT_REPEATED, "conditions/from" },
	{ "a | from=2026-01-02 until=2026-01-01 | PHARMACY | house | no | | why" LAST, 1, FAULT_RULE, "conditions/until" },
	{ "a | from=2026-01-02 | UNDETERMINED | house | no | | why?", 1, FAULT_RULE, "conditions" },
	{ "a | plan=X | PHARMACY | house | no | | wh\xC3" LAST, 0, FAULT_BAD_TEXT, "rules" },
};

CASE(decide, wrong_rule_files_are_refused)
{
	struct rules *rules;
	int line;

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct fault fault = { 0 };

		cr_assert(!rules_read(text_of(refused[i].file), &rules, &line, &fault), "%s", refused[i].file);
		cr_expect_eq(rules, NULL);
		cr_expect_eq(line, refused[i].line, "%s: line %d", refused[i].file, line);
		cr_expect_eq(fault.code, refused[i].code, "%s: %s", refused[i].file, fault_row(fault.code)->name);
		cr_expect_str_eq(fault.path, refused[i].path, "%s: %s", refused[i].file, fault.path);
	}
}

CASE(decide, version_is_the_hash_of_the_file)
{
	static const char one[] = "z | * | UNDETERMINED | house | no | | what?";
	static const char other[] = "z | * | UNDETERMINED | house | no | | What?";
	struct arena arena;
	struct fault fault = { 0 };
	struct route_decision a, b, c;
	struct route_question question = { 0 };
	const char *files[] = { one, one, other };
	struct route_decision *decisions_of[] = { &a, &b, &c };
	struct rules *rules[3];
	int line;

	arena_init(&arena, MEMORY);
	for (int i = 0; i < 3; i++) {
		cr_assert(rules_read(text_of(files[i]), &rules[i], &line, &fault));
		route_decide(rules[i], &question, &arena, decisions_of[i]);
	}
	cr_expect(text_equal(a.version, b.version));
	cr_expect(!text_equal(a.version, c.version));
	for (int i = 0; i < 3; i++)
		rules_free(rules[i]);
	arena_done(&arena);
}
