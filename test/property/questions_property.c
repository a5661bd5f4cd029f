/* SPDX-License-Identifier: Apache-2.0 */
/* Question sets made at random, walked and judged a second time by the plainest means there are. DUALTRACK_SEED=n begins at another
   seed; a failure says which seed it was. */
#include "ncpdp/decimal.h"
#include "ncpdp/questions.h"
#include "test/case.h"
#include "test/property/any.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000, QUESTIONS = 7, CHOICES = 3, CONDITIONS = 2 };

/* One set in both forms, which share all that leads on. */
struct made {
	struct question asked[QUESTIONS];
	struct answered_question answered[QUESTIONS];
	size_t n;
};

static const char *const ids[] = { "A", "B", "C", "D", "E", "F", "G", "nowhere" };
static const char *const choice_ids[] = { "1", "2", "3", "4" };
static const char *const numbers[] = { "-1", "0", "1", "1.5", "2" };
static const char *const operators[] = { "EQ", "NE", "LT", "LE", "GT", "GE" };

/* Mostly a later question, so that many sets are good; sometimes none, the end, any at all, or one that is not there. */
static struct text any_next(struct any *any, size_t from, size_t n)
{
	switch (any_below(any, 12)) {
	case 0:
		return TEXT_NONE;
	case 1:
		return text_lit("END");
	case 2:
		return any_below(any, 4) ? text_of(ids[any_below(any, n)]) : text_lit("nowhere");
	default:
		return from + 1 < n ? text_of(ids[from + 1 + any_below(any, n - from - 1)]) : text_lit("end");
	}
}

/* A condition always says one. */
static struct text any_condition_next(struct any *any, size_t from, size_t n)
{
	struct text next = any_next(any, from, n);

	return text_there(next) ? next : text_lit("END");
}

static void *some(struct any *any, size_t n)
{
	void *at = arena_alloc(any->arena, n);

	cr_assert(at);
	return at;
}
#define some_of(any, type, n) ((type *)some((any), (n) * sizeof(type)))

static void any_select(struct any *any, struct made *made, size_t i)
{
	struct select_question *asked = made->asked[i].type->select = some_of(any, struct select_question, 1);
	struct answered_select *answered = made->answered[i].type->select = some_of(any, struct answered_select, 1);

	asked->choices = some_of(any, struct choice, CHOICES);
	asked->choices_n = CHOICES;
	asked->select_multiple = text_of(any_below(any, 2) ? "Y" : "N");
	for (size_t c = 0; c < CHOICES; c++) {
		asked->choices[c].choice_id = text_of(choice_ids[c]);
		asked->choices[c].additional_free_text_indicator = text_lit("O");
		asked->choices[c].next_question_id = any_next(any, i, made->n);
	}
	answered->select_multiple = asked->select_multiple;
	answered->choices = asked->choices;
	answered->choices_n = CHOICES;
}

static void any_numeric(struct any *any, struct made *made, size_t i)
{
	struct numeric_question *asked = made->asked[i].type->numeric = some_of(any, struct numeric_question, 1);
	struct answered_numeric *answered = made->answered[i].type->numeric = some_of(any, struct answered_numeric, 1);

	asked->conditions = some_of(any, struct next_question_condition, CONDITIONS);
	asked->conditions_n = any_below(any, CONDITIONS + 1);
	for (size_t c = 0; c < asked->conditions_n; c++) {
		struct single_comparison *single = some_of(any, struct single_comparison, 1);
		struct range_comparison *range = some_of(any, struct range_comparison, 1);

		*single = (struct single_comparison){ text_of(operators[any_below(any, 6)]), text_of(numbers[any_below(any, 5)]),
			any_condition_next(any, i, made->n) };
		*range = (struct range_comparison){ text_of(numbers[any_below(any, 5)]), text_of(operators[2 + any_below(any, 4)]),
			text_of(numbers[any_below(any, 5)]), text_of(operators[2 + any_below(any, 4)]),
			any_condition_next(any, i, made->n) };
		if (any_below(any, 2))
			asked->conditions[c].single = single;
		else
			asked->conditions[c].range = range;
	}
	answered->conditions = asked->conditions;
	answered->conditions_n = asked->conditions_n;
}

static void any_set(struct any *any, struct made *made)
{
	memset(made, 0, sizeof(*made));
	made->n = 1 + any_below(any, QUESTIONS);
	for (size_t i = 0; i < made->n; i++) {
		struct question *asked = &made->asked[i];
		struct answered_question *answered = &made->answered[i];

		asked->question_id = text_of(any_below(any, 60) ? ids[i] : ids[any_below(any, made->n)]);
		asked->sequence_number = text_of(numbers[1 + any_below(any, 4)]);
		asked->default_next_question_id = any_next(any, i, made->n);
		asked->type = some_of(any, struct question_type, 1);
		answered->type = some_of(any, struct answered_type, 1);
		if (any_below(any, 2)) {
			any_select(any, made, i);
		} else if (any_below(any, 2)) {
			any_numeric(any, made, i);
		} else {
			asked->type->free_text = some_of(any, struct free_text_question, 1);
			answered->type->free_text = some_of(any, struct answered_free_text, 1);
		}
		answered->question_id = asked->question_id;
		answered->sequence_number = asked->sequence_number;
		answered->default_next_question_id = asked->default_next_question_id;
	}
}

/* -- the plain way -- */

static bool ends(struct text id)
{
	return !text_there(id) || text_equal_nocase(id, text_lit("end"));
}

static int plain_find(const struct made *made, struct text id)
{
	for (size_t i = 0; i < made->n; i++)
		if (text_equal(made->asked[i].question_id, id))
			return (int)i;
	return -1;
}

/* All that a question may lead to, as texts; returns how many. */
static size_t plain_ways(const struct question *q, struct text out[1 + CHOICES + CONDITIONS])
{
	size_t n = 0;

	out[n++] = q->default_next_question_id;
	for (size_t c = 0; q->type->select && c < q->type->select->choices_n; c++)
		out[n++] = q->type->select->choices[c].next_question_id;
	for (size_t c = 0; q->type->numeric && c < q->type->numeric->conditions_n; c++) {
		const struct next_question_condition *condition = &q->type->numeric->conditions[c];

		out[n++] = condition->single ? condition->single->next_question_id : condition->range->next_question_id;
	}
	return n;
}

/* Takes away, again and again, what leads only to the end or to what was taken away: what is left leads in a circle or nowhere. */
static bool plain_good(const struct made *made)
{
	bool gone[QUESTIONS] = { false };
	size_t left = made->n;

	for (size_t i = 0; i < made->n; i++)
		if (plain_find(made, made->asked[i].question_id) != (int)i)
			return false;
	for (bool any_gone = true; any_gone;) {
		any_gone = false;
		for (size_t i = 0; i < made->n; i++) {
			struct text ways[1 + CHOICES + CONDITIONS];
			size_t n = plain_ways(&made->asked[i], ways), fine = 0;

			for (size_t w = 0; w < n; w++)
				fine += ends(ways[w]) || (plain_find(made, ways[w]) >= 0 && gone[plain_find(made, ways[w])]);
			if (!gone[i] && fine == n) {
				gone[i] = any_gone = true;
				left--;
			}
		}
	}
	return left == 0;
}

/* Whether one question can come after another, tried way by way. */
static bool plain_reaches(const struct made *made, size_t from, size_t to, size_t steps)
{
	struct text ways[1 + CHOICES + CONDITIONS];
	size_t n = plain_ways(&made->asked[from], ways);

	if (from == to)
		return true;
	for (size_t w = 0; w < n && steps; w++) {
		int next = ends(ways[w]) ? -1 : plain_find(made, ways[w]);

		if (next >= 0 && plain_reaches(made, (size_t)next, to, steps - 1))
			return true;
	}
	return false;
}

/* What was called wrong is wrong. */
static void plain_wrong(const struct made *made, const struct question_place *wrong, unsigned long long seed)
{
	const struct question *q = &made->asked[wrong->question];
	struct text ways[1 + CHOICES + CONDITIONS];
	int to;

	cr_assert(wrong->question < made->n);
	if (wrong->part == QUESTION_ID) {
		cr_assert(plain_find(made, q->question_id) != (int)wrong->question, "seed %llu", seed);
		return;
	}
	cr_assert((wrong->part == QUESTION_CHOICE) <= (q->type->select != NULL) &&
		  (wrong->part == QUESTION_CONDITION) <= (q->type->numeric != NULL), "seed %llu", seed);
	cr_assert(plain_ways(q, ways) > wrong->index);
	to = plain_find(made, ways[wrong->part == QUESTION_DEFAULT ? 0 : 1 + wrong->index]);
	cr_assert(to < 0 || plain_reaches(made, (size_t)to, wrong->question, made->n), "seed %llu", seed);
}

static bool plain_holds(struct text value, struct text is, struct text bound)
{
	double a = strtod(value.at, NULL), b = strtod(bound.at, NULL); /* the few numbers here are exact */

	return text_is(is, "EQ") ? a == b : text_is(is, "NE") ? a != b : text_is(is, "LT") ? a < b :
	       text_is(is, "LE") ? a <= b : text_is(is, "GT") ? a > b : a >= b;
}

static int plain_after(const struct made *made, size_t at, const struct question_given *given)
{
	const struct question *q = &made->asked[at];
	struct text next = q->default_next_question_id;

	if (q->type->select && given->n) {
		struct text found[CHOICES];
		bool same = true;

		for (size_t i = 0; i < given->n; i++) {
			found[i] = TEXT_NONE;
			for (size_t c = 0; c < CHOICES; c++)
				if (text_equal(q->type->select->choices[c].choice_id, given->answers[i].choice))
					found[i] = q->type->select->choices[c].next_question_id;
			same = same && text_there(found[i]) && text_equal(found[i], found[0]);
		}
		if (same)
			next = found[0];
	}
	for (size_t c = q->type->numeric && given->n ? q->type->numeric->conditions_n : 0; c > 0; c--) {
		const struct single_comparison *one = q->type->numeric->conditions[c - 1].single;
		const struct range_comparison *two = q->type->numeric->conditions[c - 1].range;
		struct text value = given->answers[0].value;

		if (one && plain_holds(value, one->comparison_operator, one->comparison_value))
			next = one->next_question_id;
		if (two && plain_holds(value, two->lower_operator, two->lower_value) &&
			plain_holds(value, two->upper_operator, two->upper_value))
			next = two->next_question_id;
	}
	return ends(next) ? QUESTION_END : plain_find(made, next);
}

/* -- both -- */

static struct question_given any_given(struct any *any, const struct question *q, struct question_answer room[CHOICES + 1])
{
	struct question_given given = { .answers = room };

	memset(room, 0, sizeof(room[0]) * (CHOICES + 1));
	if (q->type->select) {
		for (uint64_t left = any_below(any, CHOICES + 1); left; left--)
			room[given.n++].choice = text_of(choice_ids[any_below(any, 4)]);
	} else if (any_below(any, 5)) {
		room[given.n++].value = text_of(numbers[any_below(any, 5)]);
	}
	return given;
}

CASE(questions_property, walked_and_judged_as_by_plain_means)
{
	const char *z = getenv("DUALTRACK_SEED");
	uint64_t from = z ? strtoull(z, NULL, 10) : 1;
	size_t good = 0, back = 0, bad = 0;
	struct arena arena;
	struct any any;

	arena_init(&arena, 1 << 20);
	for (uint64_t seed = from; seed < from + ROUNDS; seed++) {
		struct made made;
		struct questions asked, answered;
		struct question_place wrong;
		unsigned long long which = seed;
		int at;

		arena_reset(&arena);
		any_init(&any, seed, ANY_XML, &arena);
		any_set(&any, &made);
		asked = questions_asked(made.asked, made.n);
		answered = questions_answered(made.answered, made.n);
		cr_assert_eq(questions_lead_on(&asked, &wrong), plain_good(&made), "seed %llu", which);
		cr_assert_eq(questions_lead_on(&answered, &wrong), plain_good(&made), "seed %llu", which);
		if (!plain_good(&made)) {
			plain_wrong(&made, &wrong, which);
			bad++;
			continue;
		}
		good++;
		at = question_first(&asked);
		for (size_t steps = 0; at != QUESTION_END; steps++) {
			struct question_answer room[CHOICES + 1];
			struct question_given given = any_given(&any, &made.asked[at], room);
			int next = question_after(&asked, (size_t)at, &given);

			cr_assert_lt(steps, made.n, "seed %llu: a way without an end", which);
			cr_assert_eq(next, plain_after(&made, (size_t)at, &given), "seed %llu", which);
			cr_assert_eq(next, question_after(&answered, (size_t)at, &given), "seed %llu", which);
			back += next != QUESTION_END && next < at;
			at = next;
		}
	}
	/* the generator makes what it is to make */
	cr_expect(good > ROUNDS / 10 && bad > ROUNDS / 10 && back > 50, "%zu good, %zu bad, %zu steps back", good, bad, back);
	arena_done(&arena);
}
