/* SPDX-License-Identifier: Apache-2.0 */
/* Posts answers to partners' callback addresses and tells the ledger how it went. */
#include "gateway/courier/courier.h"

#include "base/log.h"
#include "routing/case_store.h"

#include <stdlib.h>
#include <string.h>

enum {
	AT_ONCE = 8,          /* posts to one partner at the same time */
	NAME_MAX_BYTES = 121, /* of a partner, with the NUL */
};

/* One delivery in hand. */
struct delivery_state {
	struct delivery_state *next;
	uint64_t call; /* 0: waits for a place */
	char row[COURIER_ROW_MAX], message_id[COURIER_ID_MAX], partner[NAME_MAX_BYTES], trace[COURIER_ID_MAX];
	struct peer ledger;
	int64_t wait_until_ms;
	char *url, *message, *headers; /* while it waits */
	size_t url_n, message_n;
	bool fhir; /* a notification of PAS: any 2xx takes it */
};

static void delivery_free(struct delivery_state *delivery)
{
	free(delivery->url);
	free(delivery->message);
	free(delivery->headers);
	free(delivery);
}

/* -- what a partner's answer means -- */

enum result { TAKEN, REFUSED, RETRY };
static const char *const result_names[] = { [TAKEN] = "TAKEN", [REFUSED] = "REFUSED", [RETRY] = "RETRY" };

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

	if (good && (body.n == 0 || delivery->fhir))
		return TAKEN;
	if (delivery->fhir) /* 410: the endpoint is gone for good (RFC 9110 15.5.11) */
		return courier_final_status(input->status) || input->status == 410 ? REFUSED : RETRY;
	if (input->status >= 500 || input->status == 0)
		return RETRY;
	if (body.n && script_result(courier, body, delivery, &result) && (good || result != TAKEN))
		return result;
	if (courier_final_status(input->status))
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
	struct delivery_state **at = &courier->deliveries;

	while (*at != delivery)
		at = &(*at)->next;
	*at = delivery->next;
	courier->deliveries_n--;
	tell(courier, delivery->ledger, delivery->row, delivery->trace, result, status, out);
	delivery_free(delivery);
}

static const char *copied(struct arena *arena, const char *lines)
{
	struct text text = arena_text(arena, (struct text){ lines, strlen(lines) + 1 });

	return text_there(text) ? text.at : NULL;
}

static size_t posts_to(const struct courier *courier, const char *partner)
{
	size_t n = 0;

	for (const struct delivery_state *d = courier->deliveries; d; d = d->next)
		n += d->call && strcmp(d->partner, partner) == 0;
	return n;
}

/* Posts what waits as far as there are places, and sends back what waited too long or whose partner's breaker is open. */
void deliver_on(struct courier *courier, struct now now, struct outbox *out)
{
	for (struct delivery_state *next, *d = courier->deliveries; d; d = next) {
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
		call->deadline_ms = now.mono_ms + COURIER_CALL_MS;
		call->url = arena_text(out->arena, (struct text){ d->url, d->url_n });
		call->payload = arena_text(out->arena, (struct text){ d->message, d->message_n });
		call->media = d->fhir ? "application/fhir+json" : NULL;
		call->extra = d->headers ? copied(out->arena, d->headers) : NULL;
		free(d->url);
		free(d->message);
		free(d->headers);
		d->url = d->message = d->headers = NULL;
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

/* One line after the other; NULL: there are none. */
static char *joined(const struct text *lines, size_t n, struct arena *arena)
{
	struct buffer all;

	if (!n)
		return NULL;
	buffer_init(&all, arena, 256);
	for (size_t i = 0; i < n; i++) {
		buffer_add(&all, lines[i]);
		buffer_add_char(&all, '\n');
	}
	buffer_add_char(&all, '\0');
	return copy(buffer_text(&all));
}

static bool in_hand(const struct courier *courier, struct text row)
{
	for (const struct delivery_state *d = courier->deliveries; d; d = d->next)
		if (text_is(row, d->row))
			return true;
	return false;
}

void deliver_take(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	struct delivery delivery = { 0 };
	struct delivery_state *d, **last = &courier->deliveries;
	struct fault fault;
	char row[COURIER_ROW_MAX];

	if (!record_unpack(&delivery_record, &delivery, &courier->arena, input->payload, &fault) ||
		!record_check(&delivery_record, &delivery, &fault)) {
		log_event(LEVEL_ERROR, "courier.damaged", log_path("path", fault.path));
		return;
	}
	if (in_hand(courier, delivery.row))
		return; /* sent again while the first is under way: that one answers for both */
	if (courier->deliveries_n >= COURIER_JOBS_MAX || courier->stopping) {
		tell(courier, input->peer, text_to_z(delivery.row, row, sizeof(row)), "", RETRY, 0, out);
		return;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		abort();
	d->ledger = input->peer;
	d->wait_until_ms = now.mono_ms + COURIER_WAIT_MS;
	text_to_z(delivery.row, d->row, sizeof(d->row));
	text_to_z(delivery.message_id, d->message_id, sizeof(d->message_id));
	text_to_z(delivery.partner, d->partner, sizeof(d->partner));
	text_to_z(input->envelope->trace, d->trace, sizeof(d->trace));
	d->url = copy(delivery.url);
	d->url_n = delivery.url.n;
	d->message = copy(delivery.message);
	d->message_n = delivery.message.n;
	d->fhir = text_is(delivery.standard, "PAS");
	d->headers = joined(delivery.headers, delivery.headers_n, &courier->arena);
	while (*last)
		last = &(*last)->next;
	*last = d;
	courier->deliveries_n++;
	deliver_on(courier, now, out);
}

bool deliver_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	for (struct delivery_state *d = courier->deliveries; d; d = d->next)
		if (d->call == input->call) {
			breaker_note(&courier->breakers, text_of(d->partner), input->status != 0, now.mono_ms);
			finish(courier, d, judge(courier, input, d), input->status, out);
			return true;
		}
	return false;
}

void deliver_stop(struct courier *courier, struct outbox *out)
{
	for (struct delivery_state *next, *d = courier->deliveries; d; d = next) {
		next = d->next;
		if (!d->call)
			finish(courier, d, RETRY, 0, out);
	}
}

void deliver_done(struct courier *courier)
{
	while (courier->deliveries) {
		struct delivery_state *next = courier->deliveries->next;

		delivery_free(courier->deliveries);
		courier->deliveries = next;
	}
}

int64_t deliver_wake(const struct courier *courier)
{
	int64_t wake = 0;

	for (const struct delivery_state *d = courier->deliveries; d; d = d->next)
		if (!d->call && (!wake || d->wait_until_ms < wake))
			wake = d->wait_until_ms;
	return wake;
}
