/* SPDX-License-Identifier: Apache-2.0 */
/* Header rows of CMS's Part D files, compared column by column without regard to case. */
#include "formulary/partd/partd_files.h"

#include "formulary/folder.h"
#include "formulary/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAN "CONTRACT_ID PLAN_ID SEGMENT_ID "
#define COST(channel) "COST_TYPE_" channel " COST_AMT_" channel " COST_MIN_AMT_" channel " COST_MAX_AMT_" channel " "

static const struct {
	const char *name, *columns;
	bool parts; /* may come in several files */
} kinds[PARTD_KINDS] = {
	[PARTD_LOCATOR] = { "geographic locator", "COUNTY_CODE STATENAME COUNTY MA_REGION_CODE MA_REGION PDP_REGION_CODE PDP_REGION" },
	[PARTD_BASIC] = { "basic drugs formulary", "FORMULARY_ID FORMULARY_VERSION CONTRACT_YEAR RXCUI NDC TIER_LEVEL_VALUE QUANTITY_LIMIT_YN "
		"QUANTITY_LIMIT_AMOUNT QUANTITY_LIMIT_DAYS PRIOR_AUTHORIZATION_YN STEP_THERAPY_YN SELECTED_DRUG_YN" },
	[PARTD_PLANS] = { "plan information", PLAN "CONTRACT_NAME PLAN_NAME FORMULARY_ID PREMIUM DEDUCTIBLE MA_REGION_CODE PDP_REGION_CODE STATE "
		"COUNTY_CODE SNP PLAN_SUPPRESSED_YN" },
	[PARTD_EXCLUDED] = { "excluded drugs formulary", "CONTRACT_ID PLAN_ID RXCUI TIER QUANTITY_LIMIT_YN QUANTITY_LIMIT_AMOUNT QUANTITY_LIMIT_DAYS "
		"PRIOR_AUTH_YN STEP_THERAPY_YN CAPPED_BENEFIT_YN" },
	[PARTD_INDICATIONS] = { "indication based coverage formulary", "CONTRACT_ID PLAN_ID RXCUI DISEASE" },
	[PARTD_COSTS] = { "beneficiary cost", PLAN "COVERAGE_LEVEL TIER DAYS_SUPPLY " COST("PREF") COST("NONPREF") COST("MAIL_PREF") COST("MAIL_NONPREF")
		"TIER_SPECIALTY_YN DED_APPLIES_YN" },
	[PARTD_INSULIN] = { "insulin beneficiary cost", PLAN "TIER DAYS_SUPPLY COPAY_AMT_PREF_INSLN COPAY_AMT_NONPREF_INSLN COPAY_AMT_MAIL_PREF_INSLN "
		"COPAY_AMT_MAIL_NONPREF_INSLN COIN_AMT_PREF_INSLN COIN_AMT_NONPREF_INSLN COIN_AMT_MAIL_PREF_INSLN COIN_AMT_MAIL_NONPREF_INSLN" },
	[PARTD_NETWORKS] = { "pharmacy networks", PLAN "PHARMACY_NUMBER PHARMACY_ZIPCODE PREFERRED_STATUS_RETAIL PREFERRED_STATUS_MAIL PHARMACY_RETAIL "
		"PHARMACY_MAIL IN_AREA_FLAG BRAND_DISPENSING_FEE_30 BRAND_DISPENSING_FEE_60 BRAND_DISPENSING_FEE_90 GENERIC_DISPENSING_FEE_30 "
		"GENERIC_DISPENSING_FEE_60 GENERIC_DISPENSING_FEE_90", true },
	[PARTD_PRICING] = { "pricing", PLAN "NDC DAYS_SUPPLY UNIT_COST", true },
};

const char *partd_kind_name(enum partd_kind kind)
{
	return kinds[kind].name;
}

const char *partd_column(enum partd_kind kind, size_t column, char to[40])
{
	struct text rest = text_of(kinds[kind].columns), name = text_cut(&rest, ' ');

	while (column--)
		name = text_cut(&rest, ' ');
	return text_to_z(name, to, 40);
}

size_t partd_columns(enum partd_kind kind)
{
	size_t n = 1;

	for (const char *at = kinds[kind].columns; *at; at++)
		n += *at == ' ';
	return n;
}

static bool same_columns(struct text header, const char *columns)
{
	struct text wanted = text_of(columns);

	while (text_there(header) && text_there(wanted))
		if (!text_equal_nocase(text_trim(text_cut(&header, '|')), text_cut(&wanted, ' ')))
			return false;
	return !text_there(header) && !text_there(wanted);
}

enum look { LOOK_KNOWN, LOOK_OTHER, LOOK_CHANGED };

/* LOOK_CHANGED: it has bars, and begins with the first column of one of them. */
static enum look look(const char *file, enum partd_kind *kind)
{
	struct fault ignored;
	struct lines *lines;
	struct text header, first;
	enum look found = LOOK_OTHER;
	bool there;

	if (!lines_open(file, PARTD_LINE_MOST, &lines, &ignored))
		return LOOK_OTHER;
	if (lines_next(lines, &header, &there, &ignored) && there) {
		if (text_starts(header, "\xef\xbb\xbf"))
			header = (struct text){ header.at + 3, header.n - 3 };
		for (*kind = 0; *kind < PARTD_KINDS && found != LOOK_KNOWN; ++*kind)
			if (same_columns(header, kinds[*kind].columns))
				found = LOOK_KNOWN;
		if (found == LOOK_KNOWN)
			--*kind;
		first = text_trim(text_cut(&header, '|'));
		if (found == LOOK_OTHER && text_there(header) &&
			(text_equal_nocase(first, text_lit("CONTRACT_ID")) || text_equal_nocase(first, text_lit("FORMULARY_ID"))))
			found = LOOK_CHANGED;
	}
	lines_close(lines);
	return found;
}

static bool has_kind(const struct partd_files *files, enum partd_kind kind)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->file[i].kind == kind)
			return true;
	return false;
}

/* A file of the directory into its place. */
static bool place(struct partd_files *files, const struct partd_options *options, const char *path, struct fault *fault)
{
	enum partd_kind kind = PARTD_KINDS;
	struct partd_file *file;

	switch (look(path, &kind)) {
	case LOOK_OTHER:
		files->skipped++;
		return true;
	case LOOK_CHANGED:
		return fault_set(fault, FAULT_VERSION, "columns");
	case LOOK_KNOWN:
		break;
	}
	if ((kind == PARTD_NETWORKS && options->without_networks) || (kind == PARTD_PRICING && options->without_prices)) {
		files->left_out++;
		return true;
	}
	if (!kinds[kind].parts && has_kind(files, kind))
		return fault_set(fault, FAULT_REPEATED, kinds[kind].name);
	if (files->n == PARTD_FILES_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, kinds[kind].name);
	file = &files->file[files->n++];
	file->kind = kind;
	memcpy(file->path, path, strlen(path) + 1);
	return true;
}

static int in_order(const void *a, const void *b)
{
	const struct partd_file *left = a, *right = b;

	return left->kind != right->kind ? (left->kind > right->kind) - (left->kind < right->kind) : strcmp(left->path, right->path);
}

struct placing {
	struct partd_files *files;
	const struct partd_options *options;
	char *wrong; /* the file in hand: PARTD_PATH bytes */
};

static bool place_file(const char *path, void *arg, struct fault *fault)
{
	struct placing *placing = arg;

	snprintf(placing->wrong, PARTD_PATH, "%s", path);
	return place(placing->files, placing->options, path, fault);
}

bool partd_files(const char *directory, const struct partd_options *options, struct partd_files *files, char wrong[PARTD_PATH],
	struct fault *fault)
{
	struct placing placing = { files, options, wrong };

	*files = (struct partd_files){ 0 };
	wrong[0] = '\0';
	if (!folder_each(directory, place_file, &placing, fault))
		return false;
	wrong[0] = '\0';
	for (enum partd_kind kind = PARTD_BASIC; kind <= PARTD_PLANS; kind++)
		if (!has_kind(files, kind))
			return fault_set(fault, FAULT_MISSING, kinds[kind].name);
	qsort(files->file, files->n, sizeof(files->file[0]), in_order);
	return true;
}

static bool is_ours(const char *path)
{
	enum partd_kind kind;

	return look(path, &kind) != LOOK_OTHER;
}

bool partd_directory(const char *directory)
{
	return folder_has(directory, is_ours);
}
