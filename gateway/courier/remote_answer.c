/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a remote backend's answer into what the ledger wants to know of it. */
#include "gateway/courier/remote_answer.h"

#include "base/crypto.h"
#include "routing/not_mine.h"

bool remote_answers(enum ncpdp_kind kind)
{
	return kind == NCPDP_PA_INITIATION_RESPONSE || kind == NCPDP_PA_RESPONSE || kind == NCPDP_PA_APPEAL_RESPONSE ||
		kind == NCPDP_PA_CANCEL_RESPONSE;
}

bool remote_outcome(const struct ncpdp_message *message, struct ncpdp_outcome *out, struct fault *fault)
{
	if (!ncpdp_outcome(message, out))
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body");
	if ((out->said == NCPDP_SAID_DENIED || out->said == NCPDP_SAID_PARTIALLY_DENIED) && !text_trim(out->reason).n)
		return fault_set(fault, FAULT_NO_REASON, "Response/ResponseStatus");
	return true;
}

/* Every decision must say it, nothing else does (SCRIPT 2017071, Appeal). */
struct text remote_e_appeal(const struct ncpdp_outcome *outcome)
{
	bool decides = outcome->said == NCPDP_SAID_APPROVED || outcome->said == NCPDP_SAID_DENIED ||
		outcome->said == NCPDP_SAID_PARTIALLY_DENIED;

	return !decides ? TEXT_NONE : outcome->e_appeal ? text_lit("Y") : text_lit("N");
}

/* Whoever is asked in SCRIPT is asked for the pharmacy benefit. */
size_t remote_not_mine(const struct ncpdp_outcome *outcome, struct arena *arena, struct route_said **said)
{
	if (outcome->said == NCPDP_SAID_CLOSED)
		for (size_t i = 0; i < outcome->reason_codes_n; i++)
			if (not_mine_code(NOT_MINE_SCRIPT, outcome->reason_codes[i]))
				return not_mine_said(text_lit("PHARMACY"), arena, said);
	return 0;
}

static struct text body_hash(struct text body, struct arena *arena)
{
	unsigned char hash[SHA256_BYTES];

	crypto_sha256(body, hash);
	return crypto_hex(hash, sizeof(hash), arena);
}

static struct text acceptance(const struct remote_answer *answer, struct arena *arena)
{
	struct ncpdp_sender sender;
	struct buffer status;

	ncpdp_sender(answer->message, answer->body, &sender);
	buffer_init(&status, arena, 1024);
	ncpdp_write_status(&sender, answer->reply_id, answer->wall_ms, "010", &status);
	return buffer_text(&status);
}

bool remote_answer_event(const struct remote_answer *answer, struct arena *arena, struct case_message *out, struct fault *fault)
{
	const struct script_header *header = answer->message->script->header;
	struct ncpdp_outcome outcome = { .said = NCPDP_SAID_NOTHING };
	struct buffer request;

	if (remote_answers(answer->message->kind) && !ncpdp_outcome(answer->message, &outcome))
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body");
	buffer_init(&request, arena, answer->body.n);
	record_pack(&script_message_record, answer->message->script, &request);
	*out = (struct case_message){ .event = text_lit("ANSWER"), .partner = answer->backend->id, .message_id = header->message_id,
		.body_sha256 = body_hash(answer->body, arena), .received_ms = answer->received_ms,
		.pa_reference_id = outcome.pa_reference_id, .pa_case_id = outcome.pa_case_id, .request = buffer_text(&request),
		.body = answer->body, .accepted = acceptance(answer, arena), .trace = answer->trace,
		.backend = answer->backend->name, .relates_to = header->relates_to_message_id,
		.appeal_case_id = outcome.appeal_case_id, .reason = outcome.reason,
		.reply_by_ms = outcome.reply_by_ms, .appeal_by_ms = outcome.appeal_by_ms, .e_appeal = remote_e_appeal(&outcome) };
	out->said_n = remote_not_mine(&outcome, arena, &out->said);
	if (answer->message->kind == NCPDP_PA_NOTIFICATION) {
		struct ncpdp_keys keys;

		ncpdp_keys(answer->message, &keys);
		out->event = text_lit("NOTIFY");
		out->pa_reference_id = keys.pa_reference_id;
		out->pa_case_id = keys.pa_case_id;
		out->appeal_case_id = keys.appeal_case_id;
	}
	if (outcome.said != NCPDP_SAID_NOTHING)
		out->outcome = text_of(ncpdp_said_name(outcome.said));
	return (text_there(out->request) && text_there(out->accepted) && text_there(out->body_sha256)) ||
		fault_set(fault, FAULT_TOO_LARGE, "");
}
