/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a plan file: line by line, in bounded memory, all of it or nothing. */
#include "base/clock.h"
#include "formulary/bins.h"
#include "formulary/builder.h"
#include "formulary/describe.h"
#include "formulary/line.h"
#include "formulary/lines.h"

#include <stdio.h>
#include <string.h>

enum {
	LINE_MOST = 1 << 20,    /* bytes; a product with five alternatives and all prices is about 4 KB */
	LINE_ARENA = 16 << 20,  /* bytes; what one line may grow to once read */
	KEPT_ARENA = 64 << 20,  /* bytes; the plans that BIN lines name */
	PROGRESS_ROWS = 1000,   /* rows between two calls of progress */
	SOURCE_MAX = 120,       /* bytes of the file's name that are kept */
};

/* A plan that a BIN line names: it may come later in the file. */
struct named {
	struct text plan;
	int64_t line;
};

struct load {
	struct builder *builder;
	struct lines *lines;
	struct arena arena, kept; /* of one line; of the whole load */
	void (*tell)(const struct load_progress *, void *);
	void *tell_arg;
	struct text source;      /* name of the file, without its folders */
	struct text plan;        /* of the last product, kept: files have their products plan by plan */
	uint32_t plan_list, bin_list;
	struct named *named;
	size_t named_n;
	int64_t products;
};

static bool list_of_plan(struct load *load, struct text plan, struct fault *fault)
{
	struct formulary_list list = { .kind = text_lit("PRODUCT"), .list_id = plan, .file = load->source,
		.line = lines_number(load->lines) };

	if (load->plan_list && text_equal(plan, load->plan))
		return true;
	load->plan = arena_text(&load->kept, plan);
	return (text_there(load->plan) || fault_set(fault, FAULT_TOO_LARGE, "")) &&
	       builder_list(load->builder, &list, BUILDER_FULL, &load->plan_list, fault);
}

static bool put_coverage(struct load *load, struct coverage *coverage, struct fault *fault)
{
	char product[PRODUCT_KEY_MAX];
	struct builder_row row = { .class = ROW_PRODUCT, .owner_kind = text_lit("PRODUCT"), .owner = coverage->plan,
		.body = product_ndc(coverage->ndc, product), .record = &coverage_record, .rec = coverage,
		.line = lines_number(load->lines) };

	struct alternative_row of_class = { .product = row.body, .line = row.line };
	char apart[16];

	coverage->source = load->source;
	coverage->line = row.line;
	load->products++;
	if (!list_of_plan(load, coverage->plan, fault))
		return false;
	row.list = load->plan_list;
	if (!builder_row(load->builder, &row, fault) || !builder_describe(load->builder, row.body, coverage->description, fault))
		return false;
	if (!coverage->drug_class.n || !text_is(coverage->status, "COVERED"))
		return true;
	/* A product for which nobody lists alternatives is offered others of its class, those of the lowest tier first. */
	snprintf(apart, sizeof(apart), "%02lld%.*s", (long long)coverage->tier, TEXT_ARGS(coverage->ndc));
	row.class = ROW_CLASS;
	row.body = coverage->drug_class;
	row.apart = text_of(apart);
	row.record = &alternative_row_record;
	row.rec = &of_class;
	return builder_row(load->builder, &row, fault);
}

static bool put_bin(struct load *load, struct bin_line *bin, struct fault *fault)
{
	struct formulary_list list = { .kind = text_lit("BIN"), .list_id = text_lit("plan-file"), .file = load->source };
	struct named *named;

	bin->line = lines_number(load->lines);
	if (load->named_n == BINS_MAX)
		return fault_set(fault, FAULT_TOO_LARGE, "bin");
	named = arena_push(&load->kept, (void **)&load->named, &load->named_n, sizeof(*named));
	if (!named)
		return fault_set(fault, FAULT_TOO_LARGE, "bin");
	*named = (struct named){ arena_text(&load->kept, bin->plan), bin->line };
	return (load->bin_list || builder_list(load->builder, &list, BUILDER_FULL, &load->bin_list, fault)) &&
	       builder_bin(load->builder, load->bin_list, bin, fault);
}

static void tell(struct load *load)
{
	struct load_progress progress = { lines_bytes_read(load->lines), lines_bytes_total(load->lines),
		builder_rows(load->builder) };

	if (load->tell)
		load->tell(&progress, load->tell_arg);
}

static bool take_lines(struct load *load, struct fault *fault)
{
	struct plan_file_line row;
	struct text line;
	bool there;

	for (;;) {
		if (!lines_next(load->lines, &line, &there, fault))
			return false;
		if (!there)
			break;
		line = text_trim(line);
		if (!line.n)
			continue;
		arena_reset(&load->arena);
		if (!line_read(line, &load->arena, &row, fault))
			return false;
		if (!(row.coverage ? put_coverage(load, row.coverage, fault) : put_bin(load, row.bin, fault)))
			return false;
		if (builder_rows(load->builder) % PROGRESS_ROWS == 0)
			tell(load);
	}
	tell(load);
	return true;
}

/* Every BIN line must stand for a plan of this file, or for one whose lists are loaded. */
static bool check_bins(struct load *load, int64_t *line, struct fault *fault)
{
	for (size_t i = 0; i < load->named_n; i++) {
		struct formulary_list like = { .kind = text_lit("PRODUCT"), .list_id = load->named[i].plan };

		bool knows = builder_brought(load->builder, &like);

		*line = load->named[i].line;
		if (!knows && !builder_knows_plan(load->builder, load->named[i].plan, &knows, fault))
			return false;
		if (!knows)
			return fault_set(fault, FAULT_RULE, "bin/plan");
	}
	*line = 0;
	return true;
}

static bool take(struct load *load, int64_t *line, struct fault *fault)
{
	if (!take_lines(load, fault)) {
		*line = lines_number(load->lines);
		return false;
	}
	if (!load->products && !load->named_n)
		return fault_set(fault, FAULT_MISSING, "coverage");
	return check_bins(load, line, fault);
}

bool formulary_load(const char *file, const char *directory,
	void (*progress)(const struct load_progress *, void *), void *progress_arg, struct load_report *report,
	int64_t *line, struct fault *fault)
{
	const char *slash = strrchr(file, '/');
	struct load load = { .tell = progress, .tell_arg = progress_arg, .source = text_of(slash ? slash + 1 : file) };
	struct builder_setup setup = { .directory = directory, .action = BUILDER_FULL, .whole = true };
	bool ok;

	*line = 0;
	*report = (struct load_report){ 0 };
	if (load.source.n > SOURCE_MAX)
		load.source.n = SOURCE_MAX;
	setup.source = (struct formulary_source){ .source = text_lit("plan-file"), .format = text_lit("PLAN_FILE"),
		.file = load.source, .loaded_ms = clock_now().wall_ms };
	if (!lines_open(file, LINE_MOST, &load.lines, fault))
		return false;
	arena_init(&load.arena, LINE_ARENA);
	arena_init(&load.kept, KEPT_ARENA);
	ok = builder_begin(&setup, &load.builder, fault);
	if (ok && !take(&load, line, fault)) {
		builder_free(load.builder);
		ok = false;
	} else if (ok) {
		ok = builder_finish(load.builder, NULL, NULL, report, line, fault);
	}
	arena_done(&load.kept);
	arena_done(&load.arena);
	lines_close(load.lines);
	return ok;
}
