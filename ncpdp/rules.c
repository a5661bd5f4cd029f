/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that span fields: the functions behind def/rules.def, and the one walk that asks them. Values are known to be of their
   field's form here, as the tables are checked first. */
#include "ncpdp/rules.h"

#include "ncpdp/attachment.h"
#include "ncpdp/questions.h"

#include <assert.h>

enum { ALTERNATIVES_MAX = 5, NDC_DIGITS = 11, DAY_MS = 86400000 };

static bool script_domain(const void *rec, struct fault *fault)
{
	const struct script_message *message = rec;

	return text_is(message->transaction_domain, "SCRIPT") || fault_set(fault, FAULT_RULE, "TransactionDomain");
}

/* -- questions and answers -- */

static bool flow_asked(const void *rec, struct fault *fault)
{
	const struct question_set *set = rec;
	struct questions questions = questions_asked(set->questions, set->questions_n);

	return questions_check(&questions, fault);
}

static bool flow_more(const void *rec, struct fault *fault)
{
	const struct question_set_response *set = rec;
	struct questions questions = questions_asked(set->questions, set->questions_n);

	return questions_check(&questions, fault);
}

static bool flow_answered(const void *rec, struct fault *fault)
{
	const struct question_set_request *set = rec;
	struct questions questions = questions_answered(set->questions, set->questions_n);

	return questions_check(&questions, fault);
}

/* A question of the length a person can read has few choices; one with more is refused before it costs their square. */
enum { CHOICES_MAX = 1000 };

static bool choices_differ(const struct choice *choices, size_t n, struct fault *fault)
{
	uint64_t hash[CHOICES_MAX];

	if (n > CHOICES_MAX)
		return fault_set(fault, FAULT_TOO_DEEP, "Choice");
	for (size_t i = 0; i < n; i++) {
		hash[i] = text_hash(choices[i].choice_id);
		for (size_t k = 0; k < i; k++)
			if (hash[k] == hash[i] && text_equal(choices[k].choice_id, choices[i].choice_id)) {
				fault_set(fault, FAULT_RULE, "ChoiceID");
				return fault_under(fault, text_lit("Choice"), (int)i);
			}
	}
	return true;
}

static bool choices_asked(const void *rec, struct fault *fault)
{
	const struct select_question *select = rec;

	return choices_differ(select->choices, select->choices_n, fault);
}

static bool choices_answered(const void *rec, struct fault *fault)
{
	const struct answered_select *select = rec;

	return choices_differ(select->choices, select->choices_n, fault);
}

static bool one_answer(const void *rec, struct fault *fault)
{
	const struct answered_select *select = rec;

	return select->answers_n <= 1 || text_is(select->select_multiple, "Y") || fault_set(fault, FAULT_RULE, "Answer");
}

/* The choice an answer makes; NULL for an attachment or a bare value. */
static const struct chosen *chosen_in(const struct select_answer *answer)
{
	return answer->by_prescriber ? answer->by_prescriber : answer->by_code ? answer->by_code->choice : NULL;
}

static bool refuse_answer(const struct select_answer *answer, size_t index, const char *where, struct fault *fault)
{
	fault_set(fault, FAULT_RULE, where);
	fault_under(fault,
		answer->by_prescriber ? text_lit("PrescriberProvidedAnswer") : text_lit("CodedReferenceAnswer/Choice"), -1);
	return fault_under(fault, text_lit("Answer"), (int)index);
}

static const struct choice *choice_of(const struct answered_select *select, const struct chosen *chosen)
{
	for (size_t i = 0; i < select->choices_n; i++)
		if (text_equal(select->choices[i].choice_id, chosen->choice_id))
			return &select->choices[i];
	return NULL;
}

static bool answers_chosen(const void *rec, struct fault *fault)
{
	const struct answered_select *select = rec;
	bool taken[CHOICES_MAX] = { false };

	assert(select->choices_n <= CHOICES_MAX); /* choices-differ stands before this rule */
	for (size_t i = 0; i < select->answers_n; i++) {
		const struct chosen *chosen = chosen_in(&select->answers[i]);
		const struct choice *choice = chosen ? choice_of(select, chosen) : NULL;

		if (!chosen)
			continue;
		if (!choice || taken[choice - select->choices])
			return refuse_answer(&select->answers[i], i, "ChoiceID", fault);
		taken[choice - select->choices] = true;
	}
	return true;
}

static bool free_text_asked(const void *rec, struct fault *fault)
{
	const struct answered_select *select = rec;

	for (size_t i = 0; i < select->answers_n; i++) {
		const struct chosen *chosen = chosen_in(&select->answers[i]);
		const struct choice *choice = chosen ? choice_of(select, chosen) : NULL;
		bool there;

		if (!choice)
			continue;
		there = text_there(chosen->additional_free_text);
		if ((there && text_is(choice->additional_free_text_indicator, "NA")) ||
			(!there && text_is(choice->additional_free_text_indicator, "M")))
			return refuse_answer(&select->answers[i], i, "AdditionalFreeText", fault);
	}
	return true;
}

static bool time_asked(const void *rec, struct fault *fault)
{
	const struct answered_date *question = rec;
	const struct date_answer *answer = question->answer;
	const struct date_or_time *given;

	if (!answer || !text_is(question->date->is_date_time_required, "Y"))
		return true;
	given = answer->by_prescriber ? answer->by_prescriber : answer->by_code ? answer->by_code->date : NULL;
	if (!given || text_there(given->date_time))
		return true;
	return fault_set(fault, FAULT_RULE,
		answer->by_prescriber ? "Answer/PrescriberProvidedAnswer/DateTime" : "Answer/CodedReferenceAnswer/Date/DateTime");
}

/* -- documents -- */

static bool cda_or_ccr(const void *rec, struct fault *fault)
{
	const struct attachment *attachment = rec;

	return !attachment->cda || !attachment->ccr || fault_set(fault, FAULT_RULE, "CCR");
}

static bool document(const void *rec, struct fault *fault)
{
	return attachment_check(rec, NULL, fault);
}

static bool documents_of_request(const void *rec, struct fault *fault)
{
	const struct pa_request *request = rec;
	const struct pa_model *model = request->request;
	const struct question_set_request *set = model->solicited ? model->solicited->question_set :
						 model->unsolicited ? model->unsolicited->question_set :
								      NULL;

	return attachments_check(request->attachment, set, fault) ||
	       fault_under(fault, text_of(model->solicited ? "Request/SolicitedModel" : "Request/UnSolicitedModel"), -1);
}

static bool documents_of_appeal(const void *rec, struct fault *fault)
{
	const struct pa_appeal_request *request = rec;

	return attachments_check(request->attachment, request->request->question_set, fault) ||
	       fault_under(fault, text_lit("Request"), -1);
}

/* -- dates -- */

/* A day lasts until its end, so that an authorization may be for a single one. */
static bool moment(const struct date_or_time *when, bool end, int64_t *ms, struct fault *fault)
{
	if (text_there(when->date_time))
		return clock_parse(when->date_time, ms, fault);
	if (!clock_parse(when->date, ms, fault))
		return false;
	*ms += end ? DAY_MS - 1 : 0;
	return true;
}

static bool period_in_order(const void *rec, struct fault *fault)
{
	const struct authorization_period *period = rec;
	int64_t from, to;

	if (!moment(period->effective_date, false, &from, fault) || !moment(period->expiration_date, true, &to, fault))
		return false;
	return from <= to || fault_set(fault, FAULT_RULE, "ExpirationDate");
}

/* -- products and people -- */

static bool ndc(struct text code, const char *where, struct fault *fault)
{
	for (size_t i = 0; i < code.n; i++)
		if (code.at[i] < '0' || code.at[i] > '9')
			return fault_set(fault, FAULT_BAD_NUMBER, where);
	return code.n == NDC_DIGITS || fault_set(fault, FAULT_BAD_NUMBER, where);
}

static bool ndc_of_product(const void *rec, struct fault *fault)
{
	const struct product_code *product = rec;

	return !text_is(product->qualifier, "ND") || ndc(product->code, "Code", fault);
}

static bool ndc_of_ingredient(const void *rec, struct fault *fault)
{
	const struct ingredient_code *ingredient = rec;

	return !text_is(ingredient->qualifier, "ND") || ndc(ingredient->code, "Code", fault);
}

static bool ndc_of_drug(const void *rec, struct fault *fault)
{
	const struct rtpb_drug *drug = rec;

	return !text_there(drug->ndc) || ndc(drug->ndc, "NDC", fault);
}

static bool product_requested(const void *rec, struct fault *fault)
{
	const struct requested_product *product = rec;

	return !!product->product + !!product->drug_coded + !!product->non_drug_coded == 1 ||
	       fault_set(fault, FAULT_CHOICE, "Product");
}

static bool product_answered(const void *rec, struct fault *fault)
{
	const struct response_product *product = rec;

	return !!product->product + !!product->drug_coded + !!product->non_drug_coded <= 1 ||
	       fault_set(fault, FAULT_CHOICE, "Product");
}

static bool gender_once(const void *rec, struct fault *fault)
{
	const struct rtpb_patient *patient = rec;

	return !patient->sex_and_gender || !text_there(patient->gender) || fault_set(fault, FAULT_RULE, "Gender");
}

/* -- what only we must keep -- */

static bool denial_reason(const void *rec, struct fault *fault)
{
	const struct pa_response_status *status = rec;

	if (status->denied && !text_there(status->denied->pa_note))
		return fault_set(fault, FAULT_NO_REASON, "Denied/PANote");
	if (status->partially_denied && !text_there(status->partially_denied->pa_note))
		return fault_set(fault, FAULT_NO_REASON, "PartiallyDenied/PANote");
	return true;
}

static bool appeal_reason(const void *rec, struct fault *fault)
{
	const struct pa_appeal_status *status = rec;

	if (status->denied && !text_there(status->denied->pa_note))
		return fault_set(fault, FAULT_NO_REASON, "Denied/PANote");
	if (status->partially_denied && !text_there(status->partially_denied->pa_note))
		return fault_set(fault, FAULT_NO_REASON, "PartiallyDenied/PANote");
	return true;
}

static bool five_alternatives(const void *rec, struct fault *fault)
{
	const struct rtpb_response *response = rec;

	return response->alternatives_n <= ALTERNATIVES_MAX || fault_set(fault, FAULT_REPEATED, "ResponseAlternativeProduct");
}

/* -- the walk -- */

struct rule {
	const struct record *of;
	enum rules_when when;
	bool (*holds)(const void *rec, struct fault *fault);
};

static const struct rule rules[] = {
#define RULE(id, record, rule_when, function, sentence, source) { &record##_record, RULES_##rule_when, function },
#include "ncpdp/def/rules.def"
#undef RULE
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

struct walk {
	uint64_t of; /* records that have a rule, and a few that share their bit: what has none is told without a look at the rules */
	enum rules_when when;
	struct fault *fault;
};

static uint64_t bit_of(const struct record *record)
{
	return (uint64_t)1 << ((uint64_t)(uintptr_t)record * 0x9E3779B97F4A7C15 >> 58); /* multiplicative hash, 6 bits */
}

static bool record_rules(const struct walk *walk, const struct record *record, const void *rec)
{
	for (size_t i = 0; i < RULES; i++)
		if (rules[i].of == record && rules[i].when <= walk->when && !rules[i].holds(rec, walk->fault))
			return false;
	return true;
}

static bool check(const struct walk *walk, const struct record *record, const void *rec)
{
	if (walk->of & bit_of(record) && !record_rules(walk, record, rec))
		return false;
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];
		const char *items;

		if (!field->of || !field_there(field, rec))
			continue;
		items = *(const char *const *)field_at(field, rec);
		if (field->kind == FIELD_GROUP) {
			if (!check(walk, field->of, items))
				return fault_under(walk->fault, field_name(field), -1);
			continue;
		}
		for (size_t k = 0; k < *field_count_at(field, rec); k++)
			if (!check(walk, field->of, items + k * field->of->size))
				return fault_under(walk->fault, field_name(field), (int)k);
	}
	return true;
}

bool rules_check(const struct record *record, const void *rec, enum rules_when when, struct fault *fault)
{
	struct walk walk = { .when = when, .fault = fault };

	for (size_t i = 0; i < RULES; i++)
		walk.of |= bit_of(rules[i].of);
	return check(&walk, record, rec);
}

bool ncpdp_check(const struct ncpdp_message *message, struct fault *fault)
{
	switch (message->family) {
	case NCPDP_SCRIPT:
		return rules_check(&script_message_record, message->script, RULES_READING, fault);
	case NCPDP_RTPB:
		return rules_check(&rtpb_message_record, message->rtpb, RULES_READING, fault);
	case NCPDP_FAMILIES:
		break;
	}
	__builtin_unreachable();
}

const struct ncpdp_rule *ncpdp_rules(void)
{
	static const struct ncpdp_rule list[] = {
#define RULE(id, record, when, function, sentence, source) { id, sentence, source },
#include "ncpdp/def/rules.def"
#undef RULE
		{ NULL, NULL, NULL },
	};

	return list;
}
