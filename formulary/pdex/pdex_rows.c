/* SPDX-License-Identifier: Apache-2.0 */
/* Drugs, formularies and the items of formularies as rows. */
#include "formulary/pdex/pdex_rows.h"

#include "formulary/amount.h"
#include "formulary/describe.h"
#include "formulary/ndc.h"

#include <stdio.h>

enum {
	DESCRIPTION_MAX = 105, /* characters, as in status_row */
	RULE_TEXT_MAX = 250,   /* as in coverage_row */
	ADDITIONAL_MAX = 4000,
	TIER_MAX = 60,
	TYPES_MAX = 20,
	ABOUT_BYTES = 1024,
};

bool pdex_is_formulary(const struct pdex_insurance_plan *plan)
{
	for (size_t i = 0; i < plan->type_n; i++)
		if (text_is(pdex_code(&plan->type[i], PDEX_ACT_CODES), "DRUGPOL"))
			return true;
	return false;
}

/* -- what others refer to -- */

/* Remembers a resource under what references call it. Of two with one id the first counts. */
static bool remember(struct pdex_rows *rows, const char *type, struct text id, struct text full_url, struct text about, bool *fresh,
	struct fault *fault)
{
	char name[PDEX_ID_BYTES];
	bool first;

	*fresh = false;
	if (id.n) {
		int n = snprintf(name, sizeof(name), "%s/%.*s", type, TEXT_ARGS(id));

		if (n < 0 || (size_t)n >= sizeof(name))
			return fault_set(fault, FAULT_TOO_LONG, "id");
		if (!names_add(&rows->known, text_of(name), about, fresh))
			return fault_set(fault, FAULT_TOO_LARGE, "");
	}
	if (text_starts(full_url, "urn:") && full_url.n < PDEX_ID_BYTES) {
		if (!names_add(&rows->known, full_url, about, &first))
			return fault_set(fault, FAULT_TOO_LARGE, "");
		*fresh |= first;
	}
	if (!id.n && !text_starts(full_url, "urn:"))
		return fault_set(fault, FAULT_MISSING, "id");
	rows->report->repeated += !*fresh;
	return true;
}

static bool link_both(struct pdex_rows *rows, struct text a, struct text b, struct fault *fault)
{
	struct formulary_list list = { .kind = text_lit("LINK"), .list_id = text_lit("drugs"), .file = rows->file };
	struct builder_row row = { .class = ROW_LINK, .record = &link_row_record, .line = rows->item };
	struct link_row link = { .line = rows->item };

	if (text_equal(a, b))
		return true;
	if (!builder_list(rows->builder, &list, BUILDER_FULL, &row.list, fault))
		return false;
	row.rec = &link;
	row.body = row.apart = TEXT_NONE;
	for (int i = 0; i < 2; i++) {
		row.body = i ? b : a;
		link.product = row.apart = i ? a : b;
		if (!builder_row(rows->builder, &row, fault))
			return false;
	}
	return true;
}

/* A product key of a coding; TEXT_NONE when it names no product. */
static struct text product_of(const struct pdex_coding *coding, char to[PRODUCT_KEY_MAX])
{
	char digits[NDC_DIGITS + 1];
	int64_t concept;

	if (text_is(coding->system, PDEX_RXNORM) && text_to_int(coding->code, &concept) && concept > 0 && coding->code.n <= 12 && coding->code.at[0] != '+')
		return product_rxcui(coding->code, to);
	if (text_is(coding->system, PDEX_NDC) && ndc_normal(coding->code, digits))
		return product_ndc(text_of(digits), to);
	if (text_is(coding->system, PDEX_OUR_PRODUCT) && coding->code.n > 1 && coding->code.n < PRODUCT_KEY_MAX &&
		text_characters(coding->code) <= 60 && (coding->code.at[0] == 'N' || coding->code.at[0] == 'D') && !memchr(coding->code.at, 0x1f, coding->code.n))
		return coding->code;
	return TEXT_NONE;
}

/* The product that a drug is here: ours where the coding says so, else the first RxNorm concept (the guide puts the drug before its group), else
   the NDC. */
static bool name_drug(const struct pdex_drug *drug, char to[PRODUCT_KEY_MAX], struct text *product, struct text *display, struct fault *fault)
{
	static const char *const systems[] = { PDEX_OUR_PRODUCT, PDEX_RXNORM, PDEX_NDC };

	*display = drug->code->text;
	*product = TEXT_NONE;
	for (size_t s = 0; s < sizeof(systems) / sizeof(systems[0]); s++)
		for (size_t i = 0; i < drug->code->coding_n; i++) {
			const struct pdex_coding *coding = &drug->code->coding[i];

			if (!text_is(coding->system, systems[s]))
				continue;
			*product = product_of(coding, to);
			if (!product->n) {
				fault_set(fault, FAULT_BAD_TEXT, "code");
				return fault_under(fault, text_lit("code/coding"), (int)i);
			}
			if (coding->display.n)
				*display = coding->display;
			return true;
		}
	return fault_set(fault, FAULT_MISSING, "code/coding");
}

static bool take_drug(struct pdex_rows *rows, const struct pdex_drug *drug, struct text full_url, struct fault *fault)
{
	char key[PRODUCT_KEY_MAX], other[PRODUCT_KEY_MAX], about[ABOUT_BYTES];
	struct text product, display, linked;
	bool fresh;

	if (!name_drug(drug, key, &product, &display, fault))
		return false;
	display = pdex_shortened(display, DESCRIPTION_MAX);
	snprintf(about, sizeof(about), "D%.*s\037%.*s", TEXT_ARGS(product), TEXT_ARGS(display));
	if (!remember(rows, "MedicationKnowledge", drug->id, full_url, text_of(about), &fresh, fault))
		return false;
	if (!fresh)
		return true;
	rows->report->drugs++;
	for (size_t i = 0; i < drug->code->coding_n; i++) {
		linked = product_of(&drug->code->coding[i], other);
		if (linked.n && !link_both(rows, product, linked, fault))
			return false;
	}
	return true;
}

static bool take_formulary(struct pdex_rows *rows, const struct pdex_insurance_plan *plan, struct text full_url, struct fault *fault)
{
	struct pdex_formulary formulary = { .active = text_is(plan->status, "active") };
	struct formulary_list list = { .kind = text_lit("STATUS"), .file = rows->file };
	char about[ABOUT_BYTES], name[PDEX_ID_BYTES * 4];
	uint32_t number;
	bool fresh, known;

	if (!pdex_identity(plan, &formulary.identity, fault))
		return false;
	if (!pdex_days(plan->period, &formulary.days, fault))
		return fault_under(fault, text_lit("period"), -1);
	snprintf(about, sizeof(about), "F%.*s\037%s\037%s\037%s", TEXT_ARGS(formulary.identity), formulary.days.from, formulary.days.to,
		formulary.active ? "active" : "inactive");
	snprintf(name, sizeof(name), "InsurancePlan/%.*s", TEXT_ARGS(plan->id));
	known = plan->id.n && names_find(&rows->known, text_of(name));
	snprintf(name, sizeof(name), "F%.*s", TEXT_ARGS(formulary.identity));
	if (!known && names_find(&rows->named, text_of(name)))
		return fault_set(fault, FAULT_REPEATED, "identifier/value");
	if (!remember(rows, "InsurancePlan", plan->id, full_url, text_of(about), &fresh, fault))
		return false;
	if (!fresh || !formulary.active)
		return true;
	if (!names_add(&rows->named, text_of(name), TEXT_NONE, &fresh))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	rows->report->formularies++;
	list.list_id = formulary.identity;
	list.name = pdex_shortened(plan->name, 80);
	list.effective_date = formulary.days.from[0] ? text_of(formulary.days.from) : TEXT_NONE;
	list.expiration_date = formulary.days.to[0] ? text_of(formulary.days.to) : TEXT_NONE;
	return builder_list(rows->builder, &list, BUILDER_FULL, &number, fault);
}

bool pdex_first(struct pdex_rows *rows, const struct pdex_resource *resource, struct text full_url, struct fault *fault)
{
	if (resource->drug)
		return take_drug(rows, resource->drug, full_url, fault);
	if (resource->insurance_plan && pdex_is_formulary(resource->insurance_plan))
		return take_formulary(rows, resource->insurance_plan, full_url, fault);
	return true;
}

/* -- items -- */

/* One item on its way. */
struct item {
	const struct pdex_basic *basic;
	struct pdex_formulary formulary;
	struct pdex_days days;
	struct text product; /* key */
	struct status_row status;
	struct limits limits;
	struct text types[TYPES_MAX];
};

static bool extension_of(const struct item *item, const char *url, bool need, const struct pdex_extension **out, struct fault *fault)
{
	return pdex_extension_of(item->basic->extension, item->basic->extension_n, url, need, out, fault);
}

static bool find_subject(struct pdex_rows *rows, struct item *item, struct fault *fault)
{
	struct text target = pdex_target(item->basic->subject->reference), rest;
	const struct name *name = target.n ? names_find(&rows->known, target) : NULL;

	if (!name || name->about.at[0] != 'D')
		return fault_set(fault, FAULT_NOT_FOUND, "subject/reference");
	rest = (struct text){ name->about.at + 1, name->about.n - 1 };
	item->product = text_cut(&rest, '\037');
	item->status.description = rest.n ? rest : TEXT_NONE;
	return true;
}

static bool find_formulary(struct pdex_rows *rows, struct item *item, struct fault *fault)
{
	const struct pdex_extension *extension;

	return extension_of(item, PDEX_EXTENSION("FormularyReference"), true, &extension, fault) &&
	       (pdex_formulary_at(rows, extension->reference, &item->formulary, fault) || fault_under(fault, text_lit("extension"), -1));
}

static bool take_availability(struct item *item, bool *active, struct fault *fault)
{
	const struct pdex_extension *status, *period;
	struct pdex_days days;

	if (!extension_of(item, PDEX_EXTENSION("AvailabilityStatus"), true, &status, fault) ||
		!extension_of(item, PDEX_EXTENSION("AvailabilityPeriod"), false, &period, fault))
		return false;
	if (!text_in_list(status->code, "draft active retired unknown"))
		return fault_set(fault, FAULT_BAD_CODE, "extension/valueCode");
	*active = text_is(status->code, "active") && item->formulary.active;
	if (!pdex_days(period ? period->period : NULL, &days, fault))
		return fault_under(fault, text_lit("extension/valuePeriod"), -1);
	if (!pdex_days_both(&days, &item->formulary.days, &item->days))
		*active = false;
	return true;
}

/* The guide's code, a number or status of ours, else whatever code or words there are: unknown ones are kept. */
static bool take_tier(struct item *item, struct fault *fault)
{
	const struct pdex_extension *extension;
	const struct pdex_concept *tier;
	struct text number, status;

	if (!extension_of(item, PDEX_EXTENSION("DrugTierID"), true, &extension, fault))
		return false;
	tier = extension->concept;
	item->status.tier_name = pdex_code(tier, PDEX_TIERS);
	number = pdex_code(tier, PDEX_OUR_TIER);
	status = pdex_code(tier, PDEX_OUR_STATUS);
	if (number.n && (!text_to_int(number, &item->status.tier) || item->status.tier < 0 || item->status.tier > 99))
		return fault_set(fault, FAULT_BAD_NUMBER, "extension/valueCodeableConcept/coding/code");
	if (status.n > 2)
		return fault_set(fault, FAULT_TOO_LONG, "extension/valueCodeableConcept/coding/code");
	item->status.status = status;
	if (!item->status.tier_name.n && tier)
		item->status.tier_name = tier->text.n || number.n || status.n ? tier->text : pdex_code(tier, "");
	if (text_characters(item->status.tier_name) > TIER_MAX)
		return fault_set(fault, FAULT_TOO_LONG, "extension/valueCodeableConcept");
	if (!item->status.tier_name.n && !number.n && !status.n)
		return fault_set(fault, FAULT_MISSING, "extension/valueCodeableConcept");
	if (text_equal_nocase(item->status.tier_name, text_lit("medical-service")))
		item->status.benefit = text_lit("MEDICAL");
	return true;
}

static bool take_types(struct pdex_rows *rows, struct item *item, struct fault *fault)
{
	bool any = false;

	for (size_t i = 0; i < item->basic->extension_n; i++) {
		const struct pdex_extension *extension = &item->basic->extension[i];
		struct pdex_pharmacy ours;
		struct text code;

		if (!text_is(extension->url, PDEX_EXTENSION("PharmacyBenefitType")))
			continue;
		any = true;
		code = pdex_code(extension->concept, "");
		if (!code.n && extension->concept)
			code = extension->concept->text;
		if (!code.n || text_characters(code) > TIER_MAX)
			return fault_set(fault, code.n ? FAULT_TOO_LONG : FAULT_MISSING, "extension/valueCodeableConcept");
		if (pdex_pharmacy_read(extension->concept, &ours) && !ours.days && !ours.network.n && !ours.pharmacy.n)
			continue; /* any */
		if (item->status.pharmacy_types_n == TYPES_MAX)
			pdex_without_home(rows->report, "Basic.PharmacyBenefitType");
		else
			item->types[item->status.pharmacy_types_n++] = code;
	}
	item->status.pharmacy_types = item->types;
	return any || fault_set(fault, FAULT_MISSING, "extension");
}

static bool take_flags(struct item *item, int64_t *quantity, struct fault *fault)
{
	const struct {
		const char *url;
		int64_t *to;
	} flags[] = {
		{ PDEX_EXTENSION("PriorAuthorization"), &item->limits.prior_authorization },
		{ PDEX_EXTENSION("PriorAuthorizationNewStartsOnly"), &item->status.prior_authorization_new_starts },
		{ PDEX_EXTENSION("StepTherapyLimit"), &item->limits.step_therapy },
		{ PDEX_EXTENSION("StepTherapyLimitNewStartsOnly"), &item->status.step_therapy_new_starts },
		{ PDEX_EXTENSION("QuantityLimit"), quantity },
	};
	const struct pdex_extension *extension;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!extension_of(item, flags[i].url, false, &extension, fault) || !pdex_yes(extension, flags[i].to, fault))
			return false;
	item->status.limits = &item->limits;
	return true;
}

static bool take_words(struct pdex_rows *rows, struct item *item, struct fault *fault)
{
	const struct pdex_extension *extension;

	if (!extension_of(item, PDEX_EXTENSION("AdditionalCoverageInformation"), false, &extension, fault))
		return false;
	if (!extension)
		return true;
	item->status.additional = pdex_shortened(extension->markdown, ADDITIONAL_MAX);
	if (item->status.additional.n < extension->markdown.n)
		pdex_without_home(rows->report, "Basic.AdditionalCoverageInformation (its end)");
	return true;
}

/* -- quantity limits -- */

static bool put_rule(struct pdex_rows *rows, const struct item *item, struct coverage_row *rule, const char *apart, struct fault *fault)
{
	struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("COVERAGE"), .owner = item->formulary.identity, .body = item->product,
		.apart = text_of(apart), .record = &coverage_row_record, .rec = rule, .line = rows->item };

	rule->type = text_lit("QL");
	rule->line = rows->item;
	return pdex_list(rows, "COVERAGE", "QL", &item->formulary, &item->days, &row.list, fault) && builder_row(rows->builder, &row, fault);
}

static bool whole(struct text number, int64_t most, int64_t *out)
{
	int64_t e4;

	if (!amount_read(number, 4, &e4) || e4 % 10000 || e4 <= 0 || e4 / 10000 > most)
		return false;
	*out = e4 / 10000;
	return true;
}

/* So much in a day. */
static bool daily(const struct pdex_extension *part, struct coverage_row *rule)
{
	rule->amount_unit = text_lit("QY");
	rule->period = text_lit("DY");
	rule->period_units = 1;
	return part->quantity && amount_read(part->quantity->value, 4, &rule->amount_e4) && rule->amount_e4 > 0;
}

/* So many units in so many days. */
static bool rolling(const struct pdex_extension *part, struct coverage_row *rule)
{
	const struct pdex_repeat *repeat = part->timing ? part->timing->repeat : NULL;
	int64_t count;

	rule->amount_unit = text_lit("QY");
	rule->period = text_lit("DY");
	if (!repeat || !whole(repeat->count, INT64_C(1000000000), &count) || !whole(repeat->period, 10000, &rule->period_units) ||
		!text_is(repeat->period_unit, "d"))
		return false;
	rule->amount_e4 = count * 10000;
	return true;
}

/* So many days of therapy in so many days. */
static bool days_supply(const struct pdex_extension *part, struct coverage_row *rule)
{
	const struct pdex_repeat *repeat = part->timing ? part->timing->repeat : NULL;
	int64_t days, count, period;

	rule->amount_unit = text_lit("DS");
	rule->period = text_lit("DY");
	if (!repeat || !repeat->bounds || !whole(repeat->bounds->value, 10000, &rule->period_units) || !text_is(repeat->bounds->code, "d") ||
		!whole(repeat->count, 10000, &count) || !whole(repeat->period, 10000, &period) || !text_is(repeat->period_unit, "d"))
		return false;
	days = count * period;
	rule->amount_e4 = days * 10000;
	return true;
}

static bool take_quantity(struct pdex_rows *rows, struct item *item, bool limited, struct fault *fault)
{
	static const struct {
		const char *url;
		bool (*read)(const struct pdex_extension *, struct coverage_row *);
	} parts[] = { { "MaximumDaily", daily }, { "Rolling", rolling }, { "DaysSupply", days_supply } };
	const struct pdex_extension *detail, *part;
	struct text words = TEXT_NONE;
	bool said = false;

	if (!extension_of(item, PDEX_EXTENSION("QuantityLimitDetail"), false, &detail, fault))
		return false;
	if (!limited) {
		if (detail)
			pdex_without_home(rows->report, "Basic.QuantityLimitDetail (without QuantityLimit)");
		return true;
	}
	if (detail && pdex_extension_of(detail->extension, detail->extension_n, "Description", false, &part, fault) && part)
		words = pdex_shortened(part->string, RULE_TEXT_MAX);
	for (size_t i = 0; detail && i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct coverage_row rule = { 0 };

		if (!pdex_extension_of(detail->extension, detail->extension_n, parts[i].url, false, &part, fault))
			return fault_under(fault, text_lit("extension"), -1);
		if (!part)
			continue;
		if (!parts[i].read(part, &rule))
			return fault_set(fault, FAULT_BAD_NUMBER, "extension/extension");
		said = true;
		/* The first amount stands with the status: a plan's rules are those of what it adds to its formulary, too. */
		if (text_is(rule.amount_unit, "QY") && !item->limits.quantity_e4) {
			item->limits.quantity_e4 = rule.amount_e4;
			item->limits.quantity_days = rule.period_units;
		} else if (!put_rule(rows, item, &rule, parts[i].url, fault)) {
			return false;
		}
	}
	if (said && !words.n)
		return true;
	/* that there is a limit is a rule of its own, even when nothing says how much */
	return put_rule(rows, item, &(struct coverage_row){ .message_long = words.n ? words : TEXT_NONE }, "", fault);
}

static bool take_item(struct pdex_rows *rows, const struct pdex_basic *basic, struct fault *fault)
{
	struct item item = { .basic = basic, .status.line = rows->item };
	struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("STATUS"), .record = &status_row_record, .rec = &item.status,
		.line = rows->item };
	int64_t quantity = 0;
	bool active = false;

	if (!find_subject(rows, &item, fault) || !find_formulary(rows, &item, fault) || !take_availability(&item, &active, fault) ||
		!take_tier(&item, fault) || !take_types(rows, &item, fault) || !take_flags(&item, &quantity, fault) ||
		!take_words(rows, &item, fault))
		return false;
	if (!active) {
		rows->report->inactive++;
		return true;
	}
	row.owner = item.formulary.identity;
	row.body = item.product;
	if (!take_quantity(rows, &item, quantity, fault) ||
		!pdex_list(rows, "STATUS", "", &item.formulary, &item.days, &row.list, fault) || !builder_row(rows->builder, &row, fault) ||
		!builder_describe(rows->builder, item.product, item.status.description, fault))
		return false;
	rows->report->items++;
	return true;
}

bool pdex_second(struct pdex_rows *rows, const struct pdex_resource *resource, struct fault *fault)
{
	if (resource->basic) {
		if (text_is(pdex_code(resource->basic->code, PDEX_ITEM_TYPES), "formulary-item"))
			return take_item(rows, resource->basic, fault);
		rows->report->other++;
	}
	if (resource->insurance_plan && !pdex_is_formulary(resource->insurance_plan))
		return pdex_plan(rows, resource->insurance_plan, fault);
	return true;
}
