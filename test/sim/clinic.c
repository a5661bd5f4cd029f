/* SPDX-License-Identifier: Apache-2.0 */
/* Each request is posted again, byte for byte, until it is decided: what is decided stays so, and every later answer to the same bundle is
   the same bytes. The last one is made when everything is calm and the subscription stands: its decision must come as an event. */
#include "test/sim/clinic.h"

#include "fhir-bridge/make.h"
#include "fhir-bridge/pas/pas.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	REQUESTS_MAX = 8,
	STEPS_MAX = 3,            /* of one request: submitted, changed, cancelled */
	EXAMPLE_MAX = 64 << 10,   /* bytes of the example */
	WAKE = 1 << 21,           /* added to what the outside is woken for, so that it is nobody else's */
	WAKE_SUBSCRIBE = WAKE + 1000,
	AGAIN_MS = 400,           /* after an answer that was none; and some more */
	REPEATS = 2,              /* what was decided is asked again so often */
	PROMPT_AFTER_MS = 30 * 1000, /* behind the other late one: the last commit that the weather spoilt may be that one's */
	PROMPT_MS = 2000,         /* less than the wait of a client that nobody wakes */
	SWIFT_MS = 100,           /* five messages so slow are far from the three seconds that a client waits */
	SETTLED_MS = 100 * 1000,  /* into the calm: by then every handshake was tried again */
	SUBSCRIPTIONS_MAX = 8,
	EVENTS_SEEN_MAX = 64,
};

enum step_kind { STEP_SUBMIT, STEP_CHANGE, STEP_CANCEL };

/* One bundle. */
struct step {
	enum step_kind kind;
	const char *expected; /* review action that decides it */
	struct text body;
	uint64_t connection; /* 0: none is open */
	int64_t asked_ms;
	int answers;         /* since it was decided */
	bool pended, decided;
	struct text decision;
};

struct request {
	struct step steps[STEPS_MAX];
	int steps_n, at;
	bool late, prompt, quarantined, over; /* prompt: late, and decided on the open request */
	bool pharmacy; /* asked in SCRIPT behind the gateway */
};

struct told {
	char id[40];
	uint64_t hashes[EVENTS_SEEN_MAX]; /* by event number less one; 0: not told yet */
	bool handshake;
};

struct clinic {
	struct outside inner;
	struct request requests[REQUESTS_MAX];
	int n;
	int64_t calm_ms;
	bool swift;
	struct arena arena; /* of the whole run */
	struct text example, pharmacy; /* a drug of the medical benefit with its answers, one of the pharmacy benefit without */
	uint64_t subscribing; /* connection */
	bool subscribed, no_subscription;
	struct told told[SUBSCRIPTIONS_MAX];
	int told_n;
	struct text *events; /* partial approvals that subscribers were told of, whole */
	size_t events_n;
	bool late_told;
	const char *insurer; /* number of the payer that bundles name; NULL: none */
};

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

/* -- bundles -- */

static void name_insurer(struct clinic *clinic, struct fhir_bundle *bundle)
{
	struct make make;

	make_init(&make, &clinic->arena);
	for (size_t i = 0; i < bundle->entry_n; i++) {
		struct fhir_organization *payer = bundle->entry[i].resource->organization;

		if (payer && text_equal(bundle->entry[i].full_url, bundle->entry[0].resource->claim->insurer->reference))
			make_identifier(&make, &payer->identifier, &payer->identifier_n, "urn:sim:payer", text_of(clinic->insurer));
	}
	if (!make_done(&make))
		abort();
}

static struct fhir_bundle *example_bundle(struct clinic *clinic, const char *name, bool pharmacy)
{
	struct fhir_bundle *bundle;
	struct fault fault;
	char claim[80];

	if (!fhir_read(pharmacy ? clinic->pharmacy : clinic->example, &clinic->arena, &bundle, &fault)) {
		fprintf(stderr, "pas-submit%s.json: %s %s\n", pharmacy ? "-pharmacy" : "", fault_row(fault.code)->name, fault.path);
		exit(3);
	}
	snprintf(claim, sizeof(claim), "%s-claim", name);
	bundle->identifier->value = arena_text(&clinic->arena, text_of(name));
	bundle->entry[0].resource->claim->identifier[0].value = arena_text(&clinic->arena, text_of(claim));
	if (clinic->insurer)
		name_insurer(clinic, bundle);
	return bundle;
}

/* Puts the answer to the question of where the drug is given. */
static void answer_site(struct fhir_bundle *bundle, const char *code, const char *infusions)
{
	for (size_t i = 0; i < bundle->entry_n; i++) {
		struct fhir_questionnaire_response *answers = bundle->entry[i].resource->questionnaire_response;

		if (!answers)
			continue;
		answers->item[0].answer[0].coding->code = text_of(code);
		answers->item[1].answer[0].decimal = text_of(infusions);
	}
}

static struct text written(struct clinic *clinic, const struct fhir_bundle *bundle)
{
	struct buffer out;

	buffer_init(&out, &clinic->arena, 16384);
	fhir_write(bundle, &out);
	assert(!out.failed);
	return buffer_text(&out);
}

/* profile-claim-update: the claim names the one before, which is in the bundle as well. */
static void make_change(struct clinic *clinic, struct fhir_bundle *bundle, const char *before, bool pharmacy, bool cancel)
{
	struct fhir_bundle *prior = example_bundle(clinic, before, pharmacy);
	struct fhir_claim *claim = bundle->entry[0].resource->claim;
	struct fhir_extension *extension;
	struct fhir_related *related;
	struct fhir_entry *entry;
	struct make make;

	make_init(&make, &clinic->arena);
	claim->meta = make_meta(&make, PAS "profile-claim-update");
	related = make_push(&make, claim->related, claim->related_n);
	related->claim = make_reference(&make, text_lit("urn:uuid:00000000-0000-8000-8000-000000000001"));
	related->relationship = make_concept(&make, "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship", text_lit("prior"), TEXT_NONE);
	extension = make_extension(&make, &claim->item[0].extension, &claim->item[0].extension_n, PAS "extension-infoChanged");
	extension->code = text_lit("changed");
	if (cancel) {
		extension = make_extension(&make, &claim->item[0].modifier_extension, &claim->item[0].modifier_extension_n,
			PAS "modifierextension-infoCancelled");
		extension->boolean = text_lit("true");
		for (size_t i = 0; i < claim->item[0].extension_n; i++)
			if (text_is(claim->item[0].extension[i].url, PAS "extension-certificationType"))
				claim->item[0].extension[i].concept->coding[0].code = text_lit("3");
	}
	entry = make_push(&make, bundle->entry, bundle->entry_n);
	*entry = prior->entry[0];
	entry->full_url = text_lit("urn:uuid:00000000-0000-8000-8000-000000000001");
	entry->resource->claim->id = text_lit("00000000-0000-8000-8000-000000000001");
	if (!make_done(&make))
		abort();
}

/* Answers to what the pharmacy benefit asks about its drug, as the other example has its own with it. */
static void answer_weeks(struct clinic *clinic, struct fhir_bundle *bundle, const char *weeks)
{
	struct fhir_bundle *other = example_bundle(clinic, "SIM-OTHER", false);
	struct fhir_claim *claim = bundle->entry[0].resource->claim;
	struct fhir_questionnaire_response *answers = NULL;
	struct make make;

	make_init(&make, &clinic->arena);
	for (size_t i = 0; i < other->entry_n; i++)
		if (other->entry[i].resource->questionnaire_response) {
			answers = other->entry[i].resource->questionnaire_response;
			*make_push(&make, bundle->entry, bundle->entry_n) = other->entry[i];
		}
	claim->supporting_info = other->entry[0].resource->claim->supporting_info;
	claim->supporting_info_n = other->entry[0].resource->claim->supporting_info_n;
	claim->item[0].information_sequence = text_lit("[1]");
	answers->questionnaire = text_lit("urn:dualtrack:Questionnaire:EXAMPLUMAB-PA:EXAMPLUMAB-1");
	answers->subject = claim->patient;
	answers->item[0].link_id = text_lit("DIAGNOSIS");
	answers->item[0].answer[0].coding->system = text_lit("urn:dualtrack:QuestionSet:EXAMPLUMAB-1");
	answers->item[0].answer[0].coding->code = text_lit("RA");
	answers->item[1].link_id = text_lit("WEEKS");
	answers->item[1].answer[0].decimal = text_of(weeks);
	answers->item[2].link_id = text_lit("TB-TEST");
	answers->item[2].answer[0].coding = NULL;
	answers->item[2].answer[0].date = text_lit("2026-11-01");
	if (!make_done(&make))
		abort();
}

/* Of the pharmacy benefit; weeks NULL: the questions are not answered. */
static void add_pharmacy_step(struct clinic *clinic, struct request *request, int number, enum step_kind kind, const char *weeks, const char *expected)
{
	struct step *step = &request->steps[request->steps_n];
	char name[40], before[40];
	struct fhir_bundle *bundle;

	snprintf(name, sizeof(name), "SIM-PAS-%d-%d", number, request->steps_n);
	snprintf(before, sizeof(before), "SIM-PAS-%d-%d", number, request->steps_n - 1);
	bundle = example_bundle(clinic, name, true);
	if (weeks)
		answer_weeks(clinic, bundle, weeks);
	if (kind != STEP_SUBMIT)
		make_change(clinic, bundle, before, true, kind == STEP_CANCEL);
	*step = (struct step){ .kind = kind, .expected = expected, .body = written(clinic, bundle) };
	request->steps_n++;
}

/* Asked at once and decided; or asked, and then answered by a change; each may be taken back. */
static void plan_pharmacy(struct clinic *clinic, struct world *world, int number)
{
	struct request *request = &clinic->requests[number];

	request->pharmacy = true;
	if (world_random(world, 2)) {
		add_pharmacy_step(clinic, request, number, STEP_SUBMIT, "20", "A1");
	} else {
		add_pharmacy_step(clinic, request, number, STEP_SUBMIT, NULL, "A4");
		if (world_random(world, 3))
			add_pharmacy_step(clinic, request, number, STEP_CHANGE, "20", "A1");
	}
	if (world_random(world, 2))
		add_pharmacy_step(clinic, request, number, STEP_CANCEL, NULL, "C");
}

static void add_step(struct clinic *clinic, struct request *request, int number, enum step_kind kind, const char *site, const char *infusions,
	const char *expected)
{
	struct step *step = &request->steps[request->steps_n];
	char name[40], before[40];
	struct fhir_bundle *bundle;

	snprintf(name, sizeof(name), "SIM-PAS-%d-%d", number, request->steps_n);
	snprintf(before, sizeof(before), "SIM-PAS-%d-%d", number, request->steps_n - 1);
	bundle = example_bundle(clinic, name, false);
	answer_site(bundle, site, infusions);
	if (kind != STEP_SUBMIT)
		make_change(clinic, bundle, before, false, kind == STEP_CANCEL);
	*step = (struct step){ .kind = kind, .expected = expected, .body = written(clinic, bundle) };
	request->steps_n++;
}

/* What the sandbox's policy says to each. */
static void plan(struct clinic *clinic, struct world *world, int number)
{
	struct request *request = &clinic->requests[number];
	uint64_t how = request->prompt ? 2 : request->late ? 1 : world_random(world, 6);

	if (how > 3) {
		plan_pharmacy(clinic, world, number);
		return;
	}
	if (how == 0) {
		add_step(clinic, request, number, STEP_SUBMIT, "OFFICE", "40", "A3");
		return;
	}
	add_step(clinic, request, number, STEP_SUBMIT, how == 1 ? "HOSPITAL" : "OFFICE", "6", how == 1 ? "A2" : "A1");
	if (!request->late && world_random(world, 2))
		add_step(clinic, request, number, STEP_CHANGE, world_random(world, 2) ? "HOSPITAL" : "HOME", "6", NULL);
	if (request->steps_n == 2)
		request->steps[1].expected = holds(request->steps[1].body, "HOSPITAL") ? "A2" : "A1";
	if (!request->late && world_random(world, 2))
		add_step(clinic, request, number, STEP_CANCEL, "OFFICE", "6", "C");
}

/* -- asking -- */

static void ask_later(struct world *world, int number, int64_t ms)
{
	world_wake(world, world_now(world).mono_ms + ms + (int64_t)world_random(world, AGAIN_MS), WAKE + (uint64_t)number);
}

static void ask(struct clinic *clinic, struct world *world, int number)
{
	struct request *request = &clinic->requests[number];
	struct step *step = &request->steps[request->at];

	step->asked_ms = world_now(world).mono_ms;
	if (!request->over && !step->connection)
		step->connection = world_post(world, "/fhir/Claim/$submit", step->body);
}

static bool acts(struct text body, const char *action)
{
	char code[16];

	snprintf(code, sizeof(code), "\"code\":\"%s\"", action);
	return holds(body, code);
}

/* That it is pended is an answer where questions are to be answered, and only then. */
static bool is_pended(const struct step *step, struct text body)
{
	return acts(body, "A4") && !(strcmp(step->expected, "A4") == 0 && holds(body, "102089-0"));
}

/* Nothing is known of how far a bundle came that seems to have stopped two workers. */
static void give_up(struct request *request)
{
	request->quarantined = request->over = true;
}

static void take_decision(struct clinic *clinic, struct world *world, int number, struct text body)
{
	struct request *request = &clinic->requests[number];
	struct step *step = &request->steps[request->at];

	if (step->decided && !text_equal(step->decision, body))
		world_break(world, "I3: what was decided about a bundle is the same whenever it is sent again", number);
	if (!acts(body, step->expected)) {
		fprintf(stderr, "expected %s: %.*s\n", step->expected, TEXT_ARGS(body));
		world_break(world, "a PAS request is decided as the policy says", number);
		return;
	}
	if (!step->decided)
		step->decision = arena_text(&clinic->arena, body);
	step->decided = true;
	if (++step->answers <= REPEATS) {
		ask_later(world, number, 1);
	} else if (++request->at == request->steps_n) {
		request->over = true;
		request->at--;
	} else {
		ask_later(world, number, (int64_t)world_random(world, 3000));
	}
}

static void take(struct clinic *clinic, struct world *world, int number, int status, struct text body)
{
	struct request *request = &clinic->requests[number];
	struct step *step = &request->steps[request->at];

	step->connection = 0;
	if (!status || status == 502 || status == 503 || status == 504) {
		ask_later(world, number, AGAIN_MS);
		return;
	}
	if (status == 422 && holds(body, "stopped two workers")) {
		give_up(request);
		return;
	}
	if (request->prompt && (world_now(world).mono_ms - step->asked_ms > PROMPT_MS || acts(body, "A4")))
		world_break(world, "in the calm a decision that is made at once is the answer, at once", number);
	if (status != 200 || !holds(body, "\"ClaimResponse\"")) {
		fprintf(stderr, "submit: %d %.*s\n", status, TEXT_ARGS(body));
		world_break(world, "a good PAS request is not refused", number);
		return;
	}
	if (!is_pended(step, body)) {
		take_decision(clinic, world, number, body);
		return;
	}
	if (step->decided)
		world_break(world, "what was decided is not pended again", number);
	step->pended = true;
	ask_later(world, number, 500 + (int64_t)world_random(world, 4000));
}

/* -- being told -- */

static void subscribe(struct clinic *clinic, struct world *world)
{
	static const char text[] = "{\"resourceType\":\"Subscription\",\"meta\":{\"profile\":[\"" PAS "profile-subscription\"]},\"status\":\"requested\","
		"\"reason\":\"Decisions\",\"criteria\":\"http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic\","
		"\"_criteria\":{\"extension\":[{\"url\":\"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria\","
		"\"valueString\":\"org-identifier=1999999001\"}]},\"channel\":{\"type\":\"rest-hook\",\"endpoint\":\"" CLINIC_ENDPOINT
		"\",\"payload\":\"application/fhir+json\",\"_payload\":{\"extension\":[{\"url\":\"http://hl7.org/fhir/uv/subscriptions-backport/"
		"StructureDefinition/backport-payload-content\",\"valueCode\":\"full-resource\"}]}}}";

	clinic->subscribing = world_post(world, "/fhir/Subscription", text_of(text));
}

static void subscribed(struct clinic *clinic, struct world *world, int status, struct text body)
{
	clinic->subscribing = 0;
	if (!status || status == 502 || status == 503 || status == 504) {
		world_wake(world, world_now(world).mono_ms + AGAIN_MS, WAKE_SUBSCRIBE);
		return;
	}
	clinic->no_subscription = status == 422 && holds(body, "stopped two workers");
	/* 200: an answer was lost, and it is there already */
	if (status != 201 && status != 200 && status != 409 && !clinic->no_subscription) {
		fprintf(stderr, "subscribe: %d %.*s\n", status, TEXT_ARGS(body));
		world_break(world, "a good Subscription is not refused", 0);
	}
	clinic->subscribed = true;
}

static struct told *told_of(struct clinic *clinic, struct text id)
{
	for (int i = 0; i < clinic->told_n; i++)
		if (text_is(id, clinic->told[i].id))
			return &clinic->told[i];
	if (clinic->told_n == SUBSCRIPTIONS_MAX)
		return NULL;
	text_to_z(id, clinic->told[clinic->told_n].id, sizeof(clinic->told[0].id));
	return &clinic->told[clinic->told_n++];
}

/* Kept: one of them has to carry the decision of the request that was made in the calm. Others may be told later than it was. */
static void keep_event(struct clinic *clinic, struct text body)
{
	struct text *event = holds(body, "\"A2\"") ? arena_push(&clinic->arena, (void **)&clinic->events, &clinic->events_n, sizeof(*event)) : NULL;

	if (event)
		*event = arena_text(&clinic->arena, body);
}

static bool was_told(const struct clinic *clinic, struct text decision)
{
	for (size_t i = 0; i < clinic->events_n; i++)
		if (decision.n && memmem(clinic->events[i].at, clinic->events[i].n, decision.at, decision.n))
			return true;
	return false;
}

static int be_told(struct clinic *clinic, struct world *world, struct text body)
{
	static const char number_is[] = "\"event-number\",\"valueString\":\"", subscription_is[] = "\"reference\":\"Subscription/";
	const char *at = memmem(body.at, body.n, subscription_is, strlen(subscription_is)), *number;
	struct told *told = at ? told_of(clinic, (struct text){ at + strlen(subscription_is), 32 }) : NULL;
	uint64_t hash = text_hash(body);
	int n;

	if (!told) {
		world_break(world, "a notification names its subscription", 0);
		return 500;
	}
	number = memmem(body.at, body.n, number_is, strlen(number_is));
	if (!number) {
		told->handshake = true;
		return 200;
	}
	n = atoi(number + strlen(number_is));
	if (n < 1 || n > EVENTS_SEEN_MAX) {
		world_break(world, "events are counted from one", n);
		return 500;
	}
	if (!told->handshake)
		world_break(world, "nothing is told before a handshake was answered", n);
	if (told->hashes[n - 1] && told->hashes[n - 1] != hash)
		world_break(world, "an event number stands for one event", n);
	told->hashes[n - 1] = hash;
	keep_event(clinic, body);
	return 204;
}

/* -- as the world sees it -- */

static void wake(void *arg, struct world *world, uint64_t what)
{
	struct clinic *clinic = arg;

	if (what == WAKE_SUBSCRIBE)
		subscribe(clinic, world);
	else if (what >= WAKE && what < WAKE + REQUESTS_MAX)
		ask(clinic, world, (int)(what - WAKE));
	else
		clinic->inner.wake(clinic->inner.arg, world, what);
}

static void answered(void *arg, struct world *world, uint64_t connection, int status, struct text body)
{
	struct clinic *clinic = arg;

	if (connection == clinic->subscribing) {
		subscribed(clinic, world, status, body);
		return;
	}
	for (int i = 0; i < clinic->n; i++)
		if (clinic->requests[i].steps[clinic->requests[i].at].connection == connection) {
			take(clinic, world, i, status, body);
			return;
		}
	clinic->inner.answered(clinic->inner.arg, world, connection, status, body);
}

static int called(void *arg, struct world *world, struct text url, struct text body, struct arena *arena, int64_t *after_ms,
	struct text *reply)
{
	struct clinic *clinic = arg;

	if (text_is(url, CLINIC_ENDPOINT)) {
		*reply = text_lit("");
		return be_told(clinic, world, body);
	}
	return clinic->inner.called(clinic->inner.arg, world, url, body, arena, after_ms, reply);
}

static struct text read_example(struct clinic *clinic, const char *folder, const char *name)
{
	char path[4096], *bytes = arena_alloc(&clinic->arena, EXAMPLE_MAX);
	struct text example;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "rb");
	if (!in || !bytes) {
		perror(path);
		exit(3);
	}
	example = (struct text){ bytes, fread(bytes, 1, EXAMPLE_MAX, in) };
	fclose(in);
	return example;
}

struct clinic *clinic_new(const struct outside *inner, const char *examples, int requests, int64_t calm_ms, int64_t delay_max_ms)
{
	struct clinic *clinic = calloc(1, sizeof(*clinic));

	assert(clinic && requests <= REQUESTS_MAX);
	*clinic = (struct clinic){ .inner = *inner, .n = requests, .calm_ms = calm_ms,
		.swift = delay_max_ms <= SWIFT_MS };
	arena_init(&clinic->arena, 64 << 20);
	clinic->example = read_example(clinic, examples, "pas-submit.json");
	clinic->pharmacy = read_example(clinic, examples, "pas-submit-pharmacy.json");
	return clinic;
}

void clinic_insure(struct clinic *clinic, const char *number)
{
	clinic->insurer = number;
}

void clinic_free(struct clinic *clinic)
{
	arena_done(&clinic->arena);
	free(clinic);
}

struct outside clinic_outside(struct clinic *clinic)
{
	return (struct outside){ clinic, wake, answered, called };
}

void clinic_begin(struct clinic *clinic, struct world *world)
{
	if (!clinic->n)
		return;
	world_wake(world, world_now(world).mono_ms + (int64_t)world_random(world, 10000), WAKE_SUBSCRIBE);
	for (int i = 0; i < clinic->n; i++) {
		clinic->requests[i].prompt = i == 1 && clinic->swift;
		clinic->requests[i].late = i == 0 || clinic->requests[i].prompt;
		plan(clinic, world, i);
		ask_later(world, i, clinic->requests[i].late ? clinic->calm_ms + SETTLED_MS + (clinic->requests[i].prompt ? PROMPT_AFTER_MS : 0)
							     : (int64_t)world_random(world, 20000));
	}
}

static void judge_told(struct clinic *clinic, struct world *world)
{
	for (int i = 0; i < clinic->told_n; i++) {
		bool ended = false;

		for (int n = 0; n < EVENTS_SEEN_MAX; n++) {
			if (clinic->told[i].hashes[n] && ended)
				world_break(world, "no event is lost", n);
			ended |= !clinic->told[i].hashes[n];
		}
	}
	for (int i = 0; i < clinic->n && !clinic->no_subscription; i++) {
		const struct request *request = &clinic->requests[i];
		struct text decision = request->steps[0].decision;

		if (!request->late || request->quarantined || !request->steps[0].pended)
			continue;
		if (!was_told(clinic, decision))
			world_break(world, "whoever subscribed is told the decision of what was pended, in its own bytes", i);
	}
}

void clinic_judge(struct clinic *clinic, struct world *world)
{
	for (int i = 0; i < clinic->n; i++)
		if (!clinic->requests[i].over)
			world_break(world, "every PAS request comes to its end", i);
	if (clinic->n && !clinic->subscribed)
		world_break(world, "a Subscription is answered in the end", 0);
	judge_told(clinic, world);
}
