/* SPDX-License-Identifier: Apache-2.0 */
/* POST /route/preflight: beside the track, what would come of a request for prior authorization now. The house payer says what it would ask, the
   ledger which cases of this member and drug there are; the ledger answers. Nothing is stored. */
#include "gateway/worker/worker_pas.h"
#include "gateway/worker/worker_pause.h"
#include "gateway/worker/worker_route.h"

#include "base/crypto.h"

/* What the track leaves open is the first thing that is missing. */
static bool add_missing(struct worker_route *route, struct order_preflight *preflight, struct arena *arena)
{
	struct text ask = worker_route_ask(&route->work.decision);
	struct order_missing *missing;

	if (!ask.n)
		return true;
	missing = arena_push(arena, (void **)&preflight->missing, &preflight->missing_n, sizeof(*missing));
	if (missing)
		*missing = (struct order_missing){ .kind = text_lit("ORDER"), .id = ask, .words = route->work.decision.sentence };
	return missing != NULL;
}

static struct text packed(struct work *work, const struct record *record, const void *rec)
{
	struct buffer buffer;

	buffer_init(&buffer, &work->worker->arena, 4096);
	record_pack(record, rec, &buffer);
	work->full |= buffer.failed;
	return buffer_text(&buffer);
}

/* What the worker alone can say; the rest is the payer's. */
static void begin(struct worker_route *route, struct order_preflight *preflight)
{
	const struct route_decision *decision = &route->work.decision;

	*preflight = (struct order_preflight){ .authorization = text_lit("UNKNOWN"), .looked = text_lit("NO"), .reason = decision->sentence };
	if (text_is(decision->track, "NOT_COVERED"))
		preflight->authorization = text_lit("CLOSED");
	else if (worker_backend(&route->work))
		preflight->authorization = text_lit("ELSEWHERE");
}

static bool ahead(struct web *web, struct worker_route *route, struct fault *fault)
{
	struct work *work = &route->work;
	struct text member = route->request.member_id, npi = route->request.prescriber_npi;
	struct order_preflight preflight;
	struct form_order order = { .found = text_lit("NO_POLICY") };
	struct case_message event = { .event = text_lit("PREFLIGHT"), .partner = pas_partner(web), .message_id = web->input->envelope->trace,
		.trace = web->input->envelope->trace, .received_ms = web->input->envelope->received_ms };
	struct form_question question = { .operation = text_lit("PREFLIGHT"), .plan = work->plan, .orders = &order, .orders_n = 1,
		.member_id = member, .prescriber_npi = npi };
	unsigned char hash[SHA256_BYTES];

	begin(route, &preflight);
	route->answer.preflight = &preflight;
	if (!add_missing(route, &preflight, web->arena))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	worker_drug_keys(work, member, work->decision.question, &event);
	worker_person_key(work, member, npi, &event);
	if (event.drug_keys_n)
		preflight.looked = text_lit("YES");
	crypto_sha256(web->request.body, hash);
	event.body_sha256 = crypto_hex(hash, sizeof(hash), web->arena);
	event.answer = packed(work, &order_answer_record, &route->answer);
	if (!text_is(preflight.authorization, "UNKNOWN") || text_is(work->decision.track, "UNDETERMINED"))
		return worker_send(work, ROLE_LEDGER, TYPE_EVENT, &case_message_record, &event, fault);
	if (work->policy.n)
		order = (struct form_order){ text_lit("POLICY"), work->policy };
	else if (!work->listed)
		order.found = text_lit("NOT_LISTED");
	question.body = packed(work, &case_message_record, &event);
	return worker_send(work, ROLE_PAYER, TYPE_FORM, &form_question_record, &question, fault);
}

bool worker_preflight(struct web *web, struct fault *fault)
{
	struct worker_route *route = arena_new(web->arena, struct worker_route);

	if (!route)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!worker_route_read(web, route, fault))
		return false;
	return pause_waits(web->worker) || ahead(web, route, fault);
}
