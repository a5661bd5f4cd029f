/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the ways through a question set lead anywhere: found once, when the set comes or goes, so that no walker has to mind. */
#include "ncpdp/questions.h"

#include <assert.h>
#include <string.h>

enum { NOT_SEEN, ON_THE_WAY, DONE };

enum { SLOTS = 4096 }; /* a power of two, four for each question at most: an id is found in one or two looks */

/* The set with its ids in a table of their hashes, and a walk through it depth first, without recursion: however many ways a set has,
   each is looked at once. */
struct graph {
	const struct questions *set;
	size_t slots_n;        /* so many of them as suit the set: a small one does not pay for clearing all */
	uint16_t slots[SLOTS]; /* index of a question and one, 0: empty */
	unsigned char state[QUESTIONS_MAX];
	struct {
		uint16_t node, way; /* which of its ways is next */
	} stack[QUESTIONS_MAX];
	size_t depth;
	struct question_place *wrong;
};
_Static_assert(SLOTS >= 2 * QUESTIONS_MAX, "a slot is always free");

/* Way k on from a question: the default, its choices, its conditions. False after the last. */
static bool way(const struct question_ways *ways, size_t k, struct text *next)
{
	const struct next_question_condition *condition;

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
	condition = &ways->conditions[k];
	*next = condition->single ? condition->single->next_question_id :
		condition->range  ? condition->range->next_question_id :
				    TEXT_NONE;
	return true;
}

/* Way k on from a question is wrong. */
static bool refuse(struct graph *g, const struct question_ways *ways, size_t node, size_t k)
{
	if (k == 0)
		*g->wrong = (struct question_place){ QUESTION_DEFAULT, node, 0 };
	else if (k - 1 < ways->choices_n)
		*g->wrong = (struct question_place){ QUESTION_CHOICE, node, k - 1 };
	else
		*g->wrong = (struct question_place){ QUESTION_CONDITION, node, k - 1 - ways->choices_n };
	return false;
}

/* The slot where this id is, or the free one where it would be. */
static uint16_t *slot(struct graph *g, struct text id)
{
	size_t i = text_hash(id) & (g->slots_n - 1);

	while (g->slots[i] && !text_equal(question_ways(g->set, g->slots[i] - 1u).id, id))
		i = (i + 1) & (g->slots_n - 1);
	return &g->slots[i];
}

static bool index_ids(struct graph *g)
{
	for (size_t i = 0; i < g->set->n; i++) {
		struct text id = question_ways(g->set, i).id;
		uint16_t *place = slot(g, id);

		if (question_ends(id) || *place) {
			*g->wrong = (struct question_place){ QUESTION_ID, i, 0 };
			return false;
		}
		*place = (uint16_t)(i + 1);
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

static bool follow(struct graph *g, size_t from)
{
	enter(g, from);
	while (g->depth > 0) {
		size_t node = g->stack[g->depth - 1].node, k = g->stack[g->depth - 1].way++;
		struct question_ways ways = question_ways(g->set, node);
		struct text next;
		size_t to;

		if (!way(&ways, k, &next)) {
			g->state[node] = DONE;
			g->depth--;
			continue;
		}
		if (question_ends(next))
			continue;
		to = *slot(g, next);
		if (to == 0 || g->state[to - 1] == ON_THE_WAY)
			return refuse(g, &ways, node, k);
		if (g->state[to - 1] == NOT_SEEN)
			enter(g, to - 1);
	}
	return true;
}

bool questions_lead_on(const struct questions *set, struct question_place *wrong)
{
	struct graph g;

	assert(set->n <= QUESTIONS_MAX);
	g.set = set;
	g.wrong = wrong;
	g.depth = 0;
	for (g.slots_n = 4; g.slots_n < SLOTS && g.slots_n < 4 * set->n; g.slots_n *= 2)
		;
	memset(g.slots, 0, g.slots_n * sizeof(g.slots[0]));
	memset(g.state, NOT_SEEN, set->n * sizeof(g.state[0]));
	if (!index_ids(&g))
		return false;
	for (size_t i = 0; i < set->n; i++)
		if (g.state[i] == NOT_SEEN && !follow(&g, i))
			return false;
	return true;
}

/* The place with the names of the tables. */
static bool say(const struct questions *set, const struct question_place *wrong, struct fault *fault)
{
	struct question_ways ways = question_ways(set, wrong->question);

	switch (wrong->part) {
	case QUESTION_ID:
		fault_set(fault, FAULT_RULE, "QuestionID");
		break;
	case QUESTION_DEFAULT:
		fault_set(fault, FAULT_RULE, "DefaultNextQuestionID");
		break;
	case QUESTION_CHOICE:
		fault_set(fault, FAULT_RULE, "NextQuestionID");
		fault_under(fault, text_lit("QuestionType/Select/Choice"), (int)wrong->index);
		break;
	case QUESTION_CONDITION:
		fault_set(fault, FAULT_RULE,
			ways.conditions[wrong->index].single ? "SingleComparison/NextQuestionID" : "RangeComparison/NextQuestionID");
		fault_under(fault, text_lit("QuestionType/Numeric/NextQuestionCondition"), (int)wrong->index);
		break;
	}
	return fault_under(fault, text_lit("Question"), (int)wrong->question);
}

bool questions_check(const struct questions *set, struct fault *fault)
{
	struct question_place wrong;

	if (set->n > QUESTIONS_MAX)
		return fault_set(fault, FAULT_TOO_DEEP, "Question");
	return questions_lead_on(set, &wrong) || say(set, &wrong, fault);
}
