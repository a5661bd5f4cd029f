/* SPDX-License-Identifier: Apache-2.0 */
/* The searches of PDex US Drug Formulary 2.1.0: which parameters there are, and whether a resource fits them. */
#pragma once

#include "base/query.h"
#include "formulary/records.h"

enum pdex_kind { PDEX_PLANS, PDEX_ITEMS, PDEX_DRUGS, PDEX_KINDS };

enum {
	PDEX_COUNT = 20,      /* resources on a page when the client does not say */
	PDEX_COUNT_MOST = 200,
};

/* One row for each parameter: also what a CapabilityStatement says. */
struct pdex_parameter {
	enum pdex_kind kind;
	const char *name, *type; /* token, string, date, reference; "special" for those that are about the answer */
	const char *doc;
};
extern const struct pdex_parameter pdex_parameters[];
extern const size_t pdex_parameters_n;
/* "Basic" ... */
const char *pdex_kind_name(enum pdex_kind kind);

/* What the client asks about the answer. */
struct pdex_page {
	int64_t count;
	struct text cursor;                      /* TEXT_NONE: the first page */
	bool subject, formulary;                 /* _include */
	struct text unknown;                     /* name of a parameter that is not known; TEXT_NONE: all are */
};
/* FAULT_BAD_NUMBER for a _count that is none. */
bool pdex_page_read(enum pdex_kind kind, const struct query *query, struct pdex_page *out, struct fault *fault) fault_check;

/* Does the resource fit every parameter of the query? name: what its drug is called. FAULT_BAD_DATE and others for a value that cannot be read, the path
   is the parameter's name. */
bool pdex_fits(enum pdex_kind kind, const struct query *query, const struct pdex_resource *resource, struct text name, bool *fits,
	struct fault *fault) fault_check;

/* The next of several values with commas between them; TEXT_NONE at the end. */
struct text pdex_value(struct text *rest);
/* The id in a reference to such a resource: "Basic/x", a whole URL of one, or an id alone. */
struct text pdex_id_in(struct text reference, const char *type);
/* A value is "code", "|code", "system|code" or "system|". */
bool pdex_token_fits(struct text value, struct text system, struct text code);
