/* SPDX-License-Identifier: Apache-2.0 */
/* Question sets made at random, as a Questionnaire and back: the same questions are asked by the ways of SCRIPT and by what enables them in FHIR,
   and answers come back as they were but for what the loss report names. DUALTRACK_SEED=n begins at another seed; a failure says which. */
#include "fhir-bridge/dtr/questionnaire.h"
#include "base/json.h"
#include "ncpdp/decimal.h"
#include "test/case.h"
#include "test/property/any.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 2000, WALKS = 4, QUESTIONS = 9, CHOICES = 4, CONDITIONS = 2, MEMORY = 64 << 20 };

/* Awkward on purpose: names that others are made of, spaces that no FHIR code has. (The readers of both standards cut spaces off at the ends.) */
static const char *const ids[] = { "A", "A/text", "B  b", "A/words", "C|c", "D+", "A/when1", "document", "E\xC3\x84" };
static const char *const choice_ids[] = { "1", "choice-3", "2  2", "x  y" };
static const char *const numbers[] = { "-1", "0", "1", "1.5", "2", "+3", "007", ".5" };
static const char *const operators[] = { "EQ", "NE", "LT", "LE", "GT", "GE" };
static const char *const days[] = { "2026-01-31", "2020-02-29" };
static const char *const moments[] = { "2026-01-31T10:00:00Z", "2026-01-31T10:00:00", "2026-01-31T10:00:00.5-05:00" };
static const char *const words[] = { "yes", "two \"words\"\n\\", "\xE2\x82\xAC" };
#define ANY_OF(any, list) text_of((list)[any_below((any), sizeof(list) / sizeof(*(list)))])

struct made {
	struct question questions[QUESTIONS];
	bool optional[QUESTIONS];
	struct question_set_header header;
	struct question_form form;
};

static void *some(struct any *any, size_t n)
{
	void *at = arena_alloc(any->arena, n);

	cr_assert(at);
	return at;
}
#define some_of(any, type, n) ((type *)some((any), (n) * sizeof(type)))

/* A question that stands later in `order`, or the end: so no way leads back. */
static struct text any_next(struct any *any, const size_t *order, size_t at, size_t n)
{
	switch (any_below(any, 8)) {
	case 0:
		return TEXT_NONE;
	case 1:
		return text_lit("END");
	default:
		return at + 1 < n ? text_of(ids[order[at + 1 + any_below(any, n - at - 1 < 3 ? n - at - 1 : 3)]]) : text_lit("end");
	}
}

static void any_select(struct any *any, struct question *q, const size_t *order, size_t at, size_t n)
{
	struct select_question *select = q->type->select = some_of(any, struct select_question, 1);
	static const char *const indicators[] = { "NA", "M", "O" };

	select->select_multiple = text_of(any_below(any, 4) ? "N" : "Y");
	select->choices_n = 2 + any_below(any, CHOICES - 1);
	select->choices = some_of(any, struct choice, select->choices_n);
	for (size_t i = 0; i < select->choices_n; i++) {
		select->choices[i] = (struct choice){ .choice_id = text_of(choice_ids[i]), .sequence_number = text_lit("1"),
			.choice_text = text_lit("choice"), .additional_free_text_indicator = ANY_OF(any, indicators) };
		if (any_below(any, 3))
			select->choices[i].next_question_id = any_next(any, order, at, n);
	}
}

static struct text sure_next(struct any *any, const size_t *order, size_t at, size_t n)
{
	struct text next = any_next(any, order, at, n);

	return text_there(next) ? next : text_lit("END");
}

static void any_numeric(struct any *any, struct question *q, const size_t *order, size_t at, size_t n)
{
	struct numeric_question *numeric = q->type->numeric = some_of(any, struct numeric_question, 1);

	numeric->is_numeric = text_lit("Y");
	numeric->conditions_n = any_below(any, CONDITIONS + 1);
	numeric->conditions = some_of(any, struct next_question_condition, CONDITIONS);
	for (size_t i = 0; i < numeric->conditions_n; i++) {
		struct single_comparison *one = some_of(any, struct single_comparison, 1);
		struct range_comparison *two = some_of(any, struct range_comparison, 1);

		*one = (struct single_comparison){ ANY_OF(any, operators), ANY_OF(any, numbers), sure_next(any, order, at, n) };
		*two = (struct range_comparison){ ANY_OF(any, numbers), text_of(operators[2 + any_below(any, 4)]), ANY_OF(any, numbers),
			text_of(operators[2 + any_below(any, 4)]), sure_next(any, order, at, n) };
		if (any_below(any, 2))
			numeric->conditions[i].single = one;
		else
			numeric->conditions[i].range = two;
	}
}

static void any_question(struct any *any, struct question *q, const size_t *order, size_t at, size_t n)
{
	static const char *const sequence[] = { "1", "2", "10" };

	*q = (struct question){ .question_id = text_of(ids[order[at]]), .sequence_number = at ? ANY_OF(any, sequence) : text_lit("0"),
		.question_text = text_lit("What?"), .default_next_question_id = any_next(any, order, at, n) };
	q->type = some_of(any, struct question_type, 1);
	switch (any_below(any, 8)) {
	case 0:
		q->type->date = some_of(any, struct date_question, 1);
		q->type->date->is_date_time_required = text_lit("N");
		break;
	case 1:
		q->type->date = some_of(any, struct date_question, 1);
		q->type->date->is_date_time_required = text_lit("Y");
		break;
	case 2:
		q->type->free_text = some_of(any, struct free_text_question, 1);
		q->type->free_text->is_free_text = text_lit("Y");
		break;
	case 3:
	case 4:
		any_numeric(any, q, order, at, n);
		break;
	default:
		any_select(any, q, order, at, n);
	}
}

static void any_form(struct any *any, struct made *made)
{
	size_t order[QUESTIONS], n = 1 + any_below(any, QUESTIONS);
	struct questions set;
	struct question_place wrong;

	memset(made, 0, sizeof(*made));
	for (size_t i = 0; i < QUESTIONS; i++)
		order[i] = i;
	for (size_t i = QUESTIONS; i > 1; i--) {
		size_t k = any_below(any, i), kept = order[k];

		order[k] = order[i - 1];
		order[i - 1] = kept;
	}
	for (size_t i = 0; i < n; i++) {
		any_question(any, &made->questions[i], order, i, n);
		made->optional[i] = !any_below(any, 4);
	}
	made->header = (struct question_set_header){ .question_set_id = text_lit("SET 1"), .title = text_lit("t"), .description = text_lit("d"),
		.attachment_required = text_lit("N") };
	made->form = (struct question_form){ .header = &made->header, .questions = made->questions, .n = n,
		.optional = any_below(any, 2) ? made->optional : NULL, .url = text_lit("urn:example:q") };
	set = questions_asked(made->questions, n);
	cr_assert(questions_lead_on(&set, &wrong));
}

/* -- answers -- */

static void answer(struct any *any, const struct question *q, struct make *make, struct form_answers *to)
{
	static const enum form_origin origins[] = { ORIGIN_MANUAL, ORIGIN_OVERRIDE, ORIGIN_AUTO_CLIENT, ORIGIN_AUTO_SERVER };
	struct form_answer one = { .question = q->question_id, .origin = origins[any_below(any, 4)] };
	const struct select_question *select = q->type->select;
	size_t first = select ? any_below(any, select->choices_n) : 0;

	if (!select) {
		one.given.value = q->type->numeric ? ANY_OF(any, numbers) : q->type->free_text ? ANY_OF(any, words) :
			text_is(q->type->date->is_date_time_required, "Y") || !any_below(any, 4) ? ANY_OF(any, moments) : ANY_OF(any, days);
		*make_push(make, to->at, to->n) = one;
		return;
	}
	for (size_t i = 0; i < select->choices_n; i++) {
		const struct choice *choice = &select->choices[i];

		if (i != first && (!text_is(select->select_multiple, "Y") || any_below(any, 2)))
			continue;
		one.given = (struct question_answer){ .choice = choice->choice_id };
		if (text_is(choice->additional_free_text_indicator, "M") ||
			(text_is(choice->additional_free_text_indicator, "O") && any_below(any, 2)))
			one.given.words = ANY_OF(any, words);
		*make_push(make, to->at, to->n) = one;
	}
}

/* A way through the set: `on` by question. */
static void any_walk(struct any *any, const struct made *made, struct make *make, struct form_answers *answers, bool on[QUESTIONS])
{
	struct questions set = questions_asked(made->questions, made->form.n);

	*answers = (struct form_answers){ 0 };
	memset(on, 0, QUESTIONS * sizeof(*on));
	for (int at = question_first(&set); at != QUESTION_END;) {
		struct question_given given;

		cr_assert_not(on[at]);
		on[at] = true;
		if (!(made->form.optional && made->optional[at] && any_below(any, 2)))
			answer(any, &made->questions[at], make, answers);
		given = form_given(answers, made->questions[at].question_id, make);
		at = question_after(&set, (size_t)at, &given);
	}
}

/* -- what FHIR enables, by the words of R4 Questionnaire.item.enableWhen -- */

struct judge {
	const struct fhir_questionnaire *questionnaire;
	const struct made *made;
	const struct form_answers *answers;
	struct make *make;
};

static bool enabled(const struct judge *j, const struct fhir_question_item *items, size_t n, struct text link_id, bool outer, bool *found);

static bool asked(const struct judge *j, struct text link_id)
{
	bool found = false;

	return enabled(j, j->questionnaire->item, j->questionnaire->item_n, link_id, true, &found);
}

static bool when_holds(const struct judge *j, const struct fhir_enable_when *when)
{
	bool there = asked(j, when->question);

	if (text_is(when->comparison, "exists")) {
		bool any = false;

		for (size_t i = 0; i < j->answers->n; i++)
			any |= text_equal(j->answers->at[i].question, when->question);
		return (there && any) == text_is(when->boolean, "true");
	}
	for (size_t i = 0; there && i < j->answers->n; i++) {
		const struct form_answer *a = &j->answers->at[i];
		const struct question *q = &j->made->questions[form_question(&j->made->form, when->question)];

		if (!text_equal(a->question, when->question))
			continue;
		if (when->coding) {
			for (size_t c = 0; c < q->type->select->choices_n; c++)
				if (text_equal(q->type->select->choices[c].choice_id, a->given.choice) &&
					text_equal(form_choice_code(q->type->select->choices, q->type->select->choices_n, c, j->make), when->coding->code))
					return true;
			continue;
		}
		if (decimal_holds(a->given.value, text_is(when->comparison, "=") ? text_lit("EQ") : text_is(when->comparison, "<") ? text_lit("LT") :
				text_is(when->comparison, "<=") ? text_lit("LE") : text_is(when->comparison, ">") ? text_lit("GT") : text_lit("GE"), when->decimal))
			return true;
	}
	return false;
}

static bool conditions_hold(const struct judge *j, const struct fhir_question_item *item)
{
	bool all = text_is(item->enable_behavior, "all");

	cr_assert(item->enable_when_n < 2 || text_there(item->enable_behavior)); /* R4 que-12 */
	for (size_t i = 0; i < item->enable_when_n; i++)
		if (when_holds(j, &item->enable_when[i]) != (item->enable_when_n == 1 ? true : all))
			return item->enable_when_n > 1 && !all;
	return item->enable_when_n <= 1 || all;
}

static bool enabled(const struct judge *j, const struct fhir_question_item *items, size_t n, struct text link_id, bool outer, bool *found)
{
	for (size_t i = 0; i < n && !*found; i++) {
		bool here;

		if (text_equal(items[i].link_id, link_id)) {
			*found = true;
			return outer && conditions_hold(j, &items[i]);
		}
		here = enabled(j, items[i].item, items[i].item_n, link_id, outer, found);
		if (*found)
			return here && conditions_hold(j, &items[i]);
	}
	return false;
}

/* R4 que-2: every linkId is there once. Nothing of SCRIPT's names gets in the way of ours. */
static void links_differ(const struct fhir_question_item *items, size_t n, struct text *seen, size_t *seen_n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < *seen_n; k++)
			cr_assert(!text_equal(seen[k], items[i].link_id), "%.*s", TEXT_ARGS(items[i].link_id));
		seen[(*seen_n)++] = items[i].link_id;
		links_differ(items[i].item, items[i].item_n, seen, seen_n);
	}
}

/* -- the loss report -- */

static bool lost(const struct loss *loss, size_t question)
{
	char begin[40];

	snprintf(begin, sizeof(begin), "Question[%zu]/", question);
	for (size_t i = 0; i < loss->n; i++)
		if (text_starts(loss->paths[i], begin))
			return true;
	return false;
}

static bool same_value(struct text a, struct text b)
{
	return (!a.n && !b.n) || text_equal(a, b) || (decimal_is(a) && decimal_is(b) && decimal_compare(a, b) == 0);
}

/* Equal, or named; numbers are the same however they are written. */
static void same_answers(const struct made *made, const struct form_answers *a, const struct form_answers *b, const struct loss *loss,
	bool origins, unsigned long long seed)
{
	for (size_t q = 0; q < made->form.n; q++) {
		size_t ka = 0, kb = 0;

		for (;;) {
			while (ka < a->n && !text_equal(a->at[ka].question, made->questions[q].question_id))
				ka++;
			while (kb < b->n && !text_equal(b->at[kb].question, made->questions[q].question_id))
				kb++;
			if (ka == a->n || kb == b->n)
				break;
			if (!same_value(a->at[ka].given.value, b->at[kb].given.value) || !same_value(a->at[ka].given.choice, b->at[kb].given.choice) ||
				!same_value(a->at[ka].given.words, b->at[kb].given.words) || (origins && a->at[ka].origin != b->at[kb].origin))
				cr_assert(lost(loss, q), "seed %llu, question %zu: another answer, and the loss report says nothing", seed, q);
			ka++, kb++;
		}
		cr_assert((ka == a->n && kb == b->n) || lost(loss, q), "seed %llu, question %zu: an answer is gone", seed, q);
	}
}

static struct fhir_questionnaire_response *over_the_wire(const struct fhir_questionnaire_response *response, struct arena *arena, unsigned long long seed)
{
	struct fhir_document out = { .questionnaire_response = (struct fhir_questionnaire_response *)response }, *in = arena_new(arena, struct fhir_document);
	struct fault fault = { 0 };
	struct buffer json;

	buffer_init(&json, arena, 4096);
	json_write(&fhir_document_record, &out, &json);
	cr_assert(json_read(&fhir_document_record, in, buffer_text(&json), arena, NULL, &fault), "seed %llu: %s", seed, fault.path);
	cr_assert(record_check(&fhir_document_record, in, &fault), "seed %llu: %s", seed, fault.path);
	return in->questionnaire_response;
}

static void there_and_back(const struct made *made, const struct fhir_questionnaire *questionnaire, const struct form_answers *answers, struct make *make,
	unsigned long long seed)
{
	const struct form_context context = { .version = DTR_2_2_0, .subject = text_lit("Patient/1"), .author = text_lit("Practitioner/1"), .coverage = text_lit("Coverage/1"),
		.status = "completed", .wall_ms = 1767225600000 };
	struct loss loss = { 0 }, loss_script = { 0 };
	struct form_answers back, of_script;
	struct fhir_questionnaire_response *response = form_response(&made->form, questionnaire, answers, &context, make, &loss);
	struct fault fault = { 0 };

	response = over_the_wire(response, make->arena, seed);
	cr_assert(form_read(&made->form, response, make, &back, &loss, &fault), "seed %llu: %s", seed, fault.path);
	same_answers(made, answers, &back, &loss, true, seed);
	form_of_script(form_script(&made->form, answers, make, &loss_script), make, &of_script, &loss_script);
	same_answers(made, answers, &of_script, &loss_script, true, seed);
}

CASE(questionnaire_property, asked_and_answered_alike)
{
	const char *z = getenv("DUALTRACK_SEED");
	uint64_t from = z ? strtoull(z, NULL, 10) : 1;
	size_t told = 0, one_by_one = 0, grouped = 0, conditional = 0;
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (uint64_t seed = from; seed < from + ROUNDS; seed++) {
		unsigned long long which = seed;
		struct fhir_questionnaire *questionnaire;
		struct loss loss = { 0 };
		struct made *made;
		struct make make;
		struct any any;
		bool adaptive;

		arena_reset(&arena);
		made = arena_new(&arena, struct made);
		any_init(&any, seed, ANY_XML, &arena);
		make_init(&make, &arena);
		any_form(&any, made);
		questionnaire = form_questionnaire(&made->form, text_lit("http://127.0.0.1/fhir"), &make, &adaptive, &loss);
		told += !adaptive;
		one_by_one += adaptive;
		if (!adaptive) {
			struct text seen[QUESTIONS * 8];
			size_t seen_n = 0;

			links_differ(questionnaire->item, questionnaire->item_n, seen, &seen_n);
			for (size_t i = 0; i < questionnaire->item_n; i++) {
				grouped += text_is(questionnaire->item[i].type, "group");
				conditional += questionnaire->item[i].enable_when_n > 0;
			}
		}
		for (size_t w = 0; w < WALKS; w++) {
			struct form_answers answers;
			bool on[QUESTIONS], whole;
			size_t steps_n, *steps;

			any_walk(&any, made, &make, &answers, on);
			steps = form_walk(&made->form, &answers, &make, &steps_n, &whole);
			cr_assert(whole, "seed %llu", which);
			if (adaptive) {
				questionnaire = form_asked(&made->form, steps, steps_n, text_lit("http://127.0.0.1/fhir"), &make, &loss);
				cr_assert_eq(questionnaire->item_n, steps_n);
			} else {
				struct judge judge = { questionnaire, made, &answers, &make };

				for (size_t q = 0; q < made->form.n; q++)
					cr_assert_eq(asked(&judge, made->questions[q].question_id), on[q], "seed %llu walk %zu: question %zu is %sasked by SCRIPT", which, w,
						q, on[q] ? "" : "not ");
			}
			there_and_back(made, questionnaire, &answers, &make, which);
		}
		cr_assert(make_done(&make), "seed %llu", which);
	}
	/* the generator makes what it is to make */
	cr_expect(told > ROUNDS / 2 && one_by_one > ROUNDS / 50 && grouped > ROUNDS / 50 && conditional > ROUNDS / 2,
		"%zu told, %zu one by one, %zu groups, %zu with conditions", told, one_by_one, grouped, conditional);
	arena_done(&arena);
}
