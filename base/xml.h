/* SPDX-License-Identifier: Apache-2.0 */
/* XML to records and back. libxml2 is used as SAX2 here, on bytes that a linear pre-scan has found harmless. */
#pragma once

#include "base/record_build.h"

enum {
	XML_BODY_MAX = 1 << 20,    /* bytes; ten times the largest ePA seen, attachments included */
	XML_DEPTH_MAX = 60,        /* levels; SCRIPT needs 16 */
	XML_ATTRIBUTES_MAX = 32,   /* per element; Message has 8. libxml2 is quadratic: 32,000 took 24.9 s */
	XML_ELEMENTS_MAX = 20000,  /* per body; the largest question set seen has under 2,000 */
	XML_NAME_MAX = 128,        /* bytes */
	XML_PEEK_MAX = 1 << 16,    /* bytes looked at by xml_peek: who wrote and which message it is stand at the front */
};

/* One linear pass: UTF-8 only, no DOCTYPE, no CDATA, no processing instruction but the declaration, no entity but the
   five and numeric ones, limits above, tags nest. What passes is cheap for any parser. FAULT_XML_FORBIDDEN, TOO_LARGE,
   TOO_DEEP, NOT_XML; the path is "" (nothing of the body may be quoted). */
bool xml_prescan(struct text body, struct fault *fault) fault_check;

/* The reused libxml2 context of a role; xml_reader_free accepts NULL. */
struct xml_reader;
struct xml_reader *xml_reader_new(void);
void xml_reader_free(struct xml_reader *reader);

/* What a lenient read passed over. */
struct xml_notes {
	size_t unknown;                  /* elements and attributes not in the tables */
	char unknown_at[FAULT_PATH_MAX]; /* parent of the first */
};

/* Pre-scan, then one SAX2 pass into a zeroed `rec`, whose record stands for the root element: `root` receives the root's
   local name (an arena copy) and any name is accepted, the caller judges. Namespaces are ignored, local names decide.
   Attributes with the prefix xml or xsi are not the message's and are passed over. Text beside child elements counts as
   unknown. Texts point into `body` where they can and into the arena else: body must outlive rec. notes may be NULL. On
   failure the path says how far it came, and rec holds what was read before. */
bool xml_read(struct xml_reader *reader, const struct record *record, void *rec, struct text body,
	struct text *root, struct arena *arena, struct xml_notes *notes, struct fault *fault) fault_check;

/* Appends <root>...</root> with the XML declaration, children in table order, escaped so that reading gives the same
   texts back (CR as &#13;). `attributes` is put into the root tag as it is ("" for none). The record should have passed
   record_check: a control character, which XML cannot carry, is written as U+FFFD. */
void xml_write(const struct record *record, const void *rec, const char *root, const char *attributes,
	struct buffer *out);

/* Where the text of the first element with this local name stands, found by a tolerant scan that never fails, for
   answering a body that cannot be read. TEXT_NONE when the front of the body has none or it holds markup or is longer than `max` bytes. */
struct text xml_peek(struct text body, const char *element, size_t max);

/* Some gateways send the message escaped inside <string xmlns="...">. Gives the message inside (in the arena), or `body`
   itself when the root is not such a wrapper. Unwraps once: a wrapper in a wrapper stays. Fails as xml_prescan does on the
   wrapper; the message inside has not been looked at yet. */
bool xml_unwrap(struct text body, struct arena *arena, struct text *inner, struct fault *fault) fault_check;
