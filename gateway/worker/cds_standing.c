/* SPDX-License-Identifier: Apache-2.0 */
/* Before an order is answered, those are asked who know the member: the house payer whether it is covered, what is on file and which questions a policy
   has; the ledger what was approved here before. Both at the same time, and for a moment only: without them the plan alone is answered from. */
#include "fhir-bridge/find.h"
#include "gateway/worker/worker_cds.h"
#include "gateway/worker/worker_pas.h"
#include "gateway/worker/worker_pause.h"

enum { STANDING_MS = 800, ROWS_MAX = 100 /* as in bus.def */ };

#define STANDING "STANDING"
#define OF_PAYER "standing payer"
#define OF_LEDGER "standing ledger"

/* -- what is asked -- */

/* Ours to decide, in a plan that is known: about others the house knows nothing. */
static bool ours(const struct cds_answer *answer)
{
	return answer->work && text_there(answer->work->plan) && answer->work->plan.n && !worker_backend(answer->work);
}

static bool needs_authorization(const struct cds_answer *answer)
{
	return ours(answer) && answer->work->decision.prior_authorization;
}

/* By which the ledger finds cases of the member and the drug, whichever of its codes they came with. */
static void keys_of(const struct cds_asked *asked, const struct cds_answer *answer, struct standing_drug *out)
{
	struct route_question question = { .ndc = answer->work->listed && answer->work->coverage.ndc.n ? answer->work->coverage.ndc : TEXT_NONE };
	const struct route_question *said = answer->work->decision.question;
	struct case_message keys = { .drug_keys_n = 0 };

	if (said && !question.ndc.n)
		question.ndc = said->ndc;
	question.rxcui = answer->rxcui;
	worker_drug_keys(answer->work, fhir_member_number(asked->question.coverage), &question, &keys);
	*out = (struct standing_drug){ .keys = keys.drug_keys, .keys_n = keys.drug_keys_n };
}

static bool add_policy(struct standing *standing, struct text policy)
{
	for (size_t i = 0; i < standing->policies_n; i++)
		if (text_equal(standing->policies[i].policy, policy))
			return true;
	if (standing->policies_n == ROWS_MAX)
		return false;
	standing->policies[standing->policies_n++] = (struct standing_policy){ .policy = policy };
	return true;
}

static bool add_person(struct cds_asked *asked, const struct cds_answer *answer, struct standing *standing)
{
	struct case_message keys = { .inquiry_keys_n = 0 };

	worker_person_key(answer->work, standing->cardholder_id, cds_orderer_npi(&asked->question, answer->order), &keys);
	standing->person_keys = keys.inquiry_keys;
	standing->person_keys_n = keys.inquiry_keys_n;
	return standing->person_keys_n > 0;
}

/* False: there is nobody to ask about. */
static bool fill(struct cds_asked *asked, const struct cds_answer *answers, size_t n, struct standing *out)
{
	const struct cds_answer *first = NULL;
	struct arena *arena = asked->web->arena;

	*out = (struct standing){ .cardholder_id = fhir_member_number(asked->question.coverage), .person_code = asked->question.coverage->dependent,
		.partner = pas_partner(asked->web), .policies = arena_alloc(arena, ROWS_MAX * sizeof(*out->policies)),
		.drugs = arena_alloc(arena, ROWS_MAX * sizeof(*out->drugs)) };
	for (size_t i = 0; i < n && !first; i++)
		first = ours(&answers[i]) ? &answers[i] : NULL;
	if (!first || !out->cardholder_id.n || !out->policies || !out->drugs)
		return false;
	out->plan = first->work->plan;
	for (size_t i = 0; i < n; i++) {
		if (!needs_authorization(&answers[i]))
			continue;
		if (answers[i].work->policy.n && !add_policy(out, answers[i].work->policy))
			continue;
		if (out->drugs_n < ROWS_MAX)
			keys_of(asked, &answers[i], &out->drugs[out->drugs_n]);
		out->drugs_n += out->drugs_n < ROWS_MAX && out->drugs[out->drugs_n].keys_n > 0;
		if (!out->person_keys_n)
			add_person(asked, &answers[i], out);
	}
	return true;
}

bool cds_ask_standing(struct cds_asked *asked, const struct cds_answer *answers, size_t n)
{
	struct web *web = asked->web;
	struct standing standing;
	const struct pause_message payer = { ROLE_PAYER, TYPE_STANDING, text_lit(STANDING), &standing_record, &standing };
	const struct pause_message ledger = { ROLE_LEDGER, TYPE_STANDING, text_lit(STANDING), &standing_record, &standing };

	if (!n || !asked->question.coverage || pause_answer(web->worker, text_lit(OF_PAYER)) || !fill(asked, answers, n, &standing))
		return false;
	pause_send(web->worker, web->input, &payer, text_lit(OF_PAYER), STANDING_MS, web->now, web->out);
	if (standing.drugs_n)
		pause_send(web->worker, web->input, &ledger, text_lit(OF_LEDGER), STANDING_MS, web->now, web->out);
	return pause_waits(web->worker);
}

/* -- what is told -- */

static const struct standing *told(struct cds_asked *asked, const char *key)
{
	const struct pause_answer *answer = pause_answer(asked->web->worker, text_of(key));
	struct standing *standing;
	struct fault fault;

	if (!answer || !answer->there || answer->fault.n || !answer->body.n)
		return NULL;
	standing = arena_new(asked->web->arena, struct standing);
	if (!standing || !record_unpack(&standing_record, standing, asked->web->arena, answer->body, &fault) ||
		!record_check(&standing_record, standing, &fault))
		return NULL;
	return standing;
}

void cds_read_standing(struct cds_asked *asked)
{
	asked->payer = told(asked, OF_PAYER);
	asked->ledger = told(asked, OF_LEDGER);
}

const struct standing_policy *cds_policy_standing(const struct cds_asked *asked, struct text policy)
{
	for (size_t i = 0; asked->payer && policy.n && i < asked->payer->policies_n; i++)
		if (text_equal(asked->payer->policies[i].policy, policy))
			return &asked->payer->policies[i];
	return NULL;
}

bool cds_approved(const struct cds_asked *asked, const struct cds_answer *answer, struct text *number, struct text *until)
{
	const struct standing_policy *policy = ours(answer) ? cds_policy_standing(asked, answer->work->policy) : NULL;
	struct standing_drug keys = { .keys_n = 0 };

	if (policy && policy->authorization.n) {
		*number = policy->authorization;
		*until = policy->authorized_to;
		return true;
	}
	if (asked->ledger && needs_authorization(answer))
		keys_of(asked, answer, &keys);
	for (size_t i = 0; keys.keys_n && i < asked->ledger->drugs_n; i++) {
		const struct standing_drug *drug = &asked->ledger->drugs[i];

		if (!drug->authorization.n || !drug->keys_n || !text_equal(drug->keys[0], keys.keys[0]))
			continue;
		*number = drug->authorization;
		*until = drug->authorized_to;
		return true;
	}
	return false;
}
