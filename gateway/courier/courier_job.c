/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of remote backends, from the first place it waits for until it is told: posting, giving up, and going on to the second
   backend. What an answer means is the business of courier_case.c and courier_ask.c. */
#include "gateway/courier/courier.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_MEMORY = 24 << 20 /* bytes; a 1 MiB body, read and packed */ };

struct job *job_new(struct courier *courier, enum job_kind kind, const struct input *input, struct now now)
{
	struct job *job = calloc(1, sizeof(*job)), **last = &courier->jobs;

	if (!job)
		abort();
	arena_init(&job->arena, JOB_MEMORY);
	job->kind = kind;
	job->wait_until_ms = now.mono_ms + COURIER_WAIT_MS;
	job->deadline_ms = input->deadline_ms;
	job->envelope = *input->envelope;
	job->envelope.trace = arena_text(&job->arena, input->envelope->trace);
	job->envelope.edge = arena_text(&job->arena, input->envelope->edge);
	job->envelope.family = TEXT_NONE;
	job->of = (struct input){ .kind = IN_MESSAGE, .envelope = &job->envelope, .deadline_ms = input->deadline_ms };
	while (*last)
		last = &(*last)->next;
	*last = job;
	courier->jobs_n++;
	return job;
}

static void job_free(struct job *job)
{
	arena_done(&job->arena);
	free(job);
}

const struct backend *job_backend(const struct courier *courier, const struct job *job)
{
	return backend_find(courier->config, text_of(job->backend));
}

static bool is_case(const struct job *job)
{
	return job->kind == JOB_CASE || job->kind == JOB_FHIR;
}

/* A case that a backend has goes to nobody else, or two would decide it: only to another address of the same. */
static bool may_have(const struct job *job, const struct backend *asked, const struct backend *next)
{
	bool begun = is_case(job) && (job->work.awaited || text_there(job->work.state));

	return !begun || text_equal(asked->id, next->id);
}

bool job_to_second(struct courier *courier, struct job *job, struct now now)
{
	const struct backend *asked = job_backend(courier, job), *backend = asked;

	for (size_t i = 0; backend && i < courier->config->backends_n; i++) {
		backend = backend_find(courier->config, backend->second);
		if (!backend || !may_have(job, asked, backend) || !lane_address(backend, job->kind).n || lane_open(courier, backend, job->kind, now))
			continue;
		text_to_z(backend->name, job->backend, sizeof(job->backend));
		job->state = JOB_WAITS;
		job->wait_until_ms = now.mono_ms + COURIER_WAIT_MS;
		job->repeat = true;
		job->fetched = false;
		return true;
	}
	return false;
}

static void not_taken(struct courier *courier, struct job *job, struct now now, struct outbox *out)
{
	if (is_case(job))
		case_not_taken(courier, job, now, out);
	else if (job->kind == JOB_CRD)
		crd_refuse(courier, job, FAULT_PEER_DOWN, out);
	else
		ask_not_taken(courier, job, now, out);
}

static void cannot_be_asked(struct courier *courier, struct job *job, enum fault_code code, struct now now, struct outbox *out)
{
	if (is_case(job))
		case_give_up(courier, job, out);
	else if (job->kind == JOB_CRD)
		crd_refuse(courier, job, code, out);
	else
		ask_refuse(courier, job, code, now, out);
}

static int64_t post_deadline(const struct job *job, const struct backend *backend, struct now now)
{
	int64_t most = backend->timeout_ms ? backend->timeout_ms :
		job->kind == JOB_PRICE ? COURIER_PRICE_MS : job->kind == JOB_CRD ? COURIER_CRD_MS : COURIER_CALL_MS;
	int64_t until = now.mono_ms + most, left = job->deadline_ms - now.mono_ms;

	if (!job->deadline_ms)
		return until;
	/* a second one that could be asked gets the other half; the last tenth is for the way back */
	left = backend->second.n && job->kind == JOB_PRICE ? left / 2 : left - left / 10;
	return left < most ? now.mono_ms + left : until;
}

static struct text below(struct text base, const char *path, struct arena *arena)
{
	struct buffer url;

	while (base.n && base.at[base.n - 1] == '/')
		base.n--;
	buffer_init(&url, arena, base.n + 40);
	buffer_add(&url, base);
	buffer_add(&url, text_of(path));
	return buffer_text(&url);
}

static struct text payload_of(struct courier *courier, struct job *job, const struct backend *backend, struct now now, struct fault *fault)
{
	switch (job->kind) {
	case JOB_FHIR:
		return fhir_payload(courier, job, backend, fault);
	case JOB_CASE:
		return case_payload(courier, job, backend, fault);
	case JOB_CRD:
		return crd_payload(courier, job, now, fault);
	case JOB_PRICE:
	case JOB_FORWARD:
		break;
	}
	return ask_payload(courier, job, backend, now, fault);
}

static void post(struct courier *courier, struct job *job, const struct backend *backend, struct lane *lane, struct now now,
	struct outbox *out)
{
	struct fault fault = { .code = FAULT_NONE };
	struct text payload = payload_of(courier, job, backend, now, &fault);

	if (!text_there(payload)) {
		cannot_be_asked(courier, job, fault.code, now, out);
		return;
	}
	if (!lane_may_post(courier, lane, backend, job->repeat, now)) {
		lane_counts(courier, lane)->withheld++;
		cannot_be_asked(courier, job, FAULT_PEER_DOWN, now, out);
		return;
	}
	if (job->kind == JOB_FHIR) {
		job->token = lane->token.number;
		job->call = lane_post_fhir(courier, lane, below(backend->fhir, fhir_operation(job), out->arena), payload, NULL,
			post_deadline(job, backend, now), out);
	} else if (job->kind == JOB_CRD) {
		job->call = courier_crd_ask(courier, lane, backend, payload, post_deadline(job, backend, now), now, out);
	} else {
		job->call = lane_post(courier, lane, lane_address(backend, job->kind), payload, post_deadline(job, backend, now), out);
	}
	job->state = JOB_POSTED;
}

static void go_on(struct courier *courier, struct job *job, struct now now, struct outbox *out)
{
	const struct backend *backend = job_backend(courier, job);
	struct lane *lane;

	if (!backend || !lane_address(backend, job->kind).n) {
		log_event(LEVEL_WARN, "remote.no_address", log_id("trace", job->envelope.trace), log_id("backend", text_of(job->backend)));
		cannot_be_asked(courier, job, FAULT_PEER_DOWN, now, out);
		return;
	}
	lane = lane_of(courier, backend, now);
	if (lane_open(courier, backend, job->kind, now)) {
		lane_counts(courier, lane)->withheld++;
		not_taken(courier, job, now, out);
	} else if (now.mono_ms >= job->wait_until_ms || (job->deadline_ms && now.mono_ms >= job->deadline_ms)) {
		cannot_be_asked(courier, job, FAULT_BUSY, now, out);
	} else if (lane->in_flight < backend->at_once) {
		switch (job->kind == JOB_FHIR ? token_want(courier, lane, backend, now, out) : TOKEN_READY) {
		case TOKEN_READY:
			post(courier, job, backend, lane, now, out);
			return;
		case TOKEN_REFUSED:
			not_taken(courier, job, now, out);
			return;
		case TOKEN_COMING:
			return;
		}
	}
}

void jobs_on(struct courier *courier, struct now now, struct outbox *out)
{
	for (struct job *job = courier->jobs; job; job = job->next)
		while (job->state == JOB_WAITS) {
			char before[COURIER_NAME_MAX];

			memcpy(before, job->backend, sizeof(before));
			go_on(courier, job, now, out);
			if (job->state == JOB_WAITS && strcmp(before, job->backend) == 0)
				break; /* all places are taken; with another backend it is tried there at once */
		}
}

bool jobs_answered(struct courier *courier, const struct input *input, struct now now, struct outbox *out)
{
	for (struct job *job = courier->jobs; job; job = job->next) {
		const struct backend *backend = job_backend(courier, job);

		if (job->state != JOB_POSTED || job->call != input->call)
			continue;
		if (backend)
			lane_ended(courier, lane_of(courier, backend, now), backend, job->kind, input->status, now);
		job->call = 0;
		if (job->kind == JOB_CRD)
			crd_answered(courier, job, input, now, out);
		else if (job->kind == JOB_FHIR)
			fhir_answered(courier, job, input, now, out);
		else if (job->kind == JOB_CASE)
			case_answered(courier, job, input, now, out);
		else
			ask_answered(courier, job, input, now, out);
		assert(job->state != JOB_POSTED);
		return true;
	}
	return false;
}

void jobs_stop(struct courier *courier, struct now now, struct outbox *out)
{
	for (struct job *job = courier->jobs; job; job = job->next)
		if (job->state == JOB_WAITS || job->state == JOB_FETCHES)
			cannot_be_asked(courier, job, FAULT_BUSY, now, out);
}

void jobs_sweep(struct courier *courier)
{
	for (struct job **at = &courier->jobs; *at;) {
		struct job *job = *at;

		if (job->state != JOB_OVER) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		courier->jobs_n--;
		job_free(job);
	}
}

void jobs_done(struct courier *courier)
{
	for (struct job *job = courier->jobs; job; job = job->next)
		job->state = JOB_OVER;
	jobs_sweep(courier);
}

int64_t jobs_wake(const struct courier *courier)
{
	int64_t wake = 0;

	for (const struct job *job = courier->jobs; job; job = job->next) {
		int64_t until = job->wait_until_ms;

		if (job->state != JOB_WAITS)
			continue;
		if (job->deadline_ms && job->deadline_ms < until)
			until = job->deadline_ms;
		if (!wake || until < wake)
			wake = until;
	}
	return wake;
}
