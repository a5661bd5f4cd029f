/* SPDX-License-Identifier: Apache-2.0 */
/* A question about one product, as a person or a program asks it: whose lists, which product, which day, which pharmacy. */
#pragma once

#include "formulary/answer.h"

/* Whose: a plan by its name or by its BIN, or lists by their ids; exactly one of the three. Which product: by NDC, RxNorm concept, or words
   of its description; exactly one of the three. TEXT_NONE and 0: not asked. */
struct formulary_question {
	struct text plan;
	struct text bin, pcn, group;
	struct list_ids lists;
	struct text ndc; /* as written anywhere, see ndc.h */
	struct text rxcui;
	struct text words;
	struct text day;      /* CCYYMMDD; TEXT_NONE: that of formulary_day */
	struct text npi;      /* how this pharmacy stands, and only copays for such pharmacies */
	struct text pharmacy; /* only copays for this type: R D M S L */
	int64_t days;         /* only copays and prices for so many days of supply; 0: all */
};

/* Answers it. FAULT_MISSING, FAULT_CHOICE: one of the choices above is not made, or made twice. FAULT_BAD_CODE "ndc", FAULT_BAD_NUMBER "rxcui",
   FAULT_BAD_DATE "day", FAULT_BAD_NUMBER "pharmacy": no such thing. FAULT_NOT_FOUND "plan" or "bin": no such plan. A product that the plan does
   not list is an answer. Paths are the names of the members above. Texts live as long as the generation and the arena. */
bool formulary_ask(const struct formulary *formulary, const struct formulary_question *question, struct arena *arena,
	struct coverage_answer *out, struct fault *fault) fault_check;

/* Whether it is a day of the calendar, CCYYMMDD. */
bool formulary_is_day(struct text day);
