/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: turns outside bytes into a checked record, looks the drug up, asks the router, and hands on. It remembers nothing
   between messages, so any number of them may run anywhere. */
#include "gateway/worker/worker.h"

#include "base/log.h"
#include "formulary/pdex/pdex_view.h"
#include "gateway/config/rules.h"
#include "gateway/sandbox/sandbox.h"
#include "gateway/config/schemas.h"
#include "gateway/worker/cds_ids.h"
#include "gateway/worker/worker_evidence.h"
#include "gateway/worker/worker_pause.h"
#include "gateway/worker/worker_web.h"

#include <string.h>

/* A generation that is made current later is picked up at the next look. */
static bool open_formulary(struct worker *worker, struct fault *fault)
{
	char directory[4096];

	return formulary_open(text_to_z(worker->config->formulary, directory, sizeof(directory)), &worker->formulary, fault);
}

static bool worker_start(void *state, const struct role_setup *setup, struct now now, struct fault *fault)
{
	struct worker *worker = state;

	worker->config = setup->config;
	worker->self = setup->self;
	worker->pauses = pauses_new();
	worker->memory = evidence_memory_new();
	worker->partners = partner_book_new(setup->config);
	worker->refresh_ms = now.mono_ms + REFRESH_MS;
	arena_init(&worker->arena, WORKER_MEMORY);
	worker->reader = xml_reader_new();
	cds_key_start(worker->cds_key, setup);
	if (!config_rules(worker->config, &worker->rules, fault) || !config_says(worker->config, worker->says, fault) ||
		!schemas_read(worker->config, &worker->schemas, NULL, fault))
		return false;
	if (!worker->config->formulary.n)
		return fault_set(fault, FAULT_CONFIG, "formulary");
	if (!open_formulary(worker, fault))
		return fault->code == FAULT_NO_FORMULARY;
	formulary_day(worker->formulary, now.wall_ms);
	return true;
}

static void worker_stop(void *state)
{
	struct worker *worker = state;

	pauses_free(worker->pauses);
	evidence_memory_free(worker->memory);
	pdex_view_free(worker->pdex);
	formulary_free(worker->formulary);
	rules_free(worker->rules);
	config_says_free(worker->says);
	schemas_free(worker->schemas);
	partner_book_free(worker->partners);
	xml_reader_free(worker->reader);
	arena_done(&worker->arena);
}

static void refresh(struct worker *worker, struct now now)
{
	struct fault fault = { 0 };
	bool changed = false, good;

	if (now.mono_ms < worker->refresh_ms)
		return;
	worker->refresh_ms = now.mono_ms + REFRESH_MS;
	if (worker->formulary) {
		good = formulary_refresh(worker->formulary, &changed, &fault);
	} else {
		good = open_formulary(worker, &fault);
		changed = good;
	}
	if (worker->formulary)
		formulary_day(worker->formulary, now.wall_ms);
	if (changed)
		log_event(LEVEL_INFO, "formulary.current", log_id("generation", formulary_generation(worker->formulary)));
	else if (!good && fault.code != FAULT_NO_FORMULARY)
		log_event(LEVEL_ERROR, "formulary.refused", log_word("fault", fault_row(fault.code)->name),
			log_path("path", fault.path));
}

/* Which messages ask for what. What is not here is not for us to answer. */
static const struct {
	enum ncpdp_kind kind;
	const char *event; /* NULL: a price */
	bool route; /* what a case is opened with; after that its backend is settled */
} kinds[] = {
	{ NCPDP_RTPB_REQUEST, NULL, true },
	{ NCPDP_PA_INITIATION_REQUEST, "INITIATE", true },
	{ NCPDP_PA_REQUEST, "SUBMIT", true },
	{ NCPDP_PA_APPEAL_REQUEST, "APPEAL", false },
	{ NCPDP_PA_CANCEL_REQUEST, "CANCEL", false },
	{ NCPDP_PA_NOTIFICATION, "NOTIFY", false },
	{ NCPDP_GET_MESSAGE, "FETCH", false },
	{ NCPDP_STATUS, "NOTE", false },
	{ NCPDP_ERROR, "NOTE", false },
	{ NCPDP_VERIFY, "NOTE", false },
};

static bool hand_on(struct work *work, struct fault *fault)
{
	const struct backend *backend;

	if (worker_is_answer(work))
		return worker_answer(work, fault);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (kinds[i].kind != work->message.kind)
			continue;
		if (kinds[i].route && !worker_route(work, fault))
			return false;
		if (pause_waits(work->worker))
			return true;
		backend = worker_backend(work);
		if (backend && !kinds[i].event)
			return worker_ask_price(work, backend, fault);
		if (backend && !worker_backend_takes(work, backend, fault))
			return false;
		return kinds[i].event ? worker_event(work, kinds[i].event, fault) : worker_price(work, fault);
	}
	return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "Body");
}

static bool take(struct work *work, struct fault *fault)
{
	struct worker *worker = work->worker;
	const struct ncpdp_terms terms = { worker->config->strict, partner_versions(worker->partners), work->now.wall_ms };

	if (!ncpdp_read_on(&terms, worker->reader, work->family, work->input->payload, &worker->arena, &work->message, fault)) {
		partner_version_fault(worker->partners, work->message.script, work->now.wall_ms, fault);
		return fault->code == FAULT_UNKNOWN_MESSAGE && worker_forward(work, fault);
	}
	return worker_admit(work, fault) && worker_fits_schema(work, fault) && hand_on(work, fault);
}

/* A refusal goes out in the standard the message came in, with HTTP 200: the body says no. */
static void refuse(struct work *work, const struct fault *fault)
{
	struct ncpdp_sender sender;
	struct buffer body;

	ncpdp_sender(&work->message, work->input->payload, &sender);
	buffer_init(&body, work->out->arena, 2048);
	ncpdp_write_refusal(work->family, &sender, work->reply_id, work->now.wall_ms, fault, &body);
	outbox_answer(work->out, work->input, 200, MEDIA_OF_ANSWERS, buffer_text(&body), fault->code);
	work->worker->counters.faults++;
}

static void log_done(const struct work *work, const struct fault *fault)
{
	enum fault_level level = fault->code ? fault_row(fault->code)->level : LEVEL_INFO;

	log_event(level, "request.done", log_id("trace", work->input->envelope->trace),
		log_word("kind", ncpdp_kind_row(work->message.kind)->name),
		log_id("track", text_there(work->decision.track) ? work->decision.track : text_lit("none")),
		log_id("rule", text_there(work->decision.rule) ? work->decision.rule : text_lit("none")),
		log_word("fault", fault_row(fault->code)->name), log_path("path", fault->path),
		log_number("ms", work->now.wall_ms - work->input->envelope->received_ms));
}

static struct text first_reply_id(struct text trace, struct arena *arena)
{
	struct buffer id;

	buffer_init(&id, arena, trace.n + 2);
	buffer_add(&id, trace);
	buffer_lit(&id, ".0");
	return buffer_text(&id);
}

static void do_request(struct worker *worker, const struct input *input, struct now now, struct outbox *out)
{
	struct work *work;
	enum family family;
	enum ncpdp_family standard;
	struct fault fault = { 0 };

	if (input->deadline_ms && now.mono_ms >= input->deadline_ms) {
		worker->counters.late++; /* the edge has answered for us by now */
		return;
	}
	if (!family_of(input->envelope->family, &family)) {
		log_event(LEVEL_ERROR, "request.family", log_id("trace", input->envelope->trace));
		return;
	}
	if (!family_is_ncpdp(family, &standard)) {
		worker_web(worker, input, family, now, out);
		return;
	}
	work = arena_new(&worker->arena, struct work);
	*work = (struct work){ .worker = worker, .input = input, .now = now, .out = out, .family = standard };
	work->message.family = standard;
	work->reply_id = first_reply_id(input->envelope->trace, out->arena);
	if (!take(work, &fault)) {
		pause_never_mind(worker);
		refuse(work, &fault);
	}
	if (!pause_waits(worker))
		log_done(work, &fault);
}

static void do_message(struct worker *worker, const struct input *input, struct now now, struct outbox *out)
{
	pauses_begin(worker->pauses, input);
	do_request(worker, input, now, out);
	pauses_done(worker->pauses);
}

/* What waited long enough, each from the beginning. */
static void take_up(struct worker *worker, struct now now, struct outbox *out)
{
	struct input input;

	while (pauses_next(worker->pauses, now, &input)) {
		arena_reset(&worker->arena);
		do_message(worker, &input, now, out);
	}
}

static void take_message(struct worker *worker, const struct input *input, struct now now, struct outbox *out)
{
	if (input->type == TYPE_REPLY)
		pauses_take(worker->pauses, input);
	else if (input->type == TYPE_REQUEST)
		do_message(worker, input, now, out);
}

static void take_peer(struct worker *worker, const struct input *input)
{
	pauses_peer(worker->pauses, input->peer.kind, input->kind == IN_PEER_UP);
}

/* Rules, schemas and all: with some that cannot be read the earlier ones hold, under the earlier configuration. */
static void take_config(struct worker *worker, const struct config *config, struct outbox *out)
{
	struct rules *rules = NULL;
	struct schemas *schemas = NULL;
	struct sayings *says[SAYS] = { NULL };
	struct fault fault;

	out->kept = !config_rules(config, &rules, &fault) || !config_says(config, says, &fault) || !schemas_read(config, &schemas, NULL, &fault);
	if (out->kept) {
		rules_free(rules);
		config_says_free(says);
		log_event(LEVEL_ERROR, "config.kept", log_word("fault", fault_row(fault.code)->name), log_path("path", fault.path));
		return;
	}
	rules_free(worker->rules);
	schemas_free(worker->schemas);
	config_says_free(worker->says);
	evidence_memory_forget(worker->memory); /* a backend may be another now */
	worker->rules = rules;
	memcpy(worker->says, says, sizeof(says));
	worker->schemas = schemas;
	partner_book_free(worker->partners);
	worker->partners = partner_book_new(config);
	worker->config = config;
}

static void worker_step(void *state, const struct input *input, struct now now, struct outbox *out)
{
	struct worker *worker = state;
	int64_t wake;

	arena_reset(&worker->arena);
	refresh(worker, now);
	switch (input->kind) {
	case IN_MESSAGE:
		take_message(worker, input, now, out);
		break;
	case IN_CONFIG:
		take_config(worker, input->config, out);
		break;
	case IN_STOP:
		worker->stopping = true;
		pauses_stop(worker->pauses);
		break;
	case IN_PEER_UP:
	case IN_PEER_GONE:
		take_peer(worker, input);
		break;
	case IN_REQUEST:
	case IN_HANGUP:
	case IN_REFUSED:
	case IN_ANSWER:
	case IN_CREDIT:
	case IN_TICK:
	case IN_DRAINED:
		break;
	}
	take_up(worker, now, out);
	wake = pauses_wake(worker->pauses);
	out->wake_ms = wake && wake < worker->refresh_ms ? wake : worker->refresh_ms;
	out->idle = worker->stopping;
}

static void worker_count(const void *state, struct counters *counters)
{
	const struct worker *worker = state;

	counters->faults = worker->counters.faults;
	counters->late = worker->counters.late;
	counters->waiting = (int64_t)pauses_n(worker->pauses);
}

const struct role worker_role = {
	.kind = ROLE_WORKER,
	.doc = "reads and checks messages, finds out which benefit pays, and hands them on; answers questions about the formulary",
	.size = sizeof(struct worker),
	.start = worker_start,
	.step = worker_step,
	.stop = worker_stop,
	.count = worker_count,
};
