/* SPDX-License-Identifier: Apache-2.0 */
/* Any file of formulary and benefit lists, and its text. */
#include "test/property/formulary_files.h"

#include <string.h>

unsigned any_number(uint64_t *state, unsigned n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
	return (unsigned)(*state >> 33) % n;
}

/* -- making -- */

static bool one_in(uint64_t *state, unsigned n)
{
	return any_number(state, n) == 0;
}

void any_plan(uint64_t *state, struct model_plan *plan)
{
	*plan = (struct model_plan){ .there = true, .bin = true, .formulary = (int)any_number(state, 8) % 3 - 1,
		.alternative = any_number(state, 3) > 0, .coverage = any_number(state, 4) | any_number(state, 4), .copay = any_number(state, 4) | any_number(state, 4) };
}

static void any_detail(uint64_t *state, const struct op *op, struct detail *detail)
{
	bool summary = op->slot == SLOT_SL, owners = op->slot >= SLOT_DE && op->slot <= SLOT_SL;

	*detail = (struct detail){ .name = summary ? 0 : (int)any_number(state, NAMES), .value = (int)any_number(state, 100), .ndc = -1 };
	detail->owner = owners ? (int)any_number(state, OWNERS) : 0;
	if (op->slot >= SLOT_QL || op->slot == SLOT_ALTERNATIVE)
		detail->variant = (int)any_number(state, VARIANTS);
	if (op->slot == SLOT_QL || op->slot == SLOT_SL)
		detail->value++; /* of nothing is no limit */
	if (!summary && detail->name < NDCS && one_in(state, 4))
		detail->ndc = detail->name;
	else if (!summary && detail->name >= NDCS && detail->name < NDCS + CONCEPTS && one_in(state, 3))
		detail->ndc = 2 * (detail->name - NDCS) + (int)any_number(state, 2);
	detail->change = op->action == OP_UPDATE ? (enum change)any_number(state, 3) : ADD;
	if (op->action == OP_FULL && one_in(state, 150))
		detail->change = DELETE;
	detail->bad = detail->change != DELETE && one_in(state, 150); /* of what goes, only its name must be good */
	if (op->slot != SLOT_CROSS)
		return;
	*detail = (struct detail){ .change = op->action == OP_UPDATE && one_in(state, 3) ? DELETE : ADD, .bad = one_in(state, 40) };
	any_plan(state, &detail->plan);
}

static void any_op(uint64_t *state, const struct world *world, const struct file *file, int today, bool first, struct op *op)
{
	static const int days[] = { 0, -20, -9, -3, -1, 0, 1, 3, 9, 20 };
	unsigned kind = any_number(state, 20);
	int day = days[any_number(state, 10)];

	*op = (struct op){ .slot = (enum slot)any_number(state, SLOTS), .day = day && today + day > 0 ? today + day : 0,
		.same_default = one_in(state, 2) };
	if (day == 0 && one_in(state, 2))
		op->day = today;
	if (!model_room(world, file->sender, op->slot, op->day))
		op->day = 0;
	op->action = kind < 9 ? OP_FULL : kind < 18 ? OP_UPDATE : OP_REMOVE;
	if (!first && one_in(state, 5)) { /* a list may be named again in the file that has it */
		op->slot = op[-1].slot;
		op->day = op[-1].day;
	}
	if (first && one_in(state, 2)) { /* without a plan there is nothing to ask */
		op->slot = SLOT_CROSS;
		op->action = OP_FULL;
		op->day = 0;
	}
	if (one_in(state, 15))
		op->fault = (enum op_fault)(1 + any_number(state, 3));
	if (op->action != OP_REMOVE)
		op->details_n = op->slot == SLOT_CROSS ? (int)any_number(state, 8) > 0 : (int)any_number(state, DETAILS_MAX + 1);
	for (int i = 0; i < op->details_n; i++)
		any_detail(state, op, &op->details[i]);
	/* a list that goes has no trailer to be wrong */
	if (op->action == OP_REMOVE && op->fault != OP_BAD_HEADER)
		op->fault = OP_GOOD;
}

void any_file(uint64_t *state, const struct world *world, int today, struct file *file)
{
	*file = (struct file){ .sender = (int)any_number(state, SENDERS), .full = one_in(state, 6) };
	if (one_in(state, 20))
		file->fault = (enum file_fault)(1 + any_number(state, 3));
	file->ops_n = (int)any_number(state, OPS_MAX + 1);
	if (file->full && file->ops_n < OPS_MAX)
		file->ops_n++;
	for (int i = 0; i < file->ops_n; i++)
		any_op(state, world, file, today, i == 0, &file->ops[i]);
}

/* -- writing -- */

struct writing {
	FILE *out;
	int line, list_line;
};

/* The six columns of a product. */
static void put_product(struct writing *writing, int name, int ndc)
{
	if (name < NDCS && ndc >= 0)
		fprintf(writing->out, "99999%06d|03|||%d|SCD", name, 10000 + name / 2);
	else if (name < NDCS)
		fprintf(writing->out, "99999%06d|03||||", name);
	else if (name < NDCS + CONCEPTS && ndc >= 0)
		fprintf(writing->out, "99999%06d|36|||%d|SCD", ndc, 10000 + name - NDCS);
	else if (name < NDCS + CONCEPTS)
		fprintf(writing->out, "||||%d|SCD", 10000 + name - NDCS);
	else
		fprintf(writing->out, "||%d|FDB||", 700 + name - NDCS - CONCEPTS);
}

static void put_cross(struct writing *writing, struct detail *detail, char change, int sender)
{
	static const char *const formularies[] = { "", "F0", "F1" }, *const coverages[] = { "C0", "C1" }, *const copays[] = { "P0", "P1" };
	const struct model_plan *plan = &detail->plan;

	for (unsigned part = 0; part < OWNERS; part++) {
		fprintf(writing->out, "XDT|%c|%s|EXPCN|EXGRP%d|GOLD|%s|%s|%s|%s\n", change, detail->bad ? "9999" : "999999", sender,
			part ? "" : formularies[plan->formulary + 1], plan->alternative && !part ? "A0" : "",
			plan->coverage & 1u << part ? coverages[part] : "", plan->copay & 1u << part ? copays[part] : "");
		writing->line++;
	}
}

static void put_detail(struct writing *writing, enum slot slot, struct detail *detail, int sender)
{
	static const char *const periods[VARIANTS] = { "PD", "DY|||30", "LT" };
	static const char *const statuses[VARIANTS] = { "1", "3", "5" };
	char change = "ACD"[detail->change];
	int value = detail->bad ? -1 : detail->value;

	detail->line = writing->line;
	switch (slot) {
	case SLOT_F0:
	case SLOT_F1:
		fprintf(writing->out, "FDT|%c|", change);
		put_product(writing, detail->name, detail->ndc);
		fprintf(writing->out, "|%d\n", value);
		break;
	case SLOT_ALTERNATIVE:
		fprintf(writing->out, "ADT|%c|", change);
		put_product(writing, detail->name, detail->ndc);
		fputc('|', writing->out);
		put_product(writing, (detail->name + detail->variant + 1) % NAMES, -1);
		fprintf(writing->out, "|%d\n", value);
		break;
	case SLOT_DE:
	case SLOT_PA:
	case SLOT_QL:
		fprintf(writing->out, "GDT|%c|C%d|", change, detail->owner);
		put_product(writing, detail->name, detail->ndc);
		if (slot == SLOT_QL)
			fprintf(writing->out, "|%d|QY|%s", value, periods[detail->variant]);
		else if (detail->bad)
			fputs("|A COLUMN TOO MANY", writing->out);
		fputc('\n', writing->out);
		break;
	case SLOT_DS:
		fprintf(writing->out, "CDT|%c|P%d|", change, detail->owner);
		put_product(writing, detail->name, detail->ndc);
		fprintf(writing->out, "|%c|%d\n", "RMA"[detail->variant], value);
		break;
	case SLOT_SL:
		fprintf(writing->out, "CDT|%c|P%d|%s||R|||%d\n", change, detail->owner, statuses[detail->variant], value);
		break;
	case SLOT_CROSS:
		put_cross(writing, detail, change, sender);
		return; /* it has counted its lines */
	case SLOTS:
		break;
	}
	writing->line++;
}

static void put_op(struct writing *writing, struct op *op, int sender)
{
	static const char *const heads[SLOTS] = { "F", "F", "A", "G", "G", "G", "C", "C", "X" };
	static const char *const subtypes[SLOTS] = { [SLOT_DE] = "DE|", [SLOT_PA] = "PA|", [SLOT_QL] = "QL|", [SLOT_DS] = "DS|", [SLOT_SL] = "SL|" };
	const char *head = heads[op->slot], *subtype = subtypes[op->slot] ? subtypes[op->slot] : "";
	char day[9];

	model_day(op->day, day);
	op->line = writing->line++;
	if (op->fault == OP_BAD_HEADER)
		strcpy(day, "20261301");
	if (head[0] == 'F')
		fprintf(writing->out, "FHD|%s|EXAMPLE|%s||%c|%s\n", model_list_id(op->slot), op->same_default ? "1|1|1|1|1" : "2|2|1|1|U",
			"FUD"[op->action], day);
	else
		fprintf(writing->out, "%sHD|%s|%s%c|%s\n", head, model_list_id(op->slot), subtype, "FUD"[op->action], day);
	for (int i = 0; i < op->details_n; i++)
		put_detail(writing, op->slot, &op->details[i], sender);
	if (op->fault == OP_NO_TRAILER)
		return;
	fprintf(writing->out, "%sTR|%d\n", head, writing->line - op->line + 1 + (op->fault == OP_BAD_COUNT ? 7 : 0));
	writing->line++;
}

void file_write(struct file *file, FILE *out)
{
	struct writing writing = { .out = out, .line = 2 };

	fprintf(out, "HDR|30|EXPBM%d|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|%c|20251231|%c\n", file->sender, file->full ? 'F' : 'U',
		file->fault == FILE_TEST ? 'T' : 'P');
	for (int i = 0; i < file->ops_n; i++)
		put_op(&writing, &file->ops[i], file->sender);
	if (file->fault != FILE_NO_TRAILER)
		fprintf(out, "TRL|%d\n", writing.line + (file->fault == FILE_BAD_COUNT ? 7 : 0));
}
