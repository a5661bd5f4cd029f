/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the header below the banner by what its columns are called, since its line and the name of its first column change. */
#include "formulary/asp/asp_file.h"

#include "formulary/amount.h"
#include "formulary/ndc.h"
#include "formulary/words.h"

#include <stdio.h>
#include <string.h>

enum {
	BANNER_MAX = 30, /* rows in which a header is looked for; it is the 9th in 2024 to 2026 */
	NAME_MAX = 40,
	WORDS_MAX = 80,  /* characters; lists.def */
	DOSAGE_MAX = 40,
};

/* How a column's name begins once only its letters and digits are looked at. */
static const struct {
	const char *begins, *name;
} columns[ASP_COLUMNS] = {
	[ASP_CODE] = { NULL, "HCPCS code" }, /* the first column, whatever the year in its name */
	[ASP_NDC] = { "NDC", "NDC" },
	[ASP_DESCRIPTION] = { "SHORTDESCRIPTION", "short description" },
	[ASP_LABELER] = { "LABELERNAME", "labeler name" },
	[ASP_DRUG] = { "DRUGNAME", "drug name" },
	[ASP_DOSAGE] = { "HCPCS", "HCPCS dosage" },
	[ASP_SIZE] = { "PKGSIZE", "package size" },
	[ASP_ITEMS] = { "PKGQTY", "package quantity" },
	[ASP_UNITS] = { "BILLUNITS", "billing units" },
	[ASP_PACKAGE_UNITS] = { "BILLUNITSPKG", "billing units of a package" },
	[ASP_LIMIT] = { "PAYMENTLIMIT", "payment limit" },
	[ASP_COINSURANCE] = { "COINSURANCEPERCENTAGE", "coinsurance" },
};

const char *asp_column_name(enum asp_column column)
{
	return columns[column].name;
}

/* Letters and digits of a name, as capitals. */
static void bare(struct text name, char to[NAME_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n + 1 < NAME_MAX; i++) {
		char c = name.at[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			to[n++] = c;
	}
	to[n] = '\0';
}

/* -- the header -- */

/* The column of this name; the longest beginning counts. */
static enum asp_column column_of(const char *name)
{
	enum asp_column found = ASP_COLUMNS;
	size_t longest = 0;

	for (enum asp_column i = ASP_CODE + 1; i < ASP_COLUMNS; i++) {
		size_t n = strlen(columns[i].begins);

		if (n > longest && strncmp(name, columns[i].begins, n) == 0) {
			found = i;
			longest = n;
		}
	}
	return found;
}

/* True when the row names columns of these files. */
static bool header(struct asp_file *file, const struct csv_row *row)
{
	char name[NAME_MAX];

	file->cells = 0;
	for (size_t i = 0; i < ASP_COLUMNS; i++)
		file->at[i] = -1;
	if (row->n < 4)
		return false;
	bare(row->cell[0], name);
	if (strstr(name, "CODE"))
		file->at[ASP_CODE] = 0;
	for (size_t i = 1; i < row->n; i++) {
		enum asp_column column;

		bare(row->cell[i], name);
		column = column_of(name);
		if (column == ASP_COLUMNS || file->at[column] >= 0)
			continue;
		file->at[column] = (int)i;
		file->cells = i + 1;
	}
	if (file->at[ASP_CODE] < 0 || (file->at[ASP_LIMIT] < 0 && file->at[ASP_UNITS] < 0 && file->at[ASP_PACKAGE_UNITS] < 0))
		return false;
	file->kind = file->at[ASP_LIMIT] >= 0 ? ASP_LIMITS : ASP_CROSSWALK;
	return true;
}

/* -- the banner -- */

static const char *const families[] = { "noc", "awp", "opps", "prep" };

/* The whole word, in any case. */
static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strcasestr(at, word)); at += n) {
		bool begins = at == words || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", at[-1]);

		if (begins && (!at[n] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", at[n])))
			return true;
	}
	return false;
}

static const char *family_of(const char *title)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (has_word(title, families[i]))
			return families[i];
	return NULL;
}

/* "January 1, 2026" at the front of *at, which then stands behind it. */
static bool date(const char **at, char day[9])
{
	static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
		"November", "December" };

	for (size_t i = 0; i < 12; i++) {
		size_t n = strlen(months[i]);
		int number, year, used = 0;

		if (strncasecmp(*at, months[i], n) != 0)
			continue;
		if (sscanf(*at + n, " %2d , %4d%n", &number, &year, &used) < 2 || !used || number < 1 || number > 31 || year < 1990)
			return false;
		snprintf(day, 9, "%04u%02zu%02u", (unsigned)year % 10000, i + 1, (unsigned)number % 100);
		*at += n + (size_t)used;
		return true;
	}
	return false;
}

/* The first two dates behind the word "effective". */
static void dates(struct asp_file *file, const char *words)
{
	const char *at = strcasestr(words, "effective");

	while (at && *at) {
		char *day = file->from[0] ? file->to : file->from;

		if (!date(&at, day))
			at++;
		else if (day == file->to)
			return;
	}
}

static void banner(struct asp_file *file, const struct csv_row *row)
{
	for (size_t i = 0; i < row->n; i++) {
		char words[400];

		text_to_z(row->cell[i], words, sizeof(words));
		if (!words[0])
			continue;
		if (!file->family)
			file->family = family_of(words) ? family_of(words) : "";
		if (!file->from[0])
			dates(file, words);
	}
}

/* What the banner leaves open, the file's name may say; else it is a file of the average sales prices, the largest. */
static void settle(struct asp_file *file, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (file->family && file->family[0])
		return;
	file->family = family_of(slash ? slash + 1 : path);
	if (!file->family)
		file->family = "asp";
}

bool asp_file_open(const char *path, struct asp_file *file, bool *is, struct fault *fault)
{
	struct csv_row row;
	struct fault ignored;
	bool there = true;

	*is = false;
	*file = (struct asp_file){ 0 };
	if (!csv_open(path, &file->csv, fault))
		return false;
	for (int i = 0; i < BANNER_MAX && there && !*is; i++) {
		if (!csv_next(file->csv, &row, &there, &ignored))
			there = false; /* it is not a file of ours */
		else if (there && !(*is = header(file, &row)))
			banner(file, &row);
	}
	if (*is && (file->kind == ASP_CROSSWALK ? file->at[ASP_NDC] < 0 || file->at[ASP_PACKAGE_UNITS] < 0 : file->at[ASP_LIMIT] < 0)) {
		asp_file_close(file);
		return fault_set(fault, FAULT_VERSION, "columns");
	}
	if (*is)
		settle(file, path);
	else
		asp_file_close(file);
	return true;
}

void asp_file_close(struct asp_file *file)
{
	csv_close(file->csv);
	file->csv = NULL;
}

/* -- rows -- */

struct row_reading {
	const struct asp_file *file;
	const struct csv_row *cells;
	struct arena *arena;
	enum asp_column wrong; /* ASP_COLUMNS: none so far */
};

static struct text cell(const struct row_reading *reading, enum asp_column column)
{
	int at = reading->file->at[column];

	return at >= 0 && (size_t)at < reading->cells->n ? reading->cells->cell[at] : TEXT_NONE;
}

static void number(struct row_reading *reading, enum asp_column column, int places, int64_t *out)
{
	struct text written = cell(reading, column);

	*out = 0;
	if (written.n && !text_equal_nocase(written, text_lit("N/A")) && !amount_read_half_up(written, places, out))
		reading->wrong = column;
}

static void words(struct row_reading *reading, enum asp_column column, size_t most, struct text *out)
{
	enum fault_code wrong;
	struct text written = cell(reading, column);

	*out = TEXT_NONE;
	if (written.n && !words_read(written, most, reading->arena, out, &wrong))
		reading->wrong = column;
}

enum asp_taken asp_row_read(const struct asp_file *file, const struct csv_row *cells, struct arena *arena, struct asp_row *row,
	enum asp_column *wrong)
{
	struct row_reading reading = { file, cells, arena, ASP_COLUMNS };
	struct text code = cell(&reading, ASP_CODE);
	char ndc[NDC_DIGITS + 1] = "", key[8] = "";

	*row = (struct asp_row){ 0 };
	*wrong = ASP_CODE;
	if (!code.n)
		return ASP_NOTHING;
	if (cells->n < file->cells)
		return ASP_SHORT;
	if (code.at[0] >= '0' && code.at[0] <= '9')
		return ASP_CPT;
	if (code.n != 5)
		return ASP_REFUSED;
	snprintf(key, sizeof(key), "H%.*s", TEXT_ARGS(code));
	if (key[1] < 'A' || key[1] > 'Z' || strspn(key + 2, "0123456789") != 4)
		return ASP_REFUSED;
	if (file->kind == ASP_CROSSWALK && !ndc_normal(cell(&reading, ASP_NDC), ndc)) {
		*wrong = ASP_NDC;
		return ASP_REFUSED;
	}
	memcpy(row->code, key, sizeof(row->code));
	if (ndc[0])
		snprintf(row->product, sizeof(row->product), "N%s", ndc);
	else
		memcpy(row->product, key, sizeof(key));
	words(&reading, ASP_DESCRIPTION, WORDS_MAX, &row->row.description);
	words(&reading, ASP_DOSAGE, DOSAGE_MAX, &row->row.dosage);
	words(&reading, ASP_DRUG, WORDS_MAX, &row->row.drug);
	words(&reading, ASP_LABELER, WORDS_MAX, &row->row.labeler);
	number(&reading, ASP_SIZE, 4, &row->row.item_size_e4);
	number(&reading, ASP_ITEMS, 4, &row->row.package_items_e4);
	number(&reading, ASP_UNITS, 4, &row->row.units_e4);
	number(&reading, ASP_PACKAGE_UNITS, 4, &row->row.package_units_e4);
	number(&reading, ASP_LIMIT, 4, &row->row.limit_e4);
	number(&reading, ASP_COINSURANCE, 2, &row->row.coinsurance_e4); /* "20.000" percent of 10000 parts */
	if (row->row.coinsurance_e4 > 10000)
		reading.wrong = ASP_COINSURANCE;
	row->row.line = cells->line;
	*wrong = reading.wrong;
	return reading.wrong == ASP_COLUMNS ? ASP_PAIR : ASP_REFUSED;
}
