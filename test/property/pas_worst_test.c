/* SPDX-License-Identifier: Apache-2.0 */
/* The dearest PAS requests that hold to every rule, as large as a body may be: reading them strictly, and answering them, costs no more than their length
   is worth. */
#include "fhir-bridge/pas/pas_answer.h"
#include "test/case.h"
#include "test/cpu.h"

#include <stdio.h>

enum {
	BODY = 1 << 20,  /* bytes */
	COST_MS = 50,    /* of processor time for a body of that size and below; an ordinary one takes about 8 */
	MEMORY = 256 << 20,
	TRIES = 3,       /* the best counts: the machine has other things to do */
	LIST = 100,      /* items of each list of a claim; the tables let no more through */
};

#if defined(CASE_LEAKS)
enum { SLOWER = 30 }; /* sanitizers look at every byte */
#else
enum { SLOWER = 1 };
#endif

static struct fhir_bundle *example(struct arena *arena)
{
	char *bytes = arena_alloc(arena, BODY);
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	FILE *in = fopen(PAS_EXAMPLES "submit.json", "re");
	size_t n;

	cr_assert(in && bytes);
	n = fread(bytes, 1, BODY, in);
	fclose(in);
	cr_assert(pas_read((struct text){ bytes, n }, PAS_SUBMIT, PAS_2_2_1, arena, &bundle, &fault), "%s", fault.path);
	return bundle;
}

static struct text number(struct arena *arena, size_t value)
{
	struct buffer out;

	buffer_init(&out, arena, 16);
	buffer_add_int(&out, (int64_t)value);
	return buffer_text(&out);
}

/* "[1,2,...,n]" */
static struct text numbers(struct arena *arena, size_t n)
{
	struct buffer out;

	buffer_init(&out, arena, 512);
	for (size_t i = 1; i <= n; i++) {
		buffer_add_char(&out, i == 1 ? '[' : ',');
		buffer_add_int(&out, (int64_t)i);
	}
	buffer_add_char(&out, ']');
	return buffer_text(&out);
}

/* What it costs to read the bundle and to answer it. */
static void judge(const char *what, const struct fhir_bundle *bundle, struct arena *arena)
{
	const struct pas_line line = { .action = text_lit("A6"), .reason = text_lit("why") };
	const struct pas_answer answer = { .identifier = text_lit("A"), .lines = &line, .lines_n = 1 };
	double best = 1e9;
	struct buffer json;
	struct arena work;

	buffer_init(&json, arena, BODY);
	json.n = 0;
	fhir_write(bundle, &json);
	cr_assert(!json.failed && json.n <= BODY, "%s: %zu bytes", what, json.n);
	arena_init(&work, MEMORY);
	for (int i = 0; i < TRIES && best > COST_MS; i++) {
		double before = cpu_ms(), spent;
		struct fhir_bundle *back;
		struct fault fault = { 0 };

		cr_assert(pas_read(buffer_text(&json), PAS_SUBMIT, PAS_2_2_1, &work, &back, &fault), "%s: %s at %s", what, fault_row(fault.code)->name,
			fault.path);
		cr_assert(pas_answer_of(back, &answer, PAS_2_2_1, &work));
		spent = cpu_ms() - before;
		best = spent < best ? spent : best;
		arena_reset(&work);
	}
	printf("# pas      %-40s %8zu bytes %8.1f ms\n", what, json.n, best);
	cr_expect_leq(best, COST_MS * SLOWER, "%s: %.1f ms", what, best);
	arena_done(&work);
}

CASE(pas_worst, every_item_names_everything)
{
	struct fhir_bundle *bundle;
	struct fhir_claim *claim;
	struct arena arena;

	arena_init(&arena, MEMORY);
	bundle = example(&arena);
	claim = bundle->entry[0].resource->claim;
	while (claim->item_n < LIST)
		*(struct fhir_item *)arena_push(&arena, (void **)&claim->item, &claim->item_n, sizeof(*claim->item)) = claim->item[0];
	while (claim->diagnosis_n < LIST)
		*(struct fhir_diagnosis *)arena_push(&arena, (void **)&claim->diagnosis, &claim->diagnosis_n, sizeof(*claim->diagnosis)) = claim->diagnosis[0];
	while (claim->care_team_n < LIST)
		*(struct fhir_care_team *)arena_push(&arena, (void **)&claim->care_team, &claim->care_team_n, sizeof(*claim->care_team)) = claim->care_team[0];
	while (claim->supporting_info_n < LIST)
		*(struct fhir_supporting_info *)arena_push(&arena, (void **)&claim->supporting_info, &claim->supporting_info_n,
			sizeof(*claim->supporting_info)) = claim->supporting_info[3];
	for (size_t i = 0; i < LIST; i++) {
		claim->item[i].sequence = claim->diagnosis[i].sequence = claim->care_team[i].sequence = claim->supporting_info[i].sequence =
			number(&arena, i + 1);
		claim->item[i].care_team_sequence = claim->item[i].diagnosis_sequence = claim->item[i].information_sequence = numbers(&arena, LIST);
	}
	judge("every item names everything", bundle, &arena);
	arena_done(&arena);
}

CASE(pas_worst, references_to_one_and_another)
{
	struct fhir_questionnaire_response *answers;
	struct fhir_bundle *bundle;
	struct arena arena;

	arena_init(&arena, MEMORY);
	bundle = example(&arena);
	answers = bundle->entry[15].resource->questionnaire_response;
	cr_assert(answers);
	for (size_t i = 0; i < 12000; i++) {
		struct fhir_answer *answer = arena_push(&arena, (void **)&answers->item[0].answer, &answers->item[0].answer_n, sizeof(*answer));

		answer->reference = arena_new(&arena, struct fhir_reference);
		answer->reference->reference = bundle->entry[i % bundle->entry_n].full_url;
	}
	judge("references to one and another", bundle, &arena);
	arena_done(&arena);
}

CASE(pas_worst, extensions_of_the_guide)
{
	struct fhir_bundle *bundle;
	struct fhir_item *item;
	struct arena arena;

	arena_init(&arena, MEMORY);
	bundle = example(&arena);
	item = &bundle->entry[0].resource->claim->item[0];
	for (size_t i = 0; i < 6000; i++) /* trace numbers: as many as one likes */
		*(struct fhir_extension *)arena_push(&arena, (void **)&item->extension, &item->extension_n, sizeof(*item->extension)) = item->extension[0];
	judge("extensions of the guide", bundle, &arena);
	arena_done(&arena);
}

CASE(pas_worst, identifiers_without_end)
{
	struct fhir_organization *practice;
	struct fhir_bundle *bundle;
	struct arena arena;

	arena_init(&arena, MEMORY);
	bundle = example(&arena);
	practice = bundle->entry[2].resource->organization;
	cr_assert(practice);
	for (size_t i = 0; i < 15000; i++)
		*(struct fhir_identifier *)arena_push(&arena, (void **)&practice->identifier, &practice->identifier_n, sizeof(*practice->identifier)) =
			practice->identifier[0];
	judge("identifiers without end", bundle, &arena);
	arena_done(&arena);
}
