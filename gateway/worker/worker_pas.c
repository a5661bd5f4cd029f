/* SPDX-License-Identifier: Apache-2.0 */
/* Claim/$submit and Claim/$inquire: a bundle is read and held to its profile, the benefit that pays is found out, and the ledger is told. It
   answers: at once when the decision is quick, else that the request is pended. */
#include "gateway/worker/order_fhir.h"
#include "gateway/worker/worker_pas.h"
#include "gateway/worker/worker_pause.h"

#include "base/crypto.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/pas/pas.h"
#include "fhir-bridge/systems.h"
#include "gateway/config/route.h"

/* -- names -- */

static struct text identifier_digest(struct work *work, char kind, const struct fhir_identifier *identifier)
{
	return worker_digest(work, kind, identifier->system.n ? identifier->system : text_lit(""), identifier->value);
}

static struct text body_hash(struct work *work, struct text body)
{
	unsigned char hash[SHA256_BYTES];
	struct text hex;

	crypto_sha256(body, hash);
	hex = crypto_hex(hash, sizeof(hash), &work->worker->arena);
	work->full |= !text_there(hex);
	return hex;
}

enum pas_version pas_version_asked(const struct web *web)
{
	return text_starts(web->request.path, "/fhir/2.0/") ? PAS_2_0_1 : PAS_2_2_1;
}

struct text pas_partner(const struct web *web)
{
	struct buffer name;

	buffer_init(&name, web->arena, web->request.client.n + 10);
	buffer_lit(&name, "FHIR:");
	buffer_add(&name, web->request.client.n ? web->request.client : text_lit("open"));
	return buffer_text(&name);
}

/* -- what a bundle says -- */

static struct text first_claim_identifier(struct work *work, const struct fhir_claim *claim)
{
	return claim && claim->identifier_n ? identifier_digest(work, 'C', &claim->identifier[0]) : TEXT_NONE;
}

/* The earlier Claim: in the bundle, or named by its identifier only. */
static struct text prior_identifier(struct work *work, const struct pas_request *request)
{
	const struct fhir_claim *claim = request->claim;
	const struct fhir_reference *prior = claim->related_n ? claim->related[0].claim : NULL;

	if (request->before || !prior || !prior->identifier || !prior->identifier->value.n)
		return first_claim_identifier(work, request->before);
	return identifier_digest(work, 'C', prior->identifier);
}

/* By which an $inquire finds the case: the member together with each of those who order or render. */
static void add_keys(struct work *work, const struct pas_request *request, struct case_message *message)
{
	struct text *keys = arena_alloc(&work->worker->arena, sizeof(*keys) * (request->npi_n + 1));

	if (!keys) {
		work->full = true;
		return;
	}
	message->inquiry_keys = keys;
	for (size_t i = 0; request->member_id.n && i < request->npi_n; i++)
		keys[message->inquiry_keys_n++] = worker_digest(work, 'Q', request->member_id, request->npi[i]);
}

static struct text class_value(const struct fhir_coverage *coverage, const char *code)
{
	for (size_t i = 0; i < coverage->classes_n; i++)
		if (text_is(fhir_code(coverage->classes[i].type, HL7_CODES "coverage-class"), code))
			return coverage->classes[i].value;
	return TEXT_NONE;
}

void pas_coverage_of(const struct fhir_coverage *from, struct ncpdp_coverage *out, struct text *plan)
{
	*out = (struct ncpdp_coverage){ .bin = class_value(from, "rxbin"), .pcn = class_value(from, "rxpcn"),
		.group = class_value(from, "rxgroup") };
	if (!text_there(out->group))
		out->group = class_value(from, "group");
	/* as a claim of ours carries it (fhir-bridge/script/claim_parties.c) */
	out->payer_type = from->type ? fhir_code(from->type, SYSTEM_OURS "PayerType") : TEXT_NONE;
	if (out->payer_type.n != 1)
		out->payer_type = TEXT_NONE;
	*plan = class_value(from, "plan");
}

/* Who pays, as the coverage and the claim name it. */
static bool add_payer(struct work *work, const struct fhir_entry *entry, struct worker_order *order, struct fault *fault)
{
	const struct fhir_organization *payer = entry ? entry->resource->organization : NULL;

	for (size_t i = 0; payer && i < payer->identifier_n; i++) {
		const struct fhir_identifier *identifier = &payer->identifier[i];
		struct text *next = arena_push(&work->worker->arena, (void **)&order->payers, &order->payers_n, sizeof(*next));
		struct buffer both;

		if (!next)
			return fault_set(fault, FAULT_TOO_LARGE, "Organization.identifier");
		buffer_init(&both, &work->worker->arena, identifier->system.n + identifier->value.n + 1);
		buffer_add(&both, identifier->system);
		if (identifier->system.n)
			buffer_add_char(&both, '|');
		buffer_add(&both, identifier->value);
		*next = buffer_text(&both);
	}
	return true;
}

static bool find_payers(struct work *work, const struct fhir_bundle *bundle, const struct pas_request *request, struct worker_order *order,
	struct fault *fault)
{
	for (size_t i = 0; i < request->coverage->payor_n; i++)
		if (!add_payer(work, fhir_find(bundle, &request->coverage->payor[i]), order, fault))
			return false;
	return add_payer(work, fhir_find(bundle, request->claim->insurer), order, fault);
}

/* A payer that is asked in FHIR is asked in the version that this came in, or not at all: nothing is translated. */
static bool payer_speaks(const struct web *web, const struct backend *backend, struct fault *fault)
{
	bool older = text_is(backend->fhir_version, "2.0.1");

	return older == (pas_version_asked(web) == PAS_2_0_1) || fault_set(fault, FAULT_VERSION, "Bundle.meta.profile");
}

/* Which benefit pays; what it decides goes with the case, and the payer says so when it is not this one. */
static bool route(struct work *work, const struct fhir_bundle *bundle, const struct pas_request *request, struct fault *fault)
{
	struct order_facts facts;
	struct worker_order order = { .stated = &facts.stated, .by_concept = true, .in_fhir = true };
	struct billed_product billed;
	struct fhir_claim_view view;

	if (!fhir_claim_read(bundle, &work->worker->arena, &view, fault) || !find_payers(work, bundle, request, &order, fault))
		return false;
	if (!facts_of_bundle(bundle, request, &work->worker->arena, &facts))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	pas_coverage_of(request->coverage, &order.payer, &order.plan);
	order.ndc = view.ndc;
	order.rxcui = facts.stated.rxcui;
	if (!text_there(order.ndc) && !text_there(order.rxcui)) {
		if (!worker_billed_product(work->worker, &order, facts.stated.hcpcs, &work->worker->arena, &billed, fault))
			return false;
		order.ndc = billed.one_policy ? billed.ndc : TEXT_NONE; /* else nobody could say whose questions to ask */
	}
	order.programme = facts.programme;
	order.diseases = facts.diseases;
	order.diseases_n = facts.diseases_n;
	facts_of_coverage(&facts, &order.payer, order.plan, order.ndc, order.rxcui);
	if (!cds_recall(work, bundle, request->member_id, order.ndc, &facts.stated))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (request->intent == PAS_NEW) /* a case that is there has its track */
		order.about = &facts.asked;
	return worker_route_order(work, &order, fault);
}

/* -- $submit -- */

static const char *const events[] = { [PAS_NEW] = "SUBMIT", [PAS_CHANGE] = "UPDATE", [PAS_CANCEL] = "CANCEL" };

struct case_message pas_message(struct work *work, const struct web *web, const char *event)
{
	return (struct case_message){ .standard = text_lit("PAS"), .event = text_of(event), .partner = pas_partner(web),
		.message_id = web->input->envelope->trace, .body_sha256 = body_hash(work, web->request.body),
		.received_ms = web->input->envelope->received_ms, .trace = web->input->envelope->trace,
		.pas_version = pas_version_asked(web) };
}

bool pas_send(struct work *work, struct case_message *message, struct fault *fault)
{
	return worker_send(work, ROLE_LEDGER, TYPE_EVENT, &case_message_record, message, fault);
}

static struct text pack(struct work *work, const struct record *record, const void *rec)
{
	struct buffer buffer;

	buffer_init(&buffer, &work->worker->arena, 1024);
	record_pack(record, rec, &buffer);
	work->full |= buffer.failed;
	return buffer_text(&buffer);
}

bool pas_media(struct web *web, struct fault *fault)
{
	struct text rest = web->request.content_type, media = text_trim(text_cut(&rest, ';'));

	if (!web->request.content_type.n || text_equal_nocase(media, text_lit("application/fhir+json")) ||
		text_equal_nocase(media, text_lit("application/json")))
		return true;
	web->refused = 415;
	return fault_set(fault, FAULT_HTTP, "Content-Type");
}

struct work *pas_work(struct web *web, struct fault *fault)
{
	struct work *work = arena_new(web->arena, struct work);

	if (!work)
		fault_set(fault, FAULT_TOO_LARGE, "");
	else
		*work = (struct work){ .worker = web->worker, .input = web->input, .now = web->now, .out = web->out };
	return work;
}

static bool submit(struct web *web, struct fault *fault)
{
	struct work *work = pas_work(web, fault);
	const struct backend *backend;
	struct pas_request request;
	struct fhir_bundle *bundle;
	struct case_message message;

	if (!work || !pas_media(web, fault) || !pas_read(web->request.body, PAS_SUBMIT, pas_version_asked(web), web->arena, &bundle, fault))
		return false;
	pas_request_of(bundle, &request);
	if (!route(work, bundle, &request, fault))
		return false;
	if (pause_waits(web->worker))
		return true;
	backend = worker_backend(work);
	if (backend && backend->fhir.n && !payer_speaks(web, backend, fault))
		return false;
	message = pas_message(work, web, events[request.intent]);
	message.message_id = identifier_digest(work, 'B', bundle->identifier);
	message.body = web->request.body;
	message.priority = request.expedited ? text_lit("X") : text_lit("S");
	message.pa_reference_id = request.intent == PAS_NEW ? first_claim_identifier(work, request.claim) : prior_identifier(work, &request);
	if (request.intent != PAS_NEW) {
		message.further_reference = first_claim_identifier(work, request.claim);
		message.pa_case_id = request.reference_number.n <= 35 ? request.reference_number : TEXT_NONE;
	}
	message.plan = work->plan;
	message.policy = work->policy;
	message.programme = work->programme;
	message.backend = backend && backend->fhir.n ? backend->name : text_lit("house");
	message.bundled = work->listed && work->coverage.bundled;
	message.decision = pack(work, &route_decision_record, &work->decision);
	pas_ask_in_script(work, bundle, &message);
	add_keys(work, &request, &message);
	worker_drug_keys(work, request.member_id, work->decision.question, &message);
	message.medical_backend = work->medical_backend;
	return pas_send(work, &message, fault);
}

/* -- $inquire -- */

static bool inquire(struct web *web, struct fault *fault)
{
	struct work *work = pas_work(web, fault);
	struct pas_request request;
	struct fhir_bundle *bundle;
	struct case_message message;

	if (!work || !pas_media(web, fault) || !pas_read(web->request.body, PAS_INQUIRE, pas_version_asked(web), web->arena, &bundle, fault))
		return false;
	pas_request_of(bundle, &request);
	message = pas_message(work, web, "INQUIRE");
	message.pa_reference_id = first_claim_identifier(work, request.claim);
	message.pa_case_id = request.reference_number.n <= 35 ? request.reference_number : TEXT_NONE;
	add_keys(work, &request, &message);
	return pas_send(work, &message, fault);
}

const struct web_route pas_routes[] = {
	{ FAMILY_FHIR, "POST", "/fhir/Claim/$submit", submit, "prior authorization is asked for, changed or cancelled (Da Vinci PAS 2.2.1)", "Claim.cu" },
	{ FAMILY_FHIR, "POST", "/fhir/Claim/$inquire", inquire, "how prior authorizations stand (Da Vinci PAS 2.2.1)", "Claim.r" },
	{ FAMILY_FHIR, "POST", "/fhir/2.0/Claim/$submit", submit, "the same as Da Vinci PAS 2.0.1 has it", "Claim.cu" },
	{ FAMILY_FHIR, "POST", "/fhir/2.0/Claim/$inquire", inquire, "the same as Da Vinci PAS 2.0.1 has it: one bundle", "Claim.r" },
	{ FAMILY_FHIR, "POST", "/fhir/2.0/Subscription", pas_subscribe, "the same Subscriptions", "Subscription.c" },
	{ FAMILY_FHIR, "GET", "/fhir/2.0/Subscription/{id}", pas_read_own, "the same Subscriptions", "Subscription.r" },
	{ FAMILY_FHIR, "PUT", "/fhir/2.0/Subscription/{id}", pas_resubscribe, "the same Subscriptions", "Subscription.u" },
	{ FAMILY_FHIR, "DELETE", "/fhir/2.0/Subscription/{id}", pas_unsubscribe, "the same Subscriptions", "Subscription.d" },
	{ FAMILY_FHIR, "POST", "/fhir/Subscription", pas_subscribe, "who is told of decisions about what was pended", "Subscription.c" },
	{ FAMILY_FHIR, "GET", "/fhir/Subscription/{id}", pas_read_own, "a Subscription of one's own", "Subscription.r" },
	{ FAMILY_FHIR, "PUT", "/fhir/Subscription/{id}", pas_resubscribe, "changes it, and tries its endpoint anew", "Subscription.u" },
	{ FAMILY_FHIR, "DELETE", "/fhir/Subscription/{id}", pas_unsubscribe, "ends it", "Subscription.d" },
};
const size_t pas_routes_n = sizeof(pas_routes) / sizeof(*pas_routes);
