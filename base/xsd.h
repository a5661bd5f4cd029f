/* SPDX-License-Identifier: Apache-2.0 */
/* What XML Schema files say of a message, read so far as a table of ours could say the same, and the two laid side by side.

   Read: elements, sequence, choice, all, groups, attributes and their groups, named and nested types, extension, restriction, include;
   facets enumeration, length, minLength, maxLength, totalDigits, minInclusive, maxInclusive, and patterns of digits. Names count
   without their namespace. What is not read is not passed over in silence: it is listed as not compared. */
#pragma once

#include "base/make.h"
#include "base/record.h"
#include "base/xml_schema.h"

#define XSD_UNBOUNDED UINT32_MAX

/* -- what the files say (xsd.c) -- */

enum xsd_form { XSD_TEXT, XSD_INTEGER, XSD_DECIMAL, XSD_BOOLEAN, XSD_DATE, XSD_TIME, XSD_OTHER, XSD_FORMS };
extern const char *const xsd_form_words[XSD_FORMS];

/* What a value may be. */
struct xsd_value {
	enum xsd_form form;
	struct text name; /* of the type, or of the one it is made from */
	struct text *values;
	size_t values_n;
	bool closed;             /* only `values` */
	int64_t least, most;     /* characters; most -1: no limit */
	int64_t digits;          /* totalDigits; 0: no limit */
	int64_t low, high;       /* of numbers */
	bool of_digits;          /* a pattern allows digits alone, at most `most` */
	const char *unread;      /* what of it was not understood: "a pattern"; NULL: nothing */
};

enum xsd_part { XSD_ELEMENT, XSD_SEQUENCE, XSD_CHOICE, XSD_ALL, XSD_ANY };

/* A particle of a content model. */
struct xsd_particle {
	enum xsd_part part;
	uint32_t min, max;
	struct text name;              /* of an element */
	const struct xml_element *at;  /* where it is declared */
	struct xsd_particle *parts;
	size_t parts_n;
};

struct xsd_attribute {
	struct text name;
	bool required;
	struct xsd_value value;
	const struct xml_element *at;
};

struct xsd_type {
	bool text;                     /* it has a value: simple, or with simple content */
	struct xsd_value value;
	struct xsd_particle *content;  /* NULL: no elements */
	struct xsd_attribute *attributes;
	size_t attributes_n;
	bool mixed, anything;          /* anything: no type, or one that allows all */
	const char *unread;
};

struct xsd;
/* Over a loaded schema, which must outlive it; lives in the arena of `make`. */
struct xsd *xsd_new(const struct xml_schema *schema, struct make *make);
/* The global element of this name; NULL when there is none. */
const struct xml_element *xsd_element(struct xsd *xsd, struct text name);
/* True when an element of this name is declared anywhere. */
bool xsd_declares(struct xsd *xsd, struct text name);
/* The files, as xml_schema_tree gives them. */
const struct xml_element *xsd_file(const struct xsd *xsd, size_t i);
/* The type of an element as it is declared; the same one for the same declaration of a type, never NULL. */
const struct xsd_type *xsd_type(struct xsd *xsd, const struct xml_element *element);

/* -- tables beside it (xsd_compare.c) -- */

enum xsd_kind {
	XSD_MISSING_HERE,  /* the schema has it, our table does not */
	XSD_MISSING_THERE,
	XSD_NAME,          /* the schema knows another of our spellings than the one we write */
	XSD_ORDER,
	XSD_LEAST,         /* how often it must be there */
	XSD_MOST,          /* how often it may be there */
	XSD_SHAPE,         /* alternatives here, a sequence there, or parts that go together */
	XSD_LENGTH,
	XSD_VALUES,        /* the list of codes */
	XSD_KIND,          /* text here, a date there */
	XSD_NOT_COMPARED,
	XSD_KINDS
};
/* "missing here" */
const char *xsd_kind_words(enum xsd_kind kind);

struct xsd_difference {
	enum xsd_kind kind;
	struct text path;  /* from the record down, as in a fault; attributes as @Name */
	struct text here, there;
	const char *file;  /* where the schema says so, NULL when it is not in it */
	unsigned line;
};
struct xsd_differences {
	struct xsd_difference *items;
	size_t n;
	size_t records; /* records of ours that were held against a type */
};

/* All differences between a record, which stands for this element, and the schema. A record and a type that meet in several places are
   compared in the first one. Never fails but for memory, which make_done tells. */
void xsd_compare(struct xsd *xsd, const struct xml_element *element, const struct record *record, struct make *make,
	struct xsd_differences *out);
