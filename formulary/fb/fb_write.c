/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the generation in use, sorts the rows of one source by list, and writes each list with its header and trailer. */
#include "formulary/fb/fb_write.h"

#include "base/sort.h"
#include "base/table.h"
#include "formulary/fb/fb_rows.h"
#include "formulary/generation.h"
#include "formulary/index.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SORT_MEMORY = 64 << 20, /* bytes */
	ROW_ARENA = 4 << 20,    /* bytes: one row, unpacked, and its line */
	COMPANION_MAX = 128,    /* bytes; fb_lists.c */
};

struct writing {
	const struct fb_write *setup;
	struct fb_written *out;
	struct table *table;
	struct index index;
	struct sort *sort;
	struct arena arena;
	FILE *file;
	struct formulary_source source;
	/* the row that is next */
	struct text key, value;
	bool there;
	int64_t list_records;
};

static const struct {
	const char *name;
	enum fb_kind kind;
} kinds[] = {
	{ "STATUS", FB_STATUS }, { "ALTERNATIVE", FB_ALTERNATIVE }, { "COVERAGE", FB_COVERAGE }, { "COPAY", FB_COPAY }, { "BIN", FB_CROSS },
};

/* FB_FILE: no list of such a file. */
static enum fb_kind kind_of(const struct writing *writing, const struct formulary_list *list)
{
	if (!list || !list->number || !text_equal(list->source, writing->setup->source))
		return FB_FILE;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_is(list->kind, kinds[i].name))
			return kinds[i].kind;
	return FB_FILE;
}

/* -- rows in the order of their lists -- */

static bool add_row(struct writing *writing, enum fb_kind kind, struct text key, struct text value, struct fault *fault)
{
	struct formulary_key by;

	key_start(&by, ROW_LIST);
	key_add_number(&by, key_list(key));
	if (kind == FB_CROSS) { /* BIN lines of one plan follow each other */
		struct bin_line bin = { 0 };

		arena_reset(&writing->arena);
		if (!record_unpack(&bin_line_record, &bin, &writing->arena, value, fault))
			return false;
		key_add(&by, bin.plan);
		key_part(&by);
		key_add(&by, (struct text){ key.at + 1, key.n - 1 - KEY_LIST_BYTES });
		return by.fits ? sort_add(writing->sort, key_text(&by), value, fault) : fault_set(fault, FAULT_TOO_LONG, "bin");
	}
	key_add(&by, (struct text){ key.at + 1, key.n - 1 });
	return by.fits ? sort_add(writing->sort, key_text(&by), value, fault) : fault_set(fault, FAULT_TOO_LONG, "product");
}

static bool sort_rows(struct writing *writing, struct fault *fault)
{
	struct table_walk walk;
	struct text key, value;
	bool ok = true;

	table_walk_apart(writing->table, TEXT_NONE, TEXT_NONE, &walk);
	while (ok && table_walk_next(&walk, &key, &value) && (unsigned char)key.at[0] < ROW_DRUG) {
		enum fb_kind kind = kind_of(writing, index_list(&writing->index, key_list(key)));

		if (kind != FB_FILE)
			ok = add_row(writing, kind, key, value, fault);
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

static bool next_row(struct writing *writing, struct fault *fault)
{
	return sort_next(writing->sort, &writing->key, &writing->value, &writing->there, fault);
}

/* -- lines -- */

static bool put(struct writing *writing, const struct fb_shape *shape, const void *rec, uint64_t given, struct fault *fault)
{
	struct buffer line;

	buffer_init(&line, &writing->arena, 512);
	if (!fb_cells_write(shape, rec, given, &line, fault))
		return false;
	if (line.failed)
		return fault_set(fault, FAULT_TOO_LARGE, shape->type);
	writing->out->records++;
	writing->list_records++;
	return fwrite(line.at, 1, line.n, writing->file) == line.n || fault_set(fault, FAULT_FILE, "");
}

/* The layout must have the record: with a corrected table it may not. */
static const struct fb_shape *shape(const struct writing *writing, enum fb_kind kind, enum fb_part part, struct text subtype, struct fault *fault)
{
	const struct fb_shape *found = fb_layout_part(writing->setup->layout, kind, part, subtype);

	if (!found)
		fault_set(fault, FAULT_VERSION, fb_kind_name(kind));
	return found;
}

/* -- other names of a product -- */

/* The name that the list itself linked a product to: an RxNorm concept to an NDC, or the other way. */
static bool linked(struct writing *writing, const struct formulary_list *list, struct text product, char want, struct link_row *out,
	struct fault *fault)
{
	char subtype[COMPANION_MAX];
	struct formulary_list with = *list;
	const struct formulary_list *links;
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value;
	bool ok = true;

	*out = (struct link_row){ 0 };
	snprintf(subtype, sizeof(subtype), "%.*s %.*s", TEXT_ARGS(list->kind), TEXT_ARGS(list->subtype));
	with.kind = text_lit("LINK");
	with.subtype = text_trim(text_of(subtype));
	links = index_same_list(&writing->index, &with);
	if (!links)
		return true;
	key_body(&key, ROW_LINK, 0, product);
	table_walk_apart(writing->table, key_text(&key), TEXT_NONE, &walk);
	while (ok && !out->product.n && table_walk_next(&walk, &at, &value)) {
		struct link_row link = { 0 };

		if (key_list(at) != (uint32_t)links->number)
			continue;
		ok = record_unpack(&link_row_record, &link, &writing->arena, value, fault);
		if (ok && link.product.n > 1 && link.product.at[0] == want)
			*out = link;
	}
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

/* The columns that name a product. */
struct product_parts {
	struct text *id, *qualifier, *reference, *reference_qualifier, *rxnorm, *term_type;
};

/* The reference number that the list links a product to. When that leads back to an NDC, this represents the concept of that number. */
static bool add_reference(struct writing *writing, const struct formulary_list *list, struct product_parts *p, struct fault *fault)
{
	char key[PRODUCT_KEY_MAX];
	bool concept = p->rxnorm->n && !text_is(*p->qualifier, "NDC"); /* it stands under its RxNorm number */
	struct text body = concept ? product_rxcui(*p->rxnorm, key) : product_ndc(*p->id, key), rest, number;
	struct link_row link, back;

	if (p->reference->n || !text_there(body))
		return true;
	if (!linked(writing, list, body, 'D', &link, fault))
		return false;
	if (!link.product.n)
		return true;
	number = link.product;
	rest = (struct text){ number.at + 1, number.n - 1 };
	*p->reference_qualifier = text_cut(&rest, ':');
	if (text_is(*p->reference_qualifier, "?"))
		*p->reference_qualifier = TEXT_NONE;
	*p->reference = rest;
	if (p->rxnorm->n)
		return true;
	if (!linked(writing, list, number, 'N', &back, fault))
		return false;
	if (text_equal(back.product, body))
		*p->qualifier = text_lit("CONCEPT");
	return true;
}

/* A product has its NDC and, if the list says so, its concept; a concept the NDC that stands for it. */
static bool add_other_name(struct writing *writing, const struct formulary_list *list, enum fb_kind kind, struct product_parts *p,
	struct fault *fault)
{
	char key[PRODUCT_KEY_MAX];
	struct link_row link;

	if (p->id->n && !p->rxnorm->n && text_is(*p->qualifier, "NDC")) {
		if (!linked(writing, list, product_ndc(*p->id, key), 'R', &link, fault))
			return false;
		if (link.product.n)
			*p->rxnorm = (struct text){ link.product.at + 1, link.product.n - 1 };
		*p->term_type = link.term_type;
	} else if (p->rxnorm->n) {
		if (!linked(writing, list, product_rxcui(*p->rxnorm, key), 'N', &link, fault))
			return false;
		*p->term_type = link.term_type;
		if (link.product.n && !p->id->n && kind != FB_STATUS) { /* a status row has its own, or none */
			*p->id = (struct text){ link.product.at + 1, link.product.n - 1 };
			*p->qualifier = text_lit("CONCEPT");
		}
	}
	return add_reference(writing, list, p, fault);
}

/* -- details -- */

static bool put_product(struct writing *writing, const struct formulary_list *list, enum fb_kind kind, struct fault *fault)
{
	const struct fb_shape *form = shape(writing, kind, FB_DETAIL, list->subtype, fault);
	const struct record *record = fb_row_record(kind);
	struct text rest = { writing->key.at + 1 + KEY_LIST_BYTES, writing->key.n - 1 - KEY_LIST_BYTES };
	uint32_t owner = key_number_at(rest, 0);
	struct text product;
	struct fb_detail detail;
	struct product_parts product_parts = { &detail.product_id, &detail.product_qualifier, &detail.reference, &detail.reference_qualifier,
		&detail.rxnorm, &detail.rxnorm_qualifier };
	struct product_parts other_parts = { &detail.other_id, &detail.other_qualifier, &detail.other_reference,
		&detail.other_reference_qualifier, &detail.other_rxnorm, &detail.other_rxnorm_qualifier };
	uint64_t given;
	void *rec = arena_alloc(&writing->arena, record->size);

	rest = (struct text){ rest.at + KEY_LIST_BYTES, rest.n - KEY_LIST_BYTES };
	product = text_cut(&rest, '\037');
	return (rec || fault_set(fault, FAULT_TOO_LARGE, "")) && form && record_unpack(record, rec, &writing->arena, writing->value, fault) &&
	       fb_detail_of(kind, product, writing->index.owners[owner].id, rec, &detail, &given, fault) &&
	       add_other_name(writing, list, kind, &product_parts, fault) && add_other_name(writing, list, FB_ALTERNATIVE, &other_parts, fault) &&
	       put(writing, form, &detail, given, fault);
}

static bool find_plan(struct writing *writing, const struct formulary_list *list, struct text plan, struct plan_row *out, struct fault *fault)
{
	struct formulary_list with = *list;
	const struct formulary_list *plans;
	struct formulary_key key;
	struct table_walk walk;
	struct text at, value;
	bool ok = true;

	*out = (struct plan_row){ 0 };
	with.kind = text_lit("PLAN");
	plans = index_same_list(&writing->index, &with);
	if (!plans)
		return true;
	key_body(&key, ROW_PLAN, 0, plan);
	table_walk_apart(writing->table, key_text(&key), TEXT_NONE, &walk);
	while (ok && table_walk_next(&walk, &at, &value))
		if (key_list(at) == (uint32_t)plans->number)
			ok = record_unpack(&plan_row_record, out, &writing->arena, value, fault);
	return table_walk_end(&walk, ok ? fault : &(struct fault){ 0 }) && ok;
}

/* The plan's id as its publisher has it; none where it was made of BIN, PCN and group. */
static struct text plan_id(const struct writing *writing, const struct bin_line *bin)
{
	struct text id = bin->plan;
	size_t n = writing->setup->source.n + 1;
	char made[128];

	if (id.n <= n || memcmp(id.at, writing->setup->source.at, n - 1) || id.at[n - 1] != ':')
		return id;
	id = (struct text){ id.at + n, id.n - n };
	snprintf(made, sizeof(made), "%.*s/%.*s/%.*s", TEXT_ARGS(bin->bin), TEXT_ARGS(bin->pcn), TEXT_ARGS(bin->group));
	return text_is(id, made) ? TEXT_NONE : id;
}

/* A BIN line; with the first of a plan come the plan's lists, a coverage and a copay id in each detail. */
static bool put_bin(struct writing *writing, const struct formulary_list *list, char last[256], struct fault *fault)
{
	const struct fb_shape *form = shape(writing, FB_CROSS, FB_DETAIL, TEXT_NONE, fault);
	struct plan_row plan = { 0 };
	struct bin_line bin = { 0 };
	struct fb_detail detail;
	size_t n = 1;

	if (!form || !record_unpack(&bin_line_record, &bin, &writing->arena, writing->value, fault))
		return false;
	if (!text_is(bin.plan, last) && !find_plan(writing, list, bin.plan, &plan, fault))
		return false;
	text_to_z(bin.plan, last, 256);
	n = plan.coverage_n > n ? plan.coverage_n : n;
	n = plan.copay_n > n ? plan.copay_n : n;
	for (size_t i = 0; i < n; i++) {
		detail = (struct fb_detail){ .change = text_lit("ADD"), .bin = bin.bin, .pcn = bin.pcn, .group = bin.group,
			.plan = plan_id(writing, &bin), .coverage = i < plan.coverage_n ? plan.coverage[i] : TEXT_NONE,
			.copay = i < plan.copay_n ? plan.copay[i] : TEXT_NONE };
		if (i == 0) {
			detail.formulary = plan.formulary;
			detail.alternative = plan.alternative;
		}
		if (!put(writing, form, &detail, 0, fault))
			return false;
	}
	return true;
}

/* -- lists -- */

static bool put_list(struct writing *writing, const struct formulary_list *list, enum fb_kind kind, struct fault *fault)
{
	const struct fb_shape *header = shape(writing, kind, FB_HEADER, TEXT_NONE, fault);
	const struct fb_shape *trailer = header ? shape(writing, kind, FB_TRAILER, TEXT_NONE, fault) : NULL;
	struct fb_list said = { .list_id = list->list_id, .name = list->name, .subtype = list->subtype, .brand_rx = list->brand_rx,
		.generic_rx = list->generic_rx, .brand_otc = list->brand_otc, .generic_otc = list->generic_otc, .supplies = list->supplies,
		.relative_cost_limit = list->relative_cost_limit, .action = text_lit("FULL"), .effective_date = list->effective_date,
		.expiration_date = list->expiration_date };
	char last[256] = "";

	writing->list_records = 0;
	if (!trailer || !put(writing, header, &said, 0, fault))
		return false;
	while (writing->there && key_number_at(writing->key, 1) == (uint32_t)list->number) {
		arena_reset(&writing->arena);
		if (kind == FB_CROSS ? !put_bin(writing, list, last, fault) : !put_product(writing, list, kind, fault))
			return false;
		writing->out->rows++;
		if (!next_row(writing, fault))
			return false;
	}
	said.records = writing->list_records + 1;
	writing->out->lists++;
	return put(writing, trailer, &said, 0, fault);
}

static bool put_lists(struct writing *writing, struct fault *fault)
{
	for (uint32_t i = 1; i < writing->index.lists_n; i++) {
		enum fb_kind kind = kind_of(writing, &writing->index.lists[i]);

		if (kind != FB_FILE && !put_list(writing, &writing->index.lists[i], kind, fault))
			return false;
	}
	return true;
}

/* -- the file -- */

static bool put_file(struct writing *writing, struct fault *fault)
{
	const struct fb_write *setup = writing->setup;
	const struct fb_shape *header = shape(writing, FB_FILE, FB_HEADER, TEXT_NONE, fault);
	const struct fb_shape *trailer = header ? shape(writing, FB_FILE, FB_TRAILER, TEXT_NONE, fault) : NULL;
	time_t seconds = (time_t)(setup->now_ms / 1000);
	char date[16], clock[16], hundredths[24];
	struct fb_file said = { .version = fb_layout_version(setup->layout), .sender = setup->source, .receiver = setup->receiver,
		.name = setup->name, .control = setup->control, .file_type = text_lit("FORMULARY"), .action = text_lit("FULL"),
		.usage = text_lit("PRODUCTION"), .extract_date = writing->source.extract_date };
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y%m%d", &tm);
	strftime(clock, sizeof(clock), "%H%M%S", &tm);
	snprintf(hundredths, sizeof(hundredths), "%.6s%02d", clock, (int)(setup->now_ms % 1000 / 10));
	said.date = text_of(date);
	said.time = text_of(hundredths);
	if (!trailer || !put(writing, header, &said, 0, fault) || !put_lists(writing, fault))
		return false;
	if (!writing->out->lists)
		return fault_set(fault, FAULT_NOT_FOUND, "source");
	said.records = writing->out->records + 1;
	return put(writing, trailer, &said, 0, fault);
}

static bool open_generation(struct writing *writing, struct fault *fault)
{
	char path[GENERATION_PATH], file[GENERATION_PATH + sizeof(GENERATION_FILE) + 1];
	struct text value;
	struct formulary_key key;
	int number;

	if (!generation_current(writing->setup->directory, &number, fault) ||
		!generation_path(writing->setup->directory, number, path, fault))
		return false;
	snprintf(file, sizeof(file), "%s/%s", path, GENERATION_FILE);
	key_start(&key, ROW_SOURCE);
	key_add(&key, writing->setup->source);
	if (!table_open(file, &writing->table, fault) || !index_load(&writing->index, writing->table, fault) ||
		(key.fits && !table_get(writing->table, key_text(&key), &value, fault)))
		return false;
	if (!key.fits || !text_there(value))
		return fault_set(fault, FAULT_NOT_FOUND, "source");
	return record_unpack(&formulary_source_record, &writing->source, &writing->index.arena, value, fault);
}

bool fb_write(const struct fb_write *setup, const char *file, struct fb_written *out, struct fault *fault)
{
	struct writing writing = { .setup = setup, .out = out };
	char aside[4096];
	bool ok = snprintf(aside, sizeof(aside), "%s.new", file) < (int)sizeof(aside) || fault_set(fault, FAULT_FILE, "");

	*out = (struct fb_written){ 0 };
	arena_init(&writing.arena, ROW_ARENA);
	index_init(&writing.index);
	writing.sort = sort_new(setup->directory, SORT_MEMORY);
	ok = ok && open_generation(&writing, fault);
	if (ok) {
		writing.file = fopen(aside, "wbe");
		ok = writing.file || fault_set(fault, FAULT_FILE, "");
	}
	ok = ok && sort_rows(&writing, fault) && next_row(&writing, fault) && put_file(&writing, fault);
	if (writing.file) {
		bool bad = ferror(writing.file);

		bad |= fclose(writing.file) != 0;
		ok = ok && ((!bad && rename(aside, file) == 0) || fault_set(fault, FAULT_FILE, ""));
		if (!ok)
			remove(aside); /* half a file is for nobody; what stood there before stays */
	}
	sort_free(writing.sort);
	table_free(writing.table);
	index_done(&writing.index);
	arena_done(&writing.arena);
	return ok;
}
