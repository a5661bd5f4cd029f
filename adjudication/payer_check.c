/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what the fields of a payer file say of each other: every question leads on and to an end, every rule can be evaluated,
   some rule always decides, and no denial is without its reason. */
#include "adjudication/payer.h"
#include "adjudication/stage.h"
#include "ncpdp/questions.h"

#include <assert.h>

enum { NDC_DIGITS = 11 };
enum { STAGE_BYTES_MAX = 16 << 20 }; /* 200 questions of 100 choices each, the most a stage has, take 4 MB */

/* Where the item with this text at `offset` stands among the first `n`, or n. */
static size_t place_of(const void *items, size_t n, size_t size, size_t offset, struct text wanted)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(*(const struct text *)(const void *)((const char *)items + i * size + offset), wanted))
			return i;
	return n;
}
#define PLACE_OF(items, n, member, wanted) \
	place_of((items), (n), sizeof(*(items)), offsetof(__typeof__(*(items)), member), (wanted))

static bool at(struct fault *fault, const char *list, size_t i)
{
	return fault_under(fault, text_of(list), (int)i);
}

/* -- plans -- */

/* Cost sharing comes from one place: from the tiers here, or from lists. */
static bool check_where_from(const struct house_plan *plan, struct fault *fault)
{
	if (payer_by_lists(plan))
		return !plan->tiers_n || fault_set(fault, FAULT_RULE, "tiers");
	if (!plan->tiers_n)
		return fault_set(fault, FAULT_MISSING, "tiers");
	if (!text_there(plan->order))
		return fault_set(fault, FAULT_MISSING, "order");
	return !plan->deductible_where_unsaid || fault_set(fault, FAULT_RULE, "deductible_where_unsaid");
}

static bool check_plan(const struct house_plan *plan, struct fault *fault)
{
	if (!check_where_from(plan, fault))
		return false;
	for (size_t i = 0; i < plan->tiers_n; i++) {
		const struct house_tier *tier = &plan->tiers[i];

		if (payer_tier(plan, tier->tier, tier->pharmacy) != tier) {
			fault_set(fault, FAULT_REPEATED, "pharmacy");
			return at(fault, "tiers", i);
		}
		if (tier->max_cents && tier->min_cents > tier->max_cents) {
			fault_set(fault, FAULT_RULE, "max_cents");
			return at(fault, "tiers", i);
		}
	}
	return true;
}

static bool check_special(const struct house_special *special, struct fault *fault)
{
	if (!text_there(special->ndc) && !text_there(special->rxcui))
		return fault_set(fault, FAULT_MISSING, "ndc");
	return !text_there(special->ndc) || special->ndc.n == NDC_DIGITS || fault_set(fault, FAULT_BAD_NUMBER, "ndc");
}

/* -- questions -- */

/* Every way on exists and none leads back to where it came from, so every way through the questions ends. */
static bool check_ways(const struct house_stage *stage, struct fault *fault)
{
	struct question_place wrong;
	struct arena arena;
	struct make make;
	struct questions set;
	const struct question *asked;
	size_t n;
	bool good;

	arena_init(&arena, STAGE_BYTES_MAX);
	make_init(&make, &arena);
	asked = stage_questions(stage, &make, &n);
	good = make_done(&make);
	assert(good);
	set = questions_asked(asked, n);
	good = questions_lead_on(&set, &wrong);
	arena_done(&arena);
	if (good)
		return true;
	fault_set(fault, FAULT_RULE, wrong.part == QUESTION_ID ? "id" : "next");
	if (wrong.part == QUESTION_CHOICE)
		at(fault, "choices", wrong.index);
	if (wrong.part == QUESTION_CONDITION)
		at(fault, "branches", wrong.index);
	return at(fault, "questions", wrong.question);
}

static bool check_choices(const struct house_question *question, struct fault *fault)
{
	bool select = text_starts(question->type, "SELECT");

	if (select != (question->choices_n > 0) || (select && question->choices_n < 2))
		return fault_set(fault, select ? FAULT_MISSING : FAULT_RULE, "choices");
	for (size_t i = 0; i < question->choices_n; i++) {
		const struct house_choice *choice = &question->choices[i];

		if (PLACE_OF(question->choices, i, id, choice->id) < i) {
			fault_set(fault, FAULT_REPEATED, "id");
			return at(fault, "choices", i);
		}
		/* several choices at once could lead to several questions: only the question itself leads on then */
		if (text_is(question->type, "SELECT_MULTIPLE") && text_there(choice->next)) {
			fault_set(fault, FAULT_RULE, "next");
			return at(fault, "choices", i);
		}
	}
	return true;
}

static bool check_branches(const struct house_question *question, struct fault *fault)
{
	int64_t ignored;

	if (question->branches_n && !text_is(question->type, "NUMERIC"))
		return fault_set(fault, FAULT_RULE, "branches");
	for (size_t i = 0; i < question->branches_n; i++) {
		if (!payer_e4(question->branches[i].number, &ignored)) {
			fault_set(fault, FAULT_BAD_NUMBER, "number");
			return at(fault, "branches", i);
		}
	}
	return true;
}

static bool digits(const char *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at[i] < '0' || at[i] > '9')
			return false;
	return n > 0;
}

/* What may stand between quotes anywhere: in JSON, in CQL. */
static bool plain(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.at[i] <= ' ' || (unsigned char)t.at[i] >= 127 || strchr("'\"\\|", t.at[i]))
			return false;
	return true;
}

static bool check_codes(const struct house_question *question, struct fault *fault)
{
	for (size_t i = 0; i < question->codes_n; i++) {
		const struct house_code *code = &question->codes[i];
		bool loinc = text_is(code->system, "LOINC");
		size_t n = code->code.n;

		if (!plain(code->code) || (loinc && (n < 3 || code->code.at[n - 2] != '-' || !digits(code->code.at, n - 2) || !digits(code->code.at + n - 1, 1))))
			fault_set(fault, FAULT_BAD_CODE, "code");
		else if (text_there(code->unit) && (!loinc || !text_is(question->type, "NUMERIC")))
			fault_set(fault, FAULT_RULE, "unit");
		else if (!plain(code->unit))
			fault_set(fault, FAULT_BAD_CODE, "unit");
		else
			continue;
		return at(fault, "codes", i);
	}
	return true;
}

static bool check_question(const struct house_stage *stage, size_t index, struct fault *fault)
{
	const struct house_question *question = &stage->questions[index];

	if (PLACE_OF(stage->questions, index, id, question->id) < index)
		return fault_set(fault, FAULT_REPEATED, "id");
	return check_choices(question, fault) && check_branches(question, fault) && check_codes(question, fault);
}

/* -- rules -- */

/* What each comparison needs beside the question, and of which types of question it can be asked. */
static const struct comparison {
	const char *is, *types;
	bool choice, number;
} comparisons[] = {
	{ "CHOICE", "SELECT SELECT_MULTIPLE", true, false },
	{ "NOT_CHOICE", "SELECT SELECT_MULTIPLE", true, false },
	{ "ANSWERED", NULL, false, false },
	{ "UNANSWERED", NULL, false, false },
	{ "EQ", "NUMERIC", false, true },
	{ "NE", "NUMERIC", false, true },
	{ "LT", "NUMERIC", false, true },
	{ "LE", "NUMERIC", false, true },
	{ "GT", "NUMERIC", false, true },
	{ "GE", "NUMERIC", false, true },
	{ "WITHIN_DAYS", "DATE DATE_TIME", false, true },
};

static bool check_condition(const struct house_stage *stage, const struct house_condition *condition,
	struct fault *fault)
{
	size_t place = PLACE_OF(stage->questions, stage->questions_n, id, condition->question);
	const struct house_question *question = &stage->questions[place];
	const struct comparison *comparison = comparisons;
	int64_t ignored;

	if (place == stage->questions_n)
		return fault_set(fault, FAULT_RULE, "question");
	while (!text_is(condition->is, comparison->is))
		comparison++; /* the code list of the table has these words only */
	if (comparison->types && !text_in_list(question->type, comparison->types))
		return fault_set(fault, FAULT_RULE, "is");
	if (text_there(condition->choice) != comparison->choice)
		return fault_set(fault, comparison->choice ? FAULT_MISSING : FAULT_RULE, "choice");
	if (comparison->choice &&
		PLACE_OF(question->choices, question->choices_n, id, condition->choice) == question->choices_n)
		return fault_set(fault, FAULT_RULE, "choice");
	if (text_there(condition->number) != comparison->number)
		return fault_set(fault, comparison->number ? FAULT_MISSING : FAULT_RULE, "number");
	if (comparison->number && !payer_e4(condition->number, &ignored))
		return fault_set(fault, FAULT_BAD_NUMBER, "number");
	return true;
}

/* Which fields an outcome must have; it must not have the others. */
static const struct outcome_needs {
	const char *outcome;
	bool days, reason, again, ask, code;
} outcomes[] = {
	{ "APPROVE", .days = true },
	{ "DENY", .reason = true },
	{ "PARTLY", .days = true, .reason = true },
	{ "PEND", .again = true },
	{ "MORE_INFORMATION", .ask = true },
	{ "CLOSE", .code = true },
};

static bool there_as_needed(bool there, bool needed, enum fault_code missing, const char *where, struct fault *fault)
{
	return there == needed || fault_set(fault, needed ? missing : FAULT_RULE, where);
}

/* The stages of a policy for requests, or those for appeals. */
struct stages {
	const struct house_stage *at;
	size_t n;
};

static bool check_rule(const struct stages *stages, size_t stage_index, const struct house_rule *rule, struct fault *fault)
{
	const struct house_stage *stage = &stages->at[stage_index];
	const struct outcome_needs *needs = outcomes;
	size_t ask;

	for (size_t i = 0; i < rule->conditions_n; i++)
		if (!check_condition(stage, &rule->conditions[i], fault))
			return at(fault, "conditions", i);
	while (!text_is(rule->outcome, needs->outcome))
		needs++; /* the code list of the table has these words only */
	/* 42 CFR 438.210(c), 422.568(e): a denial says its specific reason */
	if (!there_as_needed(text_trim(rule->reason).n > 0, needs->reason, FAULT_NO_REASON, "reason", fault) ||
		!there_as_needed(rule->days > 0, needs->days, FAULT_MISSING, "days", fault) ||
		!there_as_needed(rule->again_ms > 0, needs->again, FAULT_MISSING, "again_ms", fault) ||
		!there_as_needed(text_there(rule->ask), needs->ask, FAULT_MISSING, "ask", fault) ||
		!there_as_needed(text_there(rule->code), needs->code, FAULT_MISSING, "code", fault))
		return false;
	if (!needs->ask)
		return true;
	/* only on to a later stage: so every case ends */
	ask = PLACE_OF(stages->at, stages->n, id, rule->ask);
	return (ask < stages->n && ask > stage_index) || fault_set(fault, FAULT_RULE, "ask");
}

/* The last rule decides whatever was answered, and none before it does. */
static bool check_order(const struct house_stage *stage, struct fault *fault)
{
	for (size_t i = 0; i < stage->rules_n; i++) {
		const struct house_rule *rule = &stage->rules[i];
		bool always = rule->conditions_n == 0 && !text_is(rule->outcome, "PEND");

		if (always != (i + 1 == stage->rules_n)) {
			fault_set(fault, FAULT_RULE, "conditions");
			return at(fault, "rules", i);
		}
	}
	return true;
}

static bool check_stage(const struct stages *stages, size_t index, struct fault *fault)
{
	const struct house_stage *stage = &stages->at[index];

	if (PLACE_OF(stages->at, index, id, stage->id) < index)
		return fault_set(fault, FAULT_REPEATED, "id");
	for (size_t i = 0; i < stage->questions_n; i++) {
		if (!check_question(stage, i, fault))
			return at(fault, "questions", i);
		/* an answer names its question only: that must say which stage it belongs to */
		for (size_t k = 0; k < index; k++)
			if (PLACE_OF(stages->at[k].questions, stages->at[k].questions_n, id, stage->questions[i].id) <
				stages->at[k].questions_n) {
				fault_set(fault, FAULT_REPEATED, "id");
				return at(fault, "questions", i);
			}
	}
	if (!check_ways(stage, fault))
		return false;
	for (size_t i = 0; i < stage->rules_n; i++)
		if (!check_rule(stages, index, &stage->rules[i], fault))
			return at(fault, "rules", i);
	return check_order(stage, fault);
}

static bool check_stages(const struct house_stage *stages, size_t n, const char *list, struct fault *fault)
{
	const struct stages all = { stages, n };

	for (size_t i = 0; i < n; i++)
		if (!check_stage(&all, i, fault))
			return at(fault, list, i);
	return true;
}

/* Something that a person can be sent to: visible characters, and none that ends a link. */
static bool https(struct text url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.at[i] <= ' ' || url.at[i] > '~' || url.at[i] == '"' || url.at[i] == '<' || url.at[i] == '>' || url.at[i] == '\\')
			return false;
	return text_starts(url, "https://") && url.n > sizeof("https://") - 1;
}

bool payer_check_policy(const struct house_policy *policy, struct fault *fault)
{
	/* an appeal that is taken is also decided, and nothing decides one that is not taken */
	if (policy->e_appeal && !policy->appeal_stages_n)
		return fault_set(fault, FAULT_MISSING, "appeal_stages");
	if (!policy->e_appeal && policy->appeal_stages_n)
		return fault_set(fault, FAULT_RULE, "e_appeal");
	if (policy->criteria_url.n && !https(policy->criteria_url))
		return fault_set(fault, FAULT_BAD_TEXT, "criteria_url");
	for (size_t i = 0; i < policy->first_n; i++)
		if (policy->first[i].ndc.n != NDC_DIGITS) {
			fault_set(fault, FAULT_BAD_NUMBER, "ndc");
			return at(fault, "first", i);
		}
	return check_stages(policy->stages, policy->stages_n, "stages", fault) &&
	       check_stages(policy->appeal_stages, policy->appeal_stages_n, "appeal_stages", fault);
}

bool payer_check(const struct house_file *file, struct fault *fault)
{
	for (size_t i = 0; i < file->plans_n; i++)
		if (!check_plan(&file->plans[i], fault))
			return at(fault, "plans", i);
	for (size_t i = 0; i < file->pharmacies_n; i++)
		if (PLACE_OF(file->pharmacies, i, type, file->pharmacies[i].type) < i) {
			fault_set(fault, FAULT_REPEATED, "type");
			return at(fault, "pharmacies", i);
		}
	for (size_t i = 0; i < file->special_n; i++)
		if (!check_special(&file->special[i], fault))
			return at(fault, "special", i);
	for (size_t i = 0; i < file->policies_n; i++)
		if (!payer_check_policy(&file->policies[i], fault))
			return at(fault, "policies", i);
	return payer_check_people(file, fault);
}
