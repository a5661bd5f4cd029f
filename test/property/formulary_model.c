/* SPDX-License-Identifier: Apache-2.0 */
/* The long way of loading and answering. */
#include "test/property/formulary_model.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *model_list_id(enum slot slot)
{
	static const char *const ids[SLOTS] = { "F0", "F1", "A0", "L-DE", "L-PA", "L-QL", "L-DS", "L-SL", "X0" };

	return ids[slot];
}

void model_key(int name, char out[32])
{
	if (name < NDCS)
		snprintf(out, 32, "N99999%06d", name);
	else if (name < NDCS + CONCEPTS)
		snprintf(out, 32, "R%d", 10000 + name - NDCS);
	else
		snprintf(out, 32, "DFDB:%d", 700 + name - NDCS - CONCEPTS);
}

void model_day(int day, char out[9])
{
	time_t at = 1767225600 + (time_t)(day - 1) * 86400;
	struct tm tm;

	out[0] = '\0';
	if (day)
		strftime(out, 9, "%Y%m%d", gmtime_r(&at, &tm));
}

/* -- loading -- */

struct flags {
	bool brought, fresh, full, refused, removed, kept;
	struct content content;
};

struct applying {
	struct model_list lists[SLOTS][DATES];
	struct flags flags[SLOTS][DATES];
	bool lost[SLOTS];
	int today, refused;
};

static int find_list(struct model_list lists[DATES], int day)
{
	for (int i = 0; i < DATES; i++)
		if (lists[i].there && lists[i].day == day)
			return i;
	return -1;
}

bool model_room(const struct world *world, int sender, enum slot slot, int day)
{
	int free = 0;

	for (int i = 0; i < DATES; i++) {
		const struct model_list *list = &world->lists[sender][slot][i];

		if (list->there && list->day == day)
			return true;
		free += !list->there;
	}
	return free > OPS_MAX;
}

static void refuse(struct applying *applying, enum slot slot)
{
	applying->refused++;
	applying->lost[slot] = true;
}

/* The list that an update is of: of its day, else the latest begun by then; -1 none. */
static int updated(struct applying *applying, const struct op *op)
{
	int by = op->day ? op->day : applying->today, best = -1;

	for (int i = 0; i < DATES; i++) {
		const struct model_list *list = &applying->lists[op->slot][i];
		const struct flags *flags = &applying->flags[op->slot][i];

		if (list->there && !flags->removed && !(flags->fresh && flags->refused) && list->day <= by &&
			(best < 0 || list->day > applying->lists[op->slot][best].day))
			best = i;
	}
	if (best >= 0 && applying->lists[op->slot][best].day != op->day && op->day > applying->today)
		return -1;
	return best;
}

static bool good_details(const struct op *op)
{
	for (int i = 0; i < op->details_n; i++)
		if (op->details[i].bad || (op->action == OP_FULL && op->details[i].change == DELETE))
			return false;
	return true;
}

static void apply_details(const struct op *op, struct content *content)
{
	for (int i = 0; i < op->details_n; i++) {
		const struct detail *detail = &op->details[i];
		struct model_row *row = &content->rows[detail->owner][detail->name][detail->variant];

		if (op->slot == SLOT_CROSS) {
			if (detail->change == DELETE)
				content->plan.bin = false;
			else
				content->plan = detail->plan;
			continue;
		}
		if (detail->change == DELETE) {
			row->there = false;
			continue;
		}
		if (detail->ndc >= 0)
			content->link[detail->ndc] = true;
		if (op->action == OP_FULL && row->there)
			continue; /* the first counts */
		*row = (struct model_row){ true, detail->value, detail->name >= NDCS ? detail->ndc : -1, detail->line };
	}
}

static void apply_op(struct applying *applying, const struct op *op)
{
	struct model_list *lists = applying->lists[op->slot];
	struct flags *flags = applying->flags[op->slot];
	int at = find_list(lists, op->day);

	if (op->fault == OP_BAD_HEADER || (at >= 0 && flags[at].brought)) {
		refuse(applying, op->slot);
		return;
	}
	if (op->action == OP_UPDATE) {
		at = updated(applying, op);
		if (at < 0 || flags[at].brought) {
			refuse(applying, op->slot);
			return;
		}
	}
	if (op->action == OP_REMOVE) {
		for (int i = 0; i < DATES; i++)
			if (lists[i].there && (!op->day || lists[i].day == op->day))
				flags[i].removed = true;
		return;
	}
	if (at < 0) {
		for (at = 0; lists[at].there; at++)
			assert(at + 1 < DATES);
		lists[at] = (struct model_list){ .there = true, .day = op->day };
		flags[at].fresh = true;
	}
	flags[at].brought = true;
	flags[at].removed = false;
	flags[at].full = op->action == OP_FULL;
	flags[at].content = flags[at].full ? (struct content){ 0 } : lists[at].content;
	flags[at].content.header_line = op->line;
	flags[at].content.same_default = op->same_default;
	apply_details(op, &flags[at].content);
	if (op->fault != OP_GOOD || !good_details(op)) {
		flags[at].refused = true;
		refuse(applying, op->slot);
	}
}

static bool taken(const struct flags *flags)
{
	return flags->brought && !flags->refused && !flags->removed;
}

/* In a full file: the list is in force, and the file brings what follows it for a day ahead. */
static bool goes_on(const struct applying *applying, int slot, int at)
{
	const struct model_list *lists = applying->lists[slot];
	bool ahead = false;

	if (lists[at].day > applying->today)
		return false;
	for (int i = 0; i < DATES; i++) {
		const struct flags *flags = &applying->flags[slot][i];

		if (lists[i].there && lists[i].day > applying->today && taken(flags))
			ahead = true;
		if (lists[i].there && !flags->fresh && lists[i].day <= applying->today && lists[i].day > lists[at].day)
			return false;
	}
	return ahead;
}

static void end_lists(struct applying *applying)
{
	for (int slot = 0; slot < SLOTS; slot++) {
		bool stays[DATES];

		for (int i = 0; i < DATES; i++)
			stays[i] = applying->flags[slot][i].brought || applying->lost[slot] || goes_on(applying, slot, i);
		for (int i = 0; i < DATES; i++)
			if (!stays[i])
				applying->flags[slot][i].removed = true;
	}
}

static void end_earlier(struct applying *applying)
{
	for (int slot = 0; slot < SLOTS; slot++)
		for (int i = 0; i < DATES; i++) {
			struct model_list *lists = applying->lists[slot];

			if (!lists[i].there || !taken(&applying->flags[slot][i]) || lists[i].day > applying->today)
				continue;
			for (int k = 0; k < DATES; k++)
				if (lists[k].there && lists[k].day < lists[i].day)
					applying->flags[slot][k].removed = true;
		}
}

bool model_apply(struct world *world, const struct file *file, int today, int *refused)
{
	static struct applying applying;

	applying = (struct applying){ .today = today };
	memcpy(applying.lists, world->lists[file->sender], sizeof(applying.lists));
	*refused = 0;
	if (file->fault != FILE_GOOD)
		return false;
	for (int i = 0; i < file->ops_n; i++)
		apply_op(&applying, &file->ops[i]);
	*refused = applying.refused;
	if (applying.refused ? applying.refused == file->ops_n : file->full && !file->ops_n)
		return false;
	if (file->full)
		end_lists(&applying);
	end_earlier(&applying);
	for (int slot = 0; slot < SLOTS; slot++)
		for (int i = 0; i < DATES; i++) {
			struct flags *flags = &applying.flags[slot][i];
			struct model_list *list = &applying.lists[slot][i];

			if (flags->removed || (flags->fresh && flags->refused))
				list->there = false;
			else if (taken(flags))
				list->content = flags->content;
		}
	memcpy(world->lists[file->sender], applying.lists, sizeof(applying.lists));
	return true;
}

/* -- answering -- */

static const struct model_list *counting(const struct world *world, int sender, enum slot slot, int today)
{
	const struct model_list *best = NULL;

	for (int i = 0; i < DATES; i++) {
		const struct model_list *list = &world->lists[sender][slot][i];

		if (list->there && list->day <= today && (!best || list->day > best->day))
			best = list;
	}
	return best;
}

bool model_bin(const struct world *world, int sender, int today)
{
	const struct model_list *cross = counting(world, sender, SLOT_CROSS, today);

	return cross && cross->content.plan.bin;
}

static bool linked(const struct world *world, int ndc, int today)
{
	for (int sender = 0; sender < SENDERS; sender++)
		for (enum slot slot = 0; slot < SLOT_CROSS; slot++) {
			const struct model_list *list = counting(world, sender, slot, today);

			if (list && list->content.link[ndc])
				return true;
		}
	return false;
}

static int names_of(const struct world *world, const struct question *question, int today, int names[NAMES])
{
	int n = 0, concept = question->concept;

	if (question->ndc >= 0) {
		names[n++] = question->ndc;
		if (linked(world, question->ndc, today))
			names[n++] = NDCS + question->ndc / 2;
		if (n == 2 && concept == question->ndc / 2)
			concept = -1; /* named already */
	}
	if (concept >= 0)
		names[n++] = NDCS + concept;
	if (question->reference >= 0)
		names[n++] = NDCS + CONCEPTS + question->reference;
	return n;
}

static int line_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

char *model_line(struct model_lines *lines)
{
	assert(lines->n < sizeof(lines->at) / sizeof(lines->at[0]));
	return lines->at[lines->n++];
}

void model_lines_put(struct model_lines *lines, bool sorted, char out[TEXT_BYTES])
{
	size_t used = strlen(out);

	if (sorted)
		qsort(lines->at, lines->n, sizeof(lines->at[0]), line_order);
	for (size_t i = 0; i < lines->n; i++)
		used += (size_t)snprintf(out + used, TEXT_BYTES - used, "%s\n", lines->at[i]);
	assert(used < TEXT_BYTES);
	lines->n = 0;
}

static void from(const struct model_list *list, enum slot slot, int line, const char *key, char *out, size_t n)
{
	char day[9];

	model_day(list->day, day);
	snprintf(out, n, "of %s from %s line %d under %s", model_list_id(slot), day, line, key);
}

/* Status of one name in the plan's formulary; NULL: not listed. */
static const struct model_row *status_of(const struct world *world, const struct model_plan *plan, int sender, int name, int today)
{
	enum slot slot = plan->formulary == 1 ? SLOT_F1 : SLOT_F0;
	const struct model_list *list = plan->formulary >= 0 ? counting(world, sender, slot, today) : NULL;
	const struct model_row *row = list ? &list->content.rows[0][name][0] : NULL;

	return row && row->there ? row : NULL;
}

/* The number of the status, -1 none. */
static int put_status(const struct world *world, const struct model_plan *plan, const struct question *question, const int *names, int n,
	int today, struct model_lines *lines)
{
	enum slot slot = plan->formulary == 1 ? SLOT_F1 : SLOT_F0;
	const struct model_list *list = plan->formulary >= 0 ? counting(world, question->sender, slot, today) : NULL;
	char where[120], key[32];

	if (!list)
		return -1;
	for (int i = 0; i < n; i++) {
		const struct model_row *row = status_of(world, plan, question->sender, names[i], today);

		if (!row)
			continue;
		model_key(names[i], key);
		from(list, slot, row->line, key, where, sizeof(where));
		snprintf(model_line(lines), LINE_BYTES, "status %d ndc %d %s", row->value, row->ndc, where);
		return row->value;
	}
	if (!list->content.same_default)
		return -1;
	from(list, slot, list->content.header_line, "", where, sizeof(where));
	snprintf(model_line(lines), LINE_BYTES, "default 1 %s", where);
	return 1;
}

static void put_rules(const struct world *world, const struct model_plan *plan, const struct question *question, const int *names, int n,
	int today, struct model_lines *lines, char out[TEXT_BYTES])
{
	static const char *const types[SLOTS] = { [SLOT_DE] = "DE", [SLOT_PA] = "PA", [SLOT_QL] = "QL" };
	char where[120], key[32];
	bool excluded = false;

	for (enum slot slot = SLOT_DE; slot <= SLOT_QL; slot++) {
		const struct model_list *list = counting(world, question->sender, slot, today);

		for (int i = 0; list && i < n; i++)
			for (int owner = 0; owner < OWNERS; owner++)
				for (int v = 0; v < VARIANTS; v++) {
					const struct model_row *row = &list->content.rows[owner][names[i]][v];

					if (!row->there || !(plan->coverage & 1u << owner))
						continue;
					excluded |= slot == SLOT_DE;
					model_key(names[i], key);
					from(list, slot, row->line, key, where, sizeof(where));
					snprintf(model_line(lines), LINE_BYTES, "rule %s %d %s", types[slot], slot == SLOT_QL ? row->value : 0, where);
				}
	}
	if (excluded)
		strcat(out, "excluded\n");
	model_lines_put(lines, true, out);
}

static void put_copays(const struct world *world, const struct model_plan *plan, const struct question *question, const int *names, int n,
	int today, int status, struct model_lines *lines)
{
	static const int statuses[VARIANTS] = { 1, 3, 5 };
	char where[120], key[32];

	for (int i = 0; i <= n && !lines->n; i++) {
		enum slot slot = i < n ? SLOT_DS : SLOT_SL;
		const struct model_list *list = counting(world, question->sender, slot, today);

		for (int owner = 0; list && owner < OWNERS; owner++)
			for (int v = 0; v < VARIANTS; v++) {
				const struct model_row *row = &list->content.rows[owner][i < n ? names[i] : 0][v];

				if (!row->there || !(plan->copay & 1u << owner) || (i == n && statuses[v] != status))
					continue;
				if (i < n)
					model_key(names[i], key);
				from(list, slot, row->line, i < n ? key : "S", where, sizeof(where));
				snprintf(model_line(lines), LINE_BYTES, "copay %d %s", row->value * 100, where);
			}
	}
}

static void put_alternatives(const struct world *world, const struct model_plan *plan, const struct question *question, const int *names,
	int n, int today, struct model_lines *lines)
{
	const struct model_list *list = plan->alternative ? counting(world, question->sender, SLOT_ALTERNATIVE, today) : NULL;
	char where[120], key[32], other[32];

	for (int i = 0; list && i < n && !lines->n; i++)
		for (int v = 0; v < VARIANTS; v++) {
			const struct model_row *row = &list->content.rows[0][names[i]][v], *status;
			int name = (names[i] + v + 1) % NAMES;

			if (!row->there)
				continue;
			status = status_of(world, plan, question->sender, name, today);
			model_key(names[i], key);
			model_key(name, other);
			from(list, SLOT_ALTERNATIVE, row->line, key, where, sizeof(where));
			/* the order is that of 99 - preference, then of the product */
			snprintf(model_line(lines), LINE_BYTES, "alternative %02d %s status %d %s", 99 - row->value, other, status ? status->value : -1, where);
		}
}

void model_answer(const struct world *world, const struct question *question, int today, char out[TEXT_BYTES])
{
	const struct model_list *cross = counting(world, question->sender, SLOT_CROSS, today);
	const struct model_plan *plan = question->by_lists ? &question->lists : cross ? &cross->content.plan : NULL;
	struct model_lines lines = { 0 };
	int names[NAMES], n, status;

	out[0] = '\0';
	if (!plan || !plan->there)
		return;
	n = names_of(world, question, today, names);
	if (!n)
		return;
	status = put_status(world, plan, question, names, n, today, &lines);
	model_lines_put(&lines, false, out);
	put_rules(world, plan, question, names, n, today, &lines, out);
	put_copays(world, plan, question, names, n, today, status, &lines);
	model_lines_put(&lines, true, out);
	put_alternatives(world, plan, question, names, n, today, &lines);
	model_lines_put(&lines, true, out);
}
