/* SPDX-License-Identifier: Apache-2.0 */
/* Details of a cross-reference list to BIN lines and plans. */
#include "formulary/fb/fb_cross.h"

#include <stdio.h>

enum {
	PLAN_ARENA = 1 << 20, /* bytes: one plan with its ids */
	IDS_MAX = 20,         /* coverage or copay ids of a plan; lists.def */
	PLAN_MAX = 80,        /* characters; lists.def */
};

void fb_cross_begin(struct fb_cross *cross, struct builder *builder, struct text sender, uint32_t bins, uint32_t plans)
{
	*cross = (struct fb_cross){ .builder = builder, .sender = sender, .bins = bins, .plans = plans };
	arena_init(&cross->arena, PLAN_ARENA);
}

void fb_cross_done(struct fb_cross *cross)
{
	arena_done(&cross->arena);
}

enum { NAME_BYTES = 640 }; /* sender and plan at 4 bytes a character */

/* Publishers number their plans without knowing of each other, so the sender stands before the plan's id. */
static struct text plan_name(const struct fb_cross *cross, const struct fb_detail *d, char name[NAME_BYTES])
{
	int n = d->plan.n ? snprintf(name, NAME_BYTES, "%.*s:%.*s", TEXT_ARGS(cross->sender), TEXT_ARGS(d->plan)) :
			    snprintf(name, NAME_BYTES, "%.*s:%.*s/%.*s/%.*s", TEXT_ARGS(cross->sender), TEXT_ARGS(d->bin),
				    TEXT_ARGS(d->pcn), TEXT_ARGS(d->group));

	return n > 0 && n < NAME_BYTES ? (struct text){ name, (size_t)n } : TEXT_NONE;
}

/* The plan gathered so far goes to the builder. */
static bool put_plan(struct fb_cross *cross, struct fault *fault)
{
	struct builder_row row = { .list = cross->plans, .class = ROW_PLAN, .body = cross->plan.plan, .record = &plan_row_record,
		.rec = &cross->plan, .line = cross->plan.line };

	return !cross->plan.plan.n || builder_row(cross->builder, &row, fault);
}

static bool add_id(struct fb_cross *cross, struct text id, struct text **ids, size_t *n, const char *member, struct fault *fault)
{
	struct text *to;

	for (size_t i = 0; i < *n; i++)
		if (text_equal((*ids)[i], id))
			return true;
	if (!id.n)
		return true;
	if (*n == IDS_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, member);
	to = arena_push(&cross->arena, (void **)ids, n, sizeof(*to));
	if (!to)
		return fault_set(fault, FAULT_TOO_LARGE, member);
	*to = arena_text(&cross->arena, id);
	return text_there(*to) || fault_set(fault, FAULT_TOO_LARGE, member);
}

/* A plan has one formulary and one list of alternatives. */
static bool one_id(struct fb_cross *cross, struct text id, struct text *to, const char *member, struct fault *fault)
{
	if (!id.n || text_equal(id, *to))
		return true;
	if (to->n)
		return fault_set(fault, FAULT_RULE, member);
	*to = arena_text(&cross->arena, id);
	return text_there(*to) || fault_set(fault, FAULT_TOO_LARGE, member);
}

static bool same_line(const struct bin_line *a, const struct bin_line *b)
{
	return text_equal(a->bin, b->bin) && text_equal(a->pcn, b->pcn) && text_equal(a->group, b->group);
}

static bool put_bin(struct fb_cross *cross, const struct fb_detail *d, struct text plan, int64_t line, struct fault *fault)
{
	struct bin_line bin = { .bin = d->bin, .pcn = d->pcn, .group = d->group, .plan = plan, .line = line };

	if (same_line(&bin, &cross->last))
		return true;
	if (!builder_bin(cross->builder, cross->bins, &bin, fault))
		return false;
	cross->last = (struct bin_line){ .bin = arena_text(&cross->arena, bin.bin), .pcn = arena_text(&cross->arena, bin.pcn),
		.group = arena_text(&cross->arena, bin.group) };
	return true;
}

bool fb_cross_take(struct fb_cross *cross, const struct fb_detail *d, int64_t line, bool *broken, struct fault *fault)
{
	char name[NAME_BYTES];
	struct text plan = plan_name(cross, d, name);

	*broken = false;
	if (d->bin.n != 6)
		return fault_set(fault, FAULT_BAD_NUMBER, "bin");
	if (!text_there(plan) || text_characters(plan) > PLAN_MAX)
		return fault_set(fault, FAULT_TOO_LONG, "plan");
	if (text_is(d->change, "DELETE")) {
		struct bin_line bin = { .bin = d->bin, .pcn = d->pcn, .group = d->group };

		*broken = true; /* what fails now is not the detail's fault */
		return builder_bin_remove(cross->builder, cross->bins, &bin, line, fault);
	}
	if (!text_equal(plan, cross->plan.plan)) {
		*broken = true;
		if (!put_plan(cross, fault))
			return false;
		*broken = false;
		arena_reset(&cross->arena);
		cross->last = (struct bin_line){ 0 };
		cross->plan = (struct plan_row){ .plan = arena_text(&cross->arena, plan), .source = cross->sender, .line = line };
		if (!text_there(cross->plan.plan))
			return fault_set(fault, FAULT_TOO_LARGE, "plan");
	}
	if (!one_id(cross, d->formulary, &cross->plan.formulary, "formulary", fault) ||
		!one_id(cross, d->alternative, &cross->plan.alternative, "alternative", fault) ||
		!add_id(cross, d->coverage, &cross->plan.coverage, &cross->plan.coverage_n, "coverage", fault) ||
		!add_id(cross, d->copay, &cross->plan.copay, &cross->plan.copay_n, "copay", fault))
		return false;
	*broken = true;
	return put_bin(cross, d, cross->plan.plan, line, fault);
}

bool fb_cross_end(struct fb_cross *cross, struct fault *fault)
{
	bool ok = put_plan(cross, fault);

	arena_reset(&cross->arena);
	cross->plan = (struct plan_row){ 0 };
	cross->last = (struct bin_line){ 0 };
	return ok;
}
