/* SPDX-License-Identifier: Apache-2.0 */
/* The manual of what is carried between SCRIPT and FHIR, printed from the rows that loss reports go by. */
#include "fhir-bridge/script/map.h"

static const char *const hows[] = {
	[MAP_SAME] = "as it is",
	[MAP_CODE] = "by its code table",
	[MAP_MADE] = "in another form",
	[MAP_HELD] = "not sent",
	[MAP_LOST] = "**lost**",
};

/* A bar would end a table's cell. */
static void add_words(const char *words, struct buffer *out)
{
	for (; *words; words++)
		if (*words == '|')
			buffer_lit(out, " or ");
		else
			buffer_add_char(out, *words);
}

static void add_map(const struct map *map, struct buffer *out)
{
	buffer_lit(out, "| from | to | how | |\n|---|---|---|---|\n");
	for (size_t i = 0; i < map->n; i++) {
		const struct map_row *row = &map->rows[i];

		buffer_lit(out, "| `");
		add_words(row->from, out);
		buffer_lit(out, "` | ");
		if (*row->to) {
			buffer_lit(out, "`");
			add_words(row->to, out);
			buffer_lit(out, "`");
		}
		buffer_format(out, " | %s | ", hows[row->how]);
		add_words(row->note, out);
		buffer_lit(out, " |\n");
	}
}

void map_document(struct buffer *out)
{
	buffer_lit(out, "# Between SCRIPT and FHIR\n\n"
			"How prior authorization messages are carried between NCPDP SCRIPT and Da Vinci PAS 2.2.1. No public mapping of the two is\n"
			"known: this one is this gateway's own. Paths of SCRIPT are from the message on, those of FHIR from the resource on. A row stands\n"
			"for all that is below its element, but for what has a row of its own; what is set in a message and has no row is lost. What\n"
			"is lost of a message is in the loss report of its case.\n\n"
			"*As it is*: the value, or the same number or day as the other standard writes it. *By its code table*: another code that means\n"
			"the same. *In another form*: said otherwise. *Not sent*: the receiver has it, or makes its own. ***Lost***: there is no\n"
			"place for it.\n\n"
			"## SCRIPT to FHIR\n\n");
	add_map(&map_to_pas, out);
	buffer_lit(out, "\n## FHIR to SCRIPT\n\n");
	add_map(&map_to_script, out);
	buffer_lit(out, "\n## A payer's answer in SCRIPT to FHIR\n\nOf a case that came in PAS and is decided in SCRIPT.\n\n");
	add_map(&map_answer, out);
}
