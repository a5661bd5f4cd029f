/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker hands on of a message once its track is known: what the payer or the ledger is told. */
#include "gateway/worker/worker.h"

#include "base/crypto.h"
#include "gateway/config/route.h"

enum { STANDINGS_MAX = 20 }; /* the payer prices no more pharmacies than that at once */

/* -- handing on -- */

static struct text packed(struct work *work, struct arena *arena, const struct record *record, const void *rec)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, 1024);
	record_pack(record, rec, &buffer);
	work->full |= buffer.failed;
	return buffer_text(&buffer);
}

bool worker_send(struct work *work, enum role_kind to, enum message_type type, const struct record *record, const void *rec,
	struct fault *fault)
{
	struct text payload = packed(work, work->out->arena, record, rec);

	if (work->full)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	outbox_send(work->out, (struct peer){ to, PEER_ANY }, type, work->input, payload);
	return true;
}

static int64_t more(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Whether a drug is a brand or a generic is not known here: the higher fee is the safe one. */
static bool add_standing(struct work *work, struct text npi, struct price_question *question, struct fault *fault)
{
	struct worker *worker = work->worker;
	struct pharmacy_standing *to;
	struct network_row row;
	struct answer_from from;
	bool found;

	if (!formulary_network(worker->formulary, work->plan, npi, &worker->arena, &row, &from, &found, fault))
		return false;
	if (!found)
		return true;
	to = arena_push(&worker->arena, (void **)&question->standings, &question->standings_n, sizeof(*to));
	if (!to)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*to = (struct pharmacy_standing){ .npi = npi, .retail = row.retail, .mail = row.mail,
		.fee_30_cents = more(row.brand_30_cents, row.generic_30_cents), .fee_60_cents = more(row.brand_60_cents, row.generic_60_cents),
		.fee_90_cents = more(row.brand_90_cents, row.generic_90_cents) };
	return true;
}

/* How the pharmacies that are named stand in the network that the plan publishes, if it does. */
static bool add_standings(struct work *work, struct price_question *question, struct fault *fault)
{
	const struct rtpb_request *request = work->message.rtpb->body->request;

	if (!request || !work->worker->formulary || !text_there(work->plan) || !work->coverage.of_lists)
		return true;
	for (size_t i = 0; i < request->pharmacies_n && i < STANDINGS_MAX; i++) {
		const struct rtpb_pharmacy_id *id = request->pharmacies[i].identification;

		if (id && text_there(id->npi) && !add_standing(work, id->npi, question, fault))
			return false;
	}
	return true;
}

bool worker_price(struct work *work, struct fault *fault)
{
	struct arena *arena = &work->worker->arena;
	struct price_question question = {
		.request = packed(work, arena, &rtpb_message_record, work->message.rtpb),
		.plan = work->plan,
		.coverage = work->listed ? packed(work, arena, &coverage_record, &work->coverage) : TEXT_NONE,
		.decision = packed(work, arena, &route_decision_record, &work->decision),
		.asked = work->asked,
	};

	return add_standings(work, &question, fault) &&
	       worker_send(work, ROLE_PAYER, TYPE_PRICE, &price_question_record, &question, fault);
}

static struct text body_hash(struct work *work)
{
	unsigned char hash[SHA256_BYTES];
	struct text hex;

	crypto_sha256(work->input->payload, hash);
	hex = crypto_hex(hash, sizeof(hash), &work->worker->arena);
	work->full |= !text_there(hex);
	return hex;
}

/* The answer that leaves once the ledger has it for good. */
static struct text acceptance(struct work *work)
{
	struct ncpdp_sender sender;
	struct buffer status;
	char code[4];

	ncpdp_sender(&work->message, work->input->payload, &sender);
	buffer_init(&status, &work->worker->arena, 1024);
	ncpdp_write_status(&sender, work->reply_id, work->now.wall_ms,
		work->known && work->known->accepted.n ? text_to_z(work->known->accepted, code, sizeof(code)) : "010", &status);
	work->full |= status.failed;
	return buffer_text(&status);
}

/* A notification comes from either side; from a remote backend it goes to the prescriber. */
static struct text sending_backend(const struct work *work)
{
	const struct backend *backend = backend_from(work->worker->config, work->partner);

	return backend ? backend->name : TEXT_NONE;
}

static void add_keys(struct work *work, const struct pa_common *common, struct case_message *message)
{
	const struct non_veterinarian *prescriber = common && common->prescriber ? common->prescriber->non_veterinarian : NULL;
	struct ncpdp_coverage coverage;

	ncpdp_coverage(&work->message, &coverage);
	worker_drug_keys(work, coverage.cardholder_id, work->decision.question, message);
	if (prescriber && prescriber->identification)
		worker_person_key(work, coverage.cardholder_id, prescriber->identification->npi, message);
}

bool worker_event(struct work *work, const char *event, struct fault *fault)
{
	const struct script_message *script = work->message.script;
	const struct pa_common *common = ncpdp_pa_common(script);
	bool notice = work->message.kind == NCPDP_PA_NOTIFICATION;
	struct ncpdp_keys keys;
	struct case_message message = {
		.event = text_of(event),
		.partner = work->partner,
		.message_id = script->header->message_id,
		.body_sha256 = body_hash(work),
		.received_ms = work->input->envelope->received_ms,
		.priority = common ? common->pa_priority_indicator : TEXT_NONE,
		.acknowledged = script->header->mailbox ? script->header->mailbox->acknowledgement_id : TEXT_NONE,
		.request = packed(work, &work->worker->arena, &script_message_record, script),
		.body = work->input->payload,
		.plan = work->plan,
		.policy = work->policy,
		.backend = notice ? sending_backend(work) : work->decision.backend,
		.accepted = acceptance(work),
		.trace = work->input->envelope->trace,
		.programme = work->programme,
		.bundled = work->listed && work->coverage.bundled,
	};

	ncpdp_keys(&work->message, &keys);
	message.pa_reference_id = keys.pa_reference_id;
	message.pa_case_id = keys.pa_case_id;
	message.appeal_case_id = keys.appeal_case_id;
	add_keys(work, common, &message);
	message.medical_backend = work->medical_backend;
	if (text_there(work->decision.track))
		message.decision = packed(work, &work->worker->arena, &route_decision_record, &work->decision);
	return worker_send(work, ROLE_LEDGER, TYPE_EVENT, &case_message_record, &message, fault);
}
