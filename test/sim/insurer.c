/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions of the sandbox's payer behind a PAS interface that forgets nothing. */
#include "test/sim/insurer.h"

#include "fhir-bridge/pas/pas_answer.h"
#include "fhir-bridge/pas/pas_ask.h"
#include "gateway/payer/payer.h"
#include "gateway/sandbox/sandbox.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE "https://insurer.example/fhir"

enum { LATER_MS = 6000 /* after which what was pended is decided */ };

static void wake(void *arg, struct world *world, uint64_t what)
{
	struct insurer *insurer = arg;

	insurer->inner.wake(insurer->inner.arg, world, what);
}

static void answered(void *arg, struct world *world, uint64_t connection, int status, struct text body)
{
	struct insurer *insurer = arg;

	insurer->inner.answered(insurer->inner.arg, world, connection, status, body);
}

/* -- deciding -- */

static struct text route_words(struct arena *arena)
{
	const struct route_decision route = { .track = text_lit("MEDICAL"), .backend = text_lit("house"), .rule = text_lit("sim"),
		.sentence = text_lit("The simulator says so."), .version = text_lit("1") };
	struct buffer packed;

	buffer_init(&packed, arena, 512);
	record_pack(&route_decision_record, &route, &packed);
	return buffer_text(&packed);
}

static struct text decide(struct insurer *insurer, const struct insurer_request *request, enum pas_intent intent, int round, struct now now)
{
	static const char *const events[] = { [PAS_NEW] = "SUBMIT", [PAS_CHANGE] = "UPDATE", [PAS_CANCEL] = "CANCEL" };
	struct case_work work = { .row = text_lit("row"), .case_id = request->identifier, .event = text_of(events[intent]), .plan = text_lit("EXAMPLE-COMMERCIAL"),
		.policy = text_lit("INFUSAMAB-PA"), .decision = route_words(&insurer->arena), .received_ms = now.wall_ms, .round = round,
		.reply_id = request->identifier, .body = request->body, .state = intent == PAS_CANCEL ? text_lit("APPROVED") : text_lit("SUBMITTED") };
	struct case_decision said;
	struct text track;
	struct fault fault = { .code = FAULT_NONE };

	if (!payer_pas(insurer->house, &work, now, &insurer->arena, &said, &track, &fault)) {
		fprintf(stderr, "insurer: %s at %s\n", fault_row(fault.code)->name, fault.path);
		abort();
	}
	return said.message;
}

/* What it says of a request now. */
static struct text says(const struct insurer_request *request, struct now now)
{
	return text_there(request->pended) && now.mono_ms < request->first_ms + LATER_MS ? request->pended : request->decided;
}

static bool is_pended(struct text answer)
{
	return memmem(answer.at, answer.n, "\"code\":\"A4\"", 11) != NULL;
}

/* -- being asked -- */

static int submitted(struct insurer *insurer, struct world *world, struct text body, const struct fhir_bundle *bundle, struct text *reply)
{
	struct now now = world_now(world);
	struct insurer_request *request;
	struct pas_request asked;

	for (size_t i = 0; i < insurer->n; i++)
		if (text_equal(insurer->requests[i].identifier, bundle->identifier->value)) {
			insurer->again++;
			if (!text_equal(insurer->requests[i].body, body))
				world_break(world, "I3: a payer that is asked again is asked with the same bytes", (int64_t)i);
			*reply = says(&insurer->requests[i], now);
			return 200;
		}
	assert(insurer->n < INSURER_REQUESTS_MAX);
	request = &insurer->requests[insurer->n++];
	pas_request_of(bundle, &asked);
	*request = (struct insurer_request){ .identifier = arena_text(&insurer->arena, bundle->identifier->value),
		.claim = arena_text(&insurer->arena, asked.claim->identifier[0].value), .body = arena_text(&insurer->arena, body), .first_ms = now.mono_ms };
	request->decided = decide(insurer, request, asked.intent, 0, now);
	if (is_pended(request->decided)) {
		request->pended = request->decided;
		request->decided = decide(insurer, request, asked.intent, 1, now);
	}
	insurer->asked++;
	*reply = says(request, now);
	return 200;
}

static int inquired(struct insurer *insurer, struct world *world, const struct fhir_bundle *bundle, struct arena *arena, struct text *reply)
{
	struct text claim = bundle->entry[0].resource->claim->identifier[0].value;
	struct fhir_parameters *parameters;
	struct fhir_bundle *answer;
	struct fault fault;
	struct buffer json;
	size_t n = 0;

	insurer->inquired++;
	for (size_t i = 0; i < insurer->n && !n; i++)
		if (text_equal(insurer->requests[i].claim, claim))
			n = fhir_read(says(&insurer->requests[i], world_now(world)), arena, &answer, &fault);
	parameters = pas_inquiry_answer_of(&answer, n, arena);
	buffer_init(&json, arena, 8192);
	pas_write_parameters(parameters, &json);
	*reply = buffer_text(&json);
	return 200;
}

static int called(void *arg, struct world *world, struct text url, struct text body, struct arena *arena, int64_t *after_ms, struct text *reply)
{
	struct insurer *insurer = arg;
	bool inquiry = text_is(url, BASE "/Claim/$inquire");
	struct fhir_bundle *bundle;
	struct fault fault = { .code = FAULT_NONE };

	if (!text_starts(url, BASE))
		return insurer->inner.called(insurer->inner.arg, world, url, body, arena, after_ms, reply);
	if (!pas_read(body, inquiry ? PAS_INQUIRE : PAS_SUBMIT, PAS_2_2_1, arena, &bundle, &fault)) {
		fprintf(stderr, "insurer: %s at %s\n", fault_row(fault.code)->name, fault.path);
		world_break(world, "what goes to a payer holds to its profile", inquiry);
		return 422;
	}
	return inquiry ? inquired(insurer, world, bundle, arena, reply) : submitted(insurer, world, body, bundle, reply);
}

/* -- around the run -- */

void insurer_init(struct insurer *insurer, const struct outside *inner)
{
	struct fault fault;

	*insurer = (struct insurer){ .inner = *inner };
	arena_init(&insurer->arena, 256 << 20);
	if (!house_read(sandbox_payer(), &insurer->house, &fault))
		abort();
}

void insurer_done(struct insurer *insurer)
{
	house_free(insurer->house);
	arena_done(&insurer->arena);
}

struct outside insurer_outside(struct insurer *insurer)
{
	return (struct outside){ insurer, wake, answered, called };
}

void insurer_configure(struct insurer *insurer, struct config *config)
{
	assert(config->backends_n < 3 && config->routes_n < 3);
	for (size_t i = 0; i < config->backends_n; i++)
		insurer->backends[i] = config->backends[i];
	for (size_t i = 0; i < config->routes_n; i++)
		insurer->routes[i] = config->routes[i];
	insurer->backends[config->backends_n++] = (struct backend){ .name = text_lit("insurer"), .id = text_lit("PY:INSURER"), .our_id = text_lit("ZZZ:US"),
		.fhir = text_lit(BASE), .at_once = 8, .retries = 20, .answer_ms = 3000 };
	insurer->routes[config->routes_n++] = (struct route){ .benefit = text_lit("MEDICAL"), .payer = text_lit(INSURER_NUMBER), .backend = text_lit("insurer") };
	config->backends = insurer->backends;
	config->routes = insurer->routes;
}

void insurer_judge(struct insurer *insurer, struct world *world)
{
	for (size_t i = 0; i < insurer->n; i++)
		for (size_t k = 0; k < i; k++)
			if (text_equal(insurer->requests[i].claim, insurer->requests[k].claim))
				world_break(world, "I3: a Claim comes to its payer once", (int64_t)i);
}
