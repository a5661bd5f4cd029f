/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of ours beside the content models of a schema: what one has that the other has not. */
#include "base/xsd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_ = 512, LEAVES_MAX = 1024 };

static const char *const kind_words[XSD_KINDS] = { "missing here", "missing there", "name", "order", "at least", "at most", "shape", "length",
	"values", "kind", "not compared" };

const char *xsd_kind_words(enum xsd_kind kind)
{
	return kind_words[kind];
}

/* An element that may stand in a content model, however deep in its groups. */
struct leaf {
	const struct xsd_particle *part;
	uint32_t min, max;
	bool matched;
};

struct leaves {
	struct leaf *items;
	size_t n;
	bool none;    /* an alternative may be chosen and still be absent */
	bool repeats; /* some of them come round again together: they have no one order */
};

struct met {
	const struct record *record;
	const struct xsd_type *type;
};

struct compare {
	struct xsd *xsd;
	struct make *make;
	struct xsd_differences *out;
	char path[PATH_MAX_];
	size_t path_n;
	struct met *met;
	size_t met_n;
	struct text *told; /* types of which it was said what is not compared */
	size_t told_n;
};

/* -- saying it -- */

/* Steps down; gives what to put path_n back to. */
static size_t down(struct compare *c, const char *mark, struct text name)
{
	size_t before = c->path_n;

	if (c->path_n < sizeof(c->path))
		c->path_n += (size_t)snprintf(c->path + c->path_n, sizeof(c->path) - c->path_n, "%s%s%.*s", c->path_n ? "/" : "", mark, TEXT_ARGS(name));
	if (c->path_n > sizeof(c->path))
		c->path_n = sizeof(c->path);
	return before;
}

static struct text written(struct compare *c, struct text t)
{
	return make_text(c->make, t, text_lit(""), text_lit(""));
}

static void differ(struct compare *c, enum xsd_kind kind, struct text here, struct text there, const struct xml_element *at)
{
	struct xsd_difference *d = make_push(c->make, c->out->items, c->out->n);

	*d = (struct xsd_difference){ .kind = kind, .path = written(c, (struct text){ c->path, c->path_n }), .here = written(c, here),
		.there = written(c, there), .file = at ? at->file : NULL, .line = at ? at->line : 0 };
}

static void differ_below(struct compare *c, enum xsd_kind kind, const char *mark, struct text name, struct text here, struct text there,
	const struct xml_element *at)
{
	size_t back = down(c, mark, name);

	differ(c, kind, here, there, at);
	c->path_n = back;
}

static void not_compared(struct compare *c, const char *what, struct text type, const struct xml_element *at)
{
	char words[160];

	for (size_t i = 0; i < c->told_n; i++)
		if (type.n && text_equal(c->told[i], type))
			return;
	if (type.n)
		*make_push(c->make, c->told, c->told_n) = type;
	snprintf(words, sizeof(words), "%s%s%.*s", what, type.n ? " of " : "", TEXT_ARGS(type));
	differ(c, XSD_NOT_COMPARED, TEXT_NONE, text_of(words), at);
}

/* "at most 35", "no limit", and only the number after a kind that says the rest */
static struct text limit(char *room, size_t size, const char *word, int64_t n, bool none)
{
	if (none)
		return text_lit("no limit");
	snprintf(room, size, "%s%" PRId64, word, n);
	return text_of(room);
}

static void differ_in_number(struct compare *c, enum xsd_kind kind, const char *word, int64_t here, bool none_here, int64_t there, bool none_there,
	const struct xml_element *at)
{
	char a[40], b[40];

	if (none_here != none_there || (!none_here && here != there))
		differ(c, kind, limit(a, sizeof(a), word, here, none_here), limit(b, sizeof(b), word, there, none_there), at);
}

/* -- values -- */

static bool in_values(const struct xsd_value *v, struct text code)
{
	for (size_t i = 0; i < v->values_n; i++)
		if (text_equal(v->values[i], code))
			return true;
	return false;
}

static void compare_codes(struct compare *c, const char *codes, const struct xsd_value *v, const struct xml_element *at)
{
	struct buffer here, there;

	buffer_init(&here, c->make->arena, 64);
	buffer_init(&there, c->make->arena, 64);
	for (struct text rest = text_of(codes); text_there(rest) && v->closed;) {
		struct text code = text_cut(&rest, ' ');

		if (!in_values(v, code)) {
			buffer_add(&here, here.n ? text_lit(" ") : text_lit("also "));
			buffer_add(&here, code);
		}
	}
	for (size_t i = 0; i < v->values_n; i++)
		if (!codes || !text_in_list(v->values[i], codes)) {
			buffer_add(&there, there.n ? text_lit(" ") : codes ? text_lit("also ") : text_lit("only "));
			buffer_add(&there, v->values[i]);
		}
	if (!codes && v->closed)
		buffer_lit(&here, "any");
	if (codes && !v->closed) {
		buffer_lit(&here, "only ");
		buffer_add(&here, text_of(codes));
		buffer_lit(&there, "any");
	}
	if (here.n || there.n)
		differ(c, XSD_VALUES, make_written(c->make, &here), make_written(c->make, &there), at);
}

static const char *words_of(const struct field *field)
{
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
	case FIELD_CODE:
	case FIELD_CODES:
		return xsd_form_words[XSD_TEXT];
	case FIELD_DIGITS:
		return "digits";
	case FIELD_DECIMAL:
		return xsd_form_words[XSD_DECIMAL];
	case FIELD_DATE:
		return xsd_form_words[XSD_DATE];
	case FIELD_TIME:
		return xsd_form_words[XSD_TIME];
	case FIELD_FLAG:
		return xsd_form_words[XSD_BOOLEAN];
	case FIELD_COUNT:
		return xsd_form_words[XSD_INTEGER];
	case FIELD_GROUP:
	case FIELD_LIST:
	case FIELD_RAW:
		return "elements";
	}
	__builtin_unreachable();
}

/* True when a field of this kind and a value of that form can be the same thing. */
static bool of_one_form(const struct field *field, const struct xsd_value *v)
{
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
	case FIELD_CODE:
	case FIELD_CODES:
		return v->form == XSD_TEXT;
	case FIELD_DIGITS:
		return v->form == XSD_INTEGER || v->of_digits;
	case FIELD_DECIMAL:
		return v->form == XSD_DECIMAL || v->form == XSD_INTEGER;
	case FIELD_DATE:
		return v->form == XSD_DATE;
	case FIELD_TIME:
		return v->form == XSD_TIME;
	case FIELD_FLAG:
		return v->form == XSD_BOOLEAN;
	case FIELD_COUNT:
		return v->form == XSD_INTEGER;
	case FIELD_GROUP:
	case FIELD_LIST:
	case FIELD_RAW:
		return false;
	}
	__builtin_unreachable();
}

static void compare_length(struct compare *c, uint32_t max, const struct xsd_value *v, const struct xml_element *at)
{
	differ_in_number(c, XSD_LENGTH, "at most ", max, max == 0, v->most, v->most < 0, at);
	if (v->least > 1) /* what is there is never empty with us */
		differ(c, XSD_LENGTH, text_lit("at least 1"), limit((char[40]){ 0 }, 40, "at least ", v->least, false), at);
}

static void compare_value(struct compare *c, const struct field *field, const struct xsd_value *v, const struct xml_element *at)
{
	int64_t digits = v->digits ? v->digits : v->most;

	if (v->unread)
		not_compared(c, v->unread, v->name, at);
	if (!of_one_form(field, v)) {
		if (!v->unread) /* a text with a pattern may well be a date */
			differ(c, XSD_KIND, text_of(words_of(field)), text_of(v->form == XSD_OTHER ? "another kind" : xsd_form_words[v->form]), at);
		return;
	}
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXTS:
		if (v->closed)
			compare_codes(c, NULL, v, at);
		else
			compare_length(c, field->kind == FIELD_TEXTS ? field->item_max : field->max, v, at);
		return;
	case FIELD_CODE:
	case FIELD_CODES:
		if (field->codes || v->closed)
			compare_codes(c, field->codes, v, at);
		else
			compare_length(c, 0, v, at);
		return;
	case FIELD_DIGITS:
	case FIELD_DECIMAL:
		differ_in_number(c, XSD_LENGTH, "at most ", field->max, field->max == 0, digits, digits <= 0, at);
		return;
	case FIELD_COUNT:
		differ_in_number(c, XSD_LEAST, "", field->low, field->low == INT64_MIN, v->low, v->low == INT64_MIN, at);
		differ_in_number(c, XSD_MOST, "", field->high, field->high == INT64_MAX, v->high, v->high == INT64_MAX, at);
		return;
	case FIELD_DATE:
	case FIELD_TIME:
	case FIELD_FLAG:
	case FIELD_GROUP:
	case FIELD_LIST:
	case FIELD_RAW:
		return;
	}
	__builtin_unreachable();
}

/* -- attributes -- */

static void compare_attributes(struct compare *c, const struct record *record, const struct xsd_type *type)
{
	bool *matched = make_bytes(c->make, type->attributes_n + 1);

	for (size_t i = 0; record && i < record->n; i++) {
		const struct field *field = &record->fields[i];
		const struct xsd_attribute *a = NULL;
		size_t back;

		for (size_t k = 0; k < type->attributes_n && !a && field->place == PLACE_ATTRIBUTE; k++)
			if (field_named(field, type->attributes[k].name)) {
				a = &type->attributes[k];
				matched[k] = true;
			}
		if (field->place != PLACE_ATTRIBUTE)
			continue;
		back = down(c, "@", field_name(field));
		if (!a) {
			differ(c, XSD_MISSING_THERE, TEXT_NONE, TEXT_NONE, NULL);
		} else {
			if (!text_equal(a->name, field_name(field)))
				differ(c, XSD_NAME, field_name(field), a->name, a->at);
			if (field->need != a->required)
				differ(c, XSD_LEAST, text_of(field->need ? "1" : "0"), text_of(a->required ? "1" : "0"), a->at);
			compare_value(c, field, &a->value, a->at);
		}
		c->path_n = back;
	}
	for (size_t k = 0; k < type->attributes_n; k++)
		if (!matched[k])
			differ_below(c, XSD_MISSING_HERE, "@", type->attributes[k].name, TEXT_NONE,
				text_of(type->attributes[k].required ? "1" : "0..1"), type->attributes[k].at);
}

/* -- content -- */

static uint32_t times(uint32_t a, uint32_t b)
{
	return a == XSD_UNBOUNDED || b == XSD_UNBOUNDED ? XSD_UNBOUNDED : (uint64_t)a * b >= XSD_UNBOUNDED ? XSD_UNBOUNDED - 1 : a * b;
}

static void put_names(const struct xsd_particle *p, struct buffer *out)
{
	for (size_t i = 0; i < p->parts_n; i++) {
		if (i)
			buffer_add(out, p->part == XSD_CHOICE ? text_lit(" | ") : text_lit(", "));
		if (p->parts[i].part == XSD_ELEMENT) {
			buffer_add(out, p->parts[i].name);
		} else if (p->parts[i].part != XSD_ANY) {
			buffer_add_char(out, '(');
			put_names(&p->parts[i], out);
			buffer_add_char(out, ')');
		}
	}
}

/* A part whose elements go together in a way that rows of ours cannot say. */
static void say_shape(struct compare *c, const struct xsd_particle *p, const char *here)
{
	struct buffer there;

	buffer_init(&there, c->make->arena, 64);
	buffer_add(&there, p->part == XSD_CHOICE ? text_lit("one of ") : text_lit("together "));
	put_names(p, &there);
	if (p->min == 0)
		buffer_lit(&there, ", or none");
	if (p->max > 1)
		buffer_lit(&there, ", again and again");
	differ(c, XSD_SHAPE, text_of(here), make_written(c->make, &there), p->at);
}

static bool once(const struct xsd_particle *p)
{
	return p->min == 1 && p->max == 1;
}

static bool group(const struct xsd_particle *p)
{
	return p->part == XSD_SEQUENCE || p->part == XSD_CHOICE || p->part == XSD_ALL;
}

static void gather(struct compare *c, const struct xsd_particle *p, uint32_t min, uint32_t max, struct leaves *leaves)
{
	for (size_t i = 0; i < p->parts_n; i++) {
		const struct xsd_particle *part = &p->parts[i];
		bool alternative = p->part == XSD_CHOICE && p->parts_n > 1;
		uint32_t part_min = alternative ? 0 : times(min, part->min), part_max = times(max, part->max);

		if (part->part == XSD_ELEMENT) {
			*make_push(c->make, leaves->items, leaves->n) = (struct leaf){ .part = part, .min = part_min, .max = part_max };
			leaves->none = leaves->none || (alternative && part->min == 0);
			continue;
		}
		if (part->part == XSD_ANY) {
			not_compared(c, "an element of any name, a group that is not there, or one that others stand for", TEXT_NONE, part->at);
			continue;
		}
		if (part->parts_n > 1 && (part->part == XSD_CHOICE || alternative || !once(part)) &&
			!(alternative && part->part == XSD_CHOICE && once(part)))
			say_shape(c, part, "each for itself");
		leaves->repeats = leaves->repeats || (part->max > 1 && part->parts_n > 1);
		gather(c, part, part->part == XSD_CHOICE && part->parts_n > 1 ? 0 : part_min, part_max, leaves);
	}
}

static const struct xsd_particle no_content = { .part = XSD_SEQUENCE, .min = 1, .max = 1 };

/* The content model without groups that hold nothing but one other. */
static const struct xsd_particle *core(const struct xsd_particle *p)
{
	while (p && p->parts_n == 1 && group(&p->parts[0]) && (once(p) || once(&p->parts[0])))
		p = once(p) ? &p->parts[0] : p;
	return p ? p : &no_content;
}

static bool many(const struct field *field)
{
	return field->kind == FIELD_LIST || field->kind == FIELD_TEXTS || field->kind == FIELD_CODES;
}

/* `alternative`: one of several. `only`: the one element of a choice of one, which is needed whatever its row says. */
static void compare_times(struct compare *c, const struct field *field, bool alternative, bool only, const struct leaf *leaf)
{
	uint32_t least = alternative ? 0 : only ? 1 : many(field) ? field->min : field->need, most = many(field) ? field->max : 1;

	differ_in_number(c, XSD_LEAST, "", least, false, leaf->min, false, leaf->part->at);
	differ_in_number(c, XSD_MOST, "", most, most == 0, leaf->max, leaf->max == XSD_UNBOUNDED, leaf->part->at);
}

static void compare_type(struct compare *c, const struct record *record, const struct xsd_type *type, const struct xml_element *at);

static void compare_field(struct compare *c, const struct field *field, bool alternative, bool only, const struct leaf *leaf)
{
	const struct xsd_type *type = xsd_type(c->xsd, leaf->part->at);
	struct text name = leaf->part->name;

	if (!text_equal(name, field_name(field)))
		differ(c, XSD_NAME, field_name(field), name, leaf->part->at);
	compare_times(c, field, alternative, only, leaf);
	if (field->kind == FIELD_RAW)
		return;
	if (field->of) {
		compare_type(c, field->of, type, leaf->part->at);
		return;
	}
	if (type->anything) {
		not_compared(c, "an element of any type", TEXT_NONE, leaf->part->at);
	} else if (!type->text) {
		differ(c, XSD_KIND, text_of(words_of(field)), type->content ? text_lit("elements") : text_lit("empty"), leaf->part->at);
	} else {
		compare_value(c, field, &type->value, leaf->part->at);
		compare_attributes(c, NULL, type);
	}
}

/* The leaf of one of the field's names, its first one before any other. Leaves of the same name in several alternatives are one. */
static struct leaf *leaf_of(struct leaves *leaves, const struct field *field)
{
	struct leaf *found = NULL;

	for (size_t i = 0; i < leaves->n; i++)
		if (text_equal(leaves->items[i].part->name, field_name(field)) ||
			(!found && field->several_names && field_named(field, leaves->items[i].part->name))) {
			if (found && text_equal(found->part->name, leaves->items[i].part->name)) {
				found->max = leaves->items[i].max > found->max ? leaves->items[i].max : found->max;
				leaves->items[i].matched = true;
			} else {
				found = &leaves->items[i];
			}
		}
	for (size_t i = 0; i < leaves->n; i++)
		if (found && field_named(field, leaves->items[i].part->name))
			leaves->items[i].matched = true;
	return found;
}

/* Which rows stand elsewhere in the schema: the fewest that, taken out, leave the rest in order. places[i] is where row i stands there. */
static void compare_order(struct compare *c, struct field const *const *rows, struct leaf *const *places, size_t n)
{
	size_t *length = make_bytes(c->make, (n + 1) * sizeof(*length)), *before = make_bytes(c->make, (n + 1) * sizeof(*before)), last = 0;
	bool *keeps = make_bytes(c->make, n + 1);

	for (size_t i = 0; i < n; i++) {
		length[i] = 1;
		before[i] = i;
		for (size_t k = 0; k < i; k++)
			if (places[k] < places[i] && length[k] + 1 > length[i]) {
				length[i] = length[k] + 1;
				before[i] = k;
			}
		if (length[i] > length[last])
			last = i;
	}
	for (size_t i = last; n; i = before[i]) {
		keeps[i] = true;
		if (before[i] == i)
			break;
	}
	for (size_t i = 0; i < n; i++) {
		size_t after = n;

		for (size_t k = 0; k < n; k++) /* the nearest one before it there */
			if (places[k] < places[i] && (after == n || places[k] > places[after]))
				after = k;
		if (!keeps[i])
			differ_below(c, XSD_ORDER, "", field_name(rows[i]),
				i ? make_text(c->make, text_lit("after "), field_name(rows[i - 1]), text_lit("")) : text_lit("first"),
				after < n ? make_text(c->make, text_lit("after "), field_name(rows[after]), text_lit("")) : text_lit("first"),
				places[i]->part->at);
	}
}

static size_t elements_of(const struct record *record)
{
	size_t n = 0;

	for (size_t i = 0; i < record->n; i++)
		n += record->fields[i].place == PLACE_ELEMENT;
	return n;
}

/* Alternatives and sequences; of one element both are the same. */
static void compare_shape(struct compare *c, const struct record *record, const struct xsd_particle *p)
{
	size_t n = elements_of(record);

	if (n < 2 || p->parts_n < 2)
		return;
	if (record->shape == SHAPE_CHOICE ? p->part != XSD_CHOICE || !once(p) : p->part == XSD_CHOICE || !once(p))
		say_shape(c, p, record->shape == SHAPE_CHOICE ? "one of them" : "each for itself");
}

static void compare_content(struct compare *c, const struct record *record, const struct xsd_type *type)
{
	const struct xsd_particle *p = core(type->content);
	struct leaves leaves = { .repeats = p->max > 1 };
	const struct field **rows = make_bytes(c->make, (record->n + 1) * sizeof(*rows));
	struct leaf **places = make_bytes(c->make, (record->n + 1) * sizeof(*places));
	bool choice = record->shape == SHAPE_CHOICE, alone = elements_of(record) == 1, ordered;
	size_t n = 0, back;

	compare_shape(c, record, p);
	gather(c, p, p->min, p->max, &leaves);
	if (leaves.none && choice && p->part == XSD_CHOICE && once(p))
		differ(c, XSD_SHAPE, text_lit("one of them"), text_lit("one of them, or none"), p->at);
	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];
		struct leaf *leaf = field->place == PLACE_ELEMENT ? leaf_of(&leaves, field) : NULL;

		if (field->place != PLACE_ELEMENT)
			continue;
		back = down(c, "", field_name(field));
		if (leaf)
			compare_field(c, field, choice && !alone, choice && alone, leaf);
		else
			differ(c, XSD_MISSING_THERE, TEXT_NONE, TEXT_NONE, NULL);
		c->path_n = back;
		if (leaf) {
			rows[n] = field;
			places[n++] = leaf;
		}
	}
	ordered = record->shape == SHAPE_SEQUENCE && p->part != XSD_CHOICE && p->part != XSD_ALL && !leaves.repeats;
	if (ordered)
		compare_order(c, rows, places, n);
	for (size_t i = 0; i < leaves.n; i++) {
		const struct leaf *leaf = &leaves.items[i];
		char often[40];

		if (leaf->matched)
			continue;
		snprintf(often, sizeof(often), leaf->max == XSD_UNBOUNDED ? "%u..*" : leaf->max == leaf->min ? "%u" : "%u..%u", leaf->min, leaf->max);
		differ_below(c, XSD_MISSING_HERE, "", leaf->part->name, TEXT_NONE, text_of(often), leaf->part->at);
	}
}

static const struct field *content_of(const struct record *record)
{
	for (size_t i = 0; i < record->n; i++)
		if (record->fields[i].place == PLACE_CONTENT)
			return &record->fields[i];
	return NULL;
}

static void compare_type(struct compare *c, const struct record *record, const struct xsd_type *type, const struct xml_element *at)
{
	const struct field *content = content_of(record);

	for (size_t i = 0; i < c->met_n; i++)
		if (c->met[i].record == record && c->met[i].type == type)
			return;
	*make_push(c->make, c->met, c->met_n) = (struct met){ record, type };
	c->out->records++;
	if (type->anything || type->unread)
		not_compared(c, type->unread ? type->unread : "an element of any type", TEXT_NONE, at);
	if (type->anything)
		return;
	if (type->mixed)
		not_compared(c, "text between the elements", TEXT_NONE, at);
	compare_attributes(c, record, type);
	if (content && type->text)
		compare_value(c, content, &type->value, at);
	else if (content || type->text)
		differ(c, XSD_KIND, content ? text_lit("text") : text_lit("elements"), type->text ? text_lit("text") : text_lit("elements"), at);
	else
		compare_content(c, record, type);
}

/* What whole files say that is not read here. */
static void say_unread(struct compare *c, const struct xml_element *e)
{
	for (; e; e = e->next) {
		if (text_is(e->name, "redefine") || text_is(e->name, "override"))
			not_compared(c, "what another file redefines", text_of(e->file), e);
		else if (text_there(xml_attribute_of(e, "substitutionGroup")))
			not_compared(c, "an element that may stand for others", xml_attribute_of(e, "name"), e);
	}
}

void xsd_compare(struct xsd *xsd, const struct xml_element *element, const struct record *record, struct make *make, struct xsd_differences *out)
{
	struct compare c = { .xsd = xsd, .make = make, .out = out };
	const struct xml_element *root;

	*out = (struct xsd_differences){ 0 };
	for (size_t i = 0; (root = xsd_file(xsd, i)) != NULL; i++)
		say_unread(&c, root->first);
	compare_type(&c, record, xsd_type(xsd, element), element);
}
