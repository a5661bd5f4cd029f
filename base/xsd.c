/* SPDX-License-Identifier: Apache-2.0 */
/* XML Schema files as content models and values: names resolved, groups put in place, extensions put together. */
#include "base/xsd.h"

#include <string.h>

enum {
	DEPTH_MAX = 64,         /* types made from types, groups in groups; a schema that goes round ends here */
	PARTICLES_MAX = 200000, /* of all content models; groups of groups could multiply */
};

const char *const xsd_form_words[XSD_FORMS] = { "text", "a whole number", "a number", "true or false", "a date", "a date and time", "another kind" };

/* A type and the element of the schema it was read from. */
struct known {
	const struct xml_element *at;
	struct xsd_type *type;
};

struct xsd {
	const struct xml_schema *schema;
	struct make *make;
	struct known *known;
	size_t known_n, particles;
};

struct xsd *xsd_new(const struct xml_schema *schema, struct make *make)
{
	struct xsd *xsd = make_new(make, struct xsd);

	xsd->schema = schema;
	xsd->make = make;
	return xsd;
}

const struct xml_element *xsd_file(const struct xsd *xsd, size_t i)
{
	return xml_schema_tree(xsd->schema, i);
}

/* -- names -- */

static bool is(const struct xml_element *e, const char *name)
{
	return text_is(e->name, name);
}

static struct text local(struct text name)
{
	struct text rest = name, prefix = text_cut(&rest, ':');

	return text_there(rest) ? rest : prefix;
}

/* True when a name is written with the prefix that XML Schema itself has here. */
static bool of_xml_schema(const struct xml_element *where, struct text name)
{
	struct text rest = name, prefix = text_cut(&rest, ':');

	return text_equal(text_there(rest) ? prefix : text_lit(""), where->prefix);
}

/* What is declared at the top of a file, such as the "complexType" of this name. */
static const struct xml_element *global(const struct xsd *xsd, const char *kind, struct text name)
{
	const struct xml_element *root;

	name = local(name);
	for (size_t i = 0; (root = xsd_file(xsd, i)) != NULL; i++)
		for (const struct xml_element *e = root->first; e; e = e->next)
			if (is(e, kind) && text_equal(xml_attribute_of(e, "name"), name))
				return e;
	return NULL;
}

const struct xml_element *xsd_element(struct xsd *xsd, struct text name)
{
	return global(xsd, "element", name);
}

static bool declared_in(const struct xml_element *e, struct text name)
{
	for (; e; e = e->next)
		if ((is(e, "element") && text_equal(xml_attribute_of(e, "name"), name)) || declared_in(e->first, name))
			return true;
	return false;
}

bool xsd_declares(struct xsd *xsd, struct text name)
{
	const struct xml_element *root;

	for (size_t i = 0; (root = xsd_file(xsd, i)) != NULL; i++)
		if (declared_in(root->first, name))
			return true;
	return false;
}

static const struct xml_element *child(const struct xml_element *e, const char *name)
{
	for (e = e->first; e; e = e->next)
		if (is(e, name))
			return e;
	return NULL;
}

static int64_t number(struct text t, int64_t otherwise)
{
	int64_t value;

	return text_there(t) && text_to_int(text_trim(t), &value) ? value : otherwise;
}

/* -- values -- */

static const struct {
	const char *name;
	enum xsd_form form;
	int64_t low, high;
} builtins[] = {
	{ "string", XSD_TEXT, 0, 0 }, { "normalizedString", XSD_TEXT, 0, 0 }, { "token", XSD_TEXT, 0, 0 }, { "anySimpleType", XSD_TEXT, 0, 0 },
	{ "anyURI", XSD_TEXT, 0, 0 }, { "NMTOKEN", XSD_TEXT, 0, 0 }, { "Name", XSD_TEXT, 0, 0 }, { "NCName", XSD_TEXT, 0, 0 },
	{ "ID", XSD_TEXT, 0, 0 }, { "IDREF", XSD_TEXT, 0, 0 }, { "language", XSD_TEXT, 0, 0 }, { "base64Binary", XSD_TEXT, 0, 0 },
	{ "hexBinary", XSD_TEXT, 0, 0 },
	{ "integer", XSD_INTEGER, INT64_MIN, INT64_MAX }, { "long", XSD_INTEGER, INT64_MIN, INT64_MAX },
	{ "int", XSD_INTEGER, INT32_MIN, INT32_MAX }, { "short", XSD_INTEGER, INT16_MIN, INT16_MAX }, { "byte", XSD_INTEGER, INT8_MIN, INT8_MAX },
	{ "nonNegativeInteger", XSD_INTEGER, 0, INT64_MAX }, { "positiveInteger", XSD_INTEGER, 1, INT64_MAX },
	{ "nonPositiveInteger", XSD_INTEGER, INT64_MIN, 0 }, { "negativeInteger", XSD_INTEGER, INT64_MIN, -1 },
	{ "unsignedLong", XSD_INTEGER, 0, INT64_MAX }, { "unsignedInt", XSD_INTEGER, 0, UINT32_MAX },
	{ "unsignedShort", XSD_INTEGER, 0, UINT16_MAX }, { "unsignedByte", XSD_INTEGER, 0, UINT8_MAX },
	{ "decimal", XSD_DECIMAL, INT64_MIN, INT64_MAX },
	{ "boolean", XSD_BOOLEAN, 0, 0 }, { "date", XSD_DATE, 0, 0 }, { "dateTime", XSD_TIME, 0, 0 },
};

static struct xsd_value builtin(struct text name)
{
	struct xsd_value v = { .form = XSD_OTHER, .name = local(name), .most = -1, .low = INT64_MIN, .high = INT64_MAX };

	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (text_is(v.name, builtins[i].name)) {
			v.form = builtins[i].form;
			if (v.form == XSD_INTEGER) {
				v.low = builtins[i].low;
				v.high = builtins[i].high;
			}
			return v;
		}
	v.unread = "a type that is not known here";
	return v;
}

/* One of [0-9] and \d, with how often; false when it is something else. */
static bool digits_once(struct text *p, int64_t *least, int64_t *most)
{
	int64_t low = 1, high = 1;

	if (text_starts(*p, "[0-9]"))
		p->at += 5, p->n -= 5;
	else if (text_starts(*p, "\\d"))
		p->at += 2, p->n -= 2;
	else
		return false;
	if (p->n && strchr("?*+", p->at[0])) {
		low = p->at[0] == '+';
		high = p->at[0] == '?' ? 1 : -1;
		p->at++, p->n--;
	} else if (p->n && p->at[0] == '{') {
		struct text rest = { p->at + 1, p->n - 1 }, range = text_cut(&rest, '}'), from;

		from = text_cut(&range, ',');
		if (!text_there(rest) || !text_to_int(from, &low))
			return false;
		high = !text_there(range) ? low : range.n ? number(range, -2) : -1;
		if (high < -1)
			return false;
		*p = rest;
	}
	*least += low;
	*most = high < 0 || *most < 0 ? -1 : *most + high;
	return true;
}

/* A pattern that allows digits alone becomes a length; any other is not read. */
static void take_pattern(struct xsd_value *v, struct text pattern)
{
	int64_t least = 0, most = 0;

	while (pattern.n && digits_once(&pattern, &least, &most))
		;
	if (pattern.n) {
		v->unread = "a pattern";
		return;
	}
	v->of_digits = true;
	if (most >= 0 && (v->most < 0 || most < v->most))
		v->most = most;
	if (least > v->least)
		v->least = least;
}

static struct xsd_value value_of(struct xsd *xsd, const struct xml_element *where, struct text name, int depth);
static struct xsd_value value_in(struct xsd *xsd, const struct xml_element *simple, int depth);

static void take_facet(struct xsd *xsd, const struct xml_element *facet, bool *first_value, struct xsd_value *v)
{
	static const char *const ignored[] = { "simpleType", "whiteSpace", "attribute", "attributeGroup", "anyAttribute" };
	struct text at = xml_attribute_of(facet, "value");
	int64_t n = number(at, -1);

	if (is(facet, "enumeration")) {
		if (*first_value)
			v->values_n = 0, v->values = NULL; /* of those of the base, these */
		*first_value = false;
		v->closed = true;
		*make_push(xsd->make, v->values, v->values_n) = at;
	} else if (is(facet, "pattern")) {
		take_pattern(v, at);
	} else if (is(facet, "length") && n >= 0) {
		v->least = v->most = n;
	} else if (is(facet, "minLength") && n >= 0) {
		v->least = n;
	} else if (is(facet, "maxLength") && n >= 0) {
		v->most = n;
	} else if (is(facet, "totalDigits") && n >= 0) {
		v->digits = n;
	} else if (is(facet, "minInclusive") && v->form == XSD_INTEGER && text_to_int(at, &n)) {
		v->low = n;
	} else if (is(facet, "maxInclusive") && v->form == XSD_INTEGER && text_to_int(at, &n)) {
		v->high = n;
	} else {
		for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
			if (is(facet, ignored[i]))
				return;
		v->unread = is(facet, "fractionDigits") ? "decimal places" : is(facet, "assertion") ? "an assertion" : "a bound";
	}
}

static void take_facets(struct xsd *xsd, const struct xml_element *restriction, struct xsd_value *v)
{
	bool first_value = true;

	for (const struct xml_element *e = restriction->first; e; e = e->next)
		take_facet(xsd, e, &first_value, v);
}

/* Of several types: their codes together, when all of them are lists of codes. */
static void unite(struct xsd *xsd, struct xsd_value *v, struct xsd_value member)
{
	if (!member.closed || member.unread)
		v->unread = "a union";
	v->form = member.form;
	v->closed = true;
	for (size_t i = 0; i < member.values_n; i++)
		*make_push(xsd->make, v->values, v->values_n) = member.values[i];
}

static struct xsd_value union_of(struct xsd *xsd, const struct xml_element *un, int depth)
{
	struct xsd_value v = builtin(text_lit("string"));

	for (struct text names = xml_attribute_of(un, "memberTypes"); text_there(names);) {
		struct text name = text_cut(&names, ' ');

		if (name.n)
			unite(xsd, &v, value_of(xsd, un, name, depth));
	}
	for (const struct xml_element *e = un->first; e; e = e->next)
		unite(xsd, &v, value_in(xsd, e, depth));
	v.closed = v.closed && !v.unread;
	return v;
}

/* A simpleType element. */
static struct xsd_value value_in(struct xsd *xsd, const struct xml_element *simple, int depth)
{
	const struct xml_element *restriction = child(simple, "restriction"), *un = child(simple, "union"), *nested;
	struct xsd_value v = builtin(text_lit("string"));
	struct text name = xml_attribute_of(simple, "name"), base;

	if (restriction && depth < DEPTH_MAX) {
		base = xml_attribute_of(restriction, "base");
		nested = child(restriction, "simpleType");
		if (text_there(base) || nested)
			v = text_there(base) ? value_of(xsd, restriction, base, depth + 1) : value_in(xsd, nested, depth + 1);
		take_facets(xsd, restriction, &v);
	} else if (un && depth < DEPTH_MAX) {
		v = union_of(xsd, un, depth + 1);
	} else {
		v.unread = "a list of values";
	}
	if (text_there(name))
		v.name = name;
	return v;
}

static struct xsd_value value_of(struct xsd *xsd, const struct xml_element *where, struct text name, int depth)
{
	const struct xml_element *simple = of_xml_schema(where, name) ? NULL : global(xsd, "simpleType", name);

	return simple ? value_in(xsd, simple, depth) : builtin(name);
}

/* A fixed value is a list of one. */
static void take_fixed(struct xsd *xsd, const struct xml_element *e, struct xsd_value *v)
{
	struct text fixed = xml_attribute_of(e, "fixed");

	if (!text_there(fixed))
		return;
	v->values = NULL;
	v->values_n = 0;
	*make_push(xsd->make, v->values, v->values_n) = fixed;
	v->closed = true;
}

/* -- attributes -- */

static void take_attribute(struct xsd *xsd, const struct xml_element *e, struct xsd_type *type)
{
	struct text ref = xml_attribute_of(e, "ref"), use = xml_attribute_of(e, "use"), name, of;
	const struct xml_element *declared = text_there(ref) ? global(xsd, "attribute", ref) : e, *simple;
	struct xsd_attribute *a = NULL;

	if (!declared) { /* of another namespace, such as xml:lang */
		type->unread = "an attribute that is declared elsewhere";
		return;
	}
	name = xml_attribute_of(declared, "name");
	for (size_t i = 0; i < type->attributes_n && !a; i++) /* a restriction says one of its base again */
		a = text_equal(type->attributes[i].name, name) ? &type->attributes[i] : NULL;
	if (text_is(use, "prohibited")) {
		if (a)
			*a = type->attributes[--type->attributes_n];
		return;
	}
	if (!a)
		a = make_push(xsd->make, type->attributes, type->attributes_n);
	of = xml_attribute_of(declared, "type");
	simple = child(declared, "simpleType");
	*a = (struct xsd_attribute){ .name = name, .required = text_is(use, "required"), .at = e,
		.value = text_there(of) ? value_of(xsd, declared, of, 0) : simple ? value_in(xsd, simple, 0) : builtin(text_lit("string")) };
	take_fixed(xsd, declared, &a->value);
	take_fixed(xsd, e, &a->value);
}

static void take_attributes(struct xsd *xsd, const struct xml_element *from, struct xsd_type *type, int depth)
{
	for (const struct xml_element *e = from ? from->first : NULL; e; e = e->next)
		if (is(e, "attribute"))
			take_attribute(xsd, e, type);
		else if (is(e, "attributeGroup") && depth < DEPTH_MAX)
			take_attributes(xsd, global(xsd, "attributeGroup", xml_attribute_of(e, "ref")), type, depth + 1);
		else if (is(e, "anyAttribute"))
			type->unread = "any attribute";
}

/* -- content -- */

static uint32_t occurs(const struct xml_element *e, const char *which)
{
	struct text t = xml_attribute_of(e, which);

	return text_is(t, "unbounded") ? XSD_UNBOUNDED : (uint32_t)number(t, 1);
}

static bool part_of(const struct xml_element *e, enum xsd_part *part)
{
	static const char *const names[] = { [XSD_ELEMENT] = "element", [XSD_SEQUENCE] = "sequence", [XSD_CHOICE] = "choice",
		[XSD_ALL] = "all", [XSD_ANY] = "any" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is(e, names[i])) {
			*part = (enum xsd_part)i;
			return true;
		}
	return false;
}

static void take_particles(struct xsd *xsd, const struct xml_element *from, struct xsd_particle *into, int depth);

/* Appends what `e` stands for, a group being what it holds; nothing when it is no particle. */
static void take_particle(struct xsd *xsd, const struct xml_element *e, struct xsd_particle *into, int depth)
{
	struct text ref = xml_attribute_of(e, "ref");
	const struct xml_element *group = is(e, "group") ? global(xsd, "group", ref) : NULL;
	struct xsd_particle p = { .min = occurs(e, "minOccurs"), .max = occurs(e, "maxOccurs"), .at = e };

	if (group)
		p.part = XSD_SEQUENCE;
	else if (is(e, "group"))
		p.part = XSD_ANY; /* one that is not there */
	else if (!part_of(e, &p.part))
		return;
	if (depth >= DEPTH_MAX || ++xsd->particles > PARTICLES_MAX)
		p.part = XSD_ANY;
	if (p.max == 0)
		return;
	if (p.part == XSD_ELEMENT) {
		p.name = text_there(ref) ? local(ref) : xml_attribute_of(e, "name");
		if (text_there(ref)) {
			p.at = global(xsd, "element", ref);
			if (!p.at || text_is(xml_attribute_of(p.at, "abstract"), "true")) { /* another stands for it */
				p.part = XSD_ANY;
				p.at = e;
			}
		}
	} else if (p.part != XSD_ANY) {
		take_particles(xsd, group ? group : e, &p, depth + 1);
	}
	*make_push(xsd->make, into->parts, into->parts_n) = p;
}

static void take_particles(struct xsd *xsd, const struct xml_element *from, struct xsd_particle *into, int depth)
{
	for (const struct xml_element *e = from->first; e; e = e->next)
		take_particle(xsd, e, into, depth);
}

static struct xsd_particle *content_new(struct xsd *xsd, const struct xml_element *at)
{
	struct xsd_particle *content = make_new(xsd->make, struct xsd_particle);

	*content = (struct xsd_particle){ .part = XSD_SEQUENCE, .min = 1, .max = 1, .at = at };
	return content;
}

/* -- types -- */

static void read_type(struct xsd *xsd, const struct xml_element *at, struct xsd_type *type, int depth);

static void take_base(struct xsd *xsd, const struct xml_element *step, struct xsd_type *type, int depth)
{
	struct text base = xml_attribute_of(step, "base");
	const struct xml_element *complex = of_xml_schema(step, base) ? NULL : global(xsd, "complexType", base);

	if (complex && depth < DEPTH_MAX) {
		read_type(xsd, complex, type, depth + 1);
	} else if (complex) {
		type->unread = "a type that is made from itself";
	} else if (!text_is(local(base), "anyType")) {
		type->text = true;
		type->value = value_of(xsd, step, base, depth);
	}
}

/* complexContent or simpleContent: a base, and what is done to it. */
static void take_derived(struct xsd *xsd, const struct xml_element *derived, struct xsd_type *type, int depth)
{
	const struct xml_element *step = derived->first;
	struct xsd_particle *of_base, *own;
	bool extends;

	if (!step)
		return;
	extends = is(step, "extension");
	take_base(xsd, step, type, depth);
	if (is(derived, "simpleContent")) {
		if (!extends) {
			const struct xml_element *simple = child(step, "simpleType");

			if (simple)
				type->value = value_in(xsd, simple, depth);
			take_facets(xsd, step, &type->value);
		}
	} else {
		of_base = type->content;
		own = content_new(xsd, step);
		if (extends && of_base)
			*make_push(xsd->make, own->parts, own->parts_n) = *of_base;
		take_particles(xsd, step, own, 0);
		type->content = own->parts_n ? own : NULL;
	}
	take_attributes(xsd, step, type, 0);
}

/* A complexType element. */
static void read_type(struct xsd *xsd, const struct xml_element *at, struct xsd_type *type, int depth)
{
	const struct xml_element *derived = child(at, "complexContent");

	type->mixed = type->mixed || text_is(xml_attribute_of(at, "mixed"), "true");
	derived = derived ? derived : child(at, "simpleContent");
	if (derived) {
		take_derived(xsd, derived, type, depth);
		return;
	}
	type->content = content_new(xsd, at);
	take_particles(xsd, at, type->content, 0);
	if (type->content->parts_n == 0)
		type->content = NULL;
	take_attributes(xsd, at, type, 0);
}

const struct xsd_type *xsd_type(struct xsd *xsd, const struct xml_element *element)
{
	struct text name = xml_attribute_of(element, "type");
	const struct xml_element *at = NULL;
	struct xsd_type *type;

	if (!text_there(name))
		at = child(element, "complexType") ? child(element, "complexType") : child(element, "simpleType");
	else if (!of_xml_schema(element, name))
		at = global(xsd, "complexType", name) ? global(xsd, "complexType", name) : global(xsd, "simpleType", name);
	for (size_t i = 0; at && i < xsd->known_n; i++)
		if (xsd->known[i].at == at)
			return xsd->known[i].type;
	type = make_new(xsd->make, struct xsd_type);
	if (at && is(at, "complexType")) {
		read_type(xsd, at, type, 0);
	} else if (at) {
		type->text = true;
		type->value = value_in(xsd, at, 0);
	} else if (!text_there(name) || text_is(local(name), "anyType")) {
		type->anything = true;
	} else {
		type->text = true;
		type->value = builtin(name);
	}
	take_fixed(xsd, element, &type->value);
	if (at && !text_there(xml_attribute_of(element, "fixed")))
		*make_push(xsd->make, xsd->known, xsd->known_n) = (struct known){ at, type };
	return type;
}
