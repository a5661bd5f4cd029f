/* SPDX-License-Identifier: Apache-2.0 */
/* The way through question sets, in both forms, and the sets that lead nowhere. */
#include "ncpdp/decimal.h"
#include "ncpdp/questions.h"
#include "test/case.h"
#include "test/cpu.h"
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
		struct question_answer answers[3] = { 0 };
		struct question_given given = { .answers = answers };

		n += (size_t)snprintf(asked + n, size - n, "%.*s ", TEXT_ARGS(here.id));
		for (int i = 0; at == 0 && i < 3 && way->first_choices[i]; i++)
			answers[given.n++].choice = text_of(way->first_choices[i]);
		if (here.conditions_n && way->number)
			answers[given.n++].value = text_of(way->number);
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
	struct question_answer room[4];

	reading_init(&reading);
	set = reading_good(&reading, NCPDP_SCRIPT, "pa_request")->script->body->pa_request->request->solicited->question_set;
	given = question_given(&set->questions[1], room, 4);
	cr_assert(given.n == 2);
	cr_expect(text_is(given.answers[0].choice, "C1") && text_is(given.answers[1].choice, "C3"));
	cr_expect(!text_there(given.answers[0].words) && given.answers[1].words.n > 0);
	given = question_given(&set->questions[1], room, 1);
	cr_expect(given.n == 1, "no more than there is room for");
	given = question_given(&set->questions[2], room, 4);
	cr_expect(given.n == 1 && text_is(given.answers[0].value, "42"));
	given = question_given(&set->questions[4], room, 4);
	cr_expect(given.n == 1 && given.answers[0].value.n > 0);
	arena_reset(&reading.arena);
	set = reading_good(&reading, NCPDP_SCRIPT, "pa_request_coded")->script->body->pa_request->request->solicited->question_set;
	given = question_given(&set->questions[0], room, 4);
	cr_assert(given.n > 1);
	cr_expect(text_is(given.answers[0].choice, "C1"));
	for (size_t i = 1; i < given.n; i++)
		cr_expect(!text_there(given.answers[i].choice) && text_there(given.answers[i].value), "a document or a bare value is no choice");
	given = question_given(&set->questions[1], room, 4);
	cr_expect(text_is(given.answers[0].value, "-7.25"));
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

/* A thousand questions of a thousand choices each: as many ways as there can be. */
CASE(questions, checked_in_the_time_of_its_ways)
{
	enum { WIDE = 1000 };
	struct arena arena;
	struct fault fault = { 0 };
	struct questions set;
	struct question *questions;
	double before, once;

	arena_init(&arena, 64 << 20);
	questions = chain(&arena, QUESTIONS_MAX);
	for (size_t i = 0; i < QUESTIONS_MAX; i++) {
		struct select_question *select = arena_new(&arena, struct select_question);

		questions[i].type = arena_new(&arena, struct question_type);
		questions[i].type->select = select;
		if (i + 1 == QUESTIONS_MAX)
			break;
		/* all but the last may lead to the last, and share their choices */
		select->choices_n = WIDE;
		select->choices = i ? questions[0].type->select->choices : arena_alloc(&arena, WIDE * sizeof(struct choice));
		for (size_t c = 0; i == 0 && c < WIDE; c++)
			select->choices[c].next_question_id = questions[QUESTIONS_MAX - 1].question_id;
	}
	set = questions_asked(questions, QUESTIONS_MAX);
	before = cpu_ms();
	cr_expect(questions_check(&set, &fault));
	once = cpu_ms() - before;
	cr_expect_lt(once, 500, "a million ways took %.0f ms", once); /* looking each id up one by one takes some seconds */
	arena_done(&arena);
}

/* -- does an answer fit -- */

#define T(literal) { literal, sizeof(literal) - 1 }
#define CHOSE(id) { .choice = T(id) }
#define CHOSE_WITH(id, with) { .choice = T(id), .words = T(with) }
#define SAID(what) { .value = T(what) }

static const struct {
	enum { ONE, SEVERAL, DAY, MOMENT, NUMBER, WORDS, NO_TYPE } question;
	struct question_answer answers[3];
	bool fits;
} fitting[] = {
	{ ONE, { { .choice = { NULL, 0 } } }, false }, /* nothing */
	{ ONE, { CHOSE("NA") }, true },
	{ ONE, { CHOSE("NA"), CHOSE("O") }, false },
	{ ONE, { CHOSE("X") }, false },
	{ ONE, { SAID("NA") }, false },
	{ ONE, { CHOSE_WITH("NA", "words") }, false },
	{ ONE, { CHOSE_WITH("NA", " ") }, true },
	{ ONE, { CHOSE("O") }, true },
	{ ONE, { CHOSE_WITH("O", "words") }, true },
	{ ONE, { CHOSE("M") }, false },
	{ ONE, { CHOSE_WITH("M", " ") }, false },
	{ ONE, { CHOSE_WITH("M", "words") }, true },
	{ SEVERAL, { CHOSE("NA") }, true },
	{ SEVERAL, { CHOSE("NA"), CHOSE_WITH("M", "words") }, true },
	{ SEVERAL, { CHOSE("NA"), CHOSE("NA") }, false },
	{ SEVERAL, { CHOSE("NA"), CHOSE("X") }, false },
	{ SEVERAL, { CHOSE("NA"), SAID("O") }, false },
	{ SEVERAL, { { .choice = { NULL, 0 } } }, false },
	{ DAY, { SAID("2026-01-07") }, true },
	{ DAY, { SAID("2026-01-07T09:30:00Z") }, true },
	{ DAY, { SAID("2026-02-30") }, false },
	{ DAY, { SAID("2026-01-07"), SAID("2026-01-08") }, false },
	{ DAY, { CHOSE("O") }, false },
	{ MOMENT, { SAID("2026-01-07T09:30:00Z") }, true },
	{ MOMENT, { SAID("2026-01-07") }, false },
	{ NUMBER, { SAID("-7.25") }, true },
	{ NUMBER, { SAID("seven") }, false },
	{ NUMBER, { SAID("") }, false },
	{ NUMBER, { { .choice = { NULL, 0 } } }, false },
	{ WORDS, { SAID("words") }, true },
	{ WORDS, { SAID(" ") }, false },
	{ NO_TYPE, { SAID("words") }, false },
};

CASE(questions, answers_fit_or_do_not)
{
	struct choice choices[] = { { .choice_id = T("NA"), .additional_free_text_indicator = T("NA") },
		{ .choice_id = T("O"), .additional_free_text_indicator = T("O") },
		{ .choice_id = T("M"), .additional_free_text_indicator = T("M") } };
	struct select_question one = { T("N"), choices, 3 }, several = { T("Y"), choices, 3 };
	struct date_question day = { T("N") }, moment = { T("Y") };
	struct numeric_question number = { .is_numeric = T("Y") };
	struct free_text_question words = { T("Y") };
	struct answered_select one_too = { .select_multiple = T("N"), .choices = choices, .choices_n = 3 },
			       several_too = { .select_multiple = T("Y"), .choices = choices, .choices_n = 3 };
	struct answered_date day_too = { .date = &day }, moment_too = { .date = &moment };
	struct answered_numeric number_too = { .is_numeric = T("Y") };
	struct answered_free_text words_too = { .is_free_text = T("Y") };
	struct question_type types[] = { { .select = &one }, { .select = &several }, { .date = &day }, { .date = &moment },
		{ .numeric = &number }, { .free_text = &words }, { NULL } };
	struct answered_type types_too[] = { { .select = &one_too }, { .select = &several_too }, { .date = &day_too },
		{ .date = &moment_too }, { .numeric = &number_too }, { .free_text = &words_too }, { NULL } };

	for (size_t i = 0; i < sizeof(fitting) / sizeof(fitting[0]); i++) {
		struct question asked = { .question_id = text_lit("Q"), .type = &types[fitting[i].question] };
		struct answered_question answered = { .question_id = text_lit("Q"), .type = &types_too[fitting[i].question] };
		struct questions sets[] = { questions_asked(&asked, 1), questions_answered(&answered, 1) };
		struct question_given given = { .answers = fitting[i].answers };

		while (given.n < 3 && (text_there(given.answers[given.n].choice) || text_there(given.answers[given.n].value)))
			given.n++;
		cr_expect_eq(question_fits(&sets[0], 0, &given), fitting[i].fits, "row %zu", i);
		cr_expect_eq(question_fits(&sets[1], 0, &given), fitting[i].fits, "row %zu, answered", i);
	}
}
