/* SPDX-License-Identifier: Apache-2.0 */
/* What a decision costs over two thousand rules with twenty pieces of evidence, beside a lookup in a formulary in the same run. */
#include "formulary/formulary.h"
#include "routing/routing.h"
#include "test/bench/bench.h"
#include "test/bench/national.h"
#include "test/scratch.h"

#include <string.h>

enum { ROWS = 200000, RULES = 2000, QUESTIONS = 64, KEYS = 1 << 12, ARENA = 16 << 20 };

struct asking {
	struct formulary *formulary;
	struct rules *rules;
	struct route_question questions[QUESTIONS];
	struct {
		char plan[16], ndc[12];
	} keys[KEYS];
	size_t next;
	struct arena arena;
};

static void lookup_once(void *state)
{
	struct asking *asking = state;
	size_t k = asking->next++ % KEYS;
	struct coverage coverage;
	struct fault fault;
	bool found;

	arena_reset(&asking->arena);
	if (!formulary_lookup(asking->formulary, text_of(asking->keys[k].plan), text_of(asking->keys[k].ndc), &asking->arena, &coverage, &found, &fault) ||
		!found)
		abort();
}

static void decide_once(void *state)
{
	struct asking *asking = state;
	struct route_decision decision;

	arena_reset(&asking->arena);
	route_decide(asking->rules, &asking->questions[asking->next++ % QUESTIONS], &asking->arena, &decision);
	if (decision.evidence_n < 20)
		abort();
}

/* Rules as a payer's pharmacist might have them: a plan or two, codes of products, who gives it and where. */
static struct rules *make_rules(struct arena *arena)
{
	static const char *const places[] = { "11", "12", "19", "22", "24" };
	struct buffer file;
	struct rules *rules;
	struct fault fault;
	int line;

	buffer_init(&file, arena, 1 << 18);
	for (int i = 0; i < RULES - 1; i++)
		buffer_format(&file, "r%d | plan=P%d,P%d hcpcs=J%d* administered_by=%s place_of_service=%s%s | %s | house | formulary | | why\n", i, i % 97,
			i % 89, 1000 + i % 700, i % 2 ? "SELF" : "PROVIDER", places[i % 5], i % 3 ? "" : " from=2026-01-01", i % 2 ? "PHARMACY" : "MEDICAL");
	buffer_lit(&file, "last | * | UNDETERMINED | house | no | | what?\n");
	if (!rules_read(buffer_text(&file), &rules, &line, &fault))
		abort();
	return rules;
}

/* Twenty pieces of evidence or more: what an order and a list say, and other sources that agree or not. */
static void make_question(size_t i, struct arena *arena, struct route_question *question)
{
	struct buffer words;
	struct fault fault;
	size_t rule = i * 31 % (RULES - 1);

	buffer_init(&words, arena, 1024);
	buffer_format(&words, "plan=P%zu hcpcs=J%zu administered_by=%s place_of_service=%s date=2026-03-01 listed=YES status=COVERED route=INJECTION "
		"drug_class=X ndc=99999000303 payer_type=D programme=part_d prior_authorization=true ", rule % 97, 1000 + rule % 700, rule % 2 ? "SELF" : "PROVIDER",
		(const char *[]){ "11", "12", "19", "22", "24" }[rule % 5]);
	buffer_lit(&words, "RTPB_816@2026-02-01 CROSSWALK:hcpcs=J3490@2026-01-01 COMPENDIUM:administered_by=PROVIDER SAD_LIST@2026-01-01 "
		"PART_D_FILE:listed=YES@2026-01-01 COMPENDIUM:route=INFUSION RTPB_70@2026-01-05 FB_EXCLUSION@2025-01-01");
	if (!route_words_read(buffer_text(&words), arena, question, &fault))
		abort();
}

int main(void)
{
	struct scratch scratch SCRATCH;
	static struct asking asking;
	const struct bench decide = { "route_decide", decide_once, &asking }, lookup = { "route_formulary_lookup", lookup_once, &asking };
	char file[96], directory[96];
	struct load_report report;
	struct arena questions;
	struct fault fault;
	int64_t line;
	FILE *out;

	snprintf(file, sizeof(file), "%s/plan.jsonl", scratch.at);
	snprintf(directory, sizeof(directory), "%s/formulary", scratch.at);
	if (!(out = fopen(file, "we")) || !national_write(out, ROWS) || fclose(out) ||
		!formulary_load(file, directory, NULL, NULL, &report, &line, &fault) || !formulary_open(directory, &asking.formulary, &fault))
		abort();
	arena_init(&questions, ARENA);
	arena_init(&asking.arena, ARENA);
	asking.rules = make_rules(&questions);
	for (size_t i = 0; i < QUESTIONS; i++)
		make_question(i, &questions, &asking.questions[i]);
	for (uint32_t i = 0; i < KEYS; i++)
		national_key((uint32_t)(i * UINT64_C(2654435761) % ROWS), asking.keys[i].plan, asking.keys[i].ndc);
	bench_pair("route_to_lookup", &decide, &lookup);
	rules_free(asking.rules);
	formulary_free(asking.formulary);
	arena_done(&asking.arena);
	arena_done(&questions);
	return 0;
}
