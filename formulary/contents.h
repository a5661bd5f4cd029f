/* SPDX-License-Identifier: Apache-2.0 */
/* What is loaded: publishers, lists and plans, for people and programs that look around. */
#pragma once

#include "formulary/formulary.h"

enum { CONTENTS_PAGE = 100 }; /* lists or plans in one answer */

/* Publishers, and the load that made the generation. FAULT_STORE_CORRUPT, FAULT_TOO_LARGE past the arena, here and below. */
bool formulary_contents_of(const struct formulary *formulary, struct arena *arena, struct formulary_contents *out, struct fault *fault) fault_check;
/* Lists of a publisher and a kind (TEXT_NONE: of any) with a number after `after`. */
bool formulary_lists_of(const struct formulary *formulary, struct text source, struct text kind, int64_t after, struct arena *arena,
	struct list_page *out, struct fault *fault) fault_check;
/* Plans of a publisher (TEXT_NONE: of any) whose name comes after `after`. */
bool formulary_plans_of(const struct formulary *formulary, struct text source, struct text after, struct arena *arena, struct plan_page *out,
	struct fault *fault) fault_check;
/* One plan. *found false: there is none of this name. */
bool formulary_plan_of(const struct formulary *formulary, struct text plan, struct arena *arena, struct plan_contents *out, bool *found,
	struct fault *fault) fault_check;
