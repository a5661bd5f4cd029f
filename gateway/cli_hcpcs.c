/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary show: under which HCPCS codes a product may be billed, and which products a code is for. */
#include "base/clock.h"
#include "formulary/hcpcs.h"
#include "formulary/ndc.h"
#include "gateway/cli.h"

#include <stdio.h>

enum { ARENA_MAX = 16 << 20 };

bool cli_show_hcpcs(const struct formulary *formulary, const struct product_name *name, struct arena *arena, struct fault *fault)
{
	struct hcpcs_answer answer;
	struct buffer text;
	bool found;

	if (!formulary_hcpcs(formulary, name, arena, &answer, &found, fault))
		return false;
	buffer_init(&text, arena, 1024);
	if (found)
		record_outline(&hcpcs_answer_record, &answer, 0, &text);
	if (found)
		cli_put(buffer_text(&text));
	return true;
}

static int show(const struct formulary *formulary, const char *word, struct arena *arena)
{
	char digits[NDC_DIGITS + 1];
	struct product_name name = { 0 };
	struct hcpcs_answer answer;
	struct buffer text;
	struct fault fault;
	bool found, good;

	if (ndc_normal(text_of(word), digits)) {
		name.ndc = text_of(digits);
		good = formulary_hcpcs(formulary, &name, arena, &answer, &found, &fault);
	} else {
		good = formulary_hcpcs_products(formulary, text_of(word), arena, &answer, &found, &fault);
	}
	if (!good) {
		cli_complain(word, &fault);
		return CLI_FAILED;
	}
	if (!found) {
		fprintf(stderr, "dualtrack: no crosswalk that counts today has %s; that does not say that it is not covered\n", word);
		return CLI_WRONG;
	}
	buffer_init(&text, arena, 1024);
	record_outline(&hcpcs_answer_record, &answer, 0, &text);
	cli_put(buffer_text(&text));
	return CLI_OK;
}

int cli_formulary_hcpcs(const char *word, const char *in)
{
	struct formulary *formulary = NULL;
	struct arena arena;
	struct fault fault;
	int code = CLI_FAILED;

	arena_init(&arena, ARENA_MAX);
	if (formulary_open(in, &formulary, &fault)) {
		formulary_day(formulary, clock_now().wall_ms);
		code = show(formulary, word, &arena);
	} else {
		cli_complain(in, &fault);
	}
	formulary_free(formulary);
	arena_done(&arena);
	return code;
}
