/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary: load a file or folder of any format, show what a plan says about a product, go back to the generation before. */
#include "base/clock.h"
#include "formulary/answer.h"
#include "formulary/ndc.h"
#include "gateway/cli.h"

#include <stdio.h>
#include <string.h>

/* A plan's lists, with where each part comes from. */
static bool show_lists(const struct formulary *formulary, const struct product_name *name, const char *plan, struct arena *arena,
	struct buffer *text, bool *found, struct fault *fault)
{
	struct product_answer *answer = arena_new(arena, struct product_answer);

	if (!answer || !formulary_answer(formulary, text_of(plan), name, arena, answer, found, fault))
		return false;
	if (*found)
		record_outline(&product_answer_record, answer, 0, text);
	return true;
}

static bool show_product(const struct formulary *formulary, const char *plan, const char *ndc, struct arena *arena, bool *found,
	struct fault *fault)
{
	struct product_name name = { .ndc = text_of(ndc) };
	struct coverage coverage = { 0 };
	struct buffer text;

	buffer_init(&text, arena, 1024);
	if (!show_lists(formulary, &name, plan, arena, &text, found, fault))
		return false;
	if (!*found) {
		if (!formulary_lookup(formulary, text_of(plan), name.ndc, arena, &coverage, found, fault))
			return false;
		if (*found)
			record_outline(&coverage_record, &coverage, 0, &text);
	}
	if (*found)
		cli_put(buffer_text(&text));
	return cli_show_hcpcs(formulary, &name, arena, fault);
}

static int show(const char *plan, const char *ndc, const char *in)
{
	struct formulary *formulary = NULL;
	struct arena arena;
	struct fault fault;
	bool found = false;
	int code = CLI_FAILED;
	char digits[NDC_DIGITS + 1];

	if (!ndc_normal(text_of(ndc), digits)) {
		fprintf(stderr, "dualtrack: %s is not one NDC: 11 digits, or labeler-product-package with dashes (ten digits without them may be three products)\n",
			ndc);
		return CLI_USAGE;
	}
	ndc = digits;
	arena_init(&arena, 16 << 20);
	if (formulary_open(in, &formulary, &fault)) {
		formulary_day(formulary, clock_now().wall_ms);
		if (show_product(formulary, plan, ndc, &arena, &found, &fault))
			code = found ? CLI_OK : CLI_WRONG;
	}
	if (code == CLI_FAILED)
		cli_complain(in, &fault);
	else if (!found)
		fprintf(stderr, "dualtrack: plan %s does not list %s\n", plan, ndc);
	formulary_free(formulary);
	arena_done(&arena);
	return code;
}

static int rollback(const char *in)
{
	struct fault fault;
	int number;

	if (!formulary_rollback(in, &number, &fault)) {
		cli_complain(in, &fault);
		return CLI_FAILED;
	}
	printf("generation %06d is in use again\n", number);
	return CLI_OK;
}

int cli_formulary(const struct cli_command *command, int argc, char **argv)
{
	const char *into = NULL, *in = NULL;
	const char *source = NULL;
	struct cli_load load = { 0 };
	const struct cli_option options[] = {
		{ "into", "DIR", "load: directory of the generations", &into, NULL },
		{ "in", "DIR", "show, rollback: directory of the generations", &in, NULL },
		{ "source", "NAME", "write: whose lists, the sender of the file", &source, NULL },
		{ "layout", "FILE", "load, write, formulary and benefit file: its layout table (else the built-in one of its version)", &load.fb.layout, NULL },
		{ "response", "FILE", "load, formulary and benefit file: where to say what was taken and refused (else FILE.response)", &load.fb.response, NULL },
		{ "take-test", NULL, "load, formulary and benefit file: also one that says it is a test", NULL, &load.fb.take_test },
		{ "without", "WHAT", "load, Part D files: leave out networks, prices, or networks,prices", &load.without, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	if (argc == 2 && strcmp(argv[0], "load") == 0 && into)
		return cli_load(argv[1], into, &load);
	if (argc == 2 && strcmp(argv[0], "write") == 0 && in && source)
		return cli_fb_write(argv[1], in, source, &load.fb);
	if (argc == 3 && strcmp(argv[0], "show") == 0 && in)
		return show(argv[1], argv[2], in);
	if (argc == 2 && strcmp(argv[0], "show") == 0 && in)
		return cli_formulary_hcpcs(argv[1], in);
	if (argc == 1 && strcmp(argv[0], "rollback") == 0 && in)
		return rollback(in);
	return cli_misused(command, "load FILE|FOLDER --into DIR, write FILE --in DIR --source NAME, show PLAN NDC --in DIR, show NDC|HCPCS --in DIR, or rollback --in DIR");
}
