/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the ways through a question set lead anywhere: found once, when the set comes or goes, so that no walker has to mind. */
#include "ncpdp/questions.h"

#include <assert.h>

enum { NOT_SEEN, ON_THE_WAY, DONE };

/* The set with its ids as hashes: a set of a thousand questions with as many choices is checked in milliseconds. */
struct graph {
	const struct questions *set;
	uint64_t hash[QUESTIONS_MAX];
	unsigned char state[QUESTIONS_MAX];
	struct {
		uint16_t node, way; /* which of its ways is next */
	} stack[QUESTIONS_MAX];
	size_t depth;
};

/* The ways on from a question: the default, its choices, its conditions. False after the last. */
static bool way(const struct question_ways *ways, size_t k, struct text *next)
{
	if (k == 0) {
		*next = ways->default_next;
		return true;
	}
	k--;
	if (k < ways->choices_n) {
		*next = ways->choices[k].next_question_id;
		return true;
	}
	k -= ways->choices_n;
	if (k >= ways->conditions_n)
		return false;
	if (ways->conditions[k].single)
		*next = ways->conditions[k].single->next_question_id;
	else if (ways->conditions[k].range)
		*next = ways->conditions[k].range->next_question_id;
	else
		*next = TEXT_NONE;
	return true;
}

/* A fault on way k of a question, with the names of the tables. */
static bool refuse(const struct question_ways *ways, size_t node, size_t k, struct fault *fault)
{
	if (k == 0) {
		fault_set(fault, FAULT_RULE, "DefaultNextQuestionID");
	} else if (k - 1 < ways->choices_n) {
		fault_set(fault, FAULT_RULE, "NextQuestionID");
		fault_under(fault, text_lit("QuestionType/Select/Choice"), (int)(k - 1));
	} else {
		k -= 1 + ways->choices_n;
		fault_set(fault, FAULT_RULE,
			ways->conditions[k].single ? "SingleComparison/NextQuestionID" : "RangeComparison/NextQuestionID");
		fault_under(fault, text_lit("QuestionType/Numeric/NextQuestionCondition"), (int)k);
	}
	return fault_under(fault, text_lit("Question"), (int)node);
}

/* Index by hash; two ids of the same hash are told apart by their text. */
static int find(const struct graph *g, struct text id, size_t before)
{
	uint64_t hash = text_hash(id);

	for (size_t i = 0; i < before; i++)
		if (g->hash[i] == hash && text_equal(question_ways(g->set, i).id, id))
			return (int)i;
	return QUESTION_END;
}

static bool index_ids(struct graph *g, struct fault *fault)
{
	for (size_t i = 0; i < g->set->n; i++) {
		struct text id = question_ways(g->set, i).id;

		if (question_ends(id) || find(g, id, i) != QUESTION_END) {
			fault_set(fault, FAULT_RULE, "QuestionID");
			return fault_under(fault, text_lit("Question"), (int)i);
		}
		g->hash[i] = text_hash(id);
	}
	return true;
}

static void enter(struct graph *g, size_t node)
{
	assert(g->depth < QUESTIONS_MAX);
	g->state[node] = ON_THE_WAY;
	g->stack[g->depth].node = (uint16_t)node;
	g->stack[g->depth++].way = 0;
}

/* Depth first from one question, without recursion. */
static bool follow(struct graph *g, size_t from, struct fault *fault)
{
	enter(g, from);
	while (g->depth > 0) {
		size_t node = g->stack[g->depth - 1].node, k = g->stack[g->depth - 1].way++;
		struct question_ways ways = question_ways(g->set, node);
		struct text next;
		int to;

		if (!way(&ways, k, &next)) {
			g->state[node] = DONE;
			g->depth--;
			continue;
		}
		if (question_ends(next))
			continue;
		to = find(g, next, g->set->n);
		if (to == QUESTION_END || g->state[to] == ON_THE_WAY)
			return refuse(&ways, node, k, fault);
		if (g->state[to] == NOT_SEEN)
			enter(g, (size_t)to);
	}
	return true;
}

bool questions_check(const struct questions *set, struct fault *fault)
{
	struct graph g = { .set = set };

	if (set->n > QUESTIONS_MAX)
		return fault_set(fault, FAULT_TOO_DEEP, "Question");
	if (!index_ids(&g, fault))
		return false;
	for (size_t i = 0; i < set->n; i++)
		if (g.state[i] == NOT_SEEN && !follow(&g, i, fault))
			return false;
	return true;
}
