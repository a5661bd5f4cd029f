/* SPDX-License-Identifier: Apache-2.0 */
/* Looks through the mailbox that a backend keeps for us: whatever is an answer is told to the ledger, and acknowledged with the next
   GetMessage once that has it for good. */
#include "gateway/courier/courier.h"

#include "base/log.h"
#include "ncpdp/envelope.h"

#include <stdio.h>
#include <string.h>

enum {
	ITEMS_MOST = 200,     /* in one go; the rest at the next look */
	TOLD_MS = 10000,      /* for the ledger to commit */
};

void fetch_want(struct courier *courier, const struct backend *backend, struct now now)
{
	struct lane *lane = lane_of(courier, backend, now);

	if (lane->fetch.state != FETCH_NOT)
		return;
	lane->fetch.state = FETCH_WANTED;
	lane->fetch.items = 0;
	*lane->fetch.item = '\0';
}

/* It is not acknowledged, so it stays; where items come strictly in order nothing behind it is seen until somebody takes it out there. */
static void stuck(const struct lane *lane, const char *why)
{
	log_event(LEVEL_WARN, "fetch.stuck", log_id("backend", text_of(lane->name)), log_word("item", why));
}

/* The jobs that waited for it go on. */
static void over(struct courier *courier, struct lane *lane, const char *why, struct now now, struct outbox *out)
{
	log_event(LEVEL_INFO, "fetch.done", log_id("backend", text_of(lane->name)), log_number("items", lane->fetch.items),
		log_word("end", why));
	lane->fetch.state = FETCH_NOT;
	for (struct job *job = courier->jobs; job; job = job->next)
		if (job->state == JOB_FETCHES && strcmp(job->backend, lane->name) == 0)
			case_fetched(courier, job, now, out);
}

/* Unlike any id before: two lives of a courier do not begin in the same millisecond. */
static void new_trace(struct courier *courier, struct fetch *fetch, struct now now)
{
	snprintf(fetch->trace, sizeof(fetch->trace), "%015llxf%02x%014llx", (unsigned long long)now.wall_ms & 0xFFFFFFFFFFFFFFFULL,
		(unsigned)courier->self.index & 0xFF, (unsigned long long)++courier->last_fetch & 0xFFFFFFFFFFFFFFULL);
}

static struct text get_message(struct courier *courier, const struct backend *backend, const struct fetch *fetch, struct now now)
{
	struct arena *arena = &courier->arena;
	struct script_header from = { .message_id = text_lit("") };
	struct script_header *head = envelope_script_question(&from, backend->id, backend->our_id, text_of(fetch->trace), now.wall_ms, arena);
	struct mailbox mailbox = { .acknowledgement_id = text_of(fetch->acknowledge) };
	struct get_message get = { .return_receipt = TEXT_NONE };
	struct script_body body = { .get_message = &get };
	struct script_message script = { .body = &body };
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = NCPDP_GET_MESSAGE, .script = &script };
	struct buffer out;
	struct fault fault;

	buffer_init(&out, arena, 1024);
	if (!head)
		return TEXT_NONE;
	if (*fetch->acknowledge)
		head->mailbox = &mailbox;
	script.header = head;
	return ncpdp_write(&message, TEXT_NONE, &out, &fault) ? buffer_text(&out) : TEXT_NONE;
}

static void post(struct courier *courier, struct lane *lane, struct now now, struct outbox *out)
{
	const struct backend *backend = backend_find(courier->config, text_of(lane->name));
	struct fetch *fetch = &lane->fetch;
	struct text payload;

	if (!backend || lane_open(courier, backend, JOB_CASE, now)) {
		over(courier, lane, "unreachable", now, out);
		return;
	}
	if (lane->in_flight >= backend->at_once)
		return; /* when a place is free */
	new_trace(courier, fetch, now);
	payload = get_message(courier, backend, fetch, now);
	if (!text_there(payload)) {
		over(courier, lane, "unwritten", now, out);
		return;
	}
	fetch->call = lane_post(courier, lane, backend->script, payload, now.mono_ms + COURIER_CALL_MS, out);
	fetch->state = FETCH_POSTED;
}

void fetch_on(struct courier *courier, struct now now, struct outbox *out)
{
	for (size_t i = 0; i < courier->lanes_n; i++) {
		struct lane *lane = &courier->lanes[i];

		if (lane->fetch.state == FETCH_TOLD && now.mono_ms >= lane->fetch.until_ms)
			over(courier, lane, "untold", now, out); /* the item is given out again later */
		if (lane->fetch.state == FETCH_WANTED && courier->stopping)
			over(courier, lane, "stopping", now, out);
		if (lane->fetch.state == FETCH_WANTED)
			post(courier, lane, now, out);
	}
}

/* -- what came -- */

static bool tell_ledger(struct courier *courier, struct lane *lane, const struct ncpdp_message *message, struct text body,
	struct now now, struct outbox *out)
{
	const struct backend *backend = backend_find(courier->config, text_of(lane->name));
	struct fetch *fetch = &lane->fetch;
	char status_id[COURIER_ID_MAX];
	struct remote_answer answer = { .message = message, .backend = backend, .body = body, .trace = text_of(fetch->trace),
		.received_ms = now.wall_ms, .wall_ms = now.wall_ms };
	struct case_message event;
	struct buffer packed;
	struct fault fault;
	struct out *send;

	snprintf(status_id, sizeof(status_id), "%.32s.0", fetch->trace);
	answer.reply_id = text_of(status_id);
	if (!backend || !remote_answer_event(&answer, &courier->arena, &event, &fault)) {
		lane_counts(courier, lane)->unusable++;
		log_event(LEVEL_ERROR, "fetch.unusable", log_id("backend", text_of(lane->name)),
			log_word("fault", backend ? fault_row(fault.code)->name : "CONFIG"));
		return false;
	}
	buffer_init(&packed, out->arena, body.n * 3 + 1024);
	record_pack(&case_message_record, &event, &packed);
	if (packed.failed)
		return false;
	send = outbox_send(out, (struct peer){ ROLE_LEDGER, PEER_ANY }, TYPE_EVENT, NULL, buffer_text(&packed));
	send->envelope.trace = arena_text(out->arena, text_of(fetch->trace));
	send->envelope.edge = peer_name(courier->self, out->arena);
	send->envelope.slot = (int64_t)++courier->last_fetch;
	send->envelope.received_ms = now.wall_ms;
	fetch->number = courier->last_fetch;
	fetch->until_ms = now.mono_ms + TOLD_MS;
	fetch->state = FETCH_TOLD;
	return true;
}

static void note_answered(struct courier *courier, const struct lane *lane, const struct ncpdp_message *message)
{
	struct text relates = message->script->header->relates_to_message_id;

	for (struct job *job = courier->jobs; job; job = job->next)
		if (job->kind == JOB_CASE && strcmp(job->backend, lane->name) == 0 && text_equal(relates, job->message_id))
			job->answered = true;
}

static void take_item(struct courier *courier, struct lane *lane, const struct input *input, struct now now, struct outbox *out)
{
	struct fetch *fetch = &lane->fetch;
	struct ncpdp_message message;
	struct text id;
	struct fault fault;
	bool about_get;

	*fetch->acknowledge = '\0'; /* it was taken out with this GetMessage */
	if (!ncpdp_read(courier->reader, NCPDP_SCRIPT, input->payload, false, &courier->arena, &message, &fault)) {
		lane_counts(courier, lane)->unusable++;
		stuck(lane, fault_row(fault.code)->name);
		over(courier, lane, "unreadable", now, out);
		return;
	}
	id = message.script->header->message_id;
	about_get = text_is(message.script->header->relates_to_message_id, fetch->trace);
	if (message.kind == NCPDP_STATUS || (message.kind == NCPDP_ERROR && about_get)) {
		over(courier, lane, message.kind == NCPDP_STATUS ? "empty" : "refused", now, out);
		return;
	}
	if (!remote_answers(message.kind) && message.kind != NCPDP_ERROR && message.kind != NCPDP_PA_NOTIFICATION) {
		stuck(lane, ncpdp_kind_row(message.kind)->name);
		over(courier, lane, "other", now, out);
		return;
	}
	if (text_is(id, fetch->item) || ++fetch->items > ITEMS_MOST) {
		over(courier, lane, "enough", now, out);
		return;
	}
	text_to_z(id, fetch->item, sizeof(fetch->item));
	if (tell_ledger(courier, lane, &message, input->payload, now, out))
		note_answered(courier, lane, &message);
	else
		fetch->state = FETCH_WANTED; /* the next one; this is not acknowledged */
}

bool fetch_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	for (size_t i = 0; i < courier->lanes_n; i++) {
		struct lane *lane = &courier->lanes[i];
		const struct backend *backend = backend_find(courier->config, text_of(lane->name));
		bool good = input->status >= 200 && input->status < 300;

		if (lane->fetch.state != FETCH_POSTED || lane->fetch.call != input->call)
			continue;
		if (backend)
			lane_ended(courier, lane, backend, JOB_CASE, input->status, now);
		else if (lane->in_flight)
			lane->in_flight--;
		if (good)
			take_item(courier, lane, input, now, out);
		else
			over(courier, lane, input->status ? "status" : "unheard", now, out);
		return true;
	}
	return false;
}

void fetch_told(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	(void)now;
	(void)out;
	for (size_t i = 0; i < courier->lanes_n; i++) {
		struct fetch *fetch = &courier->lanes[i].fetch;
		const struct fault_row *row;
		char name[40];

		if (fetch->state != FETCH_TOLD || (int64_t)fetch->number != input->envelope->slot ||
			!text_is(input->envelope->trace, fetch->trace))
			continue;
		row = input->envelope->fault.n ? fault_find(text_to_z(input->envelope->fault, name, sizeof(name))) : NULL;
		/* What is refused must not come back for ever and keep what lies behind it from being seen: it is on record. Only what is
		   the ledger's own trouble may go better next time. */
		if (!row || !row->retry || row->mend != MEND_OPERATOR) {
			memcpy(fetch->acknowledge, fetch->item, sizeof(fetch->acknowledge));
			lane_counts(courier, &courier->lanes[i])->fetched += !row;
		}
		fetch->state = FETCH_WANTED;
		log_event(LEVEL_INFO, "fetch.item", log_id("trace", text_of(fetch->trace)), log_word("fault", row ? row->name : "NONE"));
	}
}

int64_t fetch_wake(const struct courier *courier)
{
	int64_t wake = 0;

	for (size_t i = 0; i < courier->lanes_n; i++) {
		const struct fetch *fetch = &courier->lanes[i].fetch;

		if (fetch->state == FETCH_TOLD && (!wake || fetch->until_ms < wake))
			wake = fetch->until_ms;
	}
	return wake;
}
