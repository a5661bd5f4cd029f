/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of each list of a formulary and benefit file: begun, taken, refused alone, updated, removed. */
#include "formulary/fb/fb_loading.h"

#include "formulary/index.h"

#include <stdio.h>

enum { COMPANION_MAX = 128 }; /* bytes of the subtype of a companion */

static int64_t at_line(const struct fb_loading *loading)
{
	return lines_number(loading->lines);
}

static const char *list_kind(enum fb_kind kind)
{
	return kind == FB_CROSS ? "BIN" : fb_kind_name(kind);
}

static bool remember_lost(struct fb_loading *loading, enum fb_kind kind, const struct fb_list *said, struct fault *fault)
{
	struct formulary_list *lost = arena_push(&loading->kept, (void **)&loading->lost, &loading->lost_n, sizeof(*lost));

	if (!lost)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*lost = (struct formulary_list){ .source = loading->sender, .kind = text_of(list_kind(kind)),
		.subtype = arena_text(&loading->kept, said->subtype), .list_id = arena_text(&loading->kept, said->list_id) };
	return true;
}

/* The list is refused, with the links and plans that came with it. */
static bool refuse_list(struct fb_loading *loading, enum fb_kind kind, const struct fb_list *said, int64_t line, const struct fault *why,
	struct fault *fault)
{
	struct fb_open_list *list = &loading->list;

	loading->report->lists_refused++;
	fb_response_list(&loading->response, line, fb_kind_name(kind), said, list->open ? list->rows : 0, list->open ? list->refused : 0, why);
	if (list->open) {
		loading->report->rows -= list->rows;
		builder_refuse(loading->builder, list->number);
		builder_refuse(loading->builder, list->with);
		list->open = false;
	}
	return remember_lost(loading, kind, said, fault);
}

/* What comes with a list and goes with it: links between names of its products, or the plans of a cross-reference. */
static struct formulary_list companion(const struct formulary_list *list, char subtype[COMPANION_MAX])
{
	struct formulary_list with = *list;

	if (text_is(list->kind, "BIN")) {
		with.kind = text_lit("PLAN");
		return with;
	}
	snprintf(subtype, COMPANION_MAX, "%.*s %.*s", TEXT_ARGS(list->kind), TEXT_ARGS(list->subtype));
	with.kind = text_lit("LINK");
	with.subtype = text_trim(text_of(subtype));
	return with;
}

/* What was there of a list under any date stays, unless the file brings it. */
static void keep_alike(struct fb_loading *loading, const struct formulary_list *like)
{
	const struct index *index = builder_index(loading->builder);

	for (uint32_t at = index_alike(index, like, 0); at; at = index_alike(index, like, at))
		builder_keep(loading->builder, at);
}

/* A list that is refused may have been there under an earlier date, which a full file must not end. */
void fb_lists_keep(struct fb_loading *loading)
{
	char subtype[COMPANION_MAX];

	for (size_t i = 0; i < loading->lost_n; i++) {
		struct formulary_list with = companion(&loading->lost[i], subtype);

		keep_alike(loading, &loading->lost[i]);
		keep_alike(loading, &with);
	}
}

/* The list that an update is of: the one of its date, else the latest begun by then. */
static const struct formulary_list *updated(const struct fb_loading *loading, const struct formulary_list *header)
{
	const struct index *index = builder_index(loading->builder);
	const struct formulary_list *best = NULL;

	for (uint32_t at = index_alike(index, header, 0); at; at = index_alike(index, header, at)) {
		const struct formulary_list *list = &index->lists[at];
		struct text by = header->effective_date.n ? header->effective_date : text_of(loading->day);

		if (builder_there(loading->builder, at) && text_compare(list->effective_date, by) <= 0 && (!best || text_compare(list->effective_date, best->effective_date) > 0))
			best = list;
	}
	return best;
}

/* What an update is of must be known, and must not change before its day. */
static bool place_update(struct fb_loading *loading, struct formulary_list *header, struct fault *why)
{
	const struct formulary_list *of = updated(loading, header);

	if (!of)
		return fault_set(why, FAULT_RULE, "action");
	if (!text_equal(of->effective_date, header->effective_date) && header->effective_date.n &&
		text_compare(header->effective_date, text_of(loading->day)) > 0)
		return fault_set(why, FAULT_RULE, "effective_date");
	header->effective_date = of->effective_date;
	return !builder_brought(loading->builder, header) || fault_set(why, FAULT_REPEATED, "list_id");
}

static void remove_alike(struct fb_loading *loading, const struct formulary_list *like)
{
	const struct index *index = builder_index(loading->builder);

	for (uint32_t at = index_alike(index, like, 0); at; at = index_alike(index, like, at))
		if (!like->effective_date.n || text_equal(index->lists[at].effective_date, like->effective_date))
			builder_remove(loading->builder, at);
}

static struct formulary_list header_of(struct fb_loading *loading, enum fb_kind kind, const struct fb_list *said)
{
	return (struct formulary_list){ .source = loading->sender, .kind = text_of(list_kind(kind)), .subtype = said->subtype,
		.list_id = said->list_id, .name = said->name, .effective_date = said->effective_date, .expiration_date = said->expiration_date,
		.brand_rx = said->brand_rx, .generic_rx = said->generic_rx, .brand_otc = said->brand_otc, .generic_otc = said->generic_otc,
		.supplies = said->supplies, .relative_cost_limit = said->relative_cost_limit, .file = loading->file, .line = at_line(loading) };
}

/* Begun with its list even if nothing comes with it: so one of another date counts exactly as long as the list that it came with. */
static bool begin_companion(struct fb_loading *loading, struct fault *fault)
{
	struct fb_open_list *list = &loading->list;
	char subtype[COMPANION_MAX];
	struct formulary_list with = companion(&list->header, subtype);

	return builder_list(loading->builder, &with, list->update ? BUILDER_UPDATE : BUILDER_FULL, &list->with, fault);
}

/* The header's texts live as long as its list is open. */
static bool copy_header(struct fb_loading *loading, struct fault *fault)
{
	struct fb_list *said = &loading->list.said;

	arena_reset(&loading->of_list);
	*said = loading->found.list;
	for (size_t i = 0; i < fb_list_record.n; i++) {
		const struct field *field = &fb_list_record.fields[i];

		if (field->kind != FIELD_COUNT) {
			struct text *at = field_at(field, said);

			if (text_there(*at) && !text_there(*at = arena_text(&loading->of_list, *at)))
				return fault_set(fault, FAULT_TOO_LARGE, field->member);
		}
	}
	return true;
}

bool fb_lists_begin(struct fb_loading *loading, struct fault *fault)
{
	struct fb_open_list *list = &loading->list;
	struct formulary_list with;
	char subtype[COMPANION_MAX];
	struct fault why;
	bool good = true;

	*list = (struct fb_open_list){ .kind = loading->found.kind, .line = at_line(loading) };
	if (!copy_header(loading, fault))
		return false;
	loading->report->lists++;
	list->header = header_of(loading, list->kind, &list->said);
	list->update = text_is(list->said.action, "UPDATE");
	if (builder_brought(loading->builder, &list->header))
		good = fault_set(&why, FAULT_REPEATED, "list_id");
	else if (list->update)
		good = place_update(loading, &list->header, &why);
	if (!good || text_is(list->said.action, "REMOVE")) {
		loading->reader.at = FB_PASSING;
		if (!good)
			return refuse_list(loading, list->kind, &list->said, list->line, &why, fault);
		with = companion(&list->header, subtype);
		remove_alike(loading, &list->header);
		remove_alike(loading, &with);
		fb_response_list(&loading->response, list->line, fb_kind_name(list->kind), &list->said, 0, 0, NULL);
		return true;
	}
	if (!builder_list(loading->builder, &list->header, list->update ? BUILDER_UPDATE : BUILDER_FULL, &list->number, fault))
		return false;
	if (!begin_companion(loading, fault))
		return false;
	if (list->kind == FB_CROSS)
		fb_cross_begin(&loading->cross, loading->builder, loading->sender, list->number, list->with);
	list->open = true;
	return true;
}

/* A header that cannot be read: without its id, nobody knows which list a full file would end. */
bool fb_lists_bad(struct fb_loading *loading, struct fault *fault)
{
	const struct fb_found *found = &loading->found;

	loading->report->lists++;
	if (loading->full && !found->list.list_id.n) {
		*fault = found->fault;
		return false;
	}
	loading->list.open = false;
	return refuse_list(loading, found->kind, &found->list, at_line(loading), &found->fault, fault);
}

bool fb_lists_end(struct fb_loading *loading, const struct fault *lost, struct fault *fault)
{
	struct fb_open_list *list = &loading->list;
	struct fault why;

	if (!list->open)
		return true;
	if (list->kind == FB_CROSS) {
		bool ok = fb_cross_end(&loading->cross, fault);

		fb_cross_done(&loading->cross);
		if (!ok)
			return false;
	}
	if (lost)
		return refuse_list(loading, list->kind, &list->said, list->line, lost, fault);
	if (list->refused * 100 > (list->rows + list->refused) * FB_REFUSED_PERCENT) {
		fault_set(&why, FAULT_RULE, "details");
		return refuse_list(loading, list->kind, &list->said, list->line, &why, fault);
	}
	fb_response_list(&loading->response, list->line, fb_kind_name(list->kind), &list->said, list->rows, list->refused, NULL);
	list->open = false;
	return true;
}
