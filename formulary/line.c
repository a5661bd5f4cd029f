/* SPDX-License-Identifier: Apache-2.0 */
/* Checks one line of a plan file: what the tables say of each field, and then what the fields say of each other. */
#include "formulary/line.h"

#include "base/json.h"
#include "formulary/ndc.h"

enum { YEARS_MAX = 200 }; /* an age above is one in days, or a mistake */

static bool digits(struct text t, size_t n)
{
	if (t.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return true;
}

/* Written with dashes it becomes 11 digits; what may be several products is none. */
static bool normal(struct text *ndc, struct arena *arena, struct fault *fault)
{
	char to[NDC_DIGITS + 1];

	if (!ndc_normal(*ndc, to))
		return fault_set(fault, FAULT_BAD_NUMBER, "ndc");
	if (ndc->n != NDC_DIGITS)
		*ndc = arena_text(arena, text_of(to));
	return text_there(*ndc) || fault_set(fault, FAULT_TOO_LARGE, "ndc");
}

static bool normal_ndcs(struct coverage *coverage, struct arena *arena, struct fault *fault)
{
	if (!normal(&coverage->ndc, arena, fault))
		return false;
	for (size_t i = 0; i < coverage->alternatives_n; i++)
		if (!normal(&coverage->alternatives[i].ndc, arena, fault))
			return fault_under(fault, text_lit("alternatives"), (int)i);
	return true;
}

static bool alternative_ndcs(const struct coverage *coverage, struct fault *fault)
{
	for (size_t i = 0; i < coverage->alternatives_n; i++) {
		struct text ndc = coverage->alternatives[i].ndc;

		for (size_t k = 0; k <= i; k++)
			if (text_equal(ndc, k < i ? coverage->alternatives[k].ndc : coverage->ndc)) {
				fault_set(fault, FAULT_REPEATED, "ndc");
				return fault_under(fault, text_lit("alternatives"), (int)i);
			}
	}
	return true;
}

static bool once_each(const struct pharmacy_price *prices, size_t n, struct fault *fault)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (text_equal(prices[i].pharmacy, prices[k].pharmacy)) {
				fault_set(fault, FAULT_REPEATED, "pharmacy");
				return fault_under(fault, text_lit("prices"), (int)i);
			}
	return true;
}

static bool prices_once(const struct coverage *coverage, struct fault *fault)
{
	if (!once_each(coverage->prices, coverage->prices_n, fault))
		return false;
	for (size_t i = 0; i < coverage->alternatives_n; i++)
		if (!once_each(coverage->alternatives[i].prices, coverage->alternatives[i].prices_n, fault))
			return fault_under(fault, text_lit("alternatives"), (int)i);
	return true;
}

static bool sensible(const struct limits *limits, struct fault *fault)
{
	if (!limits)
		return true;
	if ((limits->quantity_e4 > 0) != (limits->quantity_days > 0))
		return fault_set(fault, FAULT_RULE, "limits/quantity_days");
	if (limits->age_max > 0 && limits->age_min > limits->age_max)
		return fault_set(fault, FAULT_RULE, "limits/age_max");
	if (!text_is(limits->age_unit, "D") && limits->age_max > YEARS_MAX)
		return fault_set(fault, FAULT_BAD_NUMBER, "limits/age_max");
	if (!text_is(limits->age_unit, "D") && limits->age_min > YEARS_MAX)
		return fault_set(fault, FAULT_BAD_NUMBER, "limits/age_min");
	return true;
}

static bool limits_sensible(const struct coverage *coverage, struct fault *fault)
{
	if (!sensible(coverage->limits, fault))
		return false;
	for (size_t i = 0; i < coverage->alternatives_n; i++)
		if (!sensible(coverage->alternatives[i].limits, fault))
			return fault_under(fault, text_lit("alternatives"), (int)i);
	return true;
}

static bool medical_has_code(const struct coverage *coverage, struct fault *fault)
{
	return !text_is(coverage->benefit, "MEDICAL") || text_there(coverage->hcpcs) ||
	       fault_set(fault, FAULT_MISSING, "hcpcs");
}

/* The record also carries what published lists say; a plan file says it in its own way, or not at all. */
static bool nothing_of_lists(const struct coverage *coverage, struct fault *fault)
{
	static const char list_members[] = "of_lists copays unit_prices programme deductible_cents year selected outside_part_d";
	static const char alternative_members[] = "status rxcui copays unit_prices try_first outside_part_d";

	for (size_t f = 0; f < coverage_record.n; f++)
		if (text_in_list(text_of(coverage_record.fields[f].member), list_members) && field_there(&coverage_record.fields[f], coverage))
			return fault_set(fault, FAULT_UNKNOWN_ELEMENT, coverage_record.fields[f].member);
	for (size_t i = 0; i < coverage->alternatives_n; i++)
		for (size_t f = 0; f < alternative_record.n; f++) {
			const struct field *field = &alternative_record.fields[f];

			if (!text_in_list(text_of(field->member), alternative_members) || !field_there(field, &coverage->alternatives[i]))
				continue;
			fault_set(fault, FAULT_UNKNOWN_ELEMENT, field->member);
			return fault_under(fault, text_lit("alternatives"), (int)i);
		}
	return true;
}

static bool (*const rules[])(const struct coverage *coverage, struct fault *fault) = {
	alternative_ndcs, prices_once, limits_sensible, medical_has_code, nothing_of_lists,
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

bool line_read(struct text bytes, struct arena *arena, struct plan_file_line *out, struct fault *fault)
{
	struct json_notes notes = { 0 };

	*out = (struct plan_file_line){ 0 };
	if (!json_read(&plan_file_line_record, out, bytes, arena, &notes, fault) ||
		!record_check(&plan_file_line_record, out, fault))
		return false;
	/* A misspelt limit would quietly cover too much. */
	if (notes.unknown)
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, notes.unknown_at);
	if (out->bin)
		return digits(out->bin->bin, 6) || fault_set(fault, FAULT_BAD_NUMBER, "bin/bin");
	if (!normal_ndcs(out->coverage, arena, fault))
		return fault_under(fault, text_lit("coverage"), -1);
	for (size_t i = 0; i < RULES; i++)
		if (!rules[i](out->coverage, fault))
			return fault_under(fault, text_lit("coverage"), -1);
	return true;
}
