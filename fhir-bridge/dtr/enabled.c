/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through a set from its first question on and collects for each the ways that lead to it, each way as the answers it takes; then turns
   "this way, or that way" into "one of these, and one of those", which is what FHIR has groups and conditions for. */
#include "fhir-bridge/dtr/enabled.h"

#include "ncpdp/decimal.h"

#include <string.h>

enum {
	WAYS_MAX = 16,    /* to one question */
	WHENS_MAX = 6,    /* answers on one way */
	CLAUSES_MAX = 4,  /* groups around one question: a form with more is no longer one that a person would check */
};

/* All of these answers. */
struct way {
	struct enabled_when whens[WHENS_MAX];
	size_t n;
};
/* Any of these ways. */
struct ways {
	struct way at[WAYS_MAX];
	size_t n;
	bool too_many;
};

/* -- ways -- */

static bool same_when(const struct enabled_when *a, const struct enabled_when *b)
{
	return a->question == b->question && a->kind == b->kind && text_equal(a->comparison, b->comparison) && text_equal(a->value, b->value);
}

static bool has_when(const struct enabled_when *whens, size_t n, const struct enabled_when *when)
{
	for (size_t i = 0; i < n; i++)
		if (same_when(&whens[i], when))
			return true;
	return false;
}

/* Every answer of `some` is among those of `all`. */
static bool is_part(const struct enabled_when *some, size_t some_n, const struct enabled_when *all, size_t all_n)
{
	for (size_t i = 0; i < some_n; i++)
		if (!has_when(all, all_n, &some[i]))
			return false;
	return true;
}

/* One more way, unless an easier one is there; harder ones go. */
static void add_way(struct ways *ways, const struct way *way)
{
	size_t kept = 0;

	for (size_t i = 0; i < ways->n; i++)
		if (is_part(ways->at[i].whens, ways->at[i].n, way->whens, way->n))
			return;
	for (size_t i = 0; i < ways->n; i++)
		if (!is_part(way->whens, way->n, ways->at[i].whens, ways->at[i].n))
			ways->at[kept++] = ways->at[i];
	ways->n = kept;
	if (ways->n == WAYS_MAX)
		ways->too_many = true;
	else
		ways->at[ways->n++] = *way;
}

static bool is_over(struct text comparison)
{
	return text_is(comparison, "GT") || text_is(comparison, "GE");
}

/* No number is both: below one and above another that is not smaller, or equal to one that the other does not take. */
static bool contradict(const struct enabled_when *a, const struct enabled_when *b)
{
	const struct enabled_when *low, *high;
	int order;

	if (a->kind != ENABLED_NUMBER || b->kind != ENABLED_NUMBER || a->question != b->question)
		return false;
	if (text_is(a->comparison, "EQ"))
		return !decimal_holds(a->value, b->comparison, b->value);
	if (text_is(b->comparison, "EQ"))
		return !decimal_holds(b->value, a->comparison, a->value);
	if (is_over(a->comparison) == is_over(b->comparison))
		return false;
	low = is_over(a->comparison) ? a : b;
	high = low == a ? b : a;
	order = decimal_compare(low->value, high->value);
	return order > 0 || (order == 0 && !(text_is(low->comparison, "GE") && text_is(high->comparison, "LE")));
}

/* The way with one more answer on it, when somebody can go it. */
static void add_longer(struct ways *ways, const struct way *way, const struct enabled_when *when)
{
	struct way longer = *way;

	for (size_t i = 0; i < way->n; i++)
		if (contradict(&way->whens[i], when))
			return;
	if (!has_when(longer.whens, longer.n, when)) {
		if (longer.n == WHENS_MAX) {
			ways->too_many = true;
			return;
		}
		longer.whens[longer.n++] = *when;
	}
	add_way(ways, &longer);
}

/* -- where a number leads -- */

static struct enabled_when number_when(size_t question, const char *comparison, struct text value)
{
	return (struct enabled_when){ .question = question, .kind = ENABLED_NUMBER, .comparison = text_of(comparison), .value = value };
}

/* NE is less or greater: FHIR's "!=" is read in two ways where there is no answer. */
static const struct {
	const char *is, *ways[2], *not_ways[2];
} comparisons[] = {
	{ "EQ", { "EQ", NULL }, { "LT", "GT" } },
	{ "NE", { "LT", "GT" }, { "EQ", NULL } },
	{ "LT", { "LT", NULL }, { "GE", NULL } },
	{ "LE", { "LE", NULL }, { "GT", NULL } },
	{ "GT", { "GT", NULL }, { "LE", NULL } },
	{ "GE", { "GE", NULL }, { "LT", NULL } },
};

/* Each of the ways with a number that (does not) compare so. */
static void add_compared(struct ways *to, const struct ways *from, size_t question, struct text is, struct text value, bool holds)
{
	for (size_t k = 0; k < sizeof(comparisons) / sizeof(*comparisons); k++) {
		const char *const *words = holds ? comparisons[k].ways : comparisons[k].not_ways;

		if (!text_is(is, comparisons[k].is))
			continue;
		for (size_t w = 0; w < 2 && words[w]; w++) {
			struct enabled_when when = number_when(question, words[w], value);

			for (size_t i = 0; i < from->n; i++)
				add_longer(to, &from->at[i], &when);
		}
	}
	to->too_many |= from->too_many;
}

/* *taken: numbers of `left` for which the condition holds; *rest: the others. */
static void split(const struct ways *left, size_t question, const struct next_question_condition *condition, struct ways *taken, struct ways *rest)
{
	const struct single_comparison *one = condition->single;
	const struct range_comparison *two = condition->range;
	struct ways lower = { 0 };

	*taken = *rest = (struct ways){ 0 };
	if (one) {
		add_compared(taken, left, question, one->comparison_operator, one->comparison_value, true);
		add_compared(rest, left, question, one->comparison_operator, one->comparison_value, false);
	} else if (two) {
		add_compared(&lower, left, question, two->lower_operator, two->lower_value, true);
		add_compared(taken, &lower, question, two->upper_operator, two->upper_value, true);
		add_compared(rest, left, question, two->lower_operator, two->lower_value, false);
		add_compared(rest, &lower, question, two->upper_operator, two->upper_value, false);
	}
}

/* -- from one question on -- */

struct going {
	const struct questions *set;
	const bool *optional;
	struct ways *to; /* by question: what leads there */
	bool apart;      /* it cannot be told */
};

static void lead(struct going *going, int target, const struct way *way)
{
	if (target != QUESTION_END)
		add_way(&going->to[target], way);
}

/* Whatever is answered: so it is asked when the question before it is. */
static void lead_on(struct going *going, size_t from, int target)
{
	for (size_t i = 0; i < going->to[from].n; i++)
		lead(going, target, &going->to[from].at[i]);
	if (target != QUESTION_END)
		going->to[target].too_many |= going->to[from].too_many;
}

static void lead_answered(struct going *going, int target, struct enabled_when when)
{
	struct way way = { .whens = { when }, .n = 1 };

	lead(going, target, &way);
}

/* Only of a question that is asked: on each way to it. */
static void lead_unanswered(struct going *going, size_t from, int target)
{
	struct enabled_when when = { .question = from, .kind = ENABLED_UNANSWERED };
	struct ways longer = { 0 };

	for (size_t i = 0; i < going->to[from].n; i++)
		add_longer(&longer, &going->to[from].at[i], &when);
	for (size_t i = 0; i < longer.n; i++)
		lead(going, target, &longer.at[i]);
	going->apart |= longer.too_many;
}

static int after_choices(const struct questions *set, size_t from, struct text one, struct text other)
{
	struct question_answer answers[] = { { .choice = one }, { .choice = other } };
	struct question_given given = { answers, text_there(other) ? 2 : 1 };

	return question_after(set, from, &given);
}

static int after_choice(const struct questions *set, size_t from, struct text choice)
{
	return after_choices(set, from, choice, TEXT_NONE);
}

static void from_choices(struct going *going, size_t from, const struct question_ways *ways, int unanswered)
{
	bool optional = going->optional && going->optional[from], same = true;
	int first = after_choice(going->set, from, ways->choices[0].choice_id);

	for (size_t i = 1; i < ways->choices_n; i++)
		same = same && after_choice(going->set, from, ways->choices[i].choice_id) == first &&
		       (!ways->several || after_choices(going->set, from, ways->choices[0].choice_id, ways->choices[i].choice_id) == first);
	if (ways->several && !same) {
		going->apart = true;
		return;
	}
	if (same && (!optional || first == unanswered)) {
		lead_on(going, from, first);
		return;
	}
	if (same)
		lead_answered(going, first, (struct enabled_when){ .question = from, .kind = ENABLED_ANSWERED });
	for (size_t i = 0; !same && i < ways->choices_n; i++)
		lead_answered(going, after_choice(going->set, from, ways->choices[i].choice_id),
			(struct enabled_when){ .question = from, .kind = ENABLED_CHOICE, .value = ways->choices[i].choice_id });
	if (optional)
		lead_unanswered(going, from, unanswered);
}

static struct text next_of(const struct next_question_condition *condition)
{
	return condition->single ? condition->single->next_question_id : condition->range ? condition->range->next_question_id : TEXT_NONE;
}

static void from_number(struct going *going, size_t from, const struct question_ways *ways, int otherwise)
{
	struct ways left = { .n = 1 }, taken, rest;
	bool same = true;

	for (size_t i = 0; i < ways->conditions_n; i++)
		same = same && question_find(going->set, next_of(&ways->conditions[i])) == otherwise;
	if (same) {
		lead_on(going, from, otherwise);
		return;
	}
	for (size_t i = 0; i < ways->conditions_n; i++) {
		split(&left, from, &ways->conditions[i], &taken, &rest);
		for (size_t k = 0; k < taken.n; k++)
			lead(going, question_find(going->set, next_of(&ways->conditions[i])), &taken.at[k]);
		going->apart |= taken.too_many || rest.too_many;
		left = rest;
	}
	for (size_t k = 0; k < left.n; k++)
		lead(going, otherwise, &left.at[k]);
	if (going->optional && going->optional[from])
		lead_unanswered(going, from, otherwise);
}

static void go_on(struct going *going, size_t from)
{
	static const struct question_given nothing = { .n = 0 };
	struct question_ways ways = question_ways(going->set, from);
	int otherwise = question_after(going->set, from, &nothing);

	if (ways.wants == QUESTION_WANTS_CHOICES && ways.choices_n)
		from_choices(going, from, &ways, otherwise);
	else if (ways.wants == QUESTION_WANTS_NUMBER && ways.conditions_n)
		from_number(going, from, &ways, otherwise);
	else
		lead_on(going, from, otherwise);
}

/* -- the order in which questions can be asked -- */

/* Marks every question that `from` leads straight to. */
static void mark(const struct questions *set, size_t from, bool *leads)
{
	struct question_ways ways = question_ways(set, from);
	int to = question_find(set, ways.default_next);

	if (to != QUESTION_END)
		leads[to] = true;
	for (size_t i = 0; i < ways.choices_n; i++)
		if ((to = after_choice(set, from, ways.choices[i].choice_id)) != QUESTION_END)
			leads[to] = true;
	for (size_t i = 0; i < ways.conditions_n; i++)
		if ((to = question_find(set, next_of(&ways.conditions[i]))) != QUESTION_END)
			leads[to] = true;
}

enum { ASKED_AT_ONCE_MAX = 200 }; /* questions of a form, as in a payer's stage: every pair is looked at */

/* Each question after all that lead to it. No way leads back (questions_check), so each round finds one at least. */
static bool in_order(const struct questions *set, struct make *make, size_t *order)
{
	bool *leads = make_bytes(make, set->n * set->n * sizeof(*leads));
	size_t *before = make_bytes(make, set->n * sizeof(*before)), n = 0;

	for (size_t from = 0; from < set->n; from++) {
		mark(set, from, &leads[from * set->n]);
		for (size_t to = 0; to < set->n; to++)
			before[to] += leads[from * set->n + to];
	}
	for (size_t round = 0; round < set->n && n < set->n; round++)
		for (size_t i = 0; i < set->n; i++) {
			if (before[i] != 0)
				continue;
			before[i] = SIZE_MAX;
			order[n++] = i;
			for (size_t to = 0; to < set->n; to++)
				before[to] -= leads[i * set->n + to];
		}
	return n == set->n;
}

/* -- one of these, and one of those -- */

static void add_clause(struct make *make, struct enabled *out, const struct enabled_clause *clause)
{
	for (size_t i = 0; i < out->n; i++)
		if (is_part(out->clauses[i].whens, out->clauses[i].n, clause->whens, clause->n))
			return;
	*make_push(make, out->clauses, out->n) = *clause;
}

/* Takes one answer of each way, in every combination. */
static bool turn(const struct ways *ways, struct make *make, struct enabled *out)
{
	size_t combinations = 1, at[WAYS_MAX] = { 0 };

	for (size_t i = 0; i < ways->n; i++) {
		combinations *= ways->at[i].n;
		if (combinations > (size_t)CLAUSES_MAX * CLAUSES_MAX)
			return false;
	}
	for (size_t c = 0; c < combinations; c++) {
		struct enabled_clause clause = { 0 };

		for (size_t i = 0, left = c; i < ways->n; left /= ways->at[i].n, i++) {
			at[i] = left % ways->at[i].n;
			if (!has_when(clause.whens, clause.n, &ways->at[i].whens[at[i]]))
				*make_push(make, clause.whens, clause.n) = ways->at[i].whens[at[i]];
		}
		add_clause(make, out, &clause);
	}
	return out->n <= CLAUSES_MAX;
}

static bool tell(const struct ways *ways, struct make *make, struct enabled *out)
{
	*out = (struct enabled){ .never = ways->n == 0 && !ways->too_many };
	if (ways->too_many)
		return false;
	return !ways->n || !ways->at[0].n || turn(ways, make, out);
}

bool enabled_of(const struct questions *set, const bool *optional, struct make *make, struct enabled **out)
{
	struct going going = { .set = set, .optional = optional };
	size_t *order;

	*out = NULL;
	if (!set->n || set->n > ASKED_AT_ONCE_MAX)
		return false;
	going.to = make_bytes(make, set->n * sizeof(*going.to));
	order = make_bytes(make, set->n * sizeof(*order));
	*out = make_bytes(make, set->n * sizeof(**out));
	if (!in_order(set, make, order))
		return false;
	going.to[question_first(set)].n = 1; /* with no answer on the way to it */
	for (size_t i = 0; i < set->n && !going.apart; i++)
		if (going.to[order[i]].n || going.to[order[i]].too_many)
			go_on(&going, order[i]);
	for (size_t i = 0; i < set->n && !going.apart; i++)
		if (!tell(&going.to[i], make, &(*out)[i]))
			return false;
	return !going.apart;
}
