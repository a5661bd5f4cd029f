/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of one order: its drug is found by the codes it has, the formulary and the router are asked, and their decision is put into the terms of
   coverage-information. */
#include "base/crypto.h"
#include "fhir-bridge/find.h"
#include "fhir-bridge/systems.h"
#include "formulary/ask.h"
#include "formulary/contents.h"
#include "formulary/hcpcs.h"
#include "formulary/ndc.h"
#include "gateway/worker/order_fhir.h"
#include "gateway/worker/worker_cds.h"
#include "gateway/worker/worker_pas.h"

enum { E4 = 10000, PRODUCTS_MAX = 20 /* of a billing code that are looked up */ };

#define BILLING_OPTIONS "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"

/* -- which drug -- */

struct drug {
	struct text ndc, rxcui, hcpcs;
};

static bool hcpcs_system(struct text system)
{
	return text_is(system, SYSTEM_HCPCS) || text_is(system, "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets") ||
	       text_is(system, "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes");
}

static void add_coding(const struct fhir_coding *coding, struct arena *arena, struct drug *drug)
{
	char ndc[NDC_DIGITS + 1];

	if (text_is(coding->system, SYSTEM_NDC) && !drug->ndc.n && ndc_normal(coding->code, ndc))
		drug->ndc = arena_text(arena, text_of(ndc));
	else if (text_is(coding->system, SYSTEM_RXNORM) && !drug->rxcui.n)
		drug->rxcui = coding->code;
	else if (hcpcs_system(coding->system) && !drug->hcpcs.n)
		drug->hcpcs = coding->code;
}

/* Of the concept, and of the other codes that the provider may bill it under. */
static void read_codes(const struct cds_concept *concept, struct arena *arena, struct drug *drug)
{
	for (size_t i = 0; i < concept->coding_n; i++)
		add_coding(&concept->coding[i], arena, drug);
	for (size_t i = 0; i < concept->extension_n; i++) {
		const struct fhir_concept *option = concept->extension[i].concept;

		for (size_t k = 0; option && text_is(concept->extension[i].url, BILLING_OPTIONS) && k < option->coding_n; k++)
			add_coding(&option->coding[k], arena, drug);
	}
}

/* Of the products that crosswalks have for a billing code, the first that the plan lists: it stands for the code. */
static bool find_product(struct cds_asked *asked, const struct worker_order *order, struct drug *drug, struct fault *fault)
{
	const struct formulary *formulary = asked->web->worker->formulary;
	struct text plan = formulary_plan(formulary, order->payer.bin, order->payer.pcn, order->payer.group);
	struct arena *arena = asked->web->arena;
	struct hcpcs_answer crosswalk;
	struct coverage coverage;
	bool found;

	if (!text_there(plan))
		plan = order->plan;
	if (!text_there(plan))
		return true;
	if (!formulary_hcpcs_products(formulary, drug->hcpcs, arena, &crosswalk, &found, fault))
		return false;
	for (size_t i = 0; found && i < crosswalk.hcpcs_n && i < PRODUCTS_MAX && !drug->ndc.n; i++) {
		struct text product = crosswalk.hcpcs[i].row->other;
		bool listed = false;

		if (product.n != 1 + NDC_DIGITS || product.at[0] != 'N')
			continue;
		product = (struct text){ product.at + 1, NDC_DIGITS };
		if (!formulary_lookup(formulary, plan, product, arena, &coverage, &listed, fault))
			return false;
		if (listed)
			drug->ndc = product;
	}
	return true;
}

/* -- the coverage -- */

/* A day, or the day of a moment. Texts of one form compare as their days do. */
static int compare_days(struct text a, struct text b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	enum { DAY_CHARACTERS = 10 };

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

/* On the pharmacy track: NCPDP, to the processor that the card names. */
static struct text ncpdp_instructions(const struct cds_asked *asked, bool authorization, const struct ncpdp_coverage *payer)
{
	struct buffer out;

	buffer_init(&out, asked->web->arena, 160);
	buffer_add(&out, authorization ? text_lit("Submit prior authorization as NCPDP SCRIPT ePA, not as a medical request") :
					 text_lit("Send the prescription to a pharmacy; ask its price as an NCPDP real-time benefit request"));
	if (payer->bin.n) {
		buffer_lit(&out, "; BIN ");
		buffer_add(&out, payer->bin);
	}
	if (payer->pcn.n) {
		buffer_lit(&out, ", PCN ");
		buffer_add(&out, payer->pcn);
	}
	return buffer_text(&out);
}

static void say_medical(struct cds_asked *asked, struct cds_answer *out)
{
	const struct route_decision *decision = &out->work->decision;
	struct coverage_info *info = &out->info;

	info->covered = "covered";
	info->pa_needed = decision->prior_authorization ? "auth-needed" : "no-auth";
	if (decision->hcpcs.n) {
		info->billing_system = SYSTEM_HCPCS;
		info->billing_code = decision->hcpcs;
	}
	if (!decision->prior_authorization)
		return;
	add_detail(info, "cat-other", "instructions")->words = pas_instructions(asked);
	/* Documents are not asked for while somebody is still choosing (CRD 2.2.1 hook-19). */
	if (out->work->policy.n && cds_hook_row(asked->question.hook)->primary) {
		info->doc_needed = "clinical";
		info->doc_purpose = "withpa";
	}
}

/* No code of the guide says "another benefit": it is conditional on asking the one that pays, in words. Which words is a convention of ours. */
static void say_pharmacy(struct cds_asked *asked, struct cds_answer *out, const struct ncpdp_coverage *payer)
{
	const struct route_decision *decision = &out->work->decision;
	struct coverage_info *info = &out->info;

	info->covered = "conditional";
	info->info_needed = "OTH";
	info->pa_needed = decision->prior_authorization ? "auth-needed" : "no-auth";
	add_detail(info, "cat-other", "instructions")->words = ncpdp_instructions(asked, decision->prior_authorization, payer);
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
		info->info_needed = out->work->listed ? "location" : "OTH";
		info->pa_needed = out->work->listed ? "conditional" : NULL;
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
	struct drug drug = { .ndc = TEXT_NONE };

	pas_coverage_of(asked->question.coverage, &order.payer, &order.plan);
	if (!facts_of_hook(&asked->question, out->order, asked->web->arena, &facts))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (concept)
		read_codes(concept, asked->web->arena, &drug);
	if (drug.hcpcs.n && !drug.ndc.n && !drug.rxcui.n && asked->web->worker->formulary && !find_product(asked, &order, &drug, fault))
		return false;
	order.ndc = drug.ndc;
	order.rxcui = drug.rxcui;
	facts_say(&facts, "rxcui", drug.rxcui);
	order.diseases = facts.diseases;
	order.diseases_n = facts.diseases_n;
	facts_say(&facts, "hcpcs", drug.hcpcs);
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
	out->info.details_n = 0;
	say_reason(&out->info, "indeterminate", "technical", "The payer's formulary cannot be asked at the moment");
	return true;
}

static bool find_out(struct cds_asked *asked, struct cds_answer *out, struct fault *fault)
{
	const char *reason;

	if (!cds_check_coverage(asked, &reason, fault))
		return false;
	if (!reason)
		return ask_router(asked, out, fault);
	say_reason(&out->info, "not-covered", reason, text_is(text_of(reason), "no-active-coverage") ? "The coverage is not in force" :
												    "The plan of this coverage is not known here");
	return true;
}

bool cds_answer_order(struct cds_asked *asked, const struct cds_held *order, struct cds_answer *out, struct fault *fault)
{
	*out = (struct cds_answer){ .order = order, .info = { .coverage = asked->question.coverage_reference, .date = asked->day } };
	return (find_out(asked, out, fault) || technical(asked, out, fault)) && name_it(asked, out, fault);
}
