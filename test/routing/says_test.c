/* SPDX-License-Identifier: Apache-2.0 */
/* What lists say of orders: rows that hold and their twins, what is refused, and the built-in table. */
#include "routing/routing.h"
#include "routing/says.h"

#include "test/case.h"

#include <stdio.h>

enum { MEMORY = 4 << 20 };

static struct sayings *read(const char *file)
{
	struct sayings *sayings;
	struct fault fault = { 0 };
	int line;

	cr_assert(sayings_read(text_of(file), &sayings, &line, &fault), "line %d: %s %s", line, fault_row(fault.code)->name, fault.path);
	return sayings;
}

/* The words of what is known, with what the lists say of it. */
static void expect(const struct sayings *sayings, const char *known, const char *said)
{
	struct arena arena;
	struct route_question question = { 0 };
	struct buffer words;
	struct fault fault;

	arena_init(&arena, MEMORY);
	cr_assert(route_words_read(text_of(known), &arena, &question, &fault), "%s: %s", known, fault.path);
	if (!question.date.n)
		question.date = text_lit("2026-11-22");
	cr_assert(sayings_say(sayings, &question, &question, &arena));
	question = (struct route_question){ .said = question.said, .said_n = question.said_n };
	buffer_init(&words, &arena, 200);
	route_words_write(&question, &words);
	cr_expect(text_is(buffer_text(&words), said), "%s: %.*s", known, TEXT_ARGS(buffer_text(&words)));
	arena_done(&arena);
}

#define ROWS                                                                                                                     \
	"# a list\n"                                                                                                             \
	"sad | hcpcs=J9998 from=2025-01-01 until=2026-12-31 | SAD_LIST:self_listed=YES | article A99999\n\n"                     \
	"state | programme=medicaid_managed_care plan=EXAMPLE* | CARVE_OUT:carve_out=PHARMACY | 42 CFR 438.3(s)\n"               \
	"both | hcpcs=J9998 | PLAN_RULE:supply=WHITE_BAG LAW:law_class=DME_DRUG | manual p. 7\n"

CASE(says, each_row_that_holds_says_it)
{
	struct sayings *sayings = read(ROWS);

	cr_expect_eq(sayings_n(sayings), 3);
	expect(sayings, "hcpcs=J9998", "SAD_LIST:self_listed=YES@2025-01-01~2026-12-31 PLAN_RULE:supply=WHITE_BAG LAW:law_class=DME_DRUG");
	expect(sayings, "hcpcs=J9997", "");
	expect(sayings, "hcpcs=J9998 date=2027-01-01", "PLAN_RULE:supply=WHITE_BAG LAW:law_class=DME_DRUG");
	expect(sayings, "programme=medicaid_managed_care plan=EXAMPLE-1", "CARVE_OUT:carve_out=PHARMACY");
	expect(sayings, "programme=medicaid_ffs plan=EXAMPLE-1", "");
	/* by what a crosswalk says as well, and each thing once */
	expect(sayings, "CROSSWALK:hcpcs=J9998 LAW:law_class=DME_DRUG", "CROSSWALK:hcpcs=J9998 LAW:law_class=DME_DRUG SAD_LIST:self_listed=YES@2025-01-01~2026-12-31 PLAN_RULE:supply=WHITE_BAG");
	sayings_free(sayings);
}

CASE(says, no_row_rests_on_another)
{
	struct sayings *sayings = read("a | hcpcs=J9998 | LAW:dialysis=YES | x\nb | dialysis=YES | LAW:residence=HOME | x\n");

	expect(sayings, "hcpcs=J9998", "LAW:dialysis=YES");
	expect(sayings, "dialysis=YES", "LAW:residence=HOME");
	sayings_free(sayings);
}

CASE(says, a_row_that_cannot_be_applied_refuses_the_file)
{
	static const struct {
		const char *row;
		enum fault_code code;
		const char *path;
	} bad[] = {
		{ "a | hcpcs=J9998 | SAD_LIST:self_listed=YES", FAULT_MISSING, "citation" },
		{ "a | hcpcs=J9998 | SAD_LIST:self_listed=YES | x | y", FAULT_UNKNOWN_ELEMENT, "citation" },
		{ "a | * | SAD_LIST:self_listed=YES | x", FAULT_MISSING, "conditions" },
		{ "a | from=2025-01-01 | SAD_LIST:self_listed=YES | x", FAULT_MISSING, "conditions" },
		{ "a | code=J9998 | SAD_LIST:self_listed=YES | x", FAULT_UNKNOWN_ELEMENT, "conditions" },
		{ "a | hcpcs=J9998 | RTPB_817:told=MEDICAL | x", FAULT_BAD_CODE, "says/kind" },
		{ "a | hcpcs=J9998 | EARLIER:told=MEDICAL | x", FAULT_BAD_CODE, "says/kind" },
		{ "a | hcpcs=J9998 | ORDER:supply=RETAIL | x", FAULT_BAD_CODE, "says/kind" },
		{ "a | hcpcs=J9998 | SAD_LIST:self_listed | x", FAULT_MISSING, "says/value" },
		{ "a | hcpcs=J9998 | SAD_LIST:self_listed=MAYBE | x", FAULT_BAD_CODE, "says/said[0]/self_listed" },
		{ "a | hcpcs=J9998 | SAD_LIST:listing=YES | x", FAULT_UNKNOWN_ELEMENT, "says/said[0]/member" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct sayings *sayings;
		struct fault fault = { 0 };
		int line;

		cr_expect(!sayings_read(text_of(bad[i].row), &sayings, &line, &fault) && fault.code == bad[i].code && text_is(text_of(fault.path), bad[i].path) &&
			line == 1 && !sayings, "%s: %s %s", bad[i].row, fault_row(fault.code)->name, fault.path);
	}
}

CASE(says, an_empty_file_says_nothing)
{
	struct sayings *sayings = read("# nothing yet\n");

	expect(sayings, "hcpcs=J9998", "");
	sayings_free(sayings);
}

CASE(says, what_is_built_in)
{
	static char file[1 << 16];
	FILE *in = fopen(SAYS_FILE, "re");
	struct sayings *sayings;

	cr_assert(in && fread(file, 1, sizeof(file) - 1, in) > 0 && fclose(in) == 0);
	sayings = read(file);
	expect(sayings, "hcpcs=J7517", "LAW:law_class=IMMUNOSUPPRESSANT");
	expect(sayings, "CROSSWALK:hcpcs=J8520", "CROSSWALK:hcpcs=J8520 LAW:law_class=ORAL_ANTICANCER");
	expect(sayings, "diagnosis=N186,Z992", "LAW:dialysis=YES");
	expect(sayings, "diagnosis=N186", "");
	expect(sayings, "place_of_service=32", "LAW:residence=NURSING_FACILITY");
	expect(sayings, "place_of_service=11", "");
	expect(sayings, "hcpcs=Q5105", "LAW:law_class=ESA LAW:dialysis=YES");
	sayings_free(sayings);
}
