/* SPDX-License-Identifier: Apache-2.0 */
/* POST /route: which benefit pays for an order that a program writes as JSON, why, and with ?trace=1 how that came about. */
#include "gateway/worker/worker_evidence.h"
#include "gateway/worker/worker_pause.h"
#include "gateway/worker/worker_route.h"

#include "base/json.h"
#include "formulary/find.h"
#include "formulary/ndc.h"
#include "routing/evidence.h"

#include <string.h>

/* Members of the router's question that an order cannot say. Who knows them from elsewhere says so as evidence. */
#define NOT_THE_ORDERS "plan listed status benefit prior_authorization backend routed_by programme payer_type indication self_listed told hint said"

/* -- the request -- */

static bool wrong(struct fault *fault, enum fault_code code, const char *member, const char *under)
{
	fault_set(fault, code, member);
	return fault_under(fault, text_of(under), -1);
}

static bool check_order(const struct route_question *order, struct fault *fault)
{
	for (size_t i = 0; i < route_question_record.n; i++) {
		const struct field *field = &route_question_record.fields[i];

		if (text_in_list(text_of(field->member), NOT_THE_ORDERS) && field_there(field, order))
			return wrong(fault, FAULT_UNKNOWN_ELEMENT, field->member, "order");
	}
	return true;
}

/* What a kind always says need not be said again. */
static void fill_evidence(struct order_request *request)
{
	for (size_t i = 0; i < request->evidence_n; i++) {
		struct route_said *said = &request->evidence[i];
		enum evidence_kind kind;

		if (said->member.n || said->value.n || !evidence_kind_of(said->kind, &kind))
			continue;
		said->value = text_of(evidence_row(kind)->says);
		said->member = text_cut(&said->value, '=');
	}
}

/* [route] entries are the operator's to write; everything else may be asked about. */
static bool check_evidence(const struct order_request *request, struct fault *fault)
{
	for (size_t i = 0; i < request->evidence_n; i++) {
		const struct route_question said = { .said = &request->evidence[i], .said_n = 1 };
		bool known = !text_in_list(request->evidence[i].member, "backend routed_by") && evidence_field(request->evidence[i].member);

		if (known && evidence_check(&said, fault))
			continue;
		fault_set(fault, known ? fault->code : FAULT_UNKNOWN_ELEMENT, known ? "value" : "member");
		return fault_under(fault, text_lit("evidence"), (int)i);
	}
	return true;
}

/* However it is written, 11 digits. */
static bool normalise(struct route_question *order, struct arena *arena, struct fault *fault)
{
	char ndc[NDC_DIGITS + 1];

	if (!order->ndc.n)
		return true;
	if (!ndc_normal(order->ndc, ndc))
		return wrong(fault, FAULT_BAD_CODE, "ndc", "order");
	order->ndc = arena_text(arena, (struct text){ ndc, NDC_DIGITS });
	return true;
}

static bool check_coverage(const struct order_coverage *coverage, struct fault *fault)
{
	const struct order_pharmacy *card = coverage->pharmacy;

	if (!card && !coverage->medical)
		return fault_set(fault, FAULT_MISSING, "coverage");
	if (card && !!card->bin.n + !!card->plan.n + !!card->lists > 1)
		return wrong(fault, FAULT_CHOICE, "pharmacy", "coverage");
	return true;
}

/* A member that nobody knows is refused: misspelt, it would make another question of this one. */
static bool read_request(struct web *web, struct order_request *request, struct fault *fault)
{
	struct json_notes notes = { 0 };

	web->in_body = true;
	*request = (struct order_request){ 0 };
	if (!json_read(&order_request_record, request, web->request.body, web->arena, &notes, fault))
		return false;
	if (notes.unknown)
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, notes.unknown_at);
	if (notes.quoted)
		return fault_set(fault, FAULT_BAD_TEXT, notes.quoted_at);
	if (request->order && !normalise(request->order, web->arena, fault))
		return false;
	fill_evidence(request);
	return record_check(&order_request_record, request, fault) && check_coverage(request->coverage, fault) && check_order(request->order, fault) &&
	       check_evidence(request, fault);
}

static bool read_media(struct web *web, struct fault *fault)
{
	struct text rest = web->request.content_type, media = text_trim(text_cut(&rest, ';'));

	return !web->request.content_type.n || text_equal_nocase(media, text_lit("application/json")) ||
	       fault_set(fault, FAULT_MEDIA, "Content-Type");
}

/* ?trace=1, and nothing else. */
static bool read_query(const struct web *web, bool *trace, struct fault *fault)
{
	*trace = false;
	for (size_t i = 0; i < web->query.n; i++) {
		if (!text_is(web->query.parts[i].name, "trace"))
			return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "Query");
		if (*trace || !text_in_list(web->query.parts[i].value, "0 1"))
			return fault_set(fault, *trace ? FAULT_REPEATED : FAULT_BAD_CODE, "trace");
		*trace = text_is(web->query.parts[i].value, "1");
	}
	return true;
}

/* -- the question -- */

/* A drug named in words is the one product that they fit; else the answer lists those that they do. */
static bool find_drug(struct web *web, struct worker_order *order, struct text words, struct order_answer *answer, struct fault *fault)
{
	struct formulary *formulary = web->worker->formulary;
	struct find find = { .words = words, .plan = order->plan };
	struct product_matches matches;

	if (!words.n || order->ndc.n || order->rxcui.n || !formulary)
		return true;
	if (order->payer.bin.n)
		find.plan = formulary_plan(formulary, order->payer.bin, order->payer.pcn, order->payer.group);
	if (!formulary_find(formulary, &find, web->arena, &matches, fault))
		return fault->code == FAULT_MISSING; /* no word of it is one that is stored: no product is known by it */
	if (matches.matches_n == 1 && !matches.more) {
		order->ndc = matches.matches[0].ndc;
		order->rxcui = matches.matches[0].rxcui;
		return true;
	}
	answer->candidates = matches.matches;
	answer->candidates_n = matches.matches_n;
	return true;
}

/* The card, else the medical plan: lists are looked up by one of them. */
static void read_coverage(const struct order_coverage *coverage, struct worker_order *order, struct list_ids *lists)
{
	const struct order_pharmacy *card = coverage->pharmacy;

	if (card) {
		order->payer = (struct ncpdp_coverage){ .bin = card->bin, .pcn = card->pcn, .group = card->group, .payer_type = card->payer_type };
		order->plan = card->plan.n ? card->plan : TEXT_NONE;
	}
	if (card && card->lists) {
		*lists = (struct list_ids){ .source = card->lists->source, .formulary = card->lists->formulary, .alternative = card->lists->alternative,
			.coverage = card->lists->coverage, .coverage_n = card->lists->coverage_n, .copay = card->lists->copay, .copay_n = card->lists->copay_n };
		order->lists = lists;
	} else if (!order->payer.bin.n && !text_there(order->plan) && coverage->medical && coverage->medical->plan.n) {
		order->plan = coverage->medical->plan;
	}
	if (coverage->medical)
		order->programme = coverage->medical->programme;
}

/* What the order says, with what else is said of it, as the router takes it. */
static struct route_question stated_by(const struct order_request *request)
{
	struct route_question stated = *request->order;

	stated.said = request->evidence;
	stated.said_n = request->evidence_n;
	return stated;
}

struct text worker_route_ask(const struct route_decision *decision)
{
	return text_in_list(decision->track, "UNDETERMINED BOTH_BY_SITE") ? decision->ask : TEXT_NONE;
}

static void tell(const struct work *work, const struct worker_order *order, struct order_answer *out)
{
	const struct route_decision *decision = &work->decision;
	struct text generation = work->worker->formulary ? formulary_generation(work->worker->formulary) : TEXT_NONE;
	struct order_answer answer = { .track = decision->track, .prior_authorization = decision->prior_authorization,
		.sentence = decision->sentence, .ask = worker_route_ask(decision), .backend = decision->backend, .plan = work->plan,
		.programme = decision->programme, .confidence = decision->confidence, .conflict = decision->conflict, .rule = decision->rule,
		.citation = decision->citation, .version = decision->version, .generation = generation, .listed = decision->question->listed,
		.ndc = order->ndc, .rxcui = order->rxcui, .hcpcs = decision->hcpcs, .candidates = out->candidates,
		.candidates_n = out->candidates_n, .evidence = decision->evidence, .evidence_n = decision->evidence_n };

	*out = answer;
}

/* With a trace each row that came before is looked at once more. */
static bool decide(struct work *work, const struct worker_order *order, bool trace, struct order_answer *answer, struct fault *fault)
{
	struct arena *arena = &work->worker->arena;
	struct route_explanation explanation;
	struct route_question question;

	if (!worker_question(work, order, &question, fault) || !evidence_known(work, order, &question, fault))
		return false;
	if (!trace) {
		route_decide(work->worker->rules, &question, arena, &work->decision);
	} else {
		route_explain(work->worker->rules, &question, arena, &explanation);
		if (!explanation.decision)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		work->decision = *explanation.decision;
	}
	if (!work->decision.question)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (evidence_ask(work, order))
		return true; /* it comes back with the answers */
	worker_find_payer(work, order);
	tell(work, order, answer);
	if (!trace)
		return true;
	answer->trace = arena_new(arena, struct route_trace);
	if (!answer->trace)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*answer->trace = (struct route_trace){ .question = work->decision.question, .tried = explanation.tried, .tried_n = explanation.tried_n,
		.otherwise = explanation.otherwise, .otherwise_track = explanation.otherwise_track };
	return true;
}

/* What others are told when they are asked: what the request says of the member, and of the order what it says elsewhere. */
static const struct asked_order *about_of(struct worker_route *route)
{
	struct asked_order *about = route->request.ask;
	const struct route_question *stated = &route->stated;
	const struct ncpdp_coverage *card = &route->order.payer;
	const struct {
		struct text *to, from;
	} rows[] = {
		{ &about->member_id, route->request.member_id }, { &about->npi, route->request.prescriber_npi }, { &about->bin, card->bin },
		{ &about->pcn, card->pcn }, { &about->group, card->group }, { &about->plan, route->order.plan }, { &about->ndc, route->order.ndc },
		{ &about->rxcui, route->order.rxcui }, { &about->hcpcs, stated->hcpcs }, { &about->description, route->request.drug },
		{ &about->quantity, stated->quantity }, { &about->place, stated->place_of_service },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!rows[i].to->n && rows[i].from.n)
			*rows[i].to = rows[i].from;
	if (!about->diagnosis_n) {
		about->diagnosis = stated->diagnosis;
		about->diagnosis_n = stated->diagnosis_n;
	}
	return about;
}

bool worker_route_read(struct web *web, struct worker_route *out, struct fault *fault)
{
	struct worker_order *order = &out->order;
	bool trace;

	*out = (struct worker_route){ .work = { .worker = web->worker, .input = web->input, .now = web->now, .out = web->out } };
	if (!read_media(web, fault) || !read_query(web, &trace, fault) || !read_request(web, &out->request, fault))
		return false;
	out->stated = stated_by(&out->request);
	*order = (struct worker_order){ .ndc = out->stated.ndc, .rxcui = out->stated.rxcui, .by_concept = true, .stated = &out->stated };
	read_coverage(out->request.coverage, order, &out->lists);
	if (!find_drug(web, order, out->request.drug, &out->answer, fault))
		return false;
	out->stated.rxcui = order->rxcui;
	if (out->request.ask)
		order->about = about_of(out);
	web->in_body = false;
	return decide(&out->work, order, trace, &out->answer, fault);
}

static bool serve_route(struct web *web, struct fault *fault)
{
	struct worker_route *route = arena_new(web->arena, struct worker_route);
	struct web_answer answer = { .media = MEDIA_JSON };
	struct buffer body;

	if (!route)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!worker_route_read(web, route, fault))
		return false;
	if (pause_waits(web->worker))
		return true;
	buffer_init(&body, web->out->arena, 4096);
	json_write(&order_answer_record, &route->answer, &body);
	buffer_lit(&body, "\n");
	answer.body = buffer_text(&body);
	return web_answer(web, &answer, fault);
}

const struct web_route route_routes[] = {
	{ FAMILY_ROUTE, "POST", "/route", serve_route, "which benefit pays for an order, and why; with ?trace=1 every rule that was tried",
		"CoverageEligibilityRequest.c" },
	{ FAMILY_ROUTE, "POST", "/route/preflight", worker_preflight,
		"the same, with what a request for prior authorization would come to, what is missing, and which cases there are", "Claim.r" },
};
const size_t route_routes_n = sizeof(route_routes) / sizeof(*route_routes);
