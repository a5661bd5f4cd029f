/* SPDX-License-Identifier: Apache-2.0 */
/* The one way to fail: a function returns false and says in a fault what kind and where, never the value. */
#pragma once

#include "base/text.h"

enum fault_code {
	FAULT_NONE,
#define FAULT(code, ...) FAULT_##code,
#include "base/fault.def"
#undef FAULT
	FAULT_CODES
};

enum fault_mend { MEND_SENDER, MEND_OPERATOR, MEND_PEER };
enum fault_level { LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

enum { FAULT_PATH_MAX = 200 }; /* bytes; the deepest ePA path, an answer in a question set, is about 150 */

struct fault {
	enum fault_code code;
	/* Where: names from our own tables joined by '/', list items as Name[2]. Never a name or value from the message. */
	char path[FAULT_PATH_MAX];
};

/* What a code means to each reader; see fault.def for the columns. */
struct fault_row {
	enum fault_code code;
	const char *name;
	enum fault_mend mend;
	const char *script_code, *script_detail, *rtpb_reject, *fhir_issue;
	int http_status;
	enum fault_level level;
	bool retry;
	const char *sentence;
};

/* Fills *fault and returns false, so that `return fault_set(fault, FAULT_MISSING, "Patient");` reads as what it does.
   `where` may be "" when the caller above adds it with fault_under. */
bool fault_set(struct fault *fault, enum fault_code code, const char *where);

/* Puts `parent` (and [index] when index >= 0) before the path of a fault on its way up. Returns false. */
bool fault_under(struct fault *fault, struct text parent, int index);

const struct fault_row *fault_row(enum fault_code code);
/* The row of a name such as "MISSING"; NULL when there is none. */
const struct fault_row *fault_find(const char *name);

#define fault_check __attribute__((warn_unused_result))
