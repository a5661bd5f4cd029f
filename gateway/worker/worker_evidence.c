/* SPDX-License-Identifier: Apache-2.0 */
/* Who can tell which benefit pays, what they are asked, and what they said of this member and drug. */
#include "gateway/worker/worker_evidence.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "gateway/config/route.h"
#include "gateway/worker/worker_pause.h"

/* -- who -- */

/* The PBM that processes the member's card, unless it is asked the very thing anyway. */
static const struct backend *find_pbm(const struct work *work, const struct worker_order *order)
{
	const struct route *route = route_of_coverage(work->worker->config, order->payer.bin, order->payer.pcn, order->payer.group);
	const struct backend *backend = route ? backend_find(work->worker->config, route->backend) : NULL;

	return backend && backend->rtpb.n && work->message.kind != NCPDP_RTPB_REQUEST ? backend : NULL;
}

static const struct backend *find_payer(const struct work *work, const struct worker_order *order)
{
	const struct backend *backend = worker_payer(work, order);

	return backend && backend->cds.n ? backend : NULL;
}

/* -- what they are asked -- */

static bool ask_price(struct work *work, const struct asked_order *order, struct remote_question *out)
{
	out->body = evidence_rtpb_request(order, work->input->envelope->trace, work->now.wall_ms, &work->worker->arena);
	return text_there(out->body);
}

static bool ask_hook(struct work *work, const struct asked_order *order, struct remote_question *out)
{
	(void)work;
	out->order = (struct asked_order *)order;
	return order->member_id.n && (order->ndc.n || order->rxcui.n || order->hcpcs.n);
}

static bool read_price(struct work *work, struct text body, struct text day, struct route_question *out)
{
	return evidence_of_rtpb(work->worker->reader, body, day, &work->worker->arena, out);
}

static bool read_hook(struct work *work, struct text body, struct text day, struct route_question *out)
{
	return evidence_of_crd(body, day, &work->worker->arena, out);
}

static const struct source {
	const char *kind, *family; /* of remote_question */
	const struct backend *(*find)(const struct work *work, const struct worker_order *order);
	/* False: something is not known that the question must have. */
	bool (*ask)(struct work *work, const struct asked_order *order, struct remote_question *out);
	bool (*read)(struct work *work, struct text body, struct text day, struct route_question *out);
} sources[] = {
	{ "PRICE", "rtpb", find_pbm, ask_price, read_price },
	{ "CRD", "fhir", find_payer, ask_hook, read_hook },
};
enum { SOURCES = sizeof(sources) / sizeof(*sources) };

/* -- which answer is to which question -- */

/* The member and the drug as whoever is asked will be told of them, and nothing by which they could be told from the hash. */
static struct text key_of(const struct source *source, const struct backend *backend, const struct asked_order *order,
	unsigned char key[EVIDENCE_KEY_BYTES], struct arena *arena)
{
	const struct text parts[] = { text_of(source->kind), backend->name, order->member_id, order->person_code, order->last_name, order->first_name,
		order->birth, order->bin, order->pcn, order->group, order->payer_id, order->plan, order->ndc, order->rxcui, order->hcpcs, order->place };

	_Static_assert((int)EVIDENCE_KEY_BYTES == (int)SHA256_BYTES, "a key is a hash");
	memset(key, 0, EVIDENCE_KEY_BYTES);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		crypto_sha256_chain(key, parts[i].n ? parts[i] : text_lit(""), key);
	for (size_t i = 0; i < order->diagnosis_n; i++)
		crypto_sha256_chain(key, order->diagnosis[i], key);
	return crypto_hex(key, EVIDENCE_KEY_BYTES, arena);
}

/* What came back for this request just now. */
static bool take_answer(struct work *work, const struct source *source, const struct backend *backend, struct text name,
	const unsigned char key[EVIDENCE_KEY_BYTES], struct route_question *out)
{
	struct worker *worker = work->worker;
	const struct pause_answer *answer = pause_answer(worker, name);
	int64_t keep_s = worker->config->evidence_keep_s ? worker->config->evidence_keep_s : EVIDENCE_KEEP_S;
	bool good;

	if (!answer)
		return false;
	good = answer->there && !answer->fault.n &&
		source->read(work, answer->body, clock_format_date(work->now.wall_ms, &worker->arena), out);
	log_event(good ? LEVEL_INFO : LEVEL_WARN, "evidence.answer", log_id("trace", work->input->envelope->trace), log_id("backend", backend->name),
		log_word("kind", source->kind), log_word("answered", !answer->there ? "no" : answer->fault.n ? "refused" : good ? "yes" : "unusable"),
		log_number("said", good ? (int64_t)out->said_n : 0));
	if (good)
		evidence_remember(worker->memory, key, out, work->now.mono_ms + keep_s * 1000);
	return good;
}

static bool add_said(struct work *work, const struct route_question *from, struct route_question *to)
{
	enum { SAID_MAX = 64 /* route.def */ };

	for (size_t i = 0; i < from->said_n && to->said_n < SAID_MAX; i++) {
		struct route_said *said = arena_push(&work->worker->arena, (void **)&to->said, &to->said_n, sizeof(*said));

		if (!said)
			return false;
		*said = from->said[i];
	}
	return true;
}

/* What the source has said of this order; false: nothing yet. */
static bool has_said(struct work *work, const struct source *source, const struct backend *backend, const struct asked_order *order,
	struct route_question *out)
{
	unsigned char key[EVIDENCE_KEY_BYTES];
	struct text name = key_of(source, backend, order, key, &work->worker->arena);

	*out = (struct route_question){ 0 };
	return evidence_recall(work->worker->memory, key, work->now.mono_ms, &work->worker->arena, out) ||
		take_answer(work, source, backend, name, key, out);
}

bool evidence_known(struct work *work, const struct worker_order *order, struct route_question *question, struct fault *fault)
{
	for (size_t i = 0; i < SOURCES && order->about; i++) {
		const struct backend *backend = sources[i].find(work, order);
		struct route_question said;

		if (backend && has_said(work, &sources[i], backend, order->about, &said) && !add_said(work, &said, question))
			return fault_set(fault, FAULT_TOO_LARGE, "");
	}
	return true;
}

/* -- asking -- */

/* Nothing settles it, or only a hint does, or the rule itself is no more than a presumption. */
static bool thin(const struct route_decision *decision)
{
	return decision->ask_first || text_in_list(decision->track, "UNDETERMINED BOTH_BY_SITE") || text_in_list(decision->confidence, "LOW NONE");
}

static bool ask_source(struct work *work, const struct source *source, const struct backend *backend, const struct asked_order *order)
{
	struct worker *worker = work->worker;
	struct remote_question question = { .kind = text_of(source->kind), .family = text_of(source->family), .backend = backend->name };
	int64_t budget_ms = worker->config->evidence_ms ? worker->config->evidence_ms : EVIDENCE_MS;
	unsigned char key[EVIDENCE_KEY_BYTES];
	struct text name = key_of(source, backend, order, key, &worker->arena);
	struct route_question said = { 0 };

	if (!text_there(name) || evidence_recall(worker->memory, key, work->now.mono_ms, &worker->arena, &said) || pause_answer(worker, name) ||
		!source->ask(work, order, &question))
		return false;
	return pause_ask(worker, work->input, &question, name, budget_ms, work->now, work->out);
}

/* On behalf of the request in hand, for all of its orders. */
static bool asked_enough(const struct worker *worker)
{
	const struct pause_answer *answer;
	size_t n = 0;

	for (size_t i = 0; (answer = pause_answer_at(worker, i)); i++)
		for (size_t k = 0; k < SOURCES; k++)
			n += text_is(answer->kind, sources[k].kind);
	return n >= EVIDENCE_ASKS_MAX;
}

bool evidence_ask(struct work *work, const struct worker_order *order)
{
	bool asked = false;

	if (!order->about || work->worker->config->evidence_closed || !thin(&work->decision) || asked_enough(work->worker))
		return false;
	for (size_t i = 0; i < SOURCES; i++) {
		const struct backend *backend = sources[i].find(work, order);

		asked |= backend && ask_source(work, &sources[i], backend, order->about);
	}
	return asked;
}
