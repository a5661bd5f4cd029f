/* SPDX-License-Identifier: Apache-2.0 */
/* A table of parameters with a function each that compares one value. */
#include "gateway/worker/pdex_search.h"

#include "base/clock.h"
#include "formulary/pdex/pdex_codes.h"
#include "formulary/pdex/pdex_rows.h"

#include <string.h>

enum { VALUES_MAX = 50 }; /* with commas between them, in one parameter */

/* -- values -- */

struct text pdex_value(struct text *rest)
{
	struct text value = *rest;

	if (!text_there(*rest))
		return TEXT_NONE;
	for (size_t i = 0; i < value.n; i++)
		if (value.at[i] == ',' && (i == 0 || value.at[i - 1] != '\\')) {
			*rest = (struct text){ value.at + i + 1, value.n - i - 1 };
			return (struct text){ value.at, i };
		}
	*rest = TEXT_NONE;
	return value;
}

struct text pdex_id_in(struct text reference, const char *type)
{
	struct text target = pdex_target(reference);
	size_t n = strlen(type);

	if (!target.n)
		return memchr(reference.at ? reference.at : "", '/', reference.n) ? TEXT_NONE : reference;
	if (!text_starts(target, type) || target.at[n] != '/')
		return TEXT_NONE;
	return (struct text){ target.at + n + 1, target.n - n - 1 };
}

/* The code systems have two names: those of the guide's trial use, and those without. */
static bool same_system(struct text asked, struct text system)
{
	size_t trial = strlen(PDEX_TRIAL);

	if (text_equal(asked, system))
		return true;
	return system.n == asked.n + trial && memcmp(system.at, asked.at, asked.n) == 0 && memcmp(system.at + asked.n, PDEX_TRIAL, trial) == 0;
}

bool pdex_token_fits(struct text value, struct text system, struct text code)
{
	const char *bar = memchr(value.at ? value.at : "", '|', value.n);
	struct text asked_system, asked_code;

	if (!bar)
		return text_equal(value, code);
	asked_system = (struct text){ value.at, (size_t)(bar - value.at) };
	asked_code = (struct text){ bar + 1, value.n - asked_system.n - 1 };
	if (asked_code.n && !text_equal(asked_code, code))
		return false;
	return asked_system.n ? same_system(asked_system, system) : !system.n;
}

static bool concept_fits(struct text value, const struct pdex_concept *concept)
{
	for (size_t i = 0; concept && i < concept->coding_n; i++)
		if (pdex_token_fits(value, concept->coding[i].system, concept->coding[i].code))
			return true;
	return false;
}

static bool has_nocase(struct text in, struct text part, bool anywhere)
{
	for (size_t i = 0; i + part.n <= in.n && (anywhere || i == 0); i++)
		if (text_equal_nocase((struct text){ in.at + i, part.n }, part))
			return true;
	return false;
}

/* -- dates: a value is a span, and so is what it is compared with -- */

struct span {
	int64_t from, to; /* ms, both inclusive */
};

/* A day of eight digits as ms; 0 and the greatest for none. */
static int64_t ms_of(const char *day, bool end)
{
	char iso[11] = { day[0], day[1], day[2], day[3], '-', day[4], day[5], '-', day[6], day[7] };
	struct fault fault;
	int64_t ms = 0;

	if (!day[0] || !clock_parse(text_of(iso), &ms, &fault))
		return end ? INT64_MAX : INT64_MIN;
	return end ? ms + 24 * 3600 * 1000 - 1 : ms;
}

static bool read_span(struct text value, struct span *out, struct fault *fault)
{
	struct pdex_period period = { .start = value, .end = value };
	struct pdex_days days;

	if (value.n > 10 && value.at[10] == 'T') {
		if (!clock_parse(value, &out->from, fault))
			return false;
		out->to = memchr(value.at, '.', value.n) ? out->from : out->from + 999;
		return true;
	}
	if (!value.n || !pdex_days(&period, &days, fault))
		return fault_set(fault, FAULT_BAD_DATE, "");
	*out = (struct span){ ms_of(days.from, false), ms_of(days.to, true) };
	return true;
}

/* R4 3.1.1.4.7: prefixes over spans. */
static bool spans_fit(struct text prefix, struct span value, struct span is)
{
	if (text_is(prefix, "lt"))
		return is.from < value.from;
	if (text_is(prefix, "le"))
		return is.from <= value.to;
	if (text_is(prefix, "gt"))
		return is.to > value.to;
	if (text_is(prefix, "ge"))
		return is.to >= value.from;
	if (text_is(prefix, "sa"))
		return is.from > value.to;
	if (text_is(prefix, "eb"))
		return is.to < value.from;
	if (text_is(prefix, "ne"))
		return !(value.from <= is.from && is.to <= value.to);
	return value.from <= is.from && is.to <= value.to;
}

static bool date_fits(struct text value, struct span is, bool *fits, struct fault *fault)
{
	struct text prefix = { value.at, value.n < 2 ? 0 : 2 };
	struct span span;

	if (text_in_list(prefix, "eq ne lt le gt ge sa eb"))
		value = (struct text){ value.at + 2, value.n - 2 };
	else
		prefix = TEXT_NONE;
	if (!read_span(value, &span, fault))
		return false;
	*fits = spans_fit(prefix, span, is);
	return true;
}

static bool period_fits(struct text value, const struct pdex_period *period, bool *fits, struct fault *fault)
{
	struct pdex_days days;

	*fits = false;
	if (!period)
		return date_fits(value, (struct span){ 0, 0 }, &(bool){ false }, fault);
	return pdex_days(period, &days, fault) && date_fits(value, (struct span){ ms_of(days.from, false), ms_of(days.to, true) }, fits, fault);
}

/* -- one value of one parameter -- */

struct compared {
	const struct pdex_resource *resource;
	struct text name, modifier;
};

typedef bool compare_fn(const struct compared *with, struct text value, bool *fits, struct fault *fault);

static const struct pdex_extension *extension_of(const struct compared *with, const char *url)
{
	for (size_t i = 0; i < with->resource->basic->extension_n; i++)
		if (text_is(with->resource->basic->extension[i].url, url))
			return &with->resource->basic->extension[i];
	return NULL;
}

static bool by_id(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_resource *r = with->resource;

	*fits = text_equal(value, r->basic ? r->basic->id : r->drug ? r->drug->id : r->insurance_plan->id);
	return true;
}

static bool by_updated(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_resource *r = with->resource;
	const struct pdex_meta *meta = r->basic ? r->basic->meta : r->drug ? r->drug->meta : r->insurance_plan->meta;
	int64_t ms;

	return clock_parse(meta->last_updated, &ms, fault) && date_fits(value, (struct span){ ms, ms }, fits, fault);
}

static bool by_identifier(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_insurance_plan *plan = with->resource->insurance_plan;

	*fits = false;
	for (size_t i = 0; i < plan->identifier_n && !*fits; i++)
		*fits = pdex_token_fits(value, plan->identifier[i].system, plan->identifier[i].value);
	return true;
}

static bool by_status(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_resource *r = with->resource;
	const char *bar = memchr(value.at ? value.at : "", '|', value.n);

	if (bar) /* of a code without system in the resource the system is that of its binding */
		value = (struct text){ bar + 1, value.n - (size_t)(bar + 1 - value.at) };
	*fits = text_equal(value, r->basic ? extension_of(with, PDEX_EXTENSION("AvailabilityStatus"))->code : r->drug ? r->drug->status : r->insurance_plan->status);
	return true;
}

static bool by_type(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_insurance_plan *plan = with->resource->insurance_plan;

	*fits = false;
	for (size_t i = 0; i < plan->type_n && !*fits; i++)
		*fits = concept_fits(value, &plan->type[i]);
	return true;
}

static bool by_coverage_type(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_insurance_plan *plan = with->resource->insurance_plan;

	*fits = false;
	for (size_t i = 0; i < plan->coverage_n && !*fits; i++)
		*fits = concept_fits(value, plan->coverage[i].type);
	return true;
}

static bool by_plan_type(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_insurance_plan *plan = with->resource->insurance_plan;

	*fits = false;
	for (size_t i = 0; i < plan->plan_n && !*fits; i++)
		*fits = concept_fits(value, plan->plan[i].type);
	return true;
}

static bool by_plan_period(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	return period_fits(value, with->resource->insurance_plan->period, fits, fault);
}

static bool string_fits(const struct compared *with, struct text is, struct text value)
{
	if (text_is(with->modifier, "exact"))
		return text_equal(is, value);
	return has_nocase(is, value, text_is(with->modifier, "contains"));
}

static bool by_name(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	*fits = string_fits(with, with->resource->insurance_plan->name, value);
	return true;
}

static bool by_drug_name(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	*fits = with->name.n && string_fits(with, with->name, value);
	return true;
}

static bool by_formulary_coverage(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_insurance_plan *plan = with->resource->insurance_plan;
	struct text id = pdex_id_in(value, "InsurancePlan");

	*fits = false;
	for (size_t i = 0; i < plan->coverage_n; i++)
		for (size_t k = 0; k < plan->coverage[i].extension_n && !*fits; k++)
			*fits = id.n && plan->coverage[i].extension[k].reference &&
				text_equal(id, pdex_id_in(plan->coverage[i].extension[k].reference->reference, "InsurancePlan"));
	return true;
}

static bool by_code(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	*fits = concept_fits(value, with->resource->basic ? with->resource->basic->code : with->resource->drug->code);
	return true;
}

static bool by_formulary(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	struct text id = pdex_id_in(value, "InsurancePlan");

	*fits = id.n && text_equal(id, pdex_id_in(extension_of(with, PDEX_EXTENSION("FormularyReference"))->reference->reference, "InsurancePlan"));
	return true;
}

static bool by_subject(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	struct text id = pdex_id_in(value, "MedicationKnowledge");

	*fits = id.n && text_equal(id, pdex_id_in(with->resource->basic->subject->reference, "MedicationKnowledge"));
	return true;
}

/* The products that have the code are where the search looks in the first place. */
static bool by_walk(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	(void)with;
	*fits = value.n > 0;
	return true;
}

static bool by_tier(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	*fits = concept_fits(value, extension_of(with, PDEX_EXTENSION("DrugTierID"))->concept);
	return true;
}

static bool by_pharmacy(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_basic *basic = with->resource->basic;

	*fits = false;
	for (size_t i = 0; i < basic->extension_n && !*fits; i++)
		*fits = text_is(basic->extension[i].url, PDEX_EXTENSION("PharmacyBenefitType")) && concept_fits(value, basic->extension[i].concept);
	return true;
}

static bool by_item_period(const struct compared *with, struct text value, bool *fits, struct fault *fault)
{
	const struct pdex_extension *period = extension_of(with, PDEX_EXTENSION("AvailabilityPeriod"));

	return period_fits(value, period ? period->period : NULL, fits, fault);
}

/* -- the parameters -- */

#define PARAMETERS(ROW)                                                                                                             \
	ROW(PDEX_PLANS, "_id", "token", by_id, "logical id")                                                                       \
	ROW(PDEX_PLANS, "_lastUpdated", "date", by_updated, "when the newest lists were loaded")                                   \
	ROW(PDEX_PLANS, "identifier", "token", by_identifier, "plan or formulary as its publisher calls it")                       \
	ROW(PDEX_PLANS, "status", "token", by_status, "active, or retired where the publisher withdrew it")                        \
	ROW(PDEX_PLANS, "type", "token", by_type, "DRUGPOL: formularies")                                                          \
	ROW(PDEX_PLANS, "coverage-type", "token", by_coverage_type, "DRUGPOL: plans with drug coverage")                           \
	ROW(PDEX_PLANS, "plan-type", "token", by_plan_type, "drug")                                                                \
	ROW(PDEX_PLANS, "period", "date", by_plan_period, "when it counts")                                                        \
	ROW(PDEX_PLANS, "name", "string", by_name, "how its name begins, without regard to case; :exact, :contains")               \
	ROW(PDEX_PLANS, "formulary-coverage", "reference", by_formulary_coverage, "plans of this formulary")                       \
	ROW(PDEX_ITEMS, "_id", "token", by_id, "logical id")                                                                       \
	ROW(PDEX_ITEMS, "_lastUpdated", "date", by_updated, "when the newest lists were loaded")                                   \
	ROW(PDEX_ITEMS, "code", "token", by_code, "formulary-item")                                                                \
	ROW(PDEX_ITEMS, "status", "token", by_status, "active")                                                                    \
	ROW(PDEX_ITEMS, "period", "date", by_item_period, "when it is available so")                                               \
	ROW(PDEX_ITEMS, "formulary", "reference", by_formulary, "the formulary")                                                   \
	ROW(PDEX_ITEMS, "subject", "reference", by_subject, "the drug")                                                            \
	ROW(PDEX_ITEMS, "subject:MedicationKnowledge.code", "token", by_walk, "code of the drug, or of one that lists link it to") \
	ROW(PDEX_ITEMS, "subject:MedicationKnowledge.drug-name", "string", by_drug_name, "how the drug's name begins")             \
	ROW(PDEX_ITEMS, "drug-tier", "token", by_tier, "tier")                                                                     \
	ROW(PDEX_ITEMS, "pharmacy-benefit-type", "token", by_pharmacy, "kind of pharmacy")                                         \
	ROW(PDEX_DRUGS, "_id", "token", by_id, "logical id")                                                                       \
	ROW(PDEX_DRUGS, "_lastUpdated", "date", by_updated, "when the newest lists were loaded")                                   \
	ROW(PDEX_DRUGS, "status", "token", by_status, "active")                                                                    \
	ROW(PDEX_DRUGS, "code", "token", by_code, "RxNorm concept or NDC")                                                         \
	ROW(PDEX_DRUGS, "drug-name", "string", by_drug_name, "how its name begins, without regard to case; :exact, :contains")

#define AS_PARAMETER(kind, name, type, compare, doc) { kind, name, type, doc },
#define AS_COMPARE(kind, name, type, compare, doc) compare,
const struct pdex_parameter pdex_parameters[] = { PARAMETERS(AS_PARAMETER) };
const size_t pdex_parameters_n = sizeof(pdex_parameters) / sizeof(*pdex_parameters);
static compare_fn *const compares[] = { PARAMETERS(AS_COMPARE) };

const char *pdex_kind_name(enum pdex_kind kind)
{
	static const char *const names[] = { "InsurancePlan", "Basic", "MedicationKnowledge" };

	return names[kind];
}

/* The row of a parameter as sent, and its modifier. */
static size_t find(enum pdex_kind kind, struct text sent, struct text *modifier)
{
	*modifier = TEXT_NONE;
	for (size_t i = 0; i < pdex_parameters_n; i++) {
		size_t n = strlen(pdex_parameters[i].name);

		if (pdex_parameters[i].kind != kind || !text_starts(sent, pdex_parameters[i].name))
			continue;
		if (sent.n == n)
			return i;
		if (sent.at[n] != ':' || strcmp(pdex_parameters[i].type, "string") != 0)
			continue;
		*modifier = (struct text){ sent.at + n + 1, sent.n - n - 1 };
		if (text_in_list(*modifier, "exact contains"))
			return i;
	}
	return pdex_parameters_n;
}

static bool read_include(enum pdex_kind kind, struct text value, struct pdex_page *out)
{
	if (kind == PDEX_ITEMS && text_in_list(value, "Basic:subject Basic:subject:MedicationKnowledge"))
		out->subject = true;
	else if ((kind == PDEX_ITEMS && text_in_list(value, "Basic:formulary Basic:formulary:InsurancePlan")) ||
		 (kind == PDEX_PLANS && text_in_list(value, "InsurancePlan:formulary InsurancePlan:formulary-coverage")))
		out->formulary = true;
	else
		return false;
	return true;
}

bool pdex_page_read(enum pdex_kind kind, const struct query *query, struct pdex_page *out, struct fault *fault)
{
	struct text modifier;

	*out = (struct pdex_page){ .count = PDEX_COUNT };
	for (size_t i = 0; i < query->n; i++) {
		const struct query_part *part = &query->parts[i];

		if (text_is(part->name, "_count")) {
			if (!text_to_int(part->value, &out->count) || out->count < 0)
				return fault_set(fault, FAULT_BAD_NUMBER, "_count");
			if (out->count > PDEX_COUNT_MOST)
				out->count = PDEX_COUNT_MOST;
		} else if (text_is(part->name, "_cursor")) {
			out->cursor = part->value;
		} else if (text_is(part->name, "_include")) {
			if (!read_include(kind, part->value, out))
				out->unknown = text_lit("_include");
		} else if (!text_in_list(part->name, "_format _pretty _total") && find(kind, part->name, &modifier) == pdex_parameters_n) {
			out->unknown = part->name;
		}
	}
	return true;
}

bool pdex_fits(enum pdex_kind kind, const struct query *query, const struct pdex_resource *resource, struct text name, bool *fits,
	struct fault *fault)
{
	struct compared with = { resource, name, TEXT_NONE };

	*fits = true;
	for (size_t i = 0; i < query->n && *fits; i++) {
		size_t row = find(kind, query->parts[i].name, &with.modifier), values = 0;
		struct text rest = query->parts[i].value;
		bool any = false;

		if (row == pdex_parameters_n)
			continue;
		while (text_there(rest) && !any && values++ < VALUES_MAX)
			if (!compares[row](&with, pdex_value(&rest), &any, fault))
				return fault_under(fault, text_of(pdex_parameters[row].name), -1);
		*fits = any;
	}
	return true;
}
