/* SPDX-License-Identifier: Apache-2.0 */
/* Which benefit pays for an order: the plan and the product are looked up, what the message and the lists say is put together, and the router is
   asked. */
#include "gateway/worker/order_facts.h"
#include "gateway/worker/worker_evidence.h"

#include "base/clock.h"
#include "base/log.h"
#include "formulary/ask.h"
#include "gateway/config/route.h"
#include "routing/clock.h"

static void add_coverage(struct work *work, struct route_question *question)
{
	const struct coverage *coverage = &work->coverage;

	work->policy = coverage->policy;
	question->listed = text_lit("YES");
	question->status = coverage->status;
	question->benefit = coverage->benefit;
	question->administered_by = coverage->administered_by;
	question->route = coverage->route;
	question->drug_class = coverage->drug_class;
	question->hcpcs = coverage->hcpcs;
	question->prior_authorization = coverage->limits && coverage->limits->prior_authorization;
}

/* By lists or by an RxNorm concept. A plan, a list or a concept that nobody knows lists nothing. */
static bool ask_formulary(struct work *work, const struct worker_order *order, struct fault *fault)
{
	struct formulary_question question = { .plan = work->plan, .ndc = order->ndc, .rxcui = text_there(order->ndc) ? TEXT_NONE : order->rxcui };
	struct arena *arena = &work->worker->arena;
	struct coverage_answer *answer = arena_new(arena, struct coverage_answer);

	if (!answer)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!text_there(work->plan))
		question.lists = *order->lists;
	if (!formulary_ask(work->worker->formulary, &question, arena, answer, fault))
		return fault->code == FAULT_NOT_FOUND || fault->code == FAULT_BAD_NUMBER;
	work->listed = answer->coverage != NULL;
	if (work->listed)
		work->coverage = *answer->coverage;
	return true;
}

/* What the formulary says of the plan and the product. */
static bool look_up(struct work *work, const struct worker_order *order, struct route_question *question, struct fault *fault)
{
	const struct ncpdp_coverage *payer = &order->payer;
	struct worker *worker = work->worker;
	struct text ndc = order->ndc;

	work->plan = formulary_plan(worker->formulary, payer->bin, payer->pcn, payer->group);
	if (!text_there(work->plan) && !payer->bin.n && text_there(order->plan))
		work->plan = order->plan;
	question->plan = work->plan;
	work->programme = formulary_programme(worker->formulary, payer->bin, payer->pcn, payer->group);
	if (!work->programme.n)
		work->programme = order->programme.n ? order->programme : text_of(clock_programme_of(payer->payer_type));
	if ((!text_there(work->plan) && !order->lists) || (!text_there(ndc) && (!order->by_concept || !order->rxcui.n)))
		return true;
	if (!text_there(ndc) || !text_there(work->plan) ? !ask_formulary(work, order, fault) : !(order->to_price ? formulary_lookup_to_price(worker->formulary, work->plan, ndc, order->rxcui, &worker->arena, &work->coverage,
					 &work->listed, fault)
			      : formulary_lookup(worker->formulary, work->plan, ndc, &worker->arena, &work->coverage, &work->listed, fault)))
		return false;
	if (work->listed)
		add_coverage(work, question);
	else
		question->listed = text_lit("NO");
	return true;
}

bool worker_question(struct work *work, const struct worker_order *order, struct route_question *question, struct fault *fault)
{
	struct worker *worker = work->worker;

	*question = (struct route_question){ .ndc = order->ndc, .payer_type = order->payer.payer_type };
	worker_find_route(work, &order->payer, question);
	if (!worker->formulary && !text_there(question->backend))
		return fault_set(fault, FAULT_NO_FORMULARY, "");
	if (!worker->formulary)
		work->programme = text_of(clock_programme_of(order->payer.payer_type));
	else if (!look_up(work, order, question, fault))
		return false;
	if (text_in_list(work->programme, CLOCK_PROGRAMMES))
		question->programme = work->programme;
	if (order->stated && !route_state(question, order->stated, &worker->arena))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!question->date.n)
		question->date = clock_format_date(work->now.wall_ms, &worker->arena);
	return worker_lists(work, order, question, fault);
}

bool worker_route_order(struct work *work, const struct worker_order *order, struct fault *fault)
{
	struct route_question question;

	if (!worker_question(work, order, &question, fault) || !evidence_known(work, order, &question, fault))
		return false;
	route_decide(work->worker->rules, &question, &work->worker->arena, &work->decision);
	if (evidence_ask(work, order))
		return true;
	worker_find_payer(work, order);
	if (!work->message.script && !work->message.rtpb) /* of those the line that says what became of them has it */
		log_event(LEVEL_INFO, "order.routed", log_id("trace", work->input->envelope->trace), log_id("track", work->decision.track),
			log_id("rule", work->decision.rule), log_id("rules", work->decision.version));
	return true;
}

bool worker_route(struct work *work, struct fault *fault)
{
	struct order_facts facts;
	struct worker_order order = { .stated = &facts.stated, .about = &facts.asked };

	if (!facts_of_message(&work->message, &work->worker->arena, &facts))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	ncpdp_coverage(&work->message, &order.payer);
	order.ndc = facts.asked.ndc;
	order.rxcui = facts.asked.rxcui;
	order.diseases = facts.diseases;
	order.diseases_n = facts.diseases_n;
	order.plan = work->plan;
	order.to_price = order.by_concept = work->message.family == NCPDP_RTPB;
	return worker_route_order(work, &order, fault);
}
