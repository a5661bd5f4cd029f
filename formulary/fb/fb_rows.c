/* SPDX-License-Identifier: Apache-2.0 */
/* Details to rows and back: members of one name are copied, what differs is said here. */
#include "formulary/fb/fb_rows.h"

#include <assert.h>
#include <string.h>

enum { COPIES_MAX = 64, APART = '\036' }; /* ASCII record separator: no value can hold it */

static const struct record *const records[FB_KINDS] = {
	[FB_STATUS] = &status_row_record,
	[FB_ALTERNATIVE] = &alternative_row_record,
	[FB_COVERAGE] = &coverage_row_record,
	[FB_COPAY] = &copay_row_record,
};

const struct record *fb_row_record(enum fb_kind kind)
{
	return records[kind];
}

/* -- members of one name -- */

struct copies {
	struct {
		const struct field *detail, *row;
	} at[COPIES_MAX];
	size_t n;
};

static const struct copies *copies_of(enum fb_kind kind)
{
	static struct copies all[FB_KINDS];
	struct copies *copies = &all[kind];

	if (copies->n)
		return copies;
	for (size_t i = 0; i < records[kind]->n; i++) {
		const struct field *row = &records[kind]->fields[i], *detail = record_field(&fb_detail_record, row->member);

		if (!detail)
			continue;
		assert(copies->n < COPIES_MAX && (row->kind == FIELD_COUNT) == (detail->kind == FIELD_COUNT));
		copies->at[copies->n].detail = detail;
		copies->at[copies->n++].row = row;
	}
	return copies;
}

static void copy(const struct field *from, const void *rec, const struct field *to, void *out)
{
	if (from->kind == FIELD_COUNT)
		*(int64_t *)field_at(to, out) = *(const int64_t *)field_at(from, rec);
	else
		*(struct text *)field_at(to, out) = *(const struct text *)field_at(from, rec);
}

/* -- products -- */

struct product_columns {
	struct text id, qualifier, reference, reference_qualifier, rxnorm, rxnorm_qualifier;
	const char *id_member, *qualifier_member, *reference_member;
};

static struct product_columns product_of(const struct fb_detail *d)
{
	return (struct product_columns){ d->product_id, d->product_qualifier, d->reference, d->reference_qualifier, d->rxnorm,
		d->rxnorm_qualifier, "product_id", "product_qualifier", "reference_qualifier" };
}

static struct product_columns other_of(const struct fb_detail *d)
{
	return (struct product_columns){ d->other_id, d->other_qualifier, d->other_reference, d->other_reference_qualifier,
		d->other_rxnorm, d->other_rxnorm_qualifier, "other_id", "other_qualifier", "other_reference_qualifier" };
}

static bool digits(struct text t, size_t n)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.n == n;
}

static void add_link_to(struct fb_row *row, struct text from, struct text to, struct text term_type)
{
	struct fb_link *link = &row->links[row->links_n++];

	assert(row->links_n <= FB_LINKS_MAX);
	text_to_z(from, link->from, sizeof(link->from));
	text_to_z(to, link->to, sizeof(link->to));
	link->term_type = term_type;
}

static void add_link(struct fb_row *row, struct text a, struct text b, struct text term_type)
{
	add_link_to(row, a, b, term_type);
	add_link_to(row, b, a, term_type);
}

/* A product is one of the concept that its reference number names; what is said of a concept holds for whoever asks by that number. */
static void add_reference(struct fb_row *row, const struct product_columns *p, struct text key, bool concept)
{
	char to[PRODUCT_KEY_MAX];
	struct text reference = product_reference(p->reference_qualifier, p->reference, to);

	if (!text_there(reference) || text_equal(reference, key))
		return;
	add_link_to(row, key, reference, TEXT_NONE);
	if (concept)
		add_link_to(row, reference, key, TEXT_NONE);
}

/* The name a row stands under. A product by its NDC; a drug concept by its RxNorm number, else the NDC that stands for it, as that can be
   asked for; else the reference number. TEXT_NONE with true: no name at all. What names it besides is linked. */
static bool product_key(const struct product_columns *p, char to[PRODUCT_KEY_MAX], struct fb_row *row, struct text *key,
	struct fault *fault)
{
	char other[PRODUCT_KEY_MAX], normal[NDC_DIGITS + 1] = "";
	bool concept = text_is(p->qualifier, "CONCEPT");
	struct text ndc;

	*key = TEXT_NONE;
	if (p->id.n && !p->qualifier.n)
		return fault_set(fault, FAULT_MISSING, p->qualifier_member);
	if (p->id.n && !ndc_normal(p->id, normal))
		return fault_set(fault, FAULT_BAD_NUMBER, p->id_member);
	/* product keys part the compendium from its number with it */
	if (p->reference_qualifier.n && memchr(p->reference_qualifier.at, ':', p->reference_qualifier.n))
		return fault_set(fault, FAULT_BAD_TEXT, p->reference_member);
	ndc = text_of(normal);
	if (p->id.n && to == row->product)
		memcpy(row->ndc, normal, sizeof(row->ndc));
	if (p->rxnorm.n && (concept || !p->id.n)) {
		*key = product_rxcui(p->rxnorm, to);
		if (p->id.n)
			add_link(row, *key, product_ndc(ndc, other), p->rxnorm_qualifier);
	} else if (p->id.n) {
		*key = product_ndc(ndc, to);
		if (p->rxnorm.n)
			add_link(row, *key, product_rxcui(p->rxnorm, other), p->rxnorm_qualifier);
	} else {
		*key = product_reference(p->reference_qualifier, p->reference, to);
	}
	if (text_there(*key))
		add_reference(row, p, *key, concept || key->at[0] == 'R');
	return true;
}

/* -- what tells rows apart -- */

static void apart_add(struct fb_row *row, struct text part)
{
	struct builder_row *to = &row->row;

	assert(to->apart.n + part.n < sizeof(row->apart));
	if (part.n)
		memcpy(row->apart + to->apart.n, part.at, part.n);
	row->apart[to->apart.n + part.n] = APART;
	to->apart = (struct text){ row->apart, to->apart.n + part.n + 1 };
}

static void apart_add_number(struct fb_row *row, int64_t number)
{
	char digit[20];
	size_t at = sizeof(digit);

	do
		digit[--at] = (char)('0' + number % 10);
	while (number /= 10);
	apart_add(row, (struct text){ digit + at, sizeof(digit) - at });
}

static void copay_apart(struct fb_row *row)
{
	const struct copay_row *copay = &row->rec.copay;

	apart_add(row, copay->pharmacy);
	apart_add_number(row, copay->days_supply);
	if (!text_equal(row->row.body, PRODUCT_ALL))
		return;
	apart_add(row, copay->status);
	apart_add(row, copay->product_type);
	apart_add_number(row, copay->oop_from_cents);
	apart_add_number(row, copay->tier);
}

static void coverage_apart(struct fb_row *row, struct text other)
{
	const struct coverage_row *rule = &row->rec.coverage;

	if (text_is(rule->type, "QL")) {
		apart_add(row, rule->amount_unit);
		apart_add(row, rule->period);
		apart_add(row, rule->from_date);
	} else if (text_is(rule->type, "RD") || text_is(rule->type, "RS")) {
		apart_add(row, rule->link_type);
	} else if (text_is(rule->type, "SM")) {
		apart_add(row, other);
		apart_add(row, rule->step_class);
		apart_add(row, rule->step_subclass);
		apart_add_number(row, rule->step_order);
	}
}

/* -- what must hold -- */

static bool status_good(struct text status)
{
	int64_t level;

	return text_is(status, "U") || (digits(status, status.n) && text_to_int(status, &level) && level <= 99);
}

static bool check_status(const struct fb_detail *d, struct fault *fault)
{
	return status_good(d->status) || fault_set(fault, FAULT_BAD_CODE, "status");
}

static bool check_coverage(const struct coverage_row *rule, struct fault *fault)
{
	if (text_is(rule->type, "AL") && !rule->age_min && !rule->age_max)
		return fault_set(fault, FAULT_MISSING, "age_min");
	if (rule->age_min && !rule->age_min_unit.n)
		return fault_set(fault, FAULT_MISSING, "age_min_unit");
	if (rule->age_max && !rule->age_max_unit.n)
		return fault_set(fault, FAULT_MISSING, "age_max_unit");
	if (rule->age_max && rule->age_min > rule->age_max && text_equal(rule->age_min_unit, rule->age_max_unit))
		return fault_set(fault, FAULT_RULE, "age_max");
	if (text_is(rule->type, "QL") && !rule->amount_e4)
		return fault_set(fault, FAULT_BAD_NUMBER, "amount_e4");
	if (text_is(rule->period, "DY") && !rule->period_units)
		return fault_set(fault, FAULT_MISSING, "period_units");
	if (text_is(rule->period, "SP") && (!rule->from_date.n || !rule->to_date.n))
		return fault_set(fault, FAULT_MISSING, rule->from_date.n ? "to_date" : "from_date");
	if (rule->from_date.n && rule->to_date.n && text_compare(rule->from_date, rule->to_date) > 0)
		return fault_set(fault, FAULT_RULE, "to_date");
	if (text_is(rule->type, "SM") && !rule->step_product.n && !rule->step_class.n)
		return fault_set(fault, FAULT_MISSING, "other_id");
	return true;
}

static bool check_copay(const struct copay_row *copay, struct fault *fault)
{
	if (copay->status.n && !status_good(copay->status))
		return fault_set(fault, FAULT_BAD_CODE, "status");
	if (copay->max_cents && copay->min_cents > copay->max_cents)
		return fault_set(fault, FAULT_RULE, "max_cents");
	if (copay->oop_to_cents && copay->oop_from_cents > copay->oop_to_cents)
		return fault_set(fault, FAULT_RULE, "oop_to_cents");
	if (copay->flat_cents && copay->rate_e4 && !copay->first.n)
		return fault_set(fault, FAULT_MISSING, "first");
	return true;
}

/* -- one row -- */

/* A summary says something of all products. */
static bool about_all(enum fb_kind kind, struct text subtype)
{
	return (kind == FB_COVERAGE && text_is(subtype, "RS")) || (kind == FB_COPAY && text_is(subtype, "SL"));
}

static bool fill_record(enum fb_kind kind, struct text subtype, const struct fb_detail *d, uint64_t given, struct text other,
	struct fb_row *row, struct fault *fault)
{
	static uint64_t flat, rate;

	switch (kind) {
	case FB_STATUS:
		if (text_is(d->product_qualifier, "CONCEPT"))
			row->rec.status.ndc = text_of(row->ndc);
		return check_status(d, fault);
	case FB_ALTERNATIVE:
		row->rec.alternative.product = other;
		apart_add(row, other);
		return other.n || fault_set(fault, FAULT_MISSING, "other_id");
	case FB_COVERAGE:
		row->rec.coverage.type = subtype;
		row->rec.coverage.step_product = other;
		coverage_apart(row, other);
		return check_coverage(&row->rec.coverage, fault);
	case FB_COPAY:
		if (!flat) {
			flat = fb_detail_bit("flat_cents");
			rate = fb_detail_bit("rate_e4");
		}
		/* There is no word for "not offered" in these files: a row that gives a tier alone leaves the cost open. */
		row->rec.copay.offered = (given & (flat | rate)) != 0;
		row->rec.copay.unsaid = !row->rec.copay.offered;
		row->rec.copay.per_copay = row->rec.copay.days_supply > 0; /* DaysSupplyPerCopay */
		copay_apart(row);
		return check_copay(&row->rec.copay, fault);
	case FB_FILE:
	case FB_CROSS:
	case FB_KINDS:
		break;
	}
	assert(!"only lists of products have rows about them");
	return false;
}

/* Of a row that goes, only what names it must be good. */
static bool removed_anyway(const struct fb_detail *d, const struct fb_row *row, enum fb_kind kind)
{
	return text_is(d->change, "DELETE") && (kind != FB_ALTERNATIVE || row->rec.alternative.product.n);
}

bool fb_row_of(enum fb_kind kind, struct text subtype, struct text list_id, const struct fb_detail *detail, uint64_t given, int64_t line,
	struct fb_row *row, struct fault *fault)
{
	const struct copies *copies = copies_of(kind);
	struct product_columns product = product_of(detail), step = other_of(detail);
	const struct field *line_field = record_field(records[kind], "line");
	struct text other;

	row->links_n = 0;
	memset(&row->rec, 0, sizeof(row->rec));
	row->row = (struct builder_row){ .class = ROW_PRODUCT, .owner_kind = text_of(fb_kind_name(kind)), .record = records[kind],
		.rec = &row->rec, .line = line, .remove = text_is(detail->change, "DELETE"),
		.owner = kind == FB_STATUS || kind == FB_ALTERNATIVE ? list_id : detail->owner };
	if (about_all(kind, subtype))
		row->row.body = PRODUCT_ALL;
	else if (!product_key(&product, row->product, row, &row->row.body, fault))
		return false;
	else if (!row->row.body.n)
		return fault_set(fault, FAULT_MISSING, "product_id");
	if (!product_key(&step, row->other, row, &other, fault))
		return false;
	for (size_t i = 0; i < copies->n; i++)
		copy(copies->at[i].detail, detail, copies->at[i].row, &row->rec);
	*(int64_t *)field_at(line_field, &row->rec) = line;
	return fill_record(kind, subtype, detail, given, other, row, fault) || removed_anyway(detail, row, kind);
}

/* -- back -- */

/* A product key taken apart into columns. */
static bool columns_of(struct text key, struct text *id, struct text *qualifier, struct text *reference,
	struct text *reference_qualifier, struct text *rxnorm, struct fault *fault)
{
	struct text rest = { key.at + 1, key.n - 1 };

	switch (key.n > 1 ? key.at[0] : 0) {
	case 'N':
		*id = rest;
		*qualifier = text_lit("NDC");
		return true;
	case 'R':
		*rxnorm = rest;
		return true;
	case 'D':
		*reference_qualifier = text_cut(&rest, ':');
		*reference = rest;
		if (text_is(*reference_qualifier, "?"))
			*reference_qualifier = TEXT_NONE;
		return true;
	default:
		return fault_set(fault, FAULT_RULE, "product");
	}
}

/* Lists of other formats say things for which there is no column: those cannot be written, and are not left out in silence. */
static bool sayable(enum fb_kind kind, const void *rec, struct fault *fault)
{
	const struct copay_row *copay = rec;
	static const char elsewhere[] = "type step_product product ndc offered unsaid per_copay line";

	for (size_t i = 0; i < records[kind]->n; i++) {
		const struct field *field = &records[kind]->fields[i];

		if (field_there(field, rec) && !record_field(&fb_detail_record, field->member) &&
			!text_in_list(text_of(field->member), elsewhere))
			return fault_set(fault, FAULT_RULE, field->member);
	}
	if (kind == FB_COPAY && !copay->offered && !copay->unsaid)
		return fault_set(fault, FAULT_RULE, "offered");
	if (kind == FB_COPAY && copay->days_supply && !copay->per_copay)
		return fault_set(fault, FAULT_RULE, "days_supply");
	return true;
}

bool fb_detail_of(enum fb_kind kind, struct text product, struct text owner, const void *rec, struct fb_detail *d, uint64_t *given,
	struct fault *fault)
{
	const struct copies *copies = copies_of(kind);
	const struct copay_row *copay = rec;
	struct text other = TEXT_NONE;

	if (!sayable(kind, rec, fault))
		return false;
	*d = (struct fb_detail){ .change = text_lit("ADD") };
	*given = 0;
	for (size_t i = 0; i < copies->n; i++)
		copy(copies->at[i].row, rec, copies->at[i].detail, d);
	if (kind == FB_COVERAGE || kind == FB_COPAY)
		d->owner = owner;
	if (!text_equal(product, PRODUCT_ALL) && !columns_of(product, &d->product_id, &d->product_qualifier, &d->reference,
		&d->reference_qualifier, &d->rxnorm, fault))
		return false;
	if (kind == FB_STATUS && ((const struct status_row *)rec)->ndc.n && product.at[0] == 'R') {
		d->product_id = ((const struct status_row *)rec)->ndc;
		d->product_qualifier = text_lit("CONCEPT");
	} else if (kind == FB_STATUS && ((const struct status_row *)rec)->ndc.n) {
		d->product_qualifier = text_lit("CONCEPT");
	}
	if (kind == FB_ALTERNATIVE)
		other = ((const struct alternative_row *)rec)->product;
	else if (kind == FB_COVERAGE)
		other = ((const struct coverage_row *)rec)->step_product;
	if (other.n && !columns_of(other, &d->other_id, &d->other_qualifier, &d->other_reference, &d->other_reference_qualifier,
		&d->other_rxnorm, fault))
		return false;
	if (kind == FB_COPAY && copay->offered && !copay->rate_e4)
		*given |= fb_detail_bit("flat_cents");
	return true;
}
