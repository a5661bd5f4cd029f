/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a formulary and benefit file list by list into the next generation of a formulary. */
#include "formulary/fb/fb_loading.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	LINE_MOST = 64 << 10,    /* bytes; the longest record has some 600 characters */
	KEPT_ARENA = 256 << 20,  /* bytes; header of the file, and of lists that were refused */
	LIST_ARENA = 1 << 20,    /* bytes; header of the list that is open */
	PROGRESS_ROWS = 5000,    /* details between two calls of progress */
	FILE_NAME_MAX = 120,     /* bytes of the file's name that are kept */
};

static int64_t at_line(const struct fb_loading *loading)
{
	return lines_number(loading->lines);
}

static bool refuse_detail(struct fb_loading *loading, const struct fault *why)
{
	loading->report->rows_refused++;
	loading->list.refused++;
	fb_response_detail(&loading->response, at_line(loading), why);
	return true;
}

/* -- details -- */

static bool put_links(struct fb_loading *loading, struct fault *fault)
{
	for (size_t i = 0; i < loading->row.links_n; i++) {
		const struct fb_link *link = &loading->row.links[i];
		struct text from = text_of(link->from), to = text_of(link->to);
		struct link_row rec = { .product = to, .term_type = link->term_type };
		struct builder_row row = { .class = ROW_LINK, .body = from, .apart = to, .record = &link_row_record,
			.rec = &rec, .line = at_line(loading) };
		uint64_t hash = text_hash(from) * 3 + text_hash(to) + loading->list.number, *seen;

		seen = &loading->seen[hash % FB_LINKS_SEEN];
		if (*seen == hash)
			continue;
		*seen = hash;
		row.list = loading->list.with;
		if (!builder_row(loading->builder, &row, fault))
			return false;
	}
	return true;
}

/* Whether the change identifier makes sense in this list; a full list only adds. */
static bool change_good(const struct fb_open_list *list, struct text change, struct fault *why)
{
	if (list->update)
		return change.n || fault_set(why, FAULT_MISSING, "change");
	return !text_is(change, "DELETE") || fault_set(why, FAULT_RULE, "change");
}

static bool take_detail(struct fb_loading *loading, struct fault *fault)
{
	const struct fb_found *found = &loading->found;
	struct fb_open_list *list = &loading->list;
	struct fb_row *row = &loading->row;
	struct fault why;
	bool broken = false, ok;

	if (!list->open)
		return true;
	if (!change_good(list, found->detail.change, &why))
		return refuse_detail(loading, &why);
	if (list->kind == FB_CROSS) {
		ok = fb_cross_take(&loading->cross, &found->detail, at_line(loading), &broken, &why);
	} else {
		ok = fb_row_of(list->kind, list->header.subtype, list->header.list_id, &found->detail, found->given, at_line(loading), row, &why);
		if (ok) {
			row->row.list = list->number;
			ok = builder_row(loading->builder, &row->row, &why);
			broken = !ok && why.code != FAULT_TOO_LONG; /* a key that is too long is the detail's own fault */
			if (ok && !row->row.remove && !put_links(loading, &why)) {
				ok = false;
				broken = true;
			}
		}
	}
	if (!ok && broken) {
		*fault = why;
		return false;
	}
	if (!ok)
		return refuse_detail(loading, &why);
	loading->report->rows++;
	list->rows++;
	return true;
}

static void tell(const struct fb_loading *loading)
{
	struct load_progress progress = { lines_bytes_read(loading->lines), lines_bytes_total(loading->lines), loading->report->rows };

	if (loading->setup->progress)
		loading->setup->progress(&progress, loading->setup->progress_arg);
}

/* -- the file -- */

static bool begin_file(struct fb_loading *loading, struct fault *fault)
{
	const struct fb_file *file = &loading->found.file;
	struct builder_setup setup = { .directory = loading->setup->directory };
	int64_t now = loading->setup->now_ms ? loading->setup->now_ms : clock_now().wall_ms;
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(loading->day, sizeof(loading->day), "%Y%m%d", &tm);
	fb_response_file(&loading->response, file);
	if (text_is(file->usage, "TEST") && !loading->setup->take_test)
		return fault_set(fault, FAULT_RULE, "HDR/usage");
	if (text_is(file->sender, "plan-file")) /* the name under which load.c keeps plan files */
		return fault_set(fault, FAULT_RULE, "HDR/sender");
	loading->sender = arena_text(&loading->kept, file->sender);
	loading->full = text_is(file->action, "FULL");
	setup.action = loading->full ? BUILDER_FULL : BUILDER_UPDATE;
	setup.source = (struct formulary_source){ .source = loading->sender, .format = text_lit("FB"), .file = loading->file,
		.extract_date = file->extract_date, .control = file->control, .loaded_ms = now };
	return builder_begin(&setup, &loading->builder, fault);
}

static bool take_event(struct fb_loading *loading, struct text line, struct fault *fault)
{
	const struct fb_found *found = &loading->found;

	if (found->lost && !fb_lists_end(loading, &found->lost_why, fault))
		return false;
	switch (found->event) {
	case FB_GOT_FILE:
		return begin_file(loading, fault);
	case FB_GOT_LIST:
		return fb_lists_begin(loading, fault);
	case FB_GOT_DETAIL:
		return take_detail(loading, fault);
	case FB_GOT_LIST_END:
		return fb_lists_end(loading, NULL, fault);
	case FB_BAD_LIST:
		return fb_lists_bad(loading, fault);
	case FB_BAD_DETAIL:
		return refuse_detail(loading, &found->fault);
	case FB_UNKNOWN:
		loading->report->unknown++;
		fb_response_unknown(&loading->response, at_line(loading), line);
		return true;
	case FB_NOTHING:
	case FB_PASSED:
	case FB_GOT_FILE_END:
		return true;
	}
	__builtin_unreachable();
}

static bool take_lines(struct fb_loading *loading, struct fault *fault)
{
	for (int64_t n = 0;; n++) {
		struct text line;
		bool there;

		if (!lines_next(loading->lines, &line, &there, fault)) {
			if (fault->code != FAULT_TOO_LARGE || !fb_reader_long_line(&loading->reader, &loading->found, fault) ||
				!take_event(loading, TEXT_NONE, fault))
				return false;
			continue;
		}
		if (!there)
			break;
		if (!fb_reader_line(&loading->reader, line, &loading->found, fault) || !take_event(loading, line, fault))
			return false;
		if (n % PROGRESS_ROWS == 0)
			tell(loading);
	}
	tell(loading);
	return fb_reader_end(&loading->reader, fault);
}

static void note_repeat(const struct builder_repeat *repeat, void *arg)
{
	struct fb_loading *loading = arg;
	const struct formulary_list *list = index_list(builder_index(loading->builder), repeat->list);

	if (list && text_is(list->kind, "LINK"))
		return; /* the same link twice says nothing new */
	loading->report->rows_refused++;
	loading->report->rows--;
	fb_response_repeat(&loading->response, repeat->line, repeat->first_line);
}

static bool take(struct fb_loading *loading, int64_t *line, struct fault *fault)
{
	bool ok = take_lines(loading, fault);

	if (!ok)
		*line = at_line(loading);
	else if (loading->report->lists && loading->report->lists == loading->report->lists_refused)
		ok = fault_set(fault, FAULT_RULE, "lists"); /* nothing of it is good */
	else if (loading->full && !loading->report->lists)
		ok = fault_set(fault, FAULT_MISSING, "lists"); /* would end everything that was there */
	else if (loading->full)
		fb_lists_keep(loading);
	if (loading->list.open && loading->list.kind == FB_CROSS)
		fb_cross_done(&loading->cross);
	if (!ok) {
		builder_free(loading->builder);
		return false;
	}
	return builder_finish(loading->builder, note_repeat, loading, &loading->report->load, line, fault);
}

bool fb_load(const struct fb_load *setup, struct fb_report *report, int64_t *line, struct fault *fault)
{
	const char *slash = strrchr(setup->file, '/');
	struct fb_loading *loading;
	struct fault closing;
	bool ok;

	*line = 0;
	*report = (struct fb_report){ 0 };
	if (!fb_layout_rows(setup->layout)) {
		*line = 1;
		return fault_set(fault, FAULT_VERSION, "HDR/version");
	}
	loading = calloc(1, sizeof(*loading));
	if (!loading)
		abort();
	loading->setup = setup;
	loading->report = report;
	loading->file = text_of(slash ? slash + 1 : setup->file);
	if (loading->file.n > FILE_NAME_MAX)
		loading->file.n = FILE_NAME_MAX;
	arena_init(&loading->kept, KEPT_ARENA);
	arena_init(&loading->of_list, LIST_ARENA);
	fb_reader_init(&loading->reader, setup->layout);
	ok = lines_open(setup->file, LINE_MOST, &loading->lines, fault) && fb_response_open(&loading->response, setup->response, fault);
	if (ok) {
		ok = take(loading, line, fault);
		report->response_lost = !fb_response_close(&loading->response, report, *line, ok ? NULL : fault, &closing);
	}
	lines_close(loading->lines);
	arena_done(&loading->kept);
	arena_done(&loading->of_list);
	free(loading);
	return ok;
}

bool fb_peek(const char *file, bool *is, char version[FB_VERSION_MAX], struct fault *fault)
{
	struct lines *lines;
	struct text line;
	bool there, ok, got;

	*is = false;
	version[0] = '\0';
	if (!lines_open(file, LINE_MOST, &lines, fault))
		return false;
	got = lines_next(lines, &line, &there, fault);
	ok = got || fault->code == FAULT_TOO_LARGE;
	if (got && there) {
		if (line.n >= 3 && !memcmp(line.at, "\xEF\xBB\xBF", 3))
			line = (struct text){ line.at + 3, line.n - 3 };
		*is = text_is(text_trim(text_cut(&line, '|')), "HDR") && text_there(line);
		text_to_z(text_trim(text_cut(&line, '|')), version, FB_VERSION_MAX);
	}
	lines_close(lines);
	return ok;
}
