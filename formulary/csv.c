/* SPDX-License-Identifier: Apache-2.0 */
/* A row byte by byte, line after line as long as a quote is open. */
#include "formulary/csv.h"

#include "formulary/lines.h"

#include <stdlib.h>

struct csv {
	struct lines *lines;
	char bytes[CSV_ROW_MAX]; /* of the row's cells, without quotes */
};

enum place { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE };

struct reading {
	struct csv *csv;
	struct csv_row *row;
	enum place place;
	size_t n, from; /* bytes of the row, and where its cell begins */
};

bool csv_open(const char *file, struct csv **out, struct fault *fault)
{
	struct csv *csv = calloc(1, sizeof(*csv));

	if (!csv)
		abort();
	if (!lines_open(file, CSV_ROW_MAX - 1, &csv->lines, fault)) {
		free(csv);
		return false;
	}
	*out = csv;
	return true;
}

void csv_close(struct csv *csv)
{
	if (!csv)
		return;
	lines_close(csv->lines);
	free(csv);
}

static void end_cell(struct reading *reading)
{
	struct csv_row *row = reading->row;

	if (row->n < CSV_CELLS_MAX)
		row->cell[row->n++] = text_trim((struct text){ reading->csv->bytes + reading->from, reading->n - reading->from });
	reading->from = reading->n;
	reading->place = AT_START;
}

/* False when it may not stand there. */
static bool take(struct reading *reading, char c)
{
	if (c == '"' && (reading->place == AT_START || reading->place == IN_QUOTES)) {
		reading->place = reading->place == AT_START ? IN_QUOTES : AFTER_QUOTE;
		return true;
	}
	if (c == ',' && reading->place != IN_QUOTES) {
		end_cell(reading);
		return true;
	}
	if (reading->place == AFTER_QUOTE && c != '"')
		return c == ' ';
	if (reading->place != IN_QUOTES)
		reading->place = reading->place == AFTER_QUOTE ? IN_QUOTES : IN_PLAIN;
	reading->csv->bytes[reading->n++] = c;
	return true;
}

bool csv_next(struct csv *csv, struct csv_row *row, bool *there, struct fault *fault)
{
	struct reading reading = { .csv = csv, .row = row };
	struct text line;
	bool more;

	*there = false;
	row->n = 0;
	row->line = lines_number(csv->lines) + 1;
	do {
		if (!lines_next(csv->lines, &line, &more, fault))
			return false;
		if (!more)
			return reading.place != IN_QUOTES || fault_set(fault, FAULT_RULE, "quotes");
		if (reading.n + line.n + 1 > CSV_ROW_MAX)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		if (reading.place == IN_QUOTES)
			csv->bytes[reading.n++] = '\n';
		for (size_t i = 0; i < line.n; i++)
			if (!take(&reading, line.at[i]))
				return fault_set(fault, FAULT_RULE, "quotes");
	} while (reading.place == IN_QUOTES);
	end_cell(&reading);
	*there = true;
	return true;
}

int64_t csv_bytes_read(const struct csv *csv)
{
	return lines_bytes_read(csv->lines);
}

int64_t csv_bytes_total(const struct csv *csv)
{
	return lines_bytes_total(csv->lines);
}
