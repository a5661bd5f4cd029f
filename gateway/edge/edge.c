/* SPDX-License-Identifier: Apache-2.0 */
/* The role at the door: takes a message in, gives it to a worker, and sees to it that its sender gets an answer or a refusal
   in the same standard before the deadline, whatever happens to the roles behind. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "gateway/edge/address.h"
#include "gateway/edge/dispatch.h"
#include "gateway/access/guard.h"
#include "gateway/edge/metrics.h"
#include "gateway/edge/web.h"
#include "gateway/worker/worker_web.h"

enum {
	RTPB_MS = 3000,     /* a prescriber waits at the screen */
	SCRIPT_MS = 10000,  /* only the Status; the case takes its days */
	FORMULARY_MS = 3000, /* somebody or their program waits, as for a price */
	ROUTE_MS = 5000,    /* somebody waits; a pre-flight asks two roles */
	FHIR_MS = 10000,    /* PAS wants its answer within 15 s */
	CDS_MS = 4500,      /* CRD wants its answer within 5 s, on the client's clock */
	SHED_LOG_MS = 1000, /* refusing because of load must not itself cost a line each */
};

struct edge {
	char name[24];
	struct dispatch dispatch;
	struct guard guard;
	struct metrics metrics;
	bool lost[ROLE_KINDS]; /* a ledger or payer was there and went */
	bool stopping;
	bool formulary_closed, pdex_closed;
	int64_t shed_logged_ms;
	uint64_t shed;
	uint64_t faults;
};

static void spans(const struct config *config, int64_t span_ms[FAMILIES])
{
	span_ms[FAMILY_SCRIPT] = config->script_ms ? config->script_ms : SCRIPT_MS;
	span_ms[FAMILY_RTPB] = config->rtpb_ms ? config->rtpb_ms : RTPB_MS;
	span_ms[FAMILY_FORMULARY] = config->formulary_ms ? config->formulary_ms : FORMULARY_MS;
	span_ms[FAMILY_FHIR] = config->fhir_ms ? config->fhir_ms : FHIR_MS;
	span_ms[FAMILY_CDS] = config->cds_ms ? config->cds_ms : CDS_MS;
	span_ms[FAMILY_ROUTE] = config->route_ms ? config->route_ms : ROUTE_MS;
}

static void take_config(struct edge *edge, const struct config *config)
{
	int64_t span_ms[FAMILIES];

	spans(config, span_ms);
	dispatch_spans(&edge->dispatch, span_ms);
	edge->formulary_closed = config->formulary_closed;
	edge->pdex_closed = config->pdex_closed;
}

static bool take_new_config(struct edge *edge, const struct config *config)
{
	struct fault fault;

	if (!guard_configure(&edge->guard, config, &fault)) {
		log_event(LEVEL_ERROR, "config.kept", log_word("fault", fault_row(fault.code)->name), log_path("path", fault.path));
		return false;
	}
	take_config(edge, config);
	return true;
}

static bool edge_start(void *state, const struct role_setup *setup, struct now now, struct fault *fault)
{
	struct edge *edge = state;
	int64_t span_ms[FAMILIES];

	if (!guard_start(&edge->guard, setup, now, fault))
		return false;
	snprintf(edge->name, sizeof(edge->name), "%s.%d", role_kind_name(setup->self.kind), setup->self.index);
	spans(setup->config, span_ms);
	dispatch_init(&edge->dispatch, link_window(ROLE_EDGE, ROLE_WORKER), span_ms);
	take_config(edge, setup->config);
	return true;
}

static void edge_stop(void *state)
{
	struct edge *edge = state;

	dispatch_done(&edge->dispatch);
	guard_done(&edge->guard);
}

static void edge_count(const void *state, struct counters *counters)
{
	const struct edge *edge = state;

	counters->faults = (int64_t)edge->faults;
	counters->waiting = (int64_t)edge->dispatch.pending_n;
}

/* -- answering -- */

static void count(struct edge *edge, enum family family, enum result result, enum fault_code fault, int64_t took_ms)
{
	metrics_count(&edge->metrics, family, result, fault, took_ms);
	edge->faults += fault != FAULT_NONE;
}

/* What never became a request of ours was refused all the same. */
static void count_refused(struct edge *edge, const struct input *input)
{
	enum family family;
	bool message = address_takes((enum address)input->address, &family);

	for (int64_t i = 0; i < input->count && message; i++)
		count(edge, family, input->fault == FAULT_BUSY ? RESULT_BUSY : RESULT_REFUSED, input->fault, 0);
	if (message)
		return;
	edge->metrics.faults[input->fault] += (uint64_t)input->count;
	edge->faults += (uint64_t)input->count;
}

/* Refuses a request that is in hand, and forgets it. */
static void refuse_pending(struct edge *edge, struct pending *pending, enum fault_code code, struct now now,
	struct outbox *outbox)
{
	enum result result = code == FAULT_TIMEOUT ? RESULT_TIMEOUT : RESULT_QUARANTINED;
	struct fault fault;

	fault_set(&fault, code, "");
	count(edge, pending->family, result, code, now.mono_ms - pending->arrived_ms);
	log_event(fault_row(code)->level, "request.refused", log_id("trace", text_of(pending->trace)),
		log_word("family", family_name(pending->family)), log_word("fault", fault_row(code)->name),
		log_number("sends", pending->sends), log_number("ms", now.mono_ms - pending->arrived_ms));
	if (pending->connection) {
		struct out *out = outbox_add(outbox, OUT_REPLY);

		address_refuse(address_of_family(pending->family), &fault, 0, pending->body,
			arena_text(outbox->arena, text_of(pending->trace)), now, outbox->arena, out);
		out->connection = pending->connection;
	}
	dispatch_drop(&edge->dispatch, pending, false);
}

/* A media type goes into a header line, so it is taken only when it is one. */
static const char *media_of(struct text media, struct arena *arena)
{
	char *copy;

	for (size_t i = 0; i < media.n; i++)
		if (media.at[i] < ' ' || media.at[i] > '~')
			return MEDIA_XML;
	copy = media.n ? arena_alloc(arena, media.n + 1) : NULL;
	return copy ? text_to_z(media, copy, media.n + 1) : MEDIA_XML;
}

/* The first answer wins. A later one belongs to a request that was redelivered or refused meanwhile. */
static void take_reply(struct edge *edge, const struct input *input, struct now now, struct outbox *outbox)
{
	const struct envelope *envelope = input->envelope;
	struct pending *pending = dispatch_find(&edge->dispatch, envelope->slot, envelope->trace);
	enum fault_code fault = FAULT_NONE;

	if (!pending) {
		edge->metrics.late++;
		return;
	}
	if (text_there(envelope->fault)) {
		char name[40];
		const struct fault_row *row = fault_find(text_to_z(envelope->fault, name, sizeof(name)));

		fault = row ? row->code : FAULT_INTERNAL;
	}
	count(edge, pending->family, fault == FAULT_NONE ? RESULT_ANSWERED : RESULT_REFUSED, fault,
		now.mono_ms - pending->arrived_ms);
	if (pending->connection) {
		struct out *out = outbox_add(outbox, OUT_REPLY);

		out->connection = pending->connection;
		out->status = envelope->status >= 200 ? (int)envelope->status : 200;
		out->media = media_of(envelope->media, outbox->arena);
		out->extra = web_extra(pending->family, envelope, out->status, outbox->arena);
		out->payload = input->payload;
		if (out->status == 304 || out->status == 204)
			out->media = NULL; /* no body, and so no kind of one */
	}
	dispatch_drop(&edge->dispatch, pending, true);
}

/* -- requests -- */

static bool media_is_xml(const struct http_request *request)
{
	struct text value = http_header_of(request, "Content-Type"), media;

	if (!text_there(value))
		return true;
	media = text_trim(text_cut(&value, ';'));
	return text_equal_nocase(media, text_lit("application/xml")) || text_equal_nocase(media, text_lit("text/xml"));
}

static void refuse_now(struct edge *edge, const struct input *input, enum address address, enum fault_code code,
	const char *where, int status, struct now now, struct outbox *outbox)
{
	struct out *out = outbox_add(outbox, OUT_REPLY);
	enum family family;
	struct fault fault;

	fault_set(&fault, code, where);
	address_refuse(address, &fault, status, input->request->body, input->id, now, outbox->arena, out);
	out->connection = input->connection;
	if (address_takes(address, &family))
		count(edge, family,
			code == FAULT_BUSY              ? RESULT_BUSY
				: code == FAULT_QUARANTINED ? RESULT_QUARANTINED
							    : RESULT_REFUSED,
			code, 0);
}

/* Of those who were not let in; `challenge` tells them how to come again. */
static void refuse_stranger(struct edge *edge, const struct input *input, enum address address, const struct fault *fault,
	const char *challenge, struct now now, struct outbox *outbox)
{
	struct out *out;
	struct buffer lines;

	refuse_now(edge, input, address, fault->code, fault->path, 0, now, outbox);
	out = &outbox->outs[outbox->n - 1];
	buffer_init(&lines, outbox->arena, 256);
	buffer_add(&lines, text_of(out->extra));
	buffer_add(&lines, text_of(challenge));
	buffer_add_char(&lines, '\0');
	out->extra = lines.failed ? out->extra : lines.at;
	if (guard_tells(&edge->guard, now))
		log_event(fault_row(fault->code)->level, "request.refused", log_id("trace", input->id), log_word("fault", fault_row(fault->code)->name));
}

/* At most one line a second, with how many it stands for. */
static void log_shed(struct edge *edge, struct now now)
{
	edge->shed++;
	if (edge->shed_logged_ms && now.mono_ms - edge->shed_logged_ms < SHED_LOG_MS)
		return;
	log_event(LEVEL_WARN, "request.shed", log_word("fault", "BUSY"), log_number("count", (int64_t)edge->shed),
		log_number("in_flight", (int64_t)edge->dispatch.pending_n));
	edge->shed = 0;
	edge->shed_logged_ms = now.mono_ms;
}

/* Takes it in hand, or says why not. */
static void take_in_hand(struct edge *edge, const struct input *input, enum address address, enum family family, struct text payload,
	struct now now, struct outbox *outbox)
{
	enum fault_code refused = FAULT_BUSY;

	if (!edge->stopping && text_there(payload)
		&& dispatch_add(&edge->dispatch, family, input->connection, input->id, payload, now, &refused))
		return;
	refuse_now(edge, input, address, refused, "", 0, now, outbox);
	if (refused == FAULT_BUSY)
		log_shed(edge, now);
	else
		log_event(fault_row(refused)->level, "request.refused", log_id("trace", input->id),
			log_word("fault", fault_row(refused)->name));
}

/* What the configuration shuts is as if it were not there. */
static bool closed(const struct edge *edge, enum family family, const struct http_request *request)
{
	return (family == FAMILY_FORMULARY && edge->formulary_closed) ||
	       (family == FAMILY_FHIR && edge->pdex_closed && worker_pdex_serves(request->target));
}

static void take_request_for_worker(struct edge *edge, const struct input *input, enum address address, enum family family,
	struct now now, struct outbox *outbox)
{
	const struct http_request *request = input->request;
	enum ncpdp_family standard;
	const char *challenge;
	struct caller caller;
	struct fault fault;

	if (closed(edge, family, request))
		refuse_now(edge, input, address, FAULT_NOT_FOUND, "", 0, now, outbox);
	else if (!address_allows(address, request->method))
		refuse_now(edge, input, address, FAULT_METHOD, "Method", 0, now, outbox);
	else if (!guard_check(&edge->guard, family, request, now, outbox->arena, &caller, &challenge, &fault))
		refuse_stranger(edge, input, address, &fault, challenge, now, outbox);
	else if (!family_is_ncpdp(family, &standard))
		take_in_hand(edge, input, address, family, web_pack(request, &caller, outbox->arena), now, outbox);
	else if (!media_is_xml(request))
		refuse_now(edge, input, address, FAULT_MEDIA, "Content-Type", 0, now, outbox);
	else
		take_in_hand(edge, input, address, family, request->body, now, outbox);
}

static void write_ready(const struct edge *edge, struct out *out, struct arena *arena)
{
	static const struct {
		enum role_kind kind;
		bool needed;
	} rows[] = { { ROLE_WORKER, true }, { ROLE_LEDGER, true }, { ROLE_PAYER, true }, { ROLE_COURIER, false } };
	struct buffer body;

	out->status = edge->stopping ? 503 : 200;
	buffer_init(&body, arena, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool up = metrics_any_up(&edge->metrics, rows[i].kind);

		buffer_format(&body, "%s %s\n", role_kind_name(rows[i].kind), up ? "up" : "down");
		if (rows[i].needed && !up)
			out->status = 503;
	}
	if (edge->stopping)
		buffer_lit(&body, "stopping\n");
	out->payload = buffer_text(&body);
}

static void write_metrics(const struct edge *edge, struct out *out, struct arena *arena)
{
	const struct dispatch *dispatch = &edge->dispatch;
	struct metrics_now standing = {
		.in_flight = dispatch->pending_n,
		.queued = dispatch->fresh.n + dispatch->again.n,
		.held_bytes = dispatch->bytes,
		.quarantined = dispatch->quarantined,
		.redelivered = dispatch->redelivered,
		.tokens_given = edge->guard.given,
		.tokens_refused = edge->guard.refused,
	};
	struct buffer body;

	buffer_init(&body, arena, 16 * 1024);
	metrics_write(&edge->metrics, &standing, &body);
	out->media = "text/plain; version=0.0.4; charset=utf-8";
	out->payload = buffer_text(&body);
}

static void take_request(struct edge *edge, const struct input *input, struct now now, struct outbox *outbox)
{
	enum address address = address_of(input->request->target);
	enum family family;
	struct out *out;

	if (address_takes(address, &family)) {
		take_request_for_worker(edge, input, address, family, now, outbox);
		return;
	}
	if (address == ADDRESS_NONE || !address_allows(address, input->request->method)) {
		refuse_now(edge, input, address, address == ADDRESS_NONE ? FAULT_NOT_FOUND : FAULT_METHOD, "", 0, now, outbox);
		return;
	}
	out = outbox_add(outbox, OUT_REPLY);
	out->connection = input->connection;
	out->status = 200;
	out->media = "text/plain; charset=utf-8";
	if (address == ADDRESS_READY)
		write_ready(edge, out, outbox->arena);
	else if (address == ADDRESS_METRICS)
		write_metrics(edge, out, outbox->arena);
	else if (address == ADDRESS_TOKEN)
		guard_token(&edge->guard, input->request, input->id, now, outbox->arena, out);
	else if (address == ADDRESS_SMART || address == ADDRESS_SMART_FHIR)
		guard_smart_configuration(&edge->guard, outbox->arena, out);
	else if (address == ADDRESS_JWKS)
		guard_jwks(&edge->guard, outbox->arena, out);
	else
		out->payload = text_lit("ok\n");
	if (!out->extra)
		out->extra = address_extra(address, out->status, input->id, outbox->arena);
}

/* -- peers -- */

static void peer_up(struct edge *edge, struct peer peer, struct now now)
{
	struct metrics_peer *of = &edge->metrics.peers[peer.kind][peer.index];

	of->seen = of->up = true;
	if (peer.kind == ROLE_WORKER)
		dispatch_worker_up(&edge->dispatch, peer.index, now);
	if ((peer.kind == ROLE_LEDGER || peer.kind == ROLE_PAYER) && edge->lost[peer.kind]) {
		edge->lost[peer.kind] = false;
		dispatch_backend_up(&edge->dispatch, peer.kind == ROLE_LEDGER ? FAMILY_SCRIPT : FAMILY_RTPB, now);
		if (peer.kind == ROLE_LEDGER)
			dispatch_backend_up(&edge->dispatch, FAMILY_FHIR, now);
		dispatch_backend_up(&edge->dispatch, FAMILY_ROUTE, now);
	}
}

static void peer_gone(struct edge *edge, struct peer peer, struct now now, struct outbox *outbox)
{
	struct pending *suspect;
	struct text hash;

	edge->metrics.peers[peer.kind][peer.index].up = false;
	edge->lost[peer.kind] = true;
	if (peer.kind != ROLE_WORKER)
		return;
	suspect = dispatch_worker_gone(&edge->dispatch, peer.index, now);
	if (!suspect)
		return;
	hash = crypto_hex(suspect->hash, sizeof(suspect->hash), outbox->arena);
	if (dispatch_quarantined(&edge->dispatch, suspect))
		log_event(LEVEL_ERROR, "body.quarantined", log_id("trace", text_of(suspect->trace)), log_id("sha256", hash));
	else
		log_event(LEVEL_WARN, "body.strike", log_id("trace", text_of(suspect->trace)), log_id("sha256", hash));
}

static void take_counters(struct edge *edge, const struct input *input, struct arena *arena)
{
	struct metrics_peer *of = &edge->metrics.peers[input->peer.kind][input->peer.index];
	struct counters counters = { 0 };
	struct fault fault;

	if (input->payload.n && record_unpack(&counters_record, &counters, arena, input->payload, &fault)) {
		of->seen = true;
		metrics_told(&edge->metrics, input->peer, &counters);
	}
}

static void take_from_peer(struct edge *edge, const struct input *input, struct now now, struct outbox *outbox)
{
	if (input->type == TYPE_REPLY)
		take_reply(edge, input, now, outbox);
	else if (input->type == TYPE_PING)
		take_counters(edge, input, outbox->arena);
	/* nothing else may come to an edge (types.def) */
}

/* -- after every input -- */

static void refuse_due(struct edge *edge, struct now now, struct outbox *outbox)
{
	struct pending *pending;
	enum fault_code fault;

	while ((pending = dispatch_due(&edge->dispatch, now, &fault)))
		refuse_pending(edge, pending, fault, now, outbox);
}

static void send_ready(struct edge *edge, struct now now, struct outbox *outbox)
{
	struct pending *pending;
	int worker;

	while ((pending = dispatch_next(&edge->dispatch, now, &worker))) {
		struct text body = arena_text(outbox->arena, pending->body);
		struct out *out;

		if (!text_there(body))
			continue; /* this step's outbox is full: as if lost on the way, and sent again in time */
		out = outbox_add(outbox, OUT_SEND);
		out->peer = (struct peer){ ROLE_WORKER, worker };
		out->type = TYPE_REQUEST;
		out->deadline_ms = pending->deadline_ms;
		out->payload = body;
		out->envelope.trace = arena_text(outbox->arena, text_of(pending->trace));
		out->envelope.edge = text_of(edge->name);
		out->envelope.slot = pending->slot;
		out->envelope.attempt = pending->sends - 1;
		out->envelope.received_ms = pending->received_ms;
		out->envelope.family = text_of(family_name(pending->family));
	}
}

static void edge_step(void *state, const struct input *input, struct now now, struct outbox *outbox)
{
	struct edge *edge = state;

	switch (input->kind) {
	case IN_REQUEST:
		take_request(edge, input, now, outbox);
		break;
	case IN_MESSAGE:
		take_from_peer(edge, input, now, outbox);
		break;
	case IN_HANGUP:
		dispatch_hangup(&edge->dispatch, input->connection);
		break;
	case IN_REFUSED:
		count_refused(edge, input);
		break;
	case IN_PEER_UP:
		peer_up(edge, input->peer, now);
		break;
	case IN_PEER_GONE:
		peer_gone(edge, input->peer, now, outbox);
		break;
	case IN_CREDIT:
		if (input->peer.kind == ROLE_WORKER)
			dispatch_credit(&edge->dispatch, input->peer.index, input->credit);
		break;
	case IN_CONFIG:
		outbox->kept = !take_new_config(edge, input->config);
		break;
	case IN_STOP:
		edge->stopping = true;
		break;
	case IN_TICK:
	case IN_ANSWER:
	case IN_DRAINED:
		break;
	}
	refuse_due(edge, now, outbox);
	send_ready(edge, now, outbox);
	refuse_due(edge, now, outbox); /* what send_ready found in quarantine */
	outbox->wake_ms = dispatch_wake(&edge->dispatch);
	outbox->idle = edge->stopping && edge->dispatch.pending_n == 0;
}

const struct role edge_role = {
	.kind = ROLE_EDGE,
	.doc = "takes messages and questions in over HTTP and TLS, gives them to workers, answers before the deadline",
	.size = sizeof(struct edge),
	.start = edge_start,
	.step = edge_step,
	.stop = edge_stop,
	.count = edge_count,
};
