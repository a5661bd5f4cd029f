/* SPDX-License-Identifier: Apache-2.0 */
/* The courier posts answers to partners' callback addresses and tells the ledger how it went. It keeps nothing: what it
   loses the ledger sends again. */
#include "base/log.h"
#include "gateway/breaker.h"
#include "gateway/role.h"
#include "ncpdp/ncpdp.h"
#include "routing/case_store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	CALL_MS = 12000,     /* for one post; with WAIT_MS below the ledger's lease of a row, 30 s */
	WAIT_MS = 10000,     /* longest wait for one of a partner's places */
	AT_ONCE = 8,         /* posts to one partner at the same time */
	HAND_MAX = 512,      /* deliveries in hand; more are sent back at once */
	NAME_MAX_BYTES = 121, /* of a partner, with the NUL */
	ROW_MAX = 81,        /* bytes of an outbox row's name, with the NUL */
	ID_MAX = 36,         /* bytes of a MessageID, with the NUL */
};

/* One delivery in hand. */
struct delivery_state {
	struct delivery_state *next;
	uint64_t call; /* 0: waits for a place */
	char row[ROW_MAX], message_id[ID_MAX], partner[NAME_MAX_BYTES], trace[ID_MAX];
	struct peer ledger;
	int64_t wait_until_ms;
	char *url, *message; /* while it waits */
	size_t url_n, message_n;
};

struct courier {
	struct xml_reader *reader;
	struct arena arena;
	struct breakers breakers;
	struct delivery_state *first;
	size_t in_hand;
	uint64_t last_call;
	struct counters counters;
	bool stopping;
};

static bool start(void *state, const struct role_setup *setup, struct now now, struct fault *fault)
{
	struct courier *courier = state;

	(void)setup;
	(void)now;
	(void)fault;
	courier->reader = xml_reader_new();
	arena_init(&courier->arena, 32 << 20);
	return true;
}

static void delivery_free(struct delivery_state *delivery)
{
	free(delivery->url);
	free(delivery->message);
	free(delivery);
}

static void stop(void *state)
{
	struct courier *courier = state;

	while (courier->first) {
		struct delivery_state *next = courier->first->next;

		delivery_free(courier->first);
		courier->first = next;
	}
	xml_reader_free(courier->reader);
	arena_done(&courier->arena);
}

static void count(const void *state, struct counters *counters)
{
	const struct courier *courier = state;

	*counters = courier->counters;
	counters->waiting = (int64_t)courier->in_hand;
}

/* -- what a partner's answer means -- */

enum result { TAKEN, REFUSED, RETRY };
static const char *const result_names[] = { [TAKEN] = "TAKEN", [REFUSED] = "REFUSED", [RETRY] = "RETRY" };

/* HTTP statuses by which the same post will never be taken. Others, 401 or 404 among them, are about the way there, which
   somebody may mend while the ledger goes on trying. */
static bool final_status(int status)
{
	return status == 400 || status == 413 || status == 415 || status == 422;
}

static void note_mismatch(struct courier *courier, const struct script_message *answer, const struct delivery_state *delivery)
{
	if (answer->header && !text_is(answer->header->relates_to_message_id, delivery->message_id))
		log_event(LEVEL_WARN, "courier.relates_to_other",
			log_id("row", case_row_printable(text_of(delivery->row), &courier->arena)));
}

/* SCRIPT: Status and Verify take the message. Error 900 and 601 refuse it, 600 and 602 ask to try again later. */
static bool script_result(struct courier *courier, struct text body, const struct delivery_state *delivery,
	enum result *result)
{
	struct ncpdp_message answer;
	struct fault fault;

	if (!ncpdp_read(courier->reader, NCPDP_SCRIPT, body, false, &courier->arena, &answer, &fault))
		return false;
	if (answer.kind == NCPDP_STATUS || answer.kind == NCPDP_VERIFY) {
		*result = TAKEN;
	} else if (answer.kind == NCPDP_ERROR) {
		struct text code = answer.script->body->error->code;

		*result = text_is(code, "900") || text_is(code, "601") ? REFUSED : RETRY;
	} else {
		return false;
	}
	note_mismatch(courier, answer.script, delivery);
	return true;
}

static enum result judge(struct courier *courier, const struct input *input, const struct delivery_state *delivery)
{
	bool good = input->status >= 200 && input->status < 300;
	enum result result = RETRY;
	struct text body = text_trim(input->payload);

	if (good && body.n == 0)
		return TAKEN;
	if (input->status >= 500 || input->status == 0)
		return RETRY;
	if (body.n && script_result(courier, body, delivery, &result) && (good || result != TAKEN))
		return result;
	if (final_status(input->status))
		return REFUSED;
	if (good)
		log_event(LEVEL_WARN, "courier.answer_unusable",
			log_id("row", case_row_printable(text_of(delivery->row), &courier->arena)));
	return RETRY;
}

/* -- deliveries -- */

static void tell(struct courier *courier, struct peer ledger, const char *row, const char *trace, enum result result,
	int status, struct outbox *out)
{
	struct delivered delivered = { .row = text_of(row), .result = text_of(result_names[result]), .status = status };
	struct buffer packed;
	struct out *send;

	buffer_init(&packed, out->arena, 256);
	record_pack(&delivered_record, &delivered, &packed);
	send = outbox_send(out, ledger, TYPE_DELIVERED, NULL, buffer_text(&packed));
	send->envelope.trace = arena_text(out->arena, text_of(trace));
	courier->counters.faults += result != TAKEN;
	log_event(result == TAKEN ? LEVEL_INFO : LEVEL_WARN, "courier.done", log_id("trace", text_of(trace)),
		log_id("row", case_row_printable(text_of(row), out->arena)), log_word("result", result_names[result]), log_number("status", status));
}

static void finish(struct courier *courier, struct delivery_state *delivery, enum result result, int status,
	struct outbox *out)
{
	struct delivery_state **at = &courier->first;

	while (*at != delivery)
		at = &(*at)->next;
	*at = delivery->next;
	courier->in_hand--;
	tell(courier, delivery->ledger, delivery->row, delivery->trace, result, status, out);
	delivery_free(delivery);
}

static size_t posts_to(const struct courier *courier, const char *partner)
{
	size_t n = 0;

	for (const struct delivery_state *d = courier->first; d; d = d->next)
		n += d->call && strcmp(d->partner, partner) == 0;
	return n;
}

/* Posts what waits as far as there are places, and sends back what waited too long or whose partner's breaker is open. */
static void post_waiting(struct courier *courier, struct now now, struct outbox *out)
{
	for (struct delivery_state *next, *d = courier->first; d; d = next) {
		struct out *call;

		next = d->next;
		if (d->call)
			continue;
		if (now.mono_ms >= d->wait_until_ms || breaker_open(&courier->breakers, text_of(d->partner), now.mono_ms)) {
			finish(courier, d, RETRY, 0, out);
			continue;
		}
		if (posts_to(courier, d->partner) >= AT_ONCE)
			continue;
		d->call = ++courier->last_call;
		call = outbox_add(out, OUT_CALL);
		call->call = d->call;
		call->deadline_ms = now.mono_ms + CALL_MS;
		call->url = arena_text(out->arena, (struct text){ d->url, d->url_n });
		call->payload = arena_text(out->arena, (struct text){ d->message, d->message_n });
		free(d->url);
		free(d->message);
		d->url = d->message = NULL;
	}
}

static char *copy(struct text t)
{
	char *bytes = malloc(t.n + 1);

	if (!bytes)
		abort();
	if (t.n)
		memcpy(bytes, t.at, t.n);
	return bytes;
}

static bool in_hand(const struct courier *courier, struct text row)
{
	for (const struct delivery_state *d = courier->first; d; d = d->next)
		if (text_is(row, d->row))
			return true;
	return false;
}

static void take(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	struct delivery delivery = { 0 };
	struct delivery_state *d, **last = &courier->first;
	struct fault fault;
	char row[ROW_MAX];

	if (!record_unpack(&delivery_record, &delivery, &courier->arena, input->payload, &fault) ||
		!record_check(&delivery_record, &delivery, &fault)) {
		log_event(LEVEL_ERROR, "courier.damaged", log_path("path", fault.path));
		return;
	}
	if (in_hand(courier, delivery.row))
		return; /* sent again while the first is under way: that one answers for both */
	if (courier->in_hand >= HAND_MAX || courier->stopping) {
		tell(courier, input->peer, text_to_z(delivery.row, row, sizeof(row)), "", RETRY, 0, out);
		return;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		abort();
	d->ledger = input->peer;
	d->wait_until_ms = now.mono_ms + WAIT_MS;
	text_to_z(delivery.row, d->row, sizeof(d->row));
	text_to_z(delivery.message_id, d->message_id, sizeof(d->message_id));
	text_to_z(delivery.partner, d->partner, sizeof(d->partner));
	text_to_z(input->envelope->trace, d->trace, sizeof(d->trace));
	d->url = copy(delivery.url);
	d->url_n = delivery.url.n;
	d->message = copy(delivery.message);
	d->message_n = delivery.message.n;
	while (*last)
		last = &(*last)->next;
	*last = d;
	courier->in_hand++;
	post_waiting(courier, now, out);
}

static void answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	for (struct delivery_state *d = courier->first; d; d = d->next)
		if (d->call == input->call) {
			breaker_note(&courier->breakers, text_of(d->partner), input->status != 0, now.mono_ms);
			finish(courier, d, judge(courier, input, d), input->status, out);
			break;
		}
	post_waiting(courier, now, out);
}

/* -- the role -- */

static void step(void *state, const struct input *input, struct now now, struct outbox *out)
{
	struct courier *courier = state;

	switch (input->kind) {
	case IN_MESSAGE:
		if (input->type == TYPE_DELIVER)
			take(courier, input, now, out);
		break;
	case IN_ANSWER:
		answered(courier, input, now, out);
		break;
	case IN_TICK:
		post_waiting(courier, now, out);
		break;
	case IN_STOP: {
		courier->stopping = true;
		for (struct delivery_state *next, *d = courier->first; d; d = next) {
			next = d->next;
			if (!d->call)
				finish(courier, d, RETRY, 0, out);
		}
		break;
	}
	case IN_REQUEST:
	case IN_HANGUP:
	case IN_REFUSED:
	case IN_PEER_UP:
	case IN_PEER_GONE: /* the ledger sends again what it misses; what is under way is answered to its next life */
	case IN_CREDIT:
	case IN_CONFIG: /* what it posts, and where, comes with each DELIVER */
	case IN_DRAINED:
		break;
	}
	out->idle = courier->in_hand == 0;
	for (const struct delivery_state *d = courier->first; d; d = d->next)
		if (!d->call && (!out->wake_ms || d->wait_until_ms < out->wake_ms))
			out->wake_ms = d->wait_until_ms;
	arena_reset(&courier->arena);
}

const struct role courier_role = {
	.kind = ROLE_COURIER,
	.doc = "posts answers to partners' callback addresses",
	.size = sizeof(struct courier),
	.start = start,
	.step = step,
	.stop = stop,
	.count = count,
};
