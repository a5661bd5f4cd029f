/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: the only writer of the case store. It takes in what is waiting, commits it once, and only then answers. */
#include "gateway/ledger/ledger.h"

#include "base/log.h"
#include "fhir-bridge/outcome.h"
#include "gateway/edge/problem.h"
#include "gateway/config/rules.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/ledger_reroute.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	BATCH_ARENA_MAX = 256 << 20,    /* bytes; a batch ends long before, this stops a runaway */
	BATCH_BYTES_MAX = 1 << 20,      /* bytes of changes after which a batch is committed though more is waiting */
	BATCH_MEMORY_MAX = 32 << 20,    /* bytes of memory likewise: repetitions of large messages change nothing and still take some */
	BATCH_HELD_MAX = 64,            /* answers likewise; past it a batch of 2 KB changes gains little */
	BATCH_AGE_MAX_MS = 5,           /* and likewise, so that a steady stream cannot keep the first one waiting */
	ANCHOR_MS = 100,                /* silent loss of more than this is noticed */
	ANCHOR_COMMITS = 1000,          /* or of more changes than this */
	PAYLOAD_MAX = 8 << 20,          /* bytes; a body is at most 1 MiB, and comes twice, parsed and as it was */
};

static const char media[] = "application/xml", media_fhir[] = "application/fhir+json";

struct held *ledger_hold(struct ledger *ledger, const struct input *input, struct text trace, const struct ncpdp_sender *sender,
	struct text body, enum fault_code fault)
{
	struct held *held = arena_push(&ledger->batch, (void **)&ledger->held, &ledger->held_n, sizeof(*held));
	struct arena *arena = &ledger->batch;

	assert(held);
	*held = (struct held){ .of = *input, .sender = *sender, .trace = arena_text(arena, trace), .fault = fault };
	held->of.payload = TEXT_NONE; /* the frame is gone when the batch is committed */
	held->body = arena_text(arena, body);
	if (input->envelope) {
		held->envelope = *input->envelope;
		held->envelope.trace = arena_text(arena, input->envelope->trace);
		held->envelope.edge = arena_text(arena, input->envelope->edge);
	}
	held->sender.to = arena_text(arena, sender->to);
	held->sender.to_qualifier = arena_text(arena, sender->to_qualifier);
	held->sender.from = arena_text(arena, sender->from);
	held->sender.from_qualifier = arena_text(arena, sender->from_qualifier);
	held->sender.message_id = arena_text(arena, sender->message_id);
	held->sender.stamp = arena_text(arena, sender->stamp);
	held->sender.to_second = arena_text(arena, sender->to_second);
	held->sender.to_second_qualifier = arena_text(arena, sender->to_second_qualifier);
	return held;
}

void ledger_later(struct ledger *ledger, struct later later)
{
	struct later *item = arena_push(&ledger->batch, (void **)&ledger->later, &ledger->later_n, sizeof(*item));

	assert(item && text_there(later.key));
	*item = later;
	item->key = arena_text(&ledger->batch, later.key); /* it may stand in a frame that is gone by then */
}

void ledger_touch(struct ledger *ledger, struct now now)
{
	if (!ledger->batch_since_ms)
		ledger->batch_since_ms = now.mono_ms;
}

static void forget_batch(struct ledger *ledger)
{
	ledger->held = NULL;
	ledger->later = NULL;
	ledger->held_n = ledger->later_n = 0;
	ledger->batch_since_ms = 0;
	arena_reset(&ledger->batch);
}

static int status_of(const struct held *held)
{
	if (held->plain)
		return held->fault != FAULT_NONE ? fault_row(held->fault)->http_status : 200;
	return held->pas ? held->status : 200;
}

static const char *media_of(const struct held *held, enum fault_code fault)
{
	if (held->plain)
		return fault != FAULT_NONE ? MEDIA_PROBLEM : MEDIA_JSON;
	return held->pas ? media_fhir : media;
}

static void release(struct ledger *ledger, struct held *held, struct now now, struct outbox *outbox)
{
	struct out *out;

	if (text_there(held->wait_id)) {
		ledger_pas_wait(ledger, held, now);
		return;
	}
	held->of.envelope = &held->envelope; /* the array may have moved since it was set */
	out = outbox_answer(outbox, &held->of, status_of(held), media_of(held, held->fault), arena_text(outbox->arena, held->body), held->fault);
	if (out)
		out->envelope.location = arena_text(outbox->arena, held->location);
	ledger->counters.faults += held->fault != FAULT_NONE;
	ledger->counters.late += held->of.deadline_ms && now.mono_ms >= held->of.deadline_ms;
}

static void refuse(struct ledger *ledger, struct held *held, const struct fault *fault, struct now now,
	struct outbox *outbox)
{
	struct buffer reply_id, body;

	held->of.envelope = &held->envelope;
	buffer_init(&reply_id, outbox->arena, 40);
	buffer_add(&reply_id, held->trace);
	buffer_lit(&reply_id, ".0");
	buffer_init(&body, outbox->arena, 1024);
	if (held->pas)
		fhir_outcome_write(fault, &body);
	else if (held->plain)
		problem_write(fault, fault_row(fault->code)->http_status, held->trace, false, &body);
	else
		ncpdp_write_refusal(NCPDP_SCRIPT, &held->sender, buffer_text(&reply_id), now.wall_ms, fault, &body);
	outbox_answer(outbox, &held->of, held->pas || held->plain ? fault_row(fault->code)->http_status : 200, media_of(held, fault->code),
		buffer_text(&body), fault->code);
	ledger->counters.faults++;
}

static void apply_later(struct ledger *ledger, const struct later *later, struct now now)
{
	struct due_list *list = &ledger->due[later->list];
	struct due_row *row;

	if (!later->remove) {
		int64_t wait = later->due_ms - now.wall_ms;

		due_add(list, later->key, now.mono_ms + (wait > 0 ? wait : 0), later->created_ms);
		return;
	}
	row = due_find(list, later->key);
	if (row)
		due_remove(list, row);
}

static void end(struct ledger *ledger, const struct fault *fault, struct outbox *outbox)
{
	ledger->ended = outbox->ended = true;
	outbox->n = 0; /* nothing that was to leave in this step is known to be true */
	log_event(LEVEL_ERROR, "ledger.ended", log_word("fault", fault_row(fault->code)->name), log_path("at", fault->path));
}

/* Makes the batch durable and lets its answers go. False when the process must end. */
static bool commit(struct ledger *ledger, struct now now, struct outbox *outbox)
{
	struct fault fault;
	bool changed = store_pending(ledger->store) > 0;
	enum case_result result = case_store_commit(&ledger->cases, &fault);

	switch (result) {
	case STORED_OK:
		ledger->counters.commits += changed;
		for (size_t i = 0; i < ledger->later_n; i++)
			apply_later(ledger, &ledger->later[i], now);
		for (size_t i = 0; i < ledger->held_n; i++)
			release(ledger, &ledger->held[i], now, outbox);
		break;
	case STORED_FULL:
		log_event(LEVEL_ERROR, "ledger.full", log_number("refused", (int64_t)ledger->held_n));
		for (size_t i = 0; i < ledger->held_n; i++)
			refuse(ledger, &ledger->held[i], &fault, now, outbox);
		break;
	case STORED_DUPLICATE:
	case STORED_REUSED:
	case STORED_CONFLICT:
	case STORED_UNKNOWN:
	case STORED_CORRUPT:
		end(ledger, &fault, outbox);
		return false;
	}
	mailbox_settle(&ledger->mailbox, result == STORED_OK, now.mono_ms);
	ledger_clock_settle(ledger, result == STORED_OK);
	forget_batch(ledger);
	return true;
}

static bool anchor(struct ledger *ledger, struct now now, struct outbox *outbox)
{
	uint64_t ahead = ledger->cases.lasting - ledger->cases.anchored;
	struct fault fault;

	if (!ahead || (now.mono_ms - ledger->anchored_ms < ANCHOR_MS && ahead < ANCHOR_COMMITS))
		return true;
	ledger->anchored_ms = now.mono_ms;
	if (case_store_anchor(&ledger->cases, &fault))
		return true;
	end(ledger, &fault, outbox);
	return false;
}

static bool batch_is_full(const struct ledger *ledger, struct now now)
{
	return store_pending(ledger->store) >= BATCH_BYTES_MAX || ledger->batch.used >= BATCH_MEMORY_MAX ||
		ledger->held_n >= BATCH_HELD_MAX ||
		(ledger->batch_since_ms && now.mono_ms - ledger->batch_since_ms >= BATCH_AGE_MAX_MS);
}

static void peer_changed(struct ledger *ledger, struct peer peer, bool there, struct now now)
{
	uint64_t bit = (uint64_t)1 << peer.index;

	if (peer.kind != ROLE_PAYER && peer.kind != ROLE_COURIER)
		return;
	ledger->up[peer.kind] = there ? ledger->up[peer.kind] | bit : ledger->up[peer.kind] & ~bit;
	ledger_release(ledger, peer.kind, now); /* an earlier life's work is lost; asking twice does no harm */
}

static bool take_message(struct ledger *ledger, const struct input *input, struct now now, struct fault *fault)
{
	bool (*const take[MESSAGE_TYPES])(struct ledger *, const struct input *, struct now, struct fault *) = {
		[TYPE_EVENT] = ledger_event,
		[TYPE_DECISION] = ledger_decision,
		[TYPE_DELIVERED] = ledger_delivered,
		[TYPE_STANDING] = ledger_standing,
	};

	if (!take[input->type])
		return true;
	if (input->payload.n > PAYLOAD_MAX) {
		log_event(LEVEL_ERROR, "ledger.payload", log_word("fault", "TOO_LARGE"));
		return true; /* the edge refuses it at its deadline */
	}
	return take[input->type](ledger, input, now, fault);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

static void set_wake(const struct ledger *ledger, struct now now, struct outbox *outbox)
{
	outbox->wake_ms = earlier(ledger_send_wake(ledger), ledger_clock_wake(ledger, now));
	outbox->wake_ms = earlier(outbox->wake_ms, ledger->waiting.first_ms);
	if (ledger->cases.lasting != ledger->cases.anchored)
		outbox->wake_ms = earlier(outbox->wake_ms, ledger->anchored_ms + ANCHOR_MS);
	outbox->wake_ms = earlier(outbox->wake_ms,
		ledger->batch_since_ms ? ledger->batch_since_ms + BATCH_AGE_MAX_MS : ledger->expire_ms);
}

/* With rules that cannot be read the earlier configuration holds, as it does in the worker. */
static bool take_config(struct ledger *ledger, const struct config *config, struct fault *fault)
{
	struct rules *rules;

	if (!config_rules(config, &rules, fault))
		return false;
	rules_free(ledger->rules);
	ledger->rules = rules;
	partner_book_free(ledger->partners);
	ledger->partners = partner_book_new(config);
	ledger->config = config;
	return true;
}

static void ledger_step(void *state, const struct input *input, struct now now, struct outbox *outbox)
{
	struct ledger *ledger = state;
	bool drained = false;
	struct fault fault;

	if (ledger->ended) {
		outbox->ended = true;
		return;
	}
	ledger->counters.steps++;
	switch (input->kind) {
	case IN_MESSAGE:
		if (!take_message(ledger, input, now, &fault)) {
			end(ledger, &fault, outbox);
			return;
		}
		break;
	case IN_PEER_UP:
		peer_changed(ledger, input->peer, true, now);
		break;
	case IN_PEER_GONE:
		peer_changed(ledger, input->peer, false, now);
		break;
	case IN_CONFIG:
		outbox->kept = !take_config(ledger, input->config, &fault);
		if (outbox->kept)
			log_event(LEVEL_ERROR, "config.kept", log_word("fault", fault_row(fault.code)->name), log_path("path", fault.path));
		else
			ledger_clock_reload(ledger);
		break;
	case IN_STOP:
		ledger->stopping = drained = true;
		break;
	case IN_DRAINED:
		drained = true;
		break;
	case IN_REQUEST:
	case IN_HANGUP:
	case IN_REFUSED:
	case IN_ANSWER:
	case IN_CREDIT:
	case IN_TICK:
		break;
	}
	/* before the commit, so that a role that stops tells them all */
	if (!ledger_pas_act(ledger, now, &fault)) {
		end(ledger, &fault, outbox);
		return;
	}
	if ((drained || batch_is_full(ledger, now)) && !commit(ledger, now, outbox))
		return;
	if (!anchor(ledger, now, outbox))
		return;
	if (!ledger->stopping &&
		(!ledger_clock_act(ledger, now, &fault) || !ledger_send(ledger, now, outbox, &fault) || !ledger_expire(ledger, now, &fault))) {
		end(ledger, &fault, outbox);
		return;
	}
	set_wake(ledger, now, outbox);
	outbox->idle = ledger->stopping && !ledger->held_n && !ledger->waiting.n;
}

static void ledger_stop(void *state)
{
	struct ledger *ledger = state;
	struct fault fault;

	/* best effort: the next start checks against an older anchor when this one fails */
	if (ledger->store && !ledger->ended && !case_store_anchor(&ledger->cases, &fault))
		log_event(LEVEL_WARN, "ledger.anchor", log_word("fault", fault_row(fault.code)->name));
	for (int i = 0; i < LISTS; i++)
		due_done(&ledger->due[i]);
	mailbox_done(&ledger->mailbox);
	waiting_done(&ledger->waiting);
	ledger_clock_stop(ledger);
	arena_done(&ledger->batch);
	partner_book_free(ledger->partners);
	rules_free(ledger->rules);
	if (ledger->store_owned)
		store_free(ledger->store);
	*ledger = (struct ledger){ 0 };
}

static bool ledger_start(void *state, const struct role_setup *setup, struct now now, struct fault *fault)
{
	struct ledger *ledger = state;

	arena_init(&ledger->batch, BATCH_ARENA_MAX);
	if (!take_config(ledger, setup->config, fault)) {
		ledger_stop(ledger);
		return false;
	}
	ledger->store = setup->store;
	if (!ledger->store) {
		ledger->store_owned = true;
		if (!setup->store_dir)
			ledger->store = store_new_memory();
		else if (!store_open(setup->store_dir, &ledger->store, fault)) {
			ledger_stop(ledger);
			return false;
		}
	}
	if (!ledger_clock_start(ledger, fault) ||
		!case_store_open(&ledger->cases, ledger->store, &ledger->batch, fault) || !ledger_load(ledger, now, fault)) {
		ledger->cases = (struct case_store){ 0 }; /* nothing of it may reach the anchor */
		ledger_stop(ledger);
		return false;
	}
	ledger->anchored_ms = ledger->expire_ms = now.mono_ms;
	arena_reset(&ledger->batch);
	log_event(LEVEL_INFO, "ledger.start", log_number("changes", (int64_t)ledger->cases.sequence),
		log_number("work", (int64_t)ledger->due[LIST_WORK].n), log_number("remote", (int64_t)ledger->due[LIST_REMOTE].n),
		log_number("deliver", (int64_t)ledger->due[LIST_DELIVER].n),
		log_number("clocks", (int64_t)ledger->clock.due.n));
	return true;
}

static void ledger_count(const void *state, struct counters *counters)
{
	const struct ledger *ledger = state;

	counters->faults = ledger->counters.faults;
	counters->commits = ledger->counters.commits;
	counters->cases = ledger->counters.cases;
	counters->late = ledger->counters.late;
	counters->no_reason = ledger->counters.no_reason;
	counters->contradictions = ledger->counters.contradictions;
	counters->losses = ledger->counters.losses;
	counters->waiting = (int64_t)(ledger->held_n + ledger->waiting.n);
	for (int i = 0; i < LISTS; i++)
		counters->waiting += (int64_t)ledger->due[i].n;
	ledger_clock_count(ledger, counters);
	ledger_reroute_count(ledger, counters);
}

const struct role ledger_role = {
	.kind = ROLE_LEDGER,
	.doc = "keeps the cases: the only writer of the case store",
	.size = sizeof(struct ledger),
	.start = ledger_start,
	.step = ledger_step,
	.stop = ledger_stop,
	.count = ledger_count,
	.wants_drained = true,
};
