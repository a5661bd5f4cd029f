/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through a message along the paths of a table, and keeps what each element says of the order. */
#include "gateway/worker/order_facts.h"

#include <string.h>

/* -- saying -- */

/* One value of a member that takes several. */
static bool fits(const struct field *field, struct text value)
{
	struct field one = *field;
	struct fault fault;

	if (field->kind == FIELD_TEXTS) {
		one.kind = FIELD_TEXT;
		one.max = field->item_max;
	}
	return value.n && field_check_text(&one, value, &fault);
}

static void keep_several(const struct field *field, void *rec, struct text value, struct order_facts *out)
{
	struct text **values = field_at(field, rec), *item;
	size_t *n = field_count_at(field, rec);

	for (size_t i = 0; i < *n; i++)
		if (text_equal((*values)[i], value))
			return;
	if (*n == field->max)
		return;
	item = arena_push(out->arena, (void **)values, n, sizeof(*item));
	if (item)
		*item = value;
	out->full |= !item;
}

static void keep(const struct record *record, const char *member, void *rec, struct text value, struct order_facts *out)
{
	const struct field *field = record_field(record, member);

	if (!fits(field, value))
		return;
	if (field->kind == FIELD_TEXTS)
		keep_several(field, rec, value, out);
	else if (!field_there(field, rec))
		*(struct text *)field_at(field, rec) = value;
}

void facts_say(struct order_facts *out, const char *member, struct text value)
{
	keep(&route_question_record, member, &out->stated, value, out);
}

void facts_of_coverage(struct order_facts *out, const struct ncpdp_coverage *coverage, struct text plan, struct text ndc, struct text rxcui)
{
	const struct {
		struct text *to, from;
	} parts[] = { { &out->asked.bin, coverage->bin }, { &out->asked.pcn, coverage->pcn }, { &out->asked.group, coverage->group },
		{ &out->asked.payer_id, coverage->payer_id }, { &out->asked.member_id, coverage->cardholder_id },
		{ &out->asked.person_code, coverage->person_code }, { &out->asked.plan, plan }, { &out->asked.ndc, ndc }, { &out->asked.rxcui, rxcui } };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!parts[i].to->n && parts[i].from.n)
			*parts[i].to = parts[i].from;
}

void facts_disease(struct order_facts *out, struct text words)
{
	if (words.n && out->diseases_n < DISEASES_MAX)
		out->diseases[out->diseases_n++] = words;
}

/* -- going through -- */

static void say_element(const struct facts_at *at)
{
	struct text value = at->row->value ? at->row->value(at) : at->text;

	if (*at->row->member)
		facts_say(at->out, at->row->member, value);
	if (at->row->asked)
		keep(&asked_order_record, at->row->asked, &at->out->asked, value, at->out);
}

static void go_down(const struct facts_row *row, struct text path, const struct record *record, const void *rec, struct order_facts *out);

static void take_group(const struct facts_row *row, struct text rest, const struct field *field, const void *parent, const void *group,
	struct order_facts *out)
{
	const struct facts_at at = { .row = row, .field = field, .text = TEXT_NONE, .group = group, .parent = parent, .out = out };

	if (text_there(rest))
		go_down(row, rest, field->of, group, out);
	else
		say_element(&at);
}

static void take_texts(const struct facts_row *row, const struct field *field, const void *parent, const struct text *values, size_t n,
	struct order_facts *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct facts_at at = { .row = row, .field = field, .text = values[i], .parent = parent, .out = out };

		say_element(&at);
	}
}

static void take_field(const struct facts_row *row, struct text rest, const struct field *field, const void *rec, struct order_facts *out)
{
	const char *items;

	switch (field->kind) {
	case FIELD_GROUP:
		take_group(row, rest, field, rec, *(void *const *)field_at(field, rec), out);
		break;
	case FIELD_LIST:
		items = *(char *const *)field_at(field, rec);
		for (size_t i = 0; i < *field_count_at(field, rec); i++)
			take_group(row, rest, field, rec, items + i * field->of->size, out);
		break;
	case FIELD_TEXTS:
	case FIELD_CODES:
		take_texts(row, field, rec, *(struct text *const *)field_at(field, rec), *field_count_at(field, rec), out);
		break;
	case FIELD_TEXT:
	case FIELD_CODE:
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_RAW:
		take_texts(row, field, rec, field_at(field, rec), 1, out);
		break;
	case FIELD_FLAG:
	case FIELD_COUNT:
		break; /* no row is about a number of ours */
	}
}

static void go_down(const struct facts_row *row, struct text path, const struct record *record, const void *rec, struct order_facts *out)
{
	struct text rest = path, step = text_cut(&rest, '/');

	for (size_t i = 0; i < record->n; i++)
		if (field_named(&record->fields[i], step) && field_there(&record->fields[i], rec)) {
			take_field(row, rest, &record->fields[i], rec, out);
			return;
		}
}

void facts_read(const struct facts_row *rows, size_t n, const char *root, const struct record *record, const void *rec, struct order_facts *out)
{
	for (size_t i = 0; i < n; i++) {
		struct text rest = text_of(rows[i].path), first = text_cut(&rest, '/');

		if (text_is(first, root))
			go_down(&rows[i], rest, record, rec, out);
	}
}

/* -- what several tables have in common -- */

struct text facts_without_point(struct text code, struct arena *arena)
{
	const char *point = memchr(code.at, '.', code.n);
	struct text rest;
	struct buffer out;

	if (!point)
		return code;
	rest = (struct text){ point + 1, code.n - (size_t)(point + 1 - code.at) };
	buffer_init(&out, arena, code.n);
	buffer_add(&out, (struct text){ code.at, (size_t)(point - code.at) });
	buffer_add(&out, rest);
	return buffer_text(&out);
}

/* Dose forms as RxNorm and those who name drugs write them; the first that is in the name counts. An injection of any other form may be given by
   either, and a tablet need not be swallowed: such words say nothing. */
static const struct {
	const char *words, *route, *device, *administered_by;
} forms[] = {
	{ "pen injector", "INJECTION", "PEN", "SELF" },
	{ "auto-injector", "INJECTION", NULL, "SELF" },
	{ "oral", "ORAL", NULL, NULL },
	{ "inhaler", "INHALED", "INHALER", NULL },
	{ "inhalation", "INHALED", NULL, NULL },
	{ "topical", "TOPICAL", NULL, NULL },
	{ "transdermal", "TOPICAL", NULL, NULL },
};

static bool has_words(struct text name, const char *words)
{
	size_t n = strlen(words);

	for (size_t i = 0; i + n <= name.n; i++) {
		bool begins = i == 0 || name.at[i - 1] == ' ', ends = i + n == name.n || name.at[i + n] == ' ';

		if (begins && ends && text_equal_nocase((struct text){ name.at + i, n }, text_of(words)))
			return true;
	}
	return false;
}

void facts_of_name(struct order_facts *out, struct text name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (!has_words(name, forms[i].words))
			continue;
		facts_say(out, "route", text_of(forms[i].route));
		facts_say(out, "device", text_of(forms[i].device));
		facts_say(out, "administered_by", text_of(forms[i].administered_by));
		return;
	}
}

/* A skilled nursing facility is not among them: whether Part A pays the stay is another question. */
static const struct {
	const char *codes, *member, *value;
} residences[] = {
	{ "1 01 4 04 5 05 6 06", "residence", "HOME" },
	{ "3 03 9 09", "residence", "NURSING_FACILITY" },
	{ "11", "hospice", "ELECTED" },
};

void facts_of_residence(struct order_facts *out, struct text code)
{
	for (size_t i = 0; i < sizeof(residences) / sizeof(*residences); i++)
		if (text_in_list(code, residences[i].codes))
			facts_say(out, residences[i].member, text_of(residences[i].value));
}

/* -- the manual -- */

static void document(const char *title, const struct facts_row *rows, size_t n, struct buffer *out)
{
	buffer_format(out, "\n## %s\n\n| element | says | others are told | how |\n|---|---|---|---|\n", title);
	for (size_t i = 0; i < n; i++)
		buffer_format(out, "| %s | %s | %s | %s |\n", rows[i].path, rows[i].member, rows[i].asked ? rows[i].asked : "", rows[i].how);
}

void facts_document(struct buffer *out)
{
	buffer_lit(out, "# What messages bring to the router\n\nEach element, the member of the router's question that it is, and what others are told of it when they are asked"
			" whether they\npay. The drug itself and the coverage are found as `docs/routing.md` says. What is not said is not known.\n");
	document("SCRIPT prior authorization", script_facts, script_facts_n, out);
	document("RTPB", rtpb_facts, rtpb_facts_n, out);
	document("Da Vinci PAS", pas_facts, pas_facts_n, out);
	document("Da Vinci CRD", cds_facts, cds_facts_n, out);
	buffer_lit(out, "\n## POST /route\n\nThe members of the question by their own names: `docs/route-api.md`.\n");
}
