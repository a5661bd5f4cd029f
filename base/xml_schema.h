/* SPDX-License-Identifier: Apache-2.0 */
/* An operator's own XML Schema folder: holding messages to it, and its files as trees for whoever reads them otherwise. None is
   shipped: NCPDP's schemas are licensed. */
#pragma once

#include "base/buffer.h"
#include "base/fault.h"

enum {
	SCHEMA_FILES_MAX = 64,           /* files of one folder; SCRIPT has six */
	SCHEMA_FILE_MAX = 16 << 20,      /* bytes of one of them; with its documentation SCRIPT's largest is said to have about 2 MB */
	SCHEMA_DIFFERENCES_MAX = 100,    /* kept of one message; further ones are counted */
};

struct xml_schema;

/* Reads every *.xsd of the folder (not below it) and prepares the one called `root`, or with NULL transport.xsd, or the only one that
   no other includes. What the files include is looked for in this folder alone, by file name: nothing else is opened, no network, no
   catalogue; a DOCTYPE is refused. The files may change or go afterwards. On failure the fault is CONFIG or FILE, and `why` (NULL:
   nobody asks) receives lines of "file:line: what" in words that may quote the schema. NULL on failure; thread-free. */
struct xml_schema *xml_schema_load(const char *folder, const char *root, struct buffer *why, struct fault *fault) fault_check;
/* Accepts NULL. */
void xml_schema_free(struct xml_schema *schema);
/* Name of the root file. */
const char *xml_schema_root(const struct xml_schema *schema);

/* One place where a message does not fit. Holds names from the schema alone, so that it may be logged: an element or attribute that
   the schema nowhere declares shows as '?', and no value is ever quoted. */
struct xml_difference {
	unsigned line;         /* of the element in the message, from 1 */
	enum fault_code code;  /* what it is in the words of our own faults */
	const char *rule;      /* "is not expected here", after the path; lives for ever */
	struct text path;      /* "Message/Body/PARequest/Patient", items as Name[2] counted from 0 */
	struct text expected;  /* names that could stand here, "A, B"; TEXT_NONE when it is not about names */
};
struct xml_differences {
	struct xml_difference *items;
	size_t n, more; /* more: further ones that were only counted */
};

/* Holds a body to the schema, after the pre-scan. True when it could be held to it: `out` then says with what outcome, none when it
   fits; texts live in the arena. False as xml_prescan, or TOO_LARGE when the arena ran out. Costs about two to three times what
   reading the message does. The schema is reused from body to body; nothing of a body stays in it. */
bool xml_schema_check(struct xml_schema *schema, struct text body, struct arena *arena, struct xml_differences *out,
	struct fault *fault) fault_check;

/* -- the files as trees -- */

struct xml_attribute {
	struct text name, value; /* local name; value with entities replaced, in its own white space */
};

/* An element of the XML Schema namespace; annotations and what is of other namespaces is left out. */
struct xml_element {
	struct text name, prefix; /* local name, and the prefix it stands with ("" for none) */
	const char *file;
	unsigned line;
	struct xml_attribute *attributes;
	size_t attributes_n;
	struct xml_element *first, *next; /* child, sibling */
};

/* The root element of each file that the root file needs, itself first; NULL past the last. Owned by the schema. */
const struct xml_element *xml_schema_tree(const struct xml_schema *schema, size_t i);
/* Value of an attribute, TEXT_NONE when it is absent. */
struct text xml_attribute_of(const struct xml_element *element, const char *name);
