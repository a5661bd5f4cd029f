/* SPDX-License-Identifier: Apache-2.0 */
/* What one price of an RTPBResponse becomes, on the item or on an addItem: amounts by kind, restrictions, and a note in words. And the manual of that. */
#include "fhir-bridge/carin/carin_parts.h"

#include "fhir-bridge/profile.h"

#include <stdio.h>

enum category {
#define CATEGORY(name, code, display) CATEGORY_##name,
#include "fhir-bridge/def/carin.def"
};
enum benefit {
#define BENEFIT(name, code, display) BENEFIT_##name,
#include "fhir-bridge/def/carin.def"
	BENEFITS
};

struct named {
	const char *code, *display;
};
static const struct named categories[] = {
#define CATEGORY(name, code, display) { code, display },
#include "fhir-bridge/def/carin.def"
};
static const struct named benefits[] = {
#define BENEFIT(name, code, display) { code, display },
#include "fhir-bridge/def/carin.def"
};
static const struct {
	const char *qualifier;
	enum category category;
} pays[] = {
#define PAY(qualifier, category) { qualifier, CATEGORY_##category },
#include "fhir-bridge/def/carin.def"
};
static const struct {
	const char *status;
	enum benefit benefit;
} statuses[] = {
#define STATUS(status, benefit) { status, BENEFIT_##benefit },
#include "fhir-bridge/def/carin.def"
};
static const struct {
	const char *codes;
	enum benefit benefit;
	const char *words;
} restrictions[] = {
#define RESTRICT(codes, benefit, words) { codes, BENEFIT_##benefit, words },
#include "fhir-bridge/def/carin.def"
};

/* -- amounts -- */

static struct fhir_adjudication *add_amount(struct carin_making *a, const struct carin_line *line, enum category category, struct text value)
{
	struct make *make = &a->make;
	struct fhir_adjudication *out = make_item(make, (void **)line->adjudication, line->adjudication_n, sizeof(*out));

	out->category = make_concept(make, CARIN "CodeSystem/rtpbc-patient-pay-type", text_of(categories[category].code),
		text_of(categories[category].display));
	out->amount = make_new(make, struct fhir_money);
	out->amount->value = value;
	out->amount->currency = text_lit("USD");
	return out;
}

static enum category category_of(const struct patient_pay_component *component)
{
	for (size_t i = 0; i < sizeof(pays) / sizeof(*pays); i++)
		if (text_is(component->qualifier, pays[i].qualifier))
			return pays[i].category;
	return component->amount.n && component->amount.at[0] == '-' ? CATEGORY_OTHER_DISCOUNT : CATEGORY_OTHER_COST;
}

void carin_add_unknown_total(struct carin_making *a, const struct carin_line *line)
{
	struct fhir_adjudication *total = add_amount(a, line, CATEGORY_TOTAL, TEXT_NONE);
	struct fhir_element *why = make_new(&a->make, struct fhir_element);

	make_extension(&a->make, &why->extension, &why->extension_n, "http://hl7.org/fhir/StructureDefinition/data-absent-reason")->code =
		text_lit("unknown");
	total->amount->no_value = why;
}

static bool may_pay(const struct pricing_and_coverage *pricing)
{
	return !text_in_list(pricing->coverage_status_code, "NC PT PF");
}

static void add_amounts(struct carin_making *a, const struct carin_line *line, const struct pricing_and_coverage *pricing)
{
	for (size_t i = 0; i < pricing->patient_pay_components_n; i++)
		add_amount(a, line, category_of(&pricing->patient_pay_components[i]), pricing->patient_pay_components[i].amount);
	if (pricing->accumulated_deductible.n)
		add_amount(a, line, CATEGORY_ACCUMULATED_DEDUCTIBLE, pricing->accumulated_deductible);
	if (pricing->remaining_deductible.n)
		add_amount(a, line, CATEGORY_REMAINING_DEDUCTIBLE, pricing->remaining_deductible);
	if (pricing->patient_pays.n)
		add_amount(a, line, CATEGORY_TOTAL, pricing->patient_pays);
	else if (may_pay(pricing))
		carin_add_unknown_total(a, line);
	else if (!*line->adjudication_n)
		add_amount(a, line, CATEGORY_ELIGIBLE, text_lit("0")); /* nothing of it counts; the guide's own example says so */
}

/* -- restrictions -- */

static void add_benefit(struct carin_making *a, const struct carin_line *line, enum benefit benefit, bool said[BENEFITS])
{
	struct fhir_extension *extension;

	if (said[benefit])
		return;
	said[benefit] = true;
	extension = make_extension(&a->make, line->extension, line->extension_n, CARIN_PROFILE("rtpbc-benefitRestriction"));
	extension->coding = make_new(&a->make, struct fhir_coding);
	*extension->coding = (struct fhir_coding){ .system = text_lit(CARIN "CodeSystem/rtpbc-benefit-restriction"),
		.code = text_of(benefits[benefit].code), .display = text_of(benefits[benefit].display) };
}

static enum benefit benefit_of(struct text code)
{
	for (size_t i = 0; i < sizeof(restrictions) / sizeof(*restrictions); i++)
		if (text_in_list(code, restrictions[i].codes))
			return restrictions[i].benefit;
	return BENEFIT_OTHER_RESTRICTION;
}

static void add_benefits(struct carin_making *a, const struct carin_line *line, const struct pricing_and_coverage *pricing)
{
	bool said[BENEFITS] = { false };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (text_is(pricing->coverage_status_code, statuses[i].status))
			add_benefit(a, line, statuses[i].benefit, said);
	if (!text_is(pricing->coverage_status_code, "CR"))
		return;
	for (size_t i = 0; i < pricing->restrictions_n; i++)
		add_benefit(a, line, benefit_of(pricing->restrictions[i].code), said);
	if (!pricing->restrictions_n)
		add_benefit(a, line, BENEFIT_OTHER_RESTRICTION, said);
}

/* -- notes -- */

/* The same words are one note. */
void carin_point_to_note(struct carin_making *a, struct text words, struct text *notes)
{
	struct fhir_claim_response *response = a->response;
	size_t at = 0;
	struct fhir_process_note *note;
	char number[24];

	while (at < response->process_note_n && !text_equal(response->process_note[at].text, words))
		at++;
	snprintf(number, sizeof(number), "%zu", at + 1);
	if (at == response->process_note_n) {
		note = make_push(&a->make, response->process_note, response->process_note_n);
		note->number = make_text(&a->make, text_of(number), TEXT_NONE, TEXT_NONE);
		note->text = words;
	}
	*notes = make_text(&a->make, text_lit("["), text_of(number), text_lit("]"));
}

static void begin_sentence(struct buffer *out)
{
	if (out->n)
		buffer_add_char(out, ' ');
}

/* How it is dispensed, and how long that lasts. */
static void say_way(const struct pricing_and_coverage *pricing, struct buffer *out)
{
	static const struct {
		const char *indicator, *words;
	} ways[] = { { "R D", "At a retail pharmacy" }, { "M", "By mail" }, { "S", "From a specialty pharmacy" }, { "L", "From a long-term care pharmacy" } };

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (text_in_list(pricing->indicator, ways[i].indicator)) {
			buffer_add(out, text_of(ways[i].words));
			if (pricing->days_supply.n)
				buffer_format(out, ", for %.*s days", TEXT_ARGS(pricing->days_supply));
			buffer_add_char(out, '.');
			return;
		}
}

/* "At most 9 units in 30 days." A limit of another kind, or over another time, is left to the restriction's name. */
static void say_limit(const struct maximum_amount *limit, struct buffer *out)
{
	const struct limit_amount *most = limit->amount;
	const char *what = !most ? NULL : text_is(most->qualifier, "QY") ? "units" : text_is(most->qualifier, "DS") ? "days" : NULL;
	bool in_days = limit->time_period && text_is(limit->time_period->code, "DY") && limit->units.n;

	if (!what || (limit->time_period && !in_days))
		return;
	begin_sentence(out);
	buffer_format(out, "At most %.*s %s", TEXT_ARGS(most->amount), what);
	if (in_days)
		buffer_format(out, " in %.*s days", TEXT_ARGS(limit->units));
	buffer_add(out, text_is(most->qualifier, "DS") ? text_lit(" at a time.") : text_lit("."));
}

static void say_restriction(const struct coverage_restriction *restriction, struct buffer *out)
{
	for (size_t i = 0; i < sizeof(restrictions) / sizeof(*restrictions); i++)
		if (text_in_list(restriction->code, restrictions[i].codes) && *restrictions[i].words) {
			begin_sentence(out);
			buffer_add(out, text_of(restrictions[i].words));
		}
	for (size_t i = 0; i < restriction->maximum_amounts_n; i++)
		say_limit(&restriction->maximum_amounts[i], out);
}

static void add_notes(struct carin_making *a, const struct carin_line *line, const struct pricing_and_coverage *pricing)
{
	struct buffer words;

	buffer_init(&words, a->make.arena, 128);
	say_way(pricing, &words);
	for (size_t i = 0; i < pricing->restrictions_n; i++)
		say_restriction(&pricing->restrictions[i], &words);
	if (!pricing->patient_pays.n && may_pay(pricing)) {
		begin_sentence(&words);
		buffer_lit(&words, "What it costs is not known.");
	}
	if (words.n)
		carin_point_to_note(a, make_written(&a->make, &words), line->notes);
}

void carin_add_pricing(struct carin_making *a, const struct carin_line *line, const struct pricing_and_coverage *pricing)
{
	add_benefits(a, line, pricing);
	add_amounts(a, line, pricing);
	add_notes(a, line, pricing);
}


/* -- the manual -- */

void carin_document(struct buffer *out)
{
	buffer_lit(out, "# The CARIN benefit check\n\nA consumer's real-time benefit check (`POST /fhir/$process-message`) is priced as the RTPBRequest that asks the same.\n\n"
			"## What is checked of a request\n\nBeside what base FHIR asks of each element. A refusal is an OperationOutcome that says where, as FHIRPath.\n\n"
			"| profile | where | what |\n|---|---|---|\n");
	profile_document(PROFILES_OF_CARIN, out);
	buffer_lit(out, "\n## Amounts\n\n| RTPB | adjudication.category |\n|---|---|\n| EstimatedPatientFinancialResponsibility | total |\n");
	for (size_t i = 0; i < sizeof(pays) / sizeof(*pays); i++)
		buffer_format(out, "| PatientPayComponentQualifier %s | %s |\n", pays[i].qualifier, categories[pays[i].category].code);
	buffer_format(out, "| any other PatientPayComponentQualifier | %s; %s when it is negative |\n", categories[CATEGORY_OTHER_COST].code,
		categories[CATEGORY_OTHER_DISCOUNT].code);
	buffer_format(out, "| AccumulatedDeductibleAmount | %s |\n| RemainingDeductibleAmount | %s |\n| nothing is covered | %s: 0 |\n",
		categories[CATEGORY_ACCUMULATED_DEDUCTIBLE].code, categories[CATEGORY_REMAINING_DEDUCTIBLE].code, categories[CATEGORY_ELIGIBLE].code);
	buffer_lit(out, "\n## Restrictions\n\n| RTPB | benefitRestriction | note |\n|---|---|---|\n");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		buffer_format(out, "| CoverageStatusCode %s | %s | |\n", statuses[i].status, benefits[statuses[i].benefit].code);
	for (size_t i = 0; i < sizeof(restrictions) / sizeof(*restrictions); i++)
		buffer_format(out, "| CR with %s | %s | %s |\n", restrictions[i].codes, benefits[restrictions[i].benefit].code, restrictions[i].words);
	buffer_format(out, "| CR with any other code, or none | %s | |\n\nUnder another status than CR a restriction's code adds its note only.\n",
		benefits[BENEFIT_OTHER_RESTRICTION].code);
}
