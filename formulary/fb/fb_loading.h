/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a load of a formulary and benefit file, shared by fb_load.c and fb_lists.c only. */
#pragma once

#include "formulary/fb/fb_cross.h"
#include "formulary/fb/fb_response.h"
#include "formulary/fb/fb_rows.h"
#include "formulary/lines.h"

enum { FB_LINKS_SEEN = 1 << 16 }; /* links remembered, so that most are put once */

/* The list that is open. */
struct fb_open_list {
	struct formulary_list header;
	struct fb_list said;
	enum fb_kind kind;
	uint32_t number, with; /* with: of its companion, the list of links between names of its products or of the plans of a cross-reference */
	bool open, update;
	int64_t line, rows, refused;
};

struct fb_loading {
	const struct fb_load *setup;
	struct fb_report *report;
	struct builder *builder;
	struct lines *lines;
	struct fb_reader reader;
	struct fb_response response;
	struct fb_found found;
	struct fb_row row;
	struct fb_cross cross;
	struct arena kept, of_list;
	struct fb_open_list list;
	struct text sender, file;
	struct formulary_list *lost; /* lists refused: what was there of them is kept */
	size_t lost_n;
	char day[9];
	bool full;
	uint64_t seen[FB_LINKS_SEEN];
};

/* The header just found begins a list, or the list is refused. False: the load cannot go on. */
bool fb_lists_begin(struct fb_loading *loading, struct fault *fault) fault_check;
/* The header just found cannot be read. FAULT of the header when nobody knows which list a full file would end with it. */
bool fb_lists_bad(struct fb_loading *loading, struct fault *fault) fault_check;
/* The open list, if there is one, is taken; with `lost`, or too many details refused, it is refused. */
bool fb_lists_end(struct fb_loading *loading, const struct fault *lost, struct fault *fault) fault_check;
/* After the last list of a full file: what was there of refused lists stays. */
void fb_lists_keep(struct fb_loading *loading);
