/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of every FHIR resource whatever its profile: the forms of primitives, the guide's extensions, modifiers, references. */
#pragma once

#include "fhir-bridge/resolve.h"

enum fhir_form {
	FORM_BOOLEAN,   /* true or false */
	FORM_INTEGER,   /* 32 bits */
	FORM_UNSIGNED,
	FORM_POSITIVE,  /* from 1 */
	FORM_POSITIVES, /* a JSON array of them, or one */
	FORM_DATE,      /* YYYY, YYYY-MM or YYYY-MM-DD */
	FORM_DATE_TIME, /* the same, or with a time of day and its zone */
	FORM_INSTANT,   /* date, time to the second, zone */
	FORM_ID,        /* [A-Za-z0-9.-], at most 64 */
	FORM_URI,       /* no white space */
	FORM_BASE64,
	FORM_GENDER,    /* R4 administrative-gender */
	FORM_NONE,      /* nothing may stand there: rules to read by that nobody here knows */
};
bool fhir_has_form(struct text value, enum fhir_form form);

struct forms_check {
	const struct resolve *resolve; /* NULL: references are not looked up */
	struct fault *fault;
	struct where where;
	const struct fhir_resource *contained; /* of the resource that is looked at: "#id" points there */
	size_t contained_n;
	int depth;
};
/* All of it for a record and what is in it. A reference that leads nowhere is MISSING at its "resolve()". */
bool forms_check(struct forms_check *check, const struct record *record, const void *rec) fault_check;
/* One of the guide's extensions as def/extensions.def has it; others hold. In extensions.c. */
bool extension_check(const struct fhir_extension *extension, const struct where *where, struct fault *fault) fault_check;
