/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary show: under which HCPCS codes a product may be billed, and which products a code is for. */
#include "base/json.h"
#include "formulary/ask.h"
#include "formulary/hcpcs.h"
#include "formulary/ndc.h"
#include "gateway/cli/cli_formulary.h"

#include <stdio.h>

static int put(const struct hcpcs_answer *answer, bool json, struct arena *arena)
{
	struct buffer text;

	buffer_init(&text, arena, 1024);
	if (json) {
		json_write(&hcpcs_answer_record, answer, &text);
		buffer_lit(&text, "\n");
	} else {
		record_outline(&hcpcs_answer_record, answer, 0, &text);
	}
	cli_put(buffer_text(&text));
	return CLI_OK;
}

static int show_on(const struct formulary *formulary, const struct cli_show *show, const char *word, struct arena *arena)
{
	char digits[NDC_DIGITS + 1];
	struct product_name name = { 0 };
	struct hcpcs_answer answer;
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
	if (found)
		return put(&answer, show->json, arena);
	fprintf(stderr, "dualtrack: no crosswalk that counts %s%s has %s; that does not say that it is not covered\n", show->day ? "on " : "today",
		show->day ? show->day : "", word);
	return CLI_WRONG;
}

int cli_formulary_hcpcs(const struct cli_show *show, const char *word)
{
	struct cli_generations generations;
	const struct formulary *formulary;
	int code = CLI_FAILED;

	if (show->day && !formulary_is_day(text_of(show->day))) {
		cli_complain(word, &(struct fault){ .code = FAULT_BAD_DATE, .path = "day" });
		return CLI_USAGE;
	}
	if (!cli_generations_open(&generations, show->in, show->config))
		return CLI_FAILED;
	formulary = show->day ? formulary_on(generations.formulary, text_of(show->day), &generations.arena) : generations.formulary;
	if (formulary)
		code = show_on(formulary, show, word, &generations.arena);
	cli_generations_close(&generations);
	return code;
}
