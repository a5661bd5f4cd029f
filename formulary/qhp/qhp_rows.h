/* SPDX-License-Identifier: Apache-2.0 */
/* What an object of a marketplace issuer's files becomes in a generation. */
#pragma once

#include "formulary/builder.h"
#include "formulary/names.h"
#include "formulary/qhp/qhp.h"

enum { QHP_YEARS_MAX = 10 };

struct qhp_rows {
	struct builder *builder;
	struct qhp_report *report;
	struct text source, file;
	struct arena arena;  /* of one object */
	struct names plans;
	int64_t item;
};

/* An object of a plans file, of a drugs file. All plans come before the drugs. */
bool qhp_plan_row(struct qhp_rows *rows, struct text item, struct fault *fault) fault_check;
bool qhp_drug_row(struct qhp_rows *rows, struct text item, struct fault *fault) fault_check;
