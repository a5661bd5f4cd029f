/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary show, sources: what is loaded says of a product, and who published it. */
#include "base/clock.h"
#include "base/json.h"
#include "formulary/ask.h"
#include "formulary/contents.h"
#include "formulary/ndc.h"
#include "gateway/cli/cli_formulary.h"
#include "gateway/cli/cli_public.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LISTS_MAX = 20 }; /* coverage or copay ids of one question */

/* -- the question -- */

/* An NDC, rxcui:N, or words. What is only digits and dashes and is no NDC is a mistake, and no word. */
static bool name_product(const char *written, char ndc[NDC_DIGITS + 1], struct formulary_question *question)
{
	struct text text = text_of(written);

	if (ndc_normal(text, ndc)) {
		question->ndc = text_of(ndc);
	} else if (text_starts(text, "rxcui:")) {
		question->rxcui = text_of(written + strlen("rxcui:"));
	} else if (strspn(written, "0123456789- ") == text.n) {
		fprintf(stderr, "dualtrack: %s is not one NDC: 11 digits, or labeler-product-package with dashes (ten digits without them may be three products)\n",
			written);
		return false;
	} else {
		question->words = text;
	}
	return true;
}

struct lists {
	struct text coverage[LISTS_MAX], copay[LISTS_MAX];
};

/* fo=..,als=..,cli=..,ig=..: as an eligibility answer (X12 271) names a member's lists; cli and ig may come again. */
static bool name_lists(const char *written, const char *source, struct lists *lists, struct formulary_question *question)
{
	struct text rest = text_of(written);

	question->lists.source = text_of(source);
	while (text_there(rest)) {
		struct text id = text_cut(&rest, ','), what = text_cut(&id, '=');

		if (id.n && text_is(what, "fo")) {
			question->lists.formulary = id;
		} else if (id.n && text_is(what, "als")) {
			question->lists.alternative = id;
		} else if (id.n && text_is(what, "cli") && question->lists.coverage_n < LISTS_MAX) {
			lists->coverage[question->lists.coverage_n++] = id;
		} else if (id.n && text_is(what, "ig") && question->lists.copay_n < LISTS_MAX) {
			lists->copay[question->lists.copay_n++] = id;
		} else {
			fprintf(stderr, "dualtrack: --lists: fo=ID,als=ID,cli=ID,ig=ID, each where there is one; cli and ig at most %d times\n", LISTS_MAX);
			return false;
		}
	}
	question->lists.coverage = lists->coverage;
	question->lists.copay = lists->copay;
	return true;
}

/* -- the answer -- */

static void put_candidates(const struct coverage_answer *answer, const char *words)
{
	for (size_t i = 0; i < answer->candidates_n; i++) {
		const struct product_match *match = &answer->candidates[i];

		printf("%-14.*s %.*s", TEXT_ARGS(match->product), TEXT_ARGS(match->description));
		if (match->status.n)
			printf("  (%.*s", TEXT_ARGS(match->status));
		if (match->tier)
			printf(", tier %lld", (long long)match->tier);
		if (match->tier_name.n)
			printf(", %.*s", TEXT_ARGS(match->tier_name));
		printf(match->status.n ? ")\n" : "\n");
	}
	if (answer->candidates_n)
		fprintf(stderr, "dualtrack: \"%s\" may be %s of these: ask again with more words, or with the NDC or rxcui:N\n", words,
			answer->more ? "any (and others)" : "any");
	else
		fprintf(stderr, "dualtrack: no product has \"%s\" in its description\n", words);
}

static int put(const struct coverage_answer *answer, const struct cli_show *show, const char *product, struct arena *arena)
{
	struct buffer text;

	buffer_init(&text, arena, 4096);
	if (show->json) {
		json_write(&coverage_answer_record, answer, &text);
		buffer_lit(&text, "\n");
	} else if (answer->listed) {
		record_outline(&coverage_answer_record, answer, 0, &text);
	}
	cli_put(buffer_text(&text));
	if (!show->json && !answer->product.n)
		put_candidates(answer, product);
	else if (!show->json && !answer->listed)
		fprintf(stderr, "dualtrack: %s%s %s %s\n", show->plan ? "plan " : "the lists", show->plan ? show->plan : "",
			show->plan ? "does not list" : "do not say anything of", product);
	return answer->listed ? CLI_OK : CLI_WRONG;
}

int cli_formulary_show(const struct cli_show *show, const char *product)
{
	struct formulary_question question = { .plan = text_of(show->plan), .day = text_of(show->day) };
	struct cli_generations generations;
	struct coverage_answer answer;
	char ndc[NDC_DIGITS + 1];
	struct lists lists;
	struct fault fault;
	int code = CLI_FAILED;

	if (!name_product(product, ndc, &question) || (show->lists && !name_lists(show->lists, show->source, &lists, &question)))
		return CLI_USAGE;
	if (!cli_generations_open(&generations, show->in, show->config))
		return CLI_FAILED;
	if (formulary_ask(generations.formulary, &question, &generations.arena, &answer, &fault)) {
		code = put(&answer, show, product, &generations.arena);
	} else {
		cli_complain(show->plan ? show->plan : "lists", &fault);
		if (fault.code == FAULT_NOT_FOUND)
			fprintf(stderr, "  no plan of this name is loaded; dualtrack formulary sources says what is\n");
		code = fault.code == FAULT_NOT_FOUND ? CLI_WRONG : fault_row(fault.code)->mend == MEND_SENDER ? CLI_USAGE : CLI_FAILED;
	}
	cli_generations_close(&generations);
	return code;
}

/* -- sources -- */

static void put_source(const struct source_contents *contents)
{
	const struct formulary_source *source = contents->source;
	time_t seconds = (time_t)(source->loaded_ms / 1000);
	char when[24] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm);
	printf("%-20.*s %-9.*s loaded %s  %lld lists, %lld rows", TEXT_ARGS(source->source), TEXT_ARGS(source->format), when,
		(long long)contents->lists, (long long)contents->rows);
	if (source->extract_date.n)
		printf(", taken on %.*s", TEXT_ARGS(source->extract_date));
	if (source->file.n)
		printf(", from %.*s", TEXT_ARGS(source->file));
	putchar('\n');
}

int cli_formulary_sources(const char *in, const char *config, bool json)
{
	struct cli_generations generations;
	struct formulary_contents contents;
	struct buffer text;
	struct fault fault;
	bool good;

	if (!cli_generations_open(&generations, in, config))
		return CLI_FAILED;
	good = formulary_contents_of(generations.formulary, &generations.arena, &contents, &fault);
	if (!good) {
		cli_complain("formulary", &fault);
	} else if (json) {
		buffer_init(&text, &generations.arena, 4096);
		json_write(&formulary_contents_record, &contents, &text);
		buffer_lit(&text, "\n");
		cli_put(buffer_text(&text));
	} else {
		printf("generation %.*s\n", TEXT_ARGS(contents.generation));
		for (size_t i = 0; i < contents.sources_n; i++)
			put_source(&contents.sources[i]);
		cli_load_against(contents.report);
	}
	cli_generations_close(&generations);
	return good ? CLI_OK : CLI_FAILED;
}
