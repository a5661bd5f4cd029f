/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's part in what others decide: which remote backend has the member, what it is asked, and what it answers later. */
#include "gateway/worker/worker.h"

#include "gateway/courier/remote_answer.h"
#include "gateway/config/route.h"

/* -- who decides -- */

void worker_find_route(struct work *work, const struct ncpdp_coverage *coverage, struct route_question *question)
{
	const struct config *config = work->worker->config;
	const struct route *route = route_of_coverage(config, coverage->bin, coverage->pcn, coverage->group);

	if (!route || !backend_find(config, route->backend))
		return; /* the house */
	question->backend = route->backend;
	question->routed_by = route_words(route, &work->worker->arena);
}

const struct backend *worker_payer(const struct work *work, const struct worker_order *order)
{
	const struct medical_coverage coverage = { .bin = order->payer.bin, .pcn = order->payer.pcn, .group = order->payer.group,
		.plan = work->plan, .programme = work->programme,
		.payers = order->payers_n ? order->payers : &order->payer.payer_id,
		.payers_n = order->payers_n ? order->payers_n : order->payer.payer_id.n > 0 };
	const struct route *route = route_of_medical(work->worker->config, &coverage);

	return route ? backend_find(work->worker->config, route->backend) : NULL;
}

void worker_find_payer(struct work *work, const struct worker_order *order)
{
	const struct backend *backend;

	if (work->message.rtpb && !text_is(work->decision.track, "MEDICAL"))
		return; /* nothing that lasts comes of it */
	backend = worker_payer(work, order);
	if (!backend || !backend->fhir.n)
		return;
	work->medical_backend = backend->name;
	if (text_is(work->decision.backend, "house") &&
		(text_is(work->decision.track, "MEDICAL") || (order->in_fhir && text_in_list(work->decision.track, "UNDETERMINED BOTH_BY_SITE"))))
		work->decision.backend = backend->name;
}

const struct backend *worker_backend(const struct work *work)
{
	return backend_find(work->worker->config, work->decision.backend);
}

/* -- asking -- */

static bool ask(struct work *work, const char *kind, struct text backend, struct fault *fault)
{
	struct remote_question question = { .kind = text_of(kind), .family = text_of(ncpdp_family_name(work->family)),
		.backend = backend, .body = work->input->payload };

	return worker_send(work, ROLE_COURIER, TYPE_ASK, &remote_question_record, &question, fault);
}

bool worker_backend_takes(const struct work *work, const struct backend *backend, struct fault *fault)
{
	if (backend->fhir.n && text_is(work->decision.track, "MEDICAL"))
		return true;
	if (!backend->script.n)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body");
	return !backend->version.n || ncpdp_version_named(backend->version) == work->message.version ||
		fault_set(fault, FAULT_VERSION, "TransactionVersion");
}

bool worker_ask_price(struct work *work, const struct backend *backend, struct fault *fault)
{
	if (!backend->rtpb.n)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "RTPBBody");
	return ask(work, "PRICE", backend->name, fault);
}

/* A message of SCRIPT that is not ours to answer. Its body was not looked into, its head must say who sent it. */
bool worker_forward(struct work *work, struct fault *fault)
{
	const struct ncpdp_kind_row *kind = ncpdp_kind_row(work->message.kind);
	const struct route *route = NULL;

	if (work->family == NCPDP_SCRIPT && kind->kind != NCPDP_UNKNOWN && !kind->served)
		route = route_of_message(work->worker->config, text_of(kind->name));
	if (!route)
		return false; /* the fault stands: not supported here */
	if (!work->message.script->header)
		return fault_set(fault, FAULT_MISSING, "Header");
	if (!record_check(&script_header_record, work->message.script->header, fault))
		return fault_under(fault, text_lit("Header"), -1);
	work->forwarded = true;
	return worker_admit(work, fault) && ask(work, "FORWARD", route->backend, fault);
}

/* -- being answered -- */

bool worker_is_answer(const struct work *work)
{
	return remote_answers(work->message.kind) ||
		(work->message.kind == NCPDP_ERROR && backend_from(work->worker->config, work->partner));
}

bool worker_answer(struct work *work, struct fault *fault)
{
	struct remote_answer answer = { .message = &work->message, .backend = backend_from(work->worker->config, work->partner),
		.body = work->input->payload, .trace = work->input->envelope->trace, .reply_id = work->reply_id,
		.received_ms = work->input->envelope->received_ms, .wall_ms = work->now.wall_ms };
	struct case_message event;

	if (!answer.backend)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body"); /* nobody was asked anything by us */
	return remote_answer_event(&answer, &work->worker->arena, &event, fault) &&
		worker_send(work, ROLE_LEDGER, TYPE_EVENT, &case_message_record, &event, fault);
}
