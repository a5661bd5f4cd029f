/* SPDX-License-Identifier: Apache-2.0 */
/* Under which HCPCS codes a product may be billed, and which products a code is for, as crosswalks publish it. Whether anyone covers the
   product is another question: presence and absence say nothing of it. */
#pragma once

#include "formulary/answer.h"

/* Codes of a product: of its NDC, else of the concepts it is linked to. Limits are those of the codes found. *found false: no list has it. Texts live
   as long as the generation; the rest in the arena. FAULT_STORE_CORRUPT, FAULT_TOO_LARGE past the arena. */
bool formulary_hcpcs(const struct formulary *formulary, const struct product_name *name, struct arena *arena, struct hcpcs_answer *out,
	bool *found, struct fault *fault) fault_check;

/* Products of a HCPCS code, and its limits. */
bool formulary_hcpcs_products(const struct formulary *formulary, struct text code, struct arena *arena, struct hcpcs_answer *out,
	bool *found, struct fault *fault) fault_check;
