/* SPDX-License-Identifier: Apache-2.0 */
/* The cross-reference list: which plan a BIN, PCN and group stand for, and which lists are that plan's. Details of one plan that follow each
   other are one plan with all their coverage and copay ids. */
#pragma once

#include "formulary/builder.h"
#include "formulary/records.h"

struct fb_cross {
	struct builder *builder;
	struct text sender;
	uint32_t bins, plans;   /* lists */
	struct arena arena;     /* of the plan being gathered */
	struct plan_row plan;   /* its plan is absent: none */
	struct bin_line last;   /* the BIN line put last */
};

void fb_cross_begin(struct fb_cross *cross, struct builder *builder, struct text sender, uint32_t bins, uint32_t plans);
/* False: the detail is refused (the path is the member), or with *broken the load cannot go on. */
bool fb_cross_take(struct fb_cross *cross, const struct fb_detail *detail, int64_t line, bool *broken, struct fault *fault) fault_check;
/* Puts the plan that is still being gathered. The cross can be begun again after it. */
bool fb_cross_end(struct fb_cross *cross, struct fault *fault) fault_check;
void fb_cross_done(struct fb_cross *cross);
