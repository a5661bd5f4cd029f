/* SPDX-License-Identifier: Apache-2.0 */
/* A payer that is asked in FHIR notifies us of its decisions (R4 Subscriptions Backport): the address holds a secret that only it was told. What it says
   is that there is news of a case; the answer itself is then asked for, under our own token, so that nothing is decided by what anybody posts here. */
#include "fhir-bridge/pas/pas_ask.h"
#include "gateway/worker/worker_pas.h"

#include "base/crypto.h"
#include "base/log.h"

/* All are looked at, however soon one fits: the time tells nothing of the keys. */
static const struct backend *sender_of(const struct config *config, struct text key)
{
	const struct backend *found = NULL;

	for (size_t i = 0; i < config->backends_n; i++)
		if (config->backends[i].notify_key.n && crypto_same(config->backends[i].notify_key, key))
			found = &config->backends[i];
	return found;
}

static struct text taken(struct arena *arena)
{
	return arena_text(arena, text_lit("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"information\",\"code\":\"informational\","
		"\"details\":{\"text\":\"taken\"}}]}"));
}

/* By which the case is known that an answer is about: the payer's number of it, else the Claim that it answers. */
static bool names_of(struct web *web, const struct fhir_bundle *answer, struct case_message *message)
{
	const struct fhir_claim_response *response = answer->entry_n ? answer->entry[0].resource->claim_response : NULL;
	struct pas_heard heard;
	struct fault ignored;

	/* also of an answer that is not good enough to be passed on: the case is asked about all the same */
	if (!pas_heard_of(answer, false, web->arena, &heard, &ignored) && !heard.number.n && !response)
		return false;
	message->pa_case_id = heard.number;
	if (response && response->request && response->request->reference.n)
		message->relates_to = pas_claim_key(response->request->reference, web->arena);
	return message->pa_case_id.n || message->relates_to.n;
}

/* The first one's answer is what the payer hears; the others are told as well, and what of them is lost is asked for when it is due. */
static bool tell_ledger(struct web *web, const struct backend *backend, const struct fhir_bundle *answer, bool first, struct fault *fault)
{
	static const char none[] = "0000000000000000000000000000000000000000000000000000000000000000";
	struct case_message message = { .standard = text_lit("PAS"), .event = text_lit("NEWS"), .partner = backend->name,
		.message_id = web->input->envelope->trace, .body_sha256 = text_of(none), .received_ms = web->input->envelope->received_ms,
		.trace = web->input->envelope->trace, .backend = backend->name, .accepted = taken(web->arena) };
	struct buffer packed;
	struct out *send;

	if (!names_of(web, answer, &message)) {
		log_event(LEVEL_WARN, "notify.nameless", log_id("trace", web->input->envelope->trace), log_id("backend", backend->name));
		return !first || web_answer(web, &(struct web_answer){ .media = MEDIA_FHIR, .body = taken(web->out->arena) }, fault);
	}
	buffer_init(&packed, web->out->arena, 1024);
	record_pack(&case_message_record, &message, &packed);
	if (packed.failed)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	send = outbox_send(web->out, (struct peer){ ROLE_LEDGER, PEER_ANY }, TYPE_EVENT, first ? web->input : NULL, buffer_text(&packed));
	send->envelope.trace = arena_text(web->out->arena, web->input->envelope->trace);
	return true;
}

static bool notify(struct web *web, struct fault *fault)
{
	const struct backend *backend = sender_of(web->worker->config, web->parts[0]);
	struct pas_notification notification;

	if (!backend)
		return fault_set(fault, FAULT_NOT_FOUND, "");
	if (!pas_media(web, fault) || !pas_read_notification(web->request.body, web->arena, &notification, fault))
		return false;
	log_event(LEVEL_INFO, "notify.taken", log_id("trace", web->input->envelope->trace), log_id("backend", backend->name),
		log_id("type", notification.type), log_number("answers", (int64_t)notification.answers_n));
	if (!notification.answers_n) /* a handshake or a heartbeat */
		return web_answer(web, &(struct web_answer){ .media = MEDIA_FHIR, .body = taken(web->out->arena) }, fault);
	for (size_t i = 0; i < notification.answers_n; i++)
		if (!tell_ledger(web, backend, notification.answers[i], i == 0, fault))
			return false;
	return true;
}

const struct web_route notify_routes[] = {
	{ FAMILY_FHIR, "POST", "/fhir-notify/{key}", notify, "a payer that decides for us has news of a case; the key is its notify_key", WEB_OPEN },
};
const size_t notify_routes_n = sizeof(notify_routes) / sizeof(*notify_routes);
