/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the outbox on their way: work to the house payer, or to the courier for a remote backend; answers to the courier. */
#include "gateway/ledger/ledger_move.h"
#include "gateway/ledger/ledger_pas.h"

#include "base/log.h"

#include <assert.h>

static const struct {
	const char *kind; /* for the log */
	enum role_kind to;
	enum message_type type;
	int64_t lease_ms; /* sent again when there was no answer for so long */
} lists[LISTS] = {
	[LIST_WORK] = { "WORK", ROLE_PAYER, TYPE_WORK, 10 * 1000 },
	/* a post of 25 s at most, one to a second backend, a look into a mailbox, and the wait for a free place */
	[LIST_REMOTE] = { "REMOTE", ROLE_COURIER, TYPE_WORK, 90 * 1000 },
	[LIST_DELIVER] = { "DELIVER", ROLE_COURIER, TYPE_DELIVER, 30 * 1000 },
};

enum ledger_list ledger_list_of(const struct outbox_row *row)
{
	if (text_is(row->kind, "DELIVER") || text_is(row->kind, "HANDSHAKE"))
		return LIST_DELIVER;
	return ledger_is_house(row->backend) ? LIST_WORK : LIST_REMOTE;
}

void ledger_release(struct ledger *ledger, enum role_kind kind, struct now now)
{
	for (int i = 0; i < LISTS; i++)
		if (lists[i].to == kind)
			due_release(&ledger->due[i], now.mono_ms);
}

struct text ledger_callback(const struct ledger *ledger, struct text partner)
{
	const struct partner *known = partner_of(ledger->partners, partner);

	return known && known->callback.n ? known->callback : TEXT_NONE;
}

/* What of the case itself the backend is to know is read now: it may have become known since the row was made. */
static bool work_of(struct ledger *ledger, const struct outbox_row *row, struct text key, struct arena *arena, struct text *out,
	struct fault *fault)
{
	struct case_work work = { .row = key, .case_id = row->case_id, .event = row->event, .request = row->request,
		.plan = row->plan, .policy = row->policy, .decision = row->decision, .received_ms = row->received_ms,
		.round = row->round - row->rounds_before, .reply_id = row->reply_id, .backend = row->backend, .body = row->body,
		.standard = row->standard, .pas_version = row->pas_version, .awaited = text_is(row->kind, "AWAIT"), .state = row->state, .reply_by_ms = row->reply_by_ms };
	struct pa_case at = { 0 };
	struct buffer packed;
	int64_t hours;
	bool found;

	if (ledger_asked_in_script(row)) {
		work.standard = work.body = TEXT_NONE;
		work.records = 1;
	}
	if (!case_store_read(&ledger->cases, case_key(row->case_id, arena), &pa_case_record, &at, arena, &found, fault))
		return false;
	work.answer_id = ledger_is_house(row->backend) ? TEXT_NONE : ledger_answer_id(row, arena);
	if (found) {
		work.backend_case_id = at.backend_case_id;
		work.appeal_case_id = at.appeal_case_id;
		work.programme = at.programme;
		work.rerouted = at.misses_n > 0;
		work.first_asked = at.first_asked;
		work.due_ms = at.due_ms;
		work.note = ledger_clock_supply(ledger, &at, arena, &hours);
		work.appeal_by_ms = at.appeal_by_ms;
		if (text_is(row->event, "CANCEL"))
			work.state = at.state; /* it leaves the state alone, and a decision may have come first */
	}
	buffer_init(&packed, arena, 256 + row->request.n + row->body.n);
	record_pack(&case_work_record, &work, &packed);
	*out = buffer_text(&packed);
	return true;
}

static struct text delivery_of(const struct outbox_row *row, const struct pa_subscription *to, struct text key, struct arena *arena)
{
	struct delivery delivery = { .row = key, .partner = row->partner, .url = to->endpoint, .headers = to->headers,
		.headers_n = to->headers_n, .message = row->message, .message_id = row->reply_id, .standard = row->standard };
	struct buffer packed;

	buffer_init(&packed, arena, 256 + row->message.n);
	record_pack(&delivery_record, &delivery, &packed);
	return buffer_text(&packed);
}

/* An answer goes to the callback of the configuration, a notification to its Subscription; without one of them it goes nowhere. */
static bool find_receiver(struct ledger *ledger, const struct outbox_row *row, struct arena *arena, struct pa_subscription *to,
	struct fault *fault)
{
	bool there;

	*to = (struct pa_subscription){ 0 };
	if (!text_there(row->subscription)) {
		to->endpoint = ledger_callback(ledger, row->partner);
		return true;
	}
	if (!ledger_pas_subscriber(ledger, row, arena, to, &there, fault))
		return false;
	if (!there)
		*to = (struct pa_subscription){ 0 };
	return true;
}

/* What may have gone out before counts as if it had: a backend that has a message already is not to be taken for one that refuses it. */
static int attempts_of(const struct due_row *due)
{
	if (due->attempts)
		return due->attempts < 100 ? due->attempts : 100;
	return due->lost || due->older_life;
}

static bool send_row(struct ledger *ledger, enum ledger_list list, struct due_row *due, struct now now,
	struct outbox *outbox, struct fault *fault)
{
	struct text key = arena_text(outbox->arena, due_key(due));
	struct outbox_row row = { 0 };
	struct pa_subscription to = { 0 };
	struct text payload;
	struct out *out;
	bool found;

	due_lease(&ledger->due[list], due, now.mono_ms + lists[list].lease_ms);
	if (!case_store_read(&ledger->cases, key, &outbox_row_record, &row, outbox->arena, &found, fault))
		return false;
	if (!found)
		return true; /* finished in the open batch: the commit takes it off the list */
	if (list == LIST_DELIVER) {
		if (!find_receiver(ledger, &row, outbox->arena, &to, fault))
			return false;
		if (!text_there(to.endpoint) && text_there(row.subscription))
			return ledger_pas_delivered(ledger, key, &row, false, now, fault);
		if (!text_there(to.endpoint)) /* it was taken out of the configuration meanwhile */
			return ledger_to_mailbox(ledger, key, &row, now, fault);
		payload = delivery_of(&row, &to, key, outbox->arena);
	} else if (!work_of(ledger, &row, key, outbox->arena, &payload, fault)) {
		return false;
	}
	out = outbox_send(outbox, (struct peer){ lists[list].to, PEER_ANY }, lists[list].type, NULL, payload);
	out->envelope.trace = row.trace;
	out->envelope.received_ms = row.received_ms;
	out->envelope.attempt = attempts_of(due);
	return true;
}

/* Lists that go to the same peers share their room. */
static size_t room_of(const struct ledger *ledger, enum ledger_list list)
{
	enum role_kind to = lists[list].to;
	size_t window = (size_t)link_window(ROLE_LEDGER, to) * (size_t)__builtin_popcountll(ledger->up[to]), out = 0;

	for (int i = 0; i < LISTS; i++)
		out += lists[i].to == to ? ledger->due[i].leased_n : 0;
	return window > out ? window - out : 0;
}

bool ledger_send(struct ledger *ledger, struct now now, struct outbox *outbox, struct fault *fault)
{
	for (int i = 0; i < LISTS; i++) {
		enum ledger_list list = (enum ledger_list)i;
		size_t again = due_expire(&ledger->due[list], now.mono_ms);
		struct due_row *due;

		if (again)
			log_event(LEVEL_WARN, "ledger.again", log_word("kind", lists[list].kind),
				log_number("rows", (int64_t)again));
		for (size_t room = room_of(ledger, list); room && (due = due_next(&ledger->due[list], now.mono_ms)); room--)
			if (!send_row(ledger, list, due, now, outbox, fault))
				return false;
	}
	return true;
}

int64_t ledger_send_wake(const struct ledger *ledger)
{
	int64_t wake = 0;

	for (int i = 0; i < LISTS; i++) {
		int64_t next = due_wake(&ledger->due[i], room_of(ledger, (enum ledger_list)i) > 0);

		if (next && (!wake || next < wake))
			wake = next;
	}
	return wake;
}

bool ledger_load(struct ledger *ledger, struct now now, struct fault *fault)
{
	struct store_walk *walk = store_walk_new(ledger->store, text_lit("o/"), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true;

	while (good && store_walk_next(walk, &key, &value)) {
		struct outbox_row row = { 0 };
		struct due_list *list;
		int64_t wait;

		good = record_unpack(&outbox_row_record, &row, &ledger->batch, value, fault);
		if (!good)
			break;
		if (text_is(row.kind, "CLOCK")) {
			good = ledger_clock_load(ledger, key, &row, fault);
			continue;
		}
		wait = row.due_ms > now.wall_ms ? row.due_ms - now.wall_ms : 0;
		list = &ledger->due[ledger_list_of(&row)];
		due_add(list, key, now.mono_ms + wait, row.created_ms);
		due_find(list, key)->older_life = true;
	}
	if (store_walk_free(walk, &ending))
		return good || fault_set(fault, FAULT_STORE_CORRUPT, "outbox_row");
	*fault = ending;
	return false;
}
