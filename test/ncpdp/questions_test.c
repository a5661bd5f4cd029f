/* SPDX-License-Identifier: Apache-2.0 */
/* The way through question sets, in both forms, and the sets that lead nowhere. */
#include "ncpdp/decimal.h"
#include "ncpdp/questions.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <stdio.h>

/* -- numbers -- */

struct comparison {
	const char *a, *b;
	int order;
};

static const struct comparison comparisons[] = {
	{ "1", "1.0", 0 },
	{ "001", "1", 0 },
	{ "-0", "0.00", 0 },
	{ "+7", "7", 0 },
	{ ".5", "0.50", 0 },
	{ "5.", "5", 0 },
	{ "2", "10", -1 },
	{ "-2", "-10", 1 },
	{ "-1", "0", -1 },
	{ "0.1", "0.09", 1 },
	{ "64.5", "64.49", 1 },
	{ "-7.25", "-7.3", 1 },
	{ "999999999999999999", "999999999999999998", 1 },
	{ "0.000000000000000001", "0", 1 },
};

CASE(questions, decimals_in_order)
{
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
		const struct comparison *c = &comparisons[i];
		int forth = decimal_compare(text_of(c->a), text_of(c->b)), back = decimal_compare(text_of(c->b), text_of(c->a));

		cr_expect((forth > 0) - (forth < 0) == c->order, "%s %s", c->a, c->b);
		cr_expect((back > 0) - (back < 0) == -c->order, "%s %s", c->b, c->a);
	}
}

CASE(questions, comparison_words)
{
	static const char *const words[] = { "EQ", "NE", "GT", "LT", "GE", "LE" };
	static const bool holds[3][6] = {
		/* EQ     NE     GT     LT     GE     LE */
		{ false, true, false, true, false, true },  /* 1 and 2 */
		{ true, false, false, false, true, true },  /* 2 and 2 */
		{ false, true, true, false, true, false },  /* 3 and 2 */
	};
	static const char *const values[] = { "1", "2", "3" };

	for (int v = 0; v < 3; v++)
		for (int w = 0; w < 6; w++)
			cr_expect(decimal_holds(text_of(values[v]), text_of(words[w]), text_lit("2.0")) == holds[v][w], "%s %s 2",
				values[v], words[w]);
	cr_expect(!decimal_holds(text_lit("1"), text_lit("LIKE"), text_lit("1")));
	cr_expect(decimal_is(text_lit("-0.50")) && decimal_is(text_lit(".5")) && decimal_is(text_lit("5.")));
	cr_expect(!decimal_is(text_lit("")) && !decimal_is(text_lit(".")) && !decimal_is(text_lit("1e2")) && !decimal_is(text_lit("5 mg")));
}

/* -- the way -- */

/* What was answered to each question on the way, and the questions that were asked by it. */
struct way {
	const char *first_choices[3], *number;
	const char *asked;
};

static const struct way ways[] = {
	{ { "C1" }, "42", "Q1 Q2 Q3 Q4 Q5 " },      /* 18 <= 42 < 64.5 */
	{ { "C1" }, "18", "Q1 Q2 Q3 Q4 Q5 " },      /* the lower bound belongs to the range */
	{ { "C1" }, "17.99", "Q1 Q2 Q3 " },         /* LT 18 ends it */
	{ { "C1" }, "64.5", "Q1 Q2 Q3 Q5 " },       /* GE 64.5 leaves out Q4 */
	{ { "C1" }, NULL, "Q1 Q2 Q3 Q4 Q5 " },      /* no number: the default */
	{ { "C2" }, NULL, "Q1 " },                  /* END */
	{ { NULL }, NULL, "Q1 Q2 Q3 Q4 Q5 " },      /* nothing chosen: the default */
	{ { "C9" }, NULL, "Q1 Q2 Q3 Q4 Q5 " },      /* no such choice: the default */
	{ { "C1", "C2" }, NULL, "Q1 Q2 Q3 Q4 Q5 " }, /* they disagree: the default */
};

static void go(const struct questions *set, const struct way *way, char *asked, size_t size)
{
	size_t n = 0;
	int at = question_first(set);

	asked[0] = '\0';
	for (size_t steps = 0; at != QUESTION_END && steps < set->n; steps++) {
		struct question_ways here = question_ways(set, (size_t)at);
		struct text choices[3];
		struct question_given given = { .choices = choices };

		n += (size_t)snprintf(asked + n, size - n, "%.*s ", TEXT_ARGS(here.id));
		for (int i = 0; at == 0 && i < 3 && way->first_choices[i]; i++)
			choices[given.choices_n++] = text_of(way->first_choices[i]);
		if (here.conditions_n)
			given.number = text_of(way->number);
		at = question_after(set, (size_t)at, &given);
	}
}

CASE(questions, asked_and_answered_sets_are_walked_alike)
{
	struct reading open, request;
	const struct question_set *asked;
	const struct question_set_request *answered;
	struct questions sets[2];

	reading_init(&open);
	reading_init(&request);
	asked = reading_good(&open, NCPDP_SCRIPT, "pa_initiation_response_open")
			->script->body->pa_initiation_response->response->response_status->open->question_set;
	answered = reading_good(&request, NCPDP_SCRIPT, "pa_request")->script->body->pa_request->request->solicited->question_set;
	sets[0] = questions_asked(asked->questions, asked->questions_n);
	sets[1] = questions_answered(answered->questions, answered->questions_n);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		for (int form = 0; form < 2; form++) {
			char seen[100];

			go(&sets[form], &ways[i], seen, sizeof(seen));
			cr_expect_str_eq(seen, ways[i].asked, "way %zu: %s", i, seen);
		}
	reading_done(&open);
	reading_done(&request);
}

CASE(questions, answers_that_stand_in_a_request)
{
	struct reading reading;
	const struct question_set_request *set;
	struct question_given given;
	struct text room[4];

	reading_init(&reading);
	set = reading_good(&reading, NCPDP_SCRIPT, "pa_request")->script->body->pa_request->request->solicited->question_set;
	question_given(&set->questions[1], room, 4, &given);
	cr_assert(given.choices_n == 2);
	cr_expect(text_is(given.choices[0], "C1") && text_is(given.choices[1], "C3"));
	question_given(&set->questions[1], room, 1, &given);
	cr_expect(given.choices_n == 1, "no more than there is room for");
	question_given(&set->questions[2], room, 4, &given);
	cr_expect(given.choices_n == 0 && text_is(given.number, "42"));
	question_given(&set->questions[4], room, 4, &given);
	cr_expect(given.choices_n == 0 && !text_there(given.number));
	arena_reset(&reading.arena);
	set = reading_good(&reading, NCPDP_SCRIPT, "pa_request_coded")->script->body->pa_request->request->solicited->question_set;
	question_given(&set->questions[0], room, 4, &given);
	cr_expect(given.choices_n == 1 && text_is(given.choices[0], "C1"), "attachments and bare values are no choices");
	question_given(&set->questions[1], room, 4, &given);
	cr_expect(text_is(given.number, "-7.25"));
	reading_done(&reading);
}

CASE(questions, ends)
{
	cr_expect(question_ends(text_lit("END")) && question_ends(text_lit(" end ")) && question_ends(TEXT_NONE));
	cr_expect(!question_ends(text_lit("ENDING")) && !question_ends(text_lit("Q1")));
}

CASE(questions, first_is_the_lowest_number)
{
	struct question three[] = { { .question_id = text_lit("A"), .sequence_number = text_lit("10") },
		{ .question_id = text_lit("B"), .sequence_number = text_lit("9") },
		{ .question_id = text_lit("C"), .sequence_number = text_lit("010") } };
	struct questions set = questions_asked(three, 3), none = questions_asked(three, 0);

	cr_expect(question_first(&set) == 1);
	cr_expect(question_find(&set, text_lit("C")) == 2 && question_find(&set, text_lit("D")) == QUESTION_END);
	cr_expect(question_first(&none) == QUESTION_END);
}

/* -- sets that lead nowhere -- */

static struct question *chain(struct arena *arena, size_t n)
{
	struct question *questions = arena_alloc(arena, n * sizeof(*questions));

	for (size_t i = 0; i < n; i++) {
		char id[20];

		snprintf(id, sizeof(id), "Q%zu", i);
		questions[i].question_id = arena_text(arena, text_of(id));
		snprintf(id, sizeof(id), "Q%zu", i + 1);
		questions[i].default_next_question_id = i + 1 < n ? arena_text(arena, text_of(id)) : text_lit("END");
	}
	return questions;
}

CASE(questions, long_chains)
{
	struct arena arena;
	struct fault fault = { 0 };
	struct questions set;
	struct question *questions;

	arena_init(&arena, 1 << 20);
	questions = chain(&arena, QUESTIONS_MAX + 1);
	questions[QUESTIONS_MAX - 1].default_next_question_id = text_lit("end");
	set = questions_asked(questions, QUESTIONS_MAX);
	cr_expect(questions_check(&set, &fault));
	questions[QUESTIONS_MAX - 1].default_next_question_id = text_lit("Q0");
	cr_expect(!questions_check(&set, &fault) && fault.code == FAULT_RULE);
	cr_expect_str_eq(fault.path, "Question[999]/DefaultNextQuestionID");
	set = questions_asked(questions, QUESTIONS_MAX + 1);
	cr_expect(!questions_check(&set, &fault) && fault.code == FAULT_TOO_DEEP);
	arena_done(&arena);
}

CASE(questions, a_question_that_follows_itself)
{
	struct arena arena;
	struct fault fault = { 0 };
	struct questions set;
	struct question *questions;

	arena_init(&arena, 1 << 20);
	questions = chain(&arena, 3);
	set = questions_asked(questions, 3);
	cr_expect(questions_check(&set, &fault));
	questions[1].default_next_question_id = text_lit("Q1");
	cr_expect(!questions_check(&set, &fault));
	cr_expect_str_eq(fault.path, "Question[1]/DefaultNextQuestionID");
	questions[1].default_next_question_id = text_lit("Q2");
	questions[0].default_next_question_id = text_lit("Q2");
	cr_expect(questions_check(&set, &fault), "two ways to one question are no circle");
	arena_done(&arena);
}
