/* SPDX-License-Identifier: Apache-2.0 */
/* What a PDex resource becomes in a generation. */
#pragma once

#include "base/json.h"
#include "formulary/builder.h"
#include "formulary/names.h"
#include "formulary/pdex/pdex.h"
#include "formulary/pdex/pdex_codes.h"

struct pdex_rows {
	struct builder *builder;
	struct pdex_report *report;
	struct text source, file;
	struct arena arena;   /* of one resource */
	struct names known;   /* resources that others refer to: "Type/id" and urn: addresses, and what is remembered of them */
	struct names named;   /* business identifiers that are taken */
	int64_t item;
};

/* From when to when; absent: open. */
struct pdex_days {
	char from[9], to[9]; /* CCYYMMDD; "": open */
};

/* The first pass takes what others refer to, drugs and formularies; the second takes plans and items. full_url may be TEXT_NONE. A resource that
   is not for the pass is left alone. False: it is refused, and the path of the fault begins below it. */
bool pdex_first(struct pdex_rows *rows, const struct pdex_resource *resource, struct text full_url, struct fault *fault) fault_check;
bool pdex_second(struct pdex_rows *rows, const struct pdex_resource *resource, struct fault *fault) fault_check;
bool pdex_is_formulary(const struct pdex_insurance_plan *plan);

/* pdex_plans.c */
bool pdex_plan(struct pdex_rows *rows, const struct pdex_insurance_plan *plan, struct fault *fault) fault_check;

/* pdex_values.c */
/* The days of a period; NULL is open. FAULT_BAD_DATE. */
bool pdex_days(const struct pdex_period *period, struct pdex_days *days, struct fault *fault) fault_check;
/* What is in both; false when no day is. */
bool pdex_days_both(const struct pdex_days *a, const struct pdex_days *b, struct pdex_days *out);
/* "Type/id" of a relative or absolute reference, a urn: as it is; a version is left out. TEXT_NONE for anything else. */
struct text pdex_target(struct text reference);
/* The extension of this URL. FAULT_REPEATED when there are two, FAULT_MISSING when there is none and it is needed. */
bool pdex_extension_of(const struct pdex_extension *items, size_t n, const char *url, bool need, const struct pdex_extension **out,
	struct fault *fault) fault_check;
/* valueBoolean; false when the extension is not there. FAULT_BAD_TEXT. */
bool pdex_yes(const struct pdex_extension *extension, int64_t *out, struct fault *fault) fault_check;
/* At most so many characters of it. */
struct text pdex_shortened(struct text t, size_t most);
/* Counts an element that has no home. */
void pdex_without_home(struct pdex_report *report, const char *where);
/* The business identifier that names a plan or formulary here; FAULT_MISSING, FAULT_TOO_LONG, FAULT_BAD_TEXT for control characters. */
bool pdex_identity(const struct pdex_insurance_plan *plan, struct text *out, struct fault *fault) fault_check;

/* What is remembered of a formulary. */
struct pdex_formulary {
	struct text identity;
	struct pdex_days days;
	bool active;
};
/* The formulary that a reference leads to. FAULT_NOT_FOUND. */
bool pdex_formulary_at(const struct pdex_rows *rows, const struct pdex_reference *reference, struct pdex_formulary *out,
	struct fault *fault) fault_check;
/* Begins or takes up again a list of the formulary that counts on these days. */
bool pdex_list(struct pdex_rows *rows, const char *kind, const char *subtype, const struct pdex_formulary *formulary, const struct pdex_days *days,
	uint32_t *number, struct fault *fault) fault_check;
/* Puts a refused resource into the report. */
void pdex_refuse(struct pdex_rows *rows, const char *type, struct text id, const struct fault *fault);
