/* SPDX-License-Identifier: Apache-2.0 */
/* What is carried between SCRIPT and FHIR and how, as tables (def/map_to_pas.def, def/map_to_script.def, def/map_answer.def). They are printed as the manual, and they
   are what a loss report goes by: everything that is set in a message and has no row there, or a row that says so, is lost. */
#pragma once

#include "base/record.h"
#include "fhir-bridge/script/loss.h"

enum map_how {
	MAP_SAME, /* the value as it stands, or the same number or day written as the other standard does */
	MAP_CODE, /* by a code table */
	MAP_MADE, /* said in another form, which says the same */
	MAP_HELD, /* not sent: its receiver has it, or makes its own */
	MAP_LOST, /* there is no place for it */
};

/* from: a path from the message or resource on, as a loss report has it. It stands for all below it that has no longer row of its own. A step of
   FHIR may be "name{member:code}" and "extension(url)", as in def/profiles.def. */
struct map_row {
	enum map_how how;
	const char *from, *to, *note;
};
struct map {
	const struct map_row *rows;
	size_t n;
};

extern const struct map map_to_pas, map_to_script;
/* A payer's answer in SCRIPT, to one of PAS. */
extern const struct map map_answer;

/* Where the value decides and not the row: asked of every thing that is set, whole groups before what is in them. */
enum map_fate { MAP_BY_ROW, MAP_LOOK_IN, MAP_CARRIED, MAP_NOT_CARRIED }; /* LOOK_IN: at what is in it, though no row leads there */
struct map_judge {
	/* path: from the message or resource on. item: the value, group or item of a list, in the record `in`. */
	enum map_fate (*fate)(void *context, struct text path, const struct field *field, const void *item, const void *in);
	void *context;
};

/* Adds to *loss every path that is set in rec, prefix before it, and that is not carried. separator: '/' of SCRIPT, '.' of FHIR. judge may be NULL.
   What is lost as a whole is told as a whole. */
void map_losses(const struct map *map, const struct record *record, const void *rec, struct text prefix, char separator,
	const struct map_judge *judge, struct make *make, struct loss *loss);

/* The manual of both tables, in Markdown. */
void map_document(struct buffer *out);
