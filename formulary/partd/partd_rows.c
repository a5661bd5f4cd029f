/* SPDX-License-Identifier: Apache-2.0 */
/* Plans, their formularies, what they add to them, and drugs that are covered for one disease only. */
#include "formulary/partd/partd_rows.h"

#include "formulary/ndc.h"

#include <stdio.h>
#include <string.h>

enum {
	ROW_ARENA_MAX = 1 << 20, /* bytes of one row */
	NAMES_MAX = 256 << 20,   /* bytes: 2026 has 5518 plans and about 7000 drugs */
	ID_PART = 10,            /* bytes of a contract, plan or segment number: they have 5 and 3 */
	CONCEPT_MAX = 12,
	DISEASE_MAX = 120,
	NAME_MAX_CHARACTERS = 120,
};

void partd_rows_init(struct partd_rows *rows, struct builder *builder, struct partd_report *report)
{
	*rows = (struct partd_rows){ .builder = builder, .report = report };
	arena_init(&rows->arena, ROW_ARENA_MAX);
	names_init(&rows->formularies, NAMES_MAX);
	names_init(&rows->plans, NAMES_MAX);
	names_init(&rows->contracts, NAMES_MAX);
	names_init(&rows->links, NAMES_MAX);
	names_init(&rows->counties, NAMES_MAX);
	names_init(&rows->regions, NAMES_MAX);
}

void partd_rows_done(struct partd_rows *rows)
{
	names_done(&rows->formularies);
	names_done(&rows->plans);
	names_done(&rows->contracts);
	names_done(&rows->links);
	names_done(&rows->counties);
	names_done(&rows->regions);
	arena_done(&rows->arena);
}

void partd_rows_file(struct partd_rows *rows, struct text file)
{
	rows->file = file;
	rows->list = 0;
	rows->part++;
}

/* The list of this file's rows. */
static bool file_list(struct partd_rows *rows, const char *kind, const char *subtype, const char *id, struct fault *fault)
{
	struct formulary_list list = { .kind = text_of(kind), .subtype = text_of(subtype), .list_id = text_of(id), .file = rows->file };

	return rows->list || builder_list(rows->builder, &list, BUILDER_FULL, &rows->list, fault);
}

/* Contract and plan, with the segment or without, as one id. */
static bool plan_id(const struct partd_cells *cells, bool segment, char to[PARTD_ID_MAX], struct fault *fault)
{
	struct text part[3] = { { NULL, 0 } };

	for (size_t i = 0; i < (segment ? 3 : 2); i++)
		if (!partd_name(cells, i, ID_PART, &part[i], fault))
			return false;
	snprintf(to, PARTD_ID_MAX, "%.*s-%.*s%s%.*s", TEXT_ARGS(part[0]), TEXT_ARGS(part[1]), segment ? "-" : "", TEXT_ARGS(part[2]));
	return true;
}

/* Tier and what stands with it, in columns that follow each other: QL yes, amount, days, prior authorization, step therapy. */
static bool limits_of(struct partd_rows *rows, const struct partd_cells *cells, size_t at, struct limits **out, struct fault *fault)
{
	struct limits *limits = *out = arena_new(&rows->arena, struct limits);
	int64_t limited;

	if (!limits)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!partd_yes(cells, at, &limited, fault) || !partd_amount(cells, at + 1, 4, &limits->quantity_e4, fault) ||
		!partd_number(cells, at + 2, limited, 0, 400, &limits->quantity_days, fault) ||
		!partd_yes(cells, at + 3, &limits->prior_authorization, fault) || !partd_yes(cells, at + 4, &limits->step_therapy, fault))
		return false;
	/* A limit without its amount would cover too much, an amount without a limit too little. */
	if (limited && !limits->quantity_e4)
		return partd_bad(cells, at + 1, FAULT_MISSING, fault);
	if (limited && !limits->quantity_days)
		return partd_bad(cells, at + 2, FAULT_BAD_NUMBER, fault);
	if (!limited && (limits->quantity_e4 || limits->quantity_days))
		return partd_bad(cells, at, FAULT_RULE, fault);
	return true;
}

/* -- basic drugs -- */

static bool put_link(struct partd_rows *rows, const char *from, const char *to, struct fault *fault)
{
	struct link_row link = { .product = text_of(to), .line = rows->line };
	struct builder_row row = { .list = rows->link_list, .class = ROW_LINK, .body = text_of(from), .apart = text_of(to),
		.record = &link_row_record, .rec = &link, .line = rows->line };

	return builder_row(rows->builder, &row, fault);
}

/* The NDC that stands for a concept, in both directions, once for all formularies. */
static bool link_once(struct partd_rows *rows, const char *ndc, const char *concept, struct fault *fault)
{
	struct formulary_list list = { .kind = text_lit("LINK"), .list_id = text_lit("proxy-ndc"), .file = rows->file };
	char pair[2 * PARTD_ID_MAX];
	bool fresh;

	snprintf(pair, sizeof(pair), "%s %s", ndc, concept);
	if (!names_add(&rows->links, text_of(pair), TEXT_NONE, &fresh))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!fresh)
		return true;
	return (rows->link_list || builder_list(rows->builder, &list, BUILDER_FULL, &rows->link_list, fault)) &&
	       put_link(rows, ndc, concept, fault) && put_link(rows, concept, ndc, fault);
}

/* The list of a formulary; its rows mostly follow each other. */
static bool formulary_list_of(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault)
{
	struct text id, version;
	struct name *known;
	char name[60];
	bool fresh;
	int64_t year;

	if (!partd_name(cells, 0, ID_PART, &id, fault) || !partd_name(cells, 1, ID_PART, &version, fault) ||
		!partd_number(cells, 2, true, 2006, 9999, &year, fault))
		return false;
	if (rows->year && rows->year != year)
		return partd_bad(cells, 2, FAULT_RULE, fault);
	rows->year = year;
	known = names_add(&rows->formularies, id, version, &fresh);
	if (!known)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!text_equal(known->about, version))
		return partd_bad(cells, 1, FAULT_RULE, fault);
	rows->report->formularies += fresh;
	if (rows->list && text_equal(rows->list_id, id))
		return true;
	rows->list_id = known->name;
	snprintf(name, sizeof(name), "version %.*s of %lld", TEXT_ARGS(version), (long long)year);
	return builder_list(rows->builder, &(struct formulary_list){ .kind = text_lit("STATUS"), .list_id = id, .name = text_of(name),
		.file = rows->file, .line = rows->line }, BUILDER_FULL, &rows->list, fault);
}

static bool put_status(struct partd_rows *rows, struct text owner, const char *product, struct status_row *status, struct fault *fault)
{
	struct builder_row row = { .list = rows->list, .class = ROW_PRODUCT, .owner_kind = text_lit("STATUS"), .owner = owner,
		.body = text_of(product), .record = &status_row_record, .rec = status, .line = rows->line };

	status->line = rows->line;
	return builder_row(rows->builder, &row, fault);
}

static bool basic_row(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault)
{
	char digits[NDC_DIGITS + 1], ndc[NDC_DIGITS + 2] = "", concept[CONCEPT_MAX + 2] = "";
	struct status_row status = { 0 };
	int64_t number;

	if (!formulary_list_of(rows, cells, fault) || !partd_number(cells, 3, false, 1, 99999999, &number, fault))
		return false;
	if (number)
		snprintf(concept, sizeof(concept), "R%lld", (long long)number);
	if (text_there(cells->at[4])) {
		if (!ndc_normal(cells->at[4], digits))
			return partd_bad(cells, 4, FAULT_BAD_NUMBER, fault);
		snprintf(ndc, sizeof(ndc), "N%s", digits);
		status.ndc = text_of(digits);
	}
	if (!concept[0] && !ndc[0])
		return partd_bad(cells, 3, FAULT_MISSING, fault);
	if (!partd_number(cells, 5, true, 1, 99, &status.tier, fault) || !limits_of(rows, cells, 6, &status.limits, fault) ||
		!partd_yes(cells, 11, &status.selected, fault))
		return false;
	return put_status(rows, rows->list_id, concept[0] ? concept : ndc, &status, fault) &&
	       (!concept[0] || !ndc[0] || link_once(rows, ndc, concept, fault));
}

/* -- plans -- */

/* One row for each county; all rows of a plan must name the same formulary. */
static bool plan_information_row(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault)
{
	char id[PARTD_ID_MAX], contract[PARTD_ID_MAX];
	struct text coverage, copay, formulary = cells->at[5];
	struct plan_row plan = { .source = PARTD_SOURCE, .coverage_n = 1, .coverage = &coverage, .copay_n = 1, .copay = &copay,
		.programme = text_lit("part_d"), .line = rows->line };
	struct builder_row row = { .class = ROW_PLAN, .record = &plan_row_record, .rec = &plan, .line = rows->line };
	struct name *known;
	bool fresh, new_contract;

	if (!plan_id(cells, true, id, fault) || !plan_id(cells, false, contract, fault))
		return false;
	if (text_there(formulary) && !partd_name(cells, 5, ID_PART, &formulary, fault))
		return false;
	known = names_add(&rows->plans, text_of(id), formulary, &fresh);
	if (!known || !names_add(&rows->contracts, text_of(contract), TEXT_NONE, &new_contract))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!text_equal(known->about, formulary))
		return partd_bad(cells, 5, FAULT_RULE, fault);
	if (!partd_place(rows, cells, &plan.region, fault))
		return false;
	if (!partd_words(cells, 4, NAME_MAX_CHARACTERS, &rows->arena, &plan.name, fault) ||
		!partd_amount(cells, 7, 2, &plan.deductible_cents, fault) || !partd_yes(cells, 13, &plan.suppressed, fault))
		return false;
	if (!fresh)
		return true;
	plan.plan = row.body = copay = text_of(id);
	coverage = plan.additions = text_of(contract);
	plan.formulary = formulary;
	plan.year = rows->year;
	rows->report->plans++;
	rows->report->plans_without_formulary += !text_there(formulary) || !names_find(&rows->formularies, formulary);
	if (!file_list(rows, "PLAN", NULL, "plans", fault))
		return false;
	row.list = rows->list;
	return builder_row(rows->builder, &row, fault);
}

/* -- what hangs on a plan -- */

static bool excluded_row(struct partd_rows *rows, const struct partd_cells *cells, const char *contract, const char *concept, struct fault *fault)
{
	struct status_row status = { .excluded_part_d = 1 };

	return partd_number(cells, 3, true, 1, 99, &status.tier, fault) && limits_of(rows, cells, 4, &status.limits, fault) &&
	       partd_yes(cells, 9, &status.capped, fault) && file_list(rows, "STATUS", NULL, "excluded-drugs", fault) &&
	       put_status(rows, text_of(contract), concept, &status, fault);
}

static bool indication_row(struct partd_rows *rows, const struct partd_cells *cells, const char *contract, const char *concept, struct fault *fault)
{
	struct coverage_row rule = { .type = text_lit("INDICATION"), .line = rows->line };
	struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("COVERAGE"), .owner = text_of(contract), .body = text_of(concept),
		.record = &coverage_row_record, .rec = &rule, .line = rows->line };

	if (!partd_words(cells, 3, DISEASE_MAX, &rows->arena, &rule.diagnosis, fault))
		return false;
	if (!text_there(rule.diagnosis))
		return partd_bad(cells, 3, FAULT_MISSING, fault);
	if (!file_list(rows, "COVERAGE", "INDICATION", "indications", fault))
		return false;
	row.apart = rule.diagnosis;
	row.list = rows->list;
	return builder_row(rows->builder, &row, fault);
}

/* Excluded drugs and indications are said for all segments of a plan. */
static bool of_contract(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault)
{
	char contract[PARTD_ID_MAX], concept[CONCEPT_MAX + 2];
	int64_t number;

	if (!plan_id(cells, false, contract, fault) || !partd_number(cells, 2, true, 1, 99999999, &number, fault))
		return false;
	snprintf(concept, sizeof(concept), "R%lld", (long long)number);
	rows->report->rows_without_plan += !names_find(&rows->contracts, text_of(contract));
	if (!names_find(&rows->contracts, text_of(contract)))
		return true;
	return cells->kind == PARTD_EXCLUDED ? excluded_row(rows, cells, contract, concept, fault) :
					       indication_row(rows, cells, contract, concept, fault);
}

/* What is said for one plan: the list that its rows are in, and the function that puts them. */
static const struct plan_file {
	const char *kind, *subtype, *list;
	bool (*put)(struct partd_rows *, const struct partd_cells *, const char *, struct fault *);
} plan_files[PARTD_KINDS] = {
	[PARTD_COSTS] = { "COPAY", "TIER", "beneficiary-cost", partd_cost_row },
	[PARTD_INSULIN] = { "COPAY", "INSULIN", "insulin-cost", partd_insulin_row },
	[PARTD_PRICING] = { "PRICE", NULL, "pricing", partd_price_row },
	[PARTD_NETWORKS] = { "NETWORK", NULL, "pharmacy-networks", partd_network_row },
};

static bool of_plan(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault)
{
	const struct plan_file *file = &plan_files[cells->kind];
	char id[PARTD_ID_MAX], part[8];

	if (!plan_id(cells, true, id, fault))
		return false;
	if (!names_find(&rows->plans, text_of(id))) {
		rows->report->rows_without_plan++;
		return true;
	}
	snprintf(part, sizeof(part), "%d", rows->part);
	return file_list(rows, file->kind, file->subtype ? file->subtype : part, file->list, fault) && file->put(rows, cells, id, fault);
}

bool partd_row(struct partd_rows *rows, const struct partd_cells *cells, struct fault *fault)
{
	arena_reset(&rows->arena);
	switch (cells->kind) {
	case PARTD_LOCATOR:
		return partd_locator_row(rows, cells, fault);
	case PARTD_BASIC:
		return basic_row(rows, cells, fault);
	case PARTD_PLANS:
		return plan_information_row(rows, cells, fault);
	case PARTD_EXCLUDED:
	case PARTD_INDICATIONS:
		return of_contract(rows, cells, fault);
	case PARTD_COSTS:
	case PARTD_INSULIN:
	case PARTD_PRICING:
	case PARTD_NETWORKS:
		return of_plan(rows, cells, fault);
	case PARTD_KINDS:
		break;
	}
	return true;
}
