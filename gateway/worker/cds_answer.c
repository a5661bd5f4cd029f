/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of one order: its drug is found by the codes it has, the formulary and the router are asked, and their decision is put into the terms of
   coverage-information. */
#include "base/crypto.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"
#include "formulary/contents.h"
#include "gateway/worker/order_fhir.h"
#include "gateway/worker/worker_cds.h"
#include "gateway/worker/worker_pas.h"

enum { E4 = 10000, DAY_CHARACTERS = 10 };

/* -- the coverage -- */

/* A day, or the day of a moment. Texts of one form compare as their days do. */
static int compare_days(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	n = n < DAY_CHARACTERS ? n : DAY_CHARACTERS;
	return n ? memcmp(a.at, b.at, n) : 0;
}

static bool in_force(const struct cds_asked *asked)
{
	const struct fhir_coverage *coverage = asked->question.coverage;
	const struct fhir_period *period = coverage->period;

	return text_is(coverage->status, "active") &&
	       (!period || (compare_days(period->start, asked->day) <= 0 && (!period->end.n || compare_days(period->end, asked->day) >= 0)));
}

/* By the card's routing a line of the formulary or a [route] knows it; by its name, the formulary. */
static bool known_plan(struct cds_asked *asked, const struct ncpdp_coverage *payer, struct text named, bool *known, struct fault *fault)
{
	const struct formulary *formulary = asked->web->worker->formulary;
	struct route_question routed = { .plan = TEXT_NONE };
	struct plan_contents contents;
	struct work *work = pas_work(asked->web, fault);

	*known = false;
	if (!work)
		return false;
	worker_find_route(work, payer, &routed);
	*known = routed.backend.n || formulary_plan(formulary, payer->bin, payer->pcn, payer->group).n;
	if (*known || payer->bin.n || !named.n)
		return true;
	return formulary_plan_of(formulary, named, asked->web->arena, &contents, known, fault);
}

bool cds_check_coverage(struct cds_asked *asked, const char **reason, struct fault *fault)
{
	struct ncpdp_coverage payer;
	struct text named;
	bool known;

	*reason = NULL;
	if (!in_force(asked)) {
		*reason = "no-active-coverage";
		return true;
	}
	if (!asked->web->worker->formulary)
		return true;
	pas_coverage_of(asked->question.coverage, &payer, &named);
	if (!known_plan(asked, &payer, named, &known, fault))
		return false;
	if (!known)
		*reason = "coverage-not-found";
	return true;
}

/* -- what is said -- */

static void say_reason(struct coverage_info *info, const char *covered, const char *reason, const char *words)
{
	info->covered = covered;
	info->reason = reason;
	info->reason_words = text_of(words);
}

static struct coverage_detail *add_detail(struct coverage_info *info, const char *category, const char *code)
{
	struct coverage_detail *detail = &info->details[info->details_n < COVERAGE_DETAILS_MAX ? info->details_n++ : COVERAGE_DETAILS_MAX - 1];

	*detail = (struct coverage_detail){ .category = category, .code = code };
	return detail;
}

static struct text format_number(int64_t e4, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 24);
	buffer_format(&out, "%lld", (long long)(e4 / E4));
	if (e4 % E4)
		buffer_format(&out, ".%04lld", (long long)(e4 % E4));
	return buffer_text(&out);
}

static struct text words(struct arena *arena, const char *before, int64_t number, const char *unit, const char *after)
{
	struct buffer out;

	buffer_init(&out, arena, 80);
	buffer_format(&out, "%s %lld %s%s", before, (long long)number, unit, after);
	return buffer_text(&out);
}

static void add_limits(struct coverage_info *info, const struct limits *limits, struct arena *arena)
{
	const char *unit = text_is(limits->age_unit, "D") ? "days" : "years";
	struct coverage_detail *detail;

	if (limits->quantity_e4) {
		detail = add_detail(info, "cat-limitation", "allowed-quantity");
		detail->number = format_number(limits->quantity_e4, arena);
		if (limits->quantity_days)
			detail->qualification = words(arena, "units in", limits->quantity_days, "days", "");
	}
	if (limits->days_max)
		add_detail(info, "cat-limitation", "instructions")->words =
			words(arena, "at most", limits->days_max, "days", " of supply in one fill");
	if (limits->age_min)
		add_detail(info, "cat-limitation", "instructions")->words = words(arena, "for patients of", limits->age_min, unit, " and older");
	if (limits->age_max)
		add_detail(info, "cat-limitation", "instructions")->words = words(arena, "for patients up to", limits->age_max, unit, "");
	if (limits->sex.n)
		add_detail(info, "cat-limitation", "instructions")->words =
			text_is(limits->sex, "F") ? text_lit("for female patients") : text_lit("for male patients");
	if (limits->step_therapy)
		add_detail(info, "cat-decisional", "instructions")->words = text_lit("another drug must be tried first");
}

/* How prior authorization is asked for on the medical track: Da Vinci PAS, here. */
static struct text pas_instructions(const struct cds_asked *asked)
{
	const struct config *config = asked->web->worker->config;
	struct buffer out;

	buffer_init(&out, asked->web->arena, 160);
	buffer_lit(&out, "Ask for prior authorization with Da Vinci PAS 2.2.1: Claim/$submit");
	if (config->public_url.n) {
		buffer_lit(&out, " at ");
		buffer_add(&out, config->public_url);
		buffer_lit(&out, "/fhir");
	}
	return buffer_text(&out);
}

/* Is there an authorization already? Then documents for one are not asked for, and what is said holds as long as it does. */
static bool say_approved(struct cds_asked *asked, struct cds_answer *out)
{
	struct coverage_info *info = &out->info;
	struct text until = TEXT_NONE;

	if (!cds_approved(asked, out, &info->satisfied_pa_id, &until))
		return false;
	info->pa_needed = "satisfied";
	info->expiry_date = until;
	return true;
}

static void say_contact(const struct cds_asked *asked, struct coverage_info *info)
{
	if (!asked->payer)
		return;
	info->contact_name = asked->payer->payer;
	info->contact_telephone = asked->payer->telephone;
	info->contact_url = asked->payer->url;
}

static void say_criteria(const struct cds_asked *asked, struct cds_answer *out)
{
	const struct standing_policy *policy = cds_policy_standing(asked, out->work->policy);

	if (policy && policy->criteria_url.n)
		add_detail(&out->info, "cat-other", "policy-link")->url = policy->criteria_url;
}

static void say_medical(struct cds_asked *asked, struct cds_answer *out)
{
	const struct route_decision *decision = &out->work->decision;
	const struct standing_policy *policy = cds_policy_standing(asked, out->work->policy);
	struct coverage_info *info = &out->info;

	info->covered = "covered";
	info->pa_needed = decision->prior_authorization ? "auth-needed" : "no-auth";
	if (decision->hcpcs.n) {
		info->billing_system = SYSTEM_HCPCS;
		info->billing_code = decision->hcpcs;
	}
	if (!decision->prior_authorization || say_approved(asked, out))
		return;
	add_detail(info, "cat-other", "instructions")->words = pas_instructions(asked);
	say_criteria(asked, out);
	say_contact(asked, info);
	/* Documents are not asked for while somebody is still choosing (CRD 2.2.1 hook-19). */
	if (out->work->policy.n && cds_hook_row(asked->question.hook)->primary) {
		info->doc_needed = "clinical";
		info->doc_purpose = "withpa";
		info->questionnaire = policy ? policy->questionnaire : TEXT_NONE;
	}
}

static const char *code_of(struct text code, struct arena *arena)
{
	char *z = code.n ? arena_alloc(arena, code.n + 1) : NULL;

	return z ? text_to_z(code, z, code.n + 1) : NULL;
}

/* No code of the guide says "another benefit": which are used instead is a convention (cds_convention.h). */
static void say_pharmacy(struct cds_asked *asked, struct cds_answer *out, const struct ncpdp_coverage *payer)
{
	bool needed = out->work->decision.prior_authorization, approved = needed && say_approved(asked, out);
	struct arena *arena = asked->web->arena;
	struct coverage_info *info = &out->info;
	struct crd_answer said;

	cds_convention_of(asked->web->worker->config, approved ? CDS_PHARMACY_APPROVED : needed ? CDS_PHARMACY_AUTHORIZATION : CDS_PHARMACY, &said);
	info->covered = code_of(said.covered, arena);
	info->info_needed = code_of(said.info_needed, arena);
	info->own_system = said.reason_code.n ? said.reason_system : TEXT_NONE;
	info->own_reason = said.reason_code;
	if (!approved)
		info->pa_needed = needed ? "auth-needed" : "no-auth";
	if (text_is(said.covered, "not-covered")) { /* q2, q5 */
		info->pa_needed = NULL;
		info->satisfied_pa_id = TEXT_NONE;
	}
	add_detail(info, "cat-other", "instructions")->words = cds_instructions(said.instructions, payer->bin, payer->pcn, arena);
	if (needed && !approved) {
		say_criteria(asked, out);
		say_contact(asked, info);
	}
}

/* What would settle it, in the guide's words. */
static const char *info_needed(struct text ask)
{
	static const struct {
		const char *ask, *info;
	} rows[] = { { "place_of_service", "location" }, { "residence", "location" }, { "supply", "performer" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (text_is(ask, rows[i].ask))
			return rows[i].info;
	return "OTH";
}

static void say_decision(struct cds_asked *asked, struct cds_answer *out, const struct ncpdp_coverage *payer)
{
	const struct route_decision *decision = &out->work->decision;
	struct coverage_info *info = &out->info;

	info->reason_words = decision->sentence;
	if (text_is(decision->track, "MEDICAL")) {
		say_medical(asked, out);
	} else if (text_is(decision->track, "PHARMACY")) {
		say_pharmacy(asked, out, payer);
	} else if (text_is(decision->track, "NOT_COVERED")) {
		info->covered = "not-covered";
	} else {
		info->covered = "conditional";
		info->info_needed = info_needed(decision->ask);
		info->pa_needed = out->work->listed ? "conditional" : NULL;
		say_contact(asked, info);
	}
	if (out->work->listed && out->work->coverage.limits && !text_is(decision->track, "NOT_COVERED"))
		add_limits(info, out->work->coverage.limits, asked->web->arena);
}

/* -- the answer -- */

/* The same answer to the same question has the same id; nothing can be read from it, and nobody else can make one (CRD 2.2.1 sec-7). */
static bool name_it(struct cds_asked *asked, struct cds_answer *out, struct fault *fault)
{
	enum { DIGEST_BYTES = 16 };
	struct arena *arena = asked->web->arena;
	const struct text parts[] = { asked->web->request.client, asked->question.coverage_reference,
		asked->question.coverage->beneficiary->reference, out->order->type, out->order->id, coverage_info_essence(&out->info, arena) };
	unsigned char hash[SHA256_BYTES] = { 0 };
	struct cds_assertion assertion = { .digest = { (const char *)hash, DIGEST_BYTES } };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		crypto_sha256_chain(hash, parts[i].n ? parts[i] : text_lit(""), hash);
	if (out->work && out->work->listed) {
		assertion.plan = out->work->plan;
		assertion.ndc = out->work->coverage.ndc;
		assertion.about = cds_about(out->work, fhir_member_number(asked->question.coverage), assertion.ndc);
		assertion.track = out->work->decision.track;
		assertion.said = asked->day;
	}
	out->info.assertion_id = cds_id_make(asked->web->worker->cds_key, &assertion, arena);
	return (text_there(parts[5]) && text_there(out->info.assertion_id)) || fault_set(fault, FAULT_TOO_LARGE, "");
}

static bool ask_router(struct cds_asked *asked, struct cds_answer *out, struct fault *fault)
{
	const struct cds_concept *concept = cds_ordered(&asked->question, out->order);
	struct order_facts facts;
	struct worker_order order = { .by_concept = true, .to_price = asked->question.alternatives_wanted, .stated = &facts.stated };
	struct coverage_info *info = &out->info;
	struct cds_drug drug = { .ndc = TEXT_NONE };
	struct billed_product billed;

	pas_coverage_of(asked->question.coverage, &order.payer, &order.plan);
	if (!facts_of_hook(&asked->question, out->order, asked->web->arena, &facts))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (concept)
		cds_read_codes(concept, asked->web->arena, &drug);
	if (!drug.ndc.n && !drug.rxcui.n) {
		if (!worker_billed_product(asked->web->worker, &order, drug.hcpcs, asked->web->arena, &billed, fault))
			return false;
		drug.ndc = billed.ndc;
	}
	order.ndc = drug.ndc;
	order.rxcui = out->rxcui = drug.rxcui;
	facts_say(&facts, "rxcui", drug.rxcui);
	order.programme = facts.programme;
	order.diseases = facts.diseases;
	order.diseases_n = facts.diseases_n;
	facts_say(&facts, "hcpcs", drug.hcpcs);
	facts_of_coverage(&facts, &order.payer, order.plan, drug.ndc, drug.rxcui);
	facts.asked.member_id = asked->question.coverage->subscriber_id;
	facts.asked.hcpcs = drug.hcpcs;
	order.about = &facts.asked;
	if (concept)
		facts_of_name(&facts, concept->text);
	if (!drug.ndc.n && !drug.rxcui.n) {
		bool medication = text_is(out->order->type, "MedicationRequest");

		say_reason(info, medication ? "conditional" : "indeterminate", NULL, medication ?
			"The drug is named by no NDC, RxNorm concept or HCPCS code that is known here" :
			"Only drugs are answered for here: ask the medical plan");
		info->info_needed = medication ? "detail-code" : NULL;
		return true;
	}
	out->work = pas_work(asked->web, fault);
	if (!out->work || !worker_route_order(out->work, &order, fault))
		return false;
	say_decision(asked, out, &order.payer);
	return true;
}

/* Our own trouble is no reason to leave the prescriber without an answer (CRD 2.2.1 resp-43). */
static bool technical(struct cds_asked *asked, struct cds_answer *out, struct fault *fault)
{
	if (fault_row(fault->code)->mend == MEND_SENDER)
		return false;
	asked->trouble = fault->code;
	out->work = NULL;
	out->info = (struct coverage_info){ .coverage = out->info.coverage, .date = out->info.date, .as_2_0 = out->info.as_2_0 };
	say_reason(&out->info, "indeterminate", "technical", "The payer's formulary cannot be asked at the moment");
	return true;
}

/* Reasons for which a coverage pays nothing, whatever is ordered. */
static const struct {
	const char *reason, *words;
} none[] = {
	{ "no-active-coverage", "The coverage is not in force" },
	{ "coverage-not-found", "The plan of this coverage is not known here" },
	{ "no-member-found", "The plan has no member of this number" },
};

static bool say_none(struct cds_answer *out, const char *reason)
{
	for (size_t i = 0; reason && i < sizeof(none) / sizeof(*none); i++)
		if (text_is(text_of(reason), none[i].reason)) {
			out->info = (struct coverage_info){ .coverage = out->info.coverage, .date = out->info.date, .as_2_0 = out->info.as_2_0 };
			say_reason(&out->info, "not-covered", reason, none[i].words);
		}
	return reason != NULL;
}

/* What the house payer knows of its member: NULL, or the reason why nothing is covered. */
static const char *member_reason(const struct cds_asked *asked)
{
	const struct standing *payer = asked->payer;

	return payer && text_is(payer->member, "UNKNOWN") ? "no-member-found" : payer && text_is(payer->member, "NOT_COVERED") ? "no-active-coverage" : NULL;
}

static bool find_out(struct cds_asked *asked, struct cds_answer *out, struct fault *fault)
{
	const char *reason;

	if (!cds_check_coverage(asked, &reason, fault))
		return false;
	return say_none(out, reason ? reason : member_reason(asked)) || ask_router(asked, out, fault);
}

/* Nothing is said for longer than the coverage is in force. */
static void limit(const struct cds_asked *asked, struct coverage_info *info)
{
	const struct fhir_period *period = asked->question.coverage->period;
	const struct text ends[] = { period ? period->end : TEXT_NONE, asked->payer ? asked->payer->covered_to : TEXT_NONE };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct text day = { ends[i].at, ends[i].n < DAY_CHARACTERS ? ends[i].n : DAY_CHARACTERS };

		if (day.n == DAY_CHARACTERS && (!info->expiry_date.n || text_compare(day, info->expiry_date) < 0))
			info->expiry_date = day;
	}
	if (text_is(text_of(info->covered), "not-covered"))
		info->expiry_date = TEXT_NONE;
}

bool cds_answer_order(struct cds_asked *asked, const struct cds_held *order, struct cds_answer *out, struct fault *fault)
{
	*out = (struct cds_answer){ .order = order, .info = { .coverage = asked->question.coverage_reference, .date = asked->day,
		.as_2_0 = asked->question.version == CDS_2_0 } };
	if (!find_out(asked, out, fault) && !technical(asked, out, fault))
		return false;
	limit(asked, &out->info);
	return name_it(asked, out, fault);
}
