/* SPDX-License-Identifier: Apache-2.0 */
/* Following a path of element names through a resource, to every place it leads to. */
#pragma once

#include "fhir-bridge/records.h"
#include "fhir-bridge/where.h"

/* The last step of a path, in one of the places where its parent is. */
struct walk_place {
	const struct record *record;
	const void *rec;  /* the parent */
	struct text step; /* "name", "name{member:code}", "name[x]", "extension(url)" */
};
/* One thing that a last step means there: a value, a group, an item of a list. */
struct walk_item {
	const struct field *field;
	const void *at; /* struct text, int64_t, or a struct of field->of */
};

/* Calls `at` for each place; stops and returns false when that returns false. `where` is led to the parent meanwhile. */
bool walk(const struct record *record, const void *rec, struct text path, struct where *where, bool (*at)(void *context, const struct walk_place *place),
	void *context);
/* Cuts the first step off a path: what stands before the first separator outside brackets. */
struct text walk_cut(struct text *path, char separator);
/* True when this thing of a row is one that the step means. */
bool walk_means(const struct field *field, const void *item, struct text step);
/* How many things the last step means there. */
size_t walk_count(const struct walk_place *place);
/* The step as FHIRPath has it: "name", "extension('url')"; `room` holds what has to be put together. */
enum { WALK_NAME_MAX = 160 }; /* bytes; an extension's URL with its brackets */
struct text walk_name(const struct walk_place *place, char room[WALK_NAME_MAX]);
/* Calls `holds` for each thing the last step means, with `where` led to it. */
bool walk_items(const struct walk_place *place, struct where *where, bool (*holds)(void *context, const struct walk_item *item), void *context);
/* The index of the first item of a list whose member has the same value as an earlier one's; 0 when there is none. */
size_t walk_twice(const struct walk_place *place, const char *member);

/* True when an item of this list of the resource has this sequence number. */
bool walk_has_sequence(const struct record *record, const void *rec, const char *list, struct text number);
/* Cuts the next number off a JSON array of numbers; TEXT_NONE at the end. */
struct text fhir_next_number(struct text *array);
