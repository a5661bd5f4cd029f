/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a remote payer's CDS service whether the medical benefit pays for an order (an ASK of kind CRD), and gives its answer back to the worker as it
   came: what it means is read there (fhir-bridge/crd/coverage_read.h). Nobody is asked twice: what is not said in time is not known. */
#include "gateway/courier/courier.h"

#include "base/log.h"
#include "gateway/access/assertion_sign.h"
#include "gateway/edge/problem.h"

static struct text service_of(const struct backend *backend, struct arena *arena)
{
	struct text base = backend->cds;
	struct buffer url;

	while (base.n && base.at[base.n - 1] == '/')
		base.n--;
	buffer_init(&url, arena, base.n + 60);
	buffer_add(&url, base);
	buffer_add_char(&url, '/');
	buffer_add(&url, backend->cds_service.n ? backend->cds_service : text_lit("order-sign"));
	return buffer_text(&url);
}

/* The number by which a [route] names this backend's coverages. */
static struct text payer_of(const struct courier *courier, struct text backend)
{
	for (size_t i = 0; i < courier->config->routes_n; i++)
		if (courier->config->routes[i].payer.n && text_equal(courier->config->routes[i].backend, backend))
			return courier->config->routes[i].payer;
	return text_lit("");
}

struct text crd_payload(struct courier *courier, struct job *job, struct now now, struct fault *fault)
{
	struct text body = hook_of(job->question.order, payer_of(courier, text_of(job->backend)), job->envelope.trace, now.wall_ms, &courier->arena);

	if (!text_there(body))
		fault_set(fault, FAULT_TOO_LARGE, "");
	return body;
}

/* A token of CDS Hooks for this service, signed by us; nothing where we are not registered. */
static const char *bearer(struct courier *courier, const struct backend *backend, struct text url, struct now now, struct arena *arena)
{
	const struct assertion_wish wish = { .client = backend->client_id, .audience = url, .cds = true };
	struct text token = TEXT_NONE;
	struct buffer lines;

	if (backend->client_id.n && courier->key)
		token = assertion_sign(courier->key, &wish, now, &courier->arena);
	buffer_init(&lines, arena, token.n + 80);
	buffer_lit(&lines, "Accept: application/json\n");
	if (text_there(token)) {
		buffer_lit(&lines, "Authorization: Bearer ");
		buffer_add(&lines, token);
		buffer_add_char(&lines, '\n');
	}
	buffer_add_char(&lines, '\0');
	return lines.failed ? NULL : lines.at;
}

uint64_t courier_crd_ask(struct courier *courier, struct lane *lane, const struct backend *backend, struct text payload, int64_t deadline_ms,
	struct now now, struct outbox *out)
{
	struct text url = service_of(backend, &courier->arena);
	uint64_t call = lane_post(courier, lane, url, payload, deadline_ms, out);
	struct out *last = &out->outs[out->n - 1];

	last->media = MEDIA_JSON;
	last->extra = bearer(courier, backend, url, now, out->arena);
	return call;
}

void crd_refuse(struct courier *courier, struct job *job, enum fault_code code, struct outbox *out)
{
	outbox_answer(out, &job->of, fault_row(code)->http_status, MEDIA_JSON, text_lit(""), code);
	courier->counters.faults++;
	log_event(fault_row(code)->level, "crd.done", log_id("trace", job->envelope.trace), log_id("backend", text_of(job->backend)),
		log_word("fault", fault_row(code)->name));
	job->state = JOB_OVER;
}

void crd_answered(struct courier *courier, struct job *job, const struct input *input, struct now now, struct outbox *out)
{
	const struct backend *backend = job_backend(courier, job);

	if (input->status != 200 || !text_trim(input->payload).n) {
		if (backend && input->status)
			lane_counts(courier, lane_of(courier, backend, now))->unusable++;
		crd_refuse(courier, job, input->status ? FAULT_PEER_ANSWER : FAULT_PEER_DOWN, out);
		return;
	}
	outbox_answer(out, &job->of, 200, MEDIA_JSON, arena_text(out->arena, input->payload), FAULT_NONE);
	log_event(LEVEL_INFO, "crd.done", log_id("trace", job->envelope.trace), log_id("backend", text_of(job->backend)), log_word("fault", "NONE"),
		log_number("bytes", (int64_t)input->payload.n));
	job->state = JOB_OVER;
}
