/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the next generation of a formulary: what is there now, with the lists that a load brings in their place. Parsers of whatever
   format put lists and rows here; nothing is visible before builder_finish, and everything is after it. Memory does not grow with the
   rows. One builder at a time in a directory. */
#pragma once

#include "formulary/formulary.h"
#include "formulary/index.h"
#include "formulary/keys.h"

struct builder;

enum builder_action {
	BUILDER_FULL,   /* takes the place of what was there */
	BUILDER_UPDATE, /* adds to it, changes and removes */
};

struct builder_setup {
	const char *directory;
	struct formulary_source source; /* loaded_ms: now */
	/* FULL: lists of this source that the load does not bring are gone afterwards; only the one in force stays where what the load brings of
	   it begins after today. */
	enum builder_action action;
	/* A row that comes twice in a full list refuses the load, and not the row alone. */
	bool whole;
};

/* Takes the directory's lock. FAULT_BUSY, FAULT_FILE, FAULT_STORE_CORRUPT; FAULT_RULE when the source has lists that came in another
   format: a publisher's name stands for one kind of files. Texts of the source are copied. */
bool builder_begin(const struct builder_setup *setup, struct builder **out, struct fault *fault) fault_check;
/* Without builder_finish nothing has happened. NULL is fine. */
void builder_free(struct builder *builder);

/* Begins a list of the source, or takes it up again: source and number are filled in here. *number is what its rows carry. */
bool builder_list(struct builder *builder, const struct formulary_list *list, enum builder_action action, uint32_t *number,
	struct fault *fault) fault_check;
/* The list is refused alone: its rows of this load are dropped, and what was there of it before stays. */
void builder_refuse(struct builder *builder, uint32_t number);
/* True when the list is there as far as the load has come: neither removed nor new and refused. */
bool builder_there(const struct builder *builder, uint32_t number);
/* The list, which the load does not bring, stays as it is, even if the load is a full one. */
void builder_keep(struct builder *builder, uint32_t number);
/* The list is to be gone, unless the load brings it after this. */
void builder_remove(struct builder *builder, uint32_t number);

struct builder_row {
	uint32_t list;
	enum row_class class;
	struct text owner_kind, owner; /* ROW_PRODUCT, ROW_CLASS: what a plan names it by, such as STATUS and a formulary id */
	struct text body;              /* product key, plan, or for ROW_BIN what key_bin makes, see keys.h */
	struct text apart;             /* tells rows of one body in one list apart: pharmacy type, step ...; mostly empty */
	bool remove;                   /* UPDATE: the row goes */
	const struct record *record;
	const void *rec;
	int64_t line;
};
/* FAULT_TOO_LONG for a key; FAULT_STORE_FULL, FAULT_FILE when there is no room to sort in. */
bool builder_row(struct builder *builder, const struct builder_row *row, struct fault *fault) fault_check;
/* A ROW_BIN row. */
bool builder_bin(struct builder *builder, uint32_t list, const struct bin_line *bin, struct fault *fault) fault_check;
/* UPDATE: the BIN line with this BIN, PCN and group goes. */
bool builder_bin_remove(struct builder *builder, uint32_t list, const struct bin_line *bin, int64_t line, struct fault *fault) fault_check;

/* A row that was not taken because one with its key stood before it in the same full list. */
struct builder_repeat {
	uint32_t list;
	int64_t line, first_line;
};

/* Merges, writes, reads back, makes durable and current. *report is filled; `repeat` may be NULL and is called for each repeated row.
   With setup.whole the first one is FAULT_REPEATED and *line its line, the path says where the first stands. On failure the generation
   in use stays. The builder is freed in either case. */
bool builder_finish(struct builder *builder, void (*repeat)(const struct builder_repeat *, void *), void *repeat_arg,
	struct load_report *report, int64_t *line, struct fault *fault) fault_check;

/* True when the load has brought a list like this one (its source is the builder's). */
bool builder_brought(const struct builder *builder, const struct formulary_list *like);
/* Whether a plan of this name has lists in the generation in use. FAULT_STORE_CORRUPT. */
bool builder_knows_plan(const struct builder *builder, struct text plan, bool *knows, struct fault *fault) fault_check;
/* What has been put so far: for progress. */
int64_t builder_rows(const struct builder *builder);
/* The lists and owners as they will be; to look something up in while loading. */
const struct index *builder_index(const struct builder *builder);
