/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary load with a formulary and benefit file; print and check fb-layout. */
#include "base/clock.h"
#include "formulary/fb/fb.h"
#include "formulary/fb/fb_write.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/cli_public.h"
#include "gateway/sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { ARENA_MAX = 4 * FB_LAYOUT_MAX };

/* -- layouts -- */

static struct fb_layout *built_in(size_t i)
{
	struct text bytes = sandbox_fb_layout(i);
	struct fb_layout *layout = NULL;
	struct fault fault;
	int line;

	if (text_there(bytes) && !fb_layout_read(bytes, &layout, &line, &fault))
		return NULL; /* fb_layout_test.c reads each */
	return layout;
}

/* The built-in layout of a version; NULL when there is none. */
static struct fb_layout *of_version(struct text version, struct text *bytes)
{
	for (size_t i = 0; text_there(sandbox_fb_layout(i)); i++) {
		struct fb_layout *layout = built_in(i);

		*bytes = sandbox_fb_layout(i);
		if (layout && fb_layout_is(layout, version))
			return layout;
		fb_layout_free(layout);
	}
	return NULL;
}

static struct fb_layout *from_file(const char *file, int *code)
{
	struct fb_layout *layout = NULL;
	struct fault fault;
	struct arena arena;
	struct text bytes;
	int line = 0;

	arena_init(&arena, ARENA_MAX);
	bytes = cli_read(file, FB_LAYOUT_MAX, &arena);
	*code = text_there(bytes) ? CLI_OK : CLI_FAILED;
	if (text_there(bytes) && !fb_layout_read(bytes, &layout, &line, &fault)) {
		char where[1100];

		snprintf(where, sizeof(where), line ? "%s:%d" : "%s", file, line);
		cli_complain(where, &fault);
		if (line)
			cli_explain(&fb_column_record, &fault);
		*code = CLI_WRONG;
	}
	arena_done(&arena);
	return layout;
}

int cli_check_fb_layout(const char *file)
{
	int code;
	struct fb_layout *layout = from_file(file, &code);

	if (!layout)
		return code;
	printf("%s: good layout of version %.*s, %zu rows%s\n", file, TEXT_ARGS(fb_layout_version(layout)), fb_layout_rows(layout),
		fb_layout_rows(layout) ? "" : ": files of this version are refused until there are some");
	fb_layout_free(layout);
	return CLI_OK;
}

int cli_print_fb_layout(const char *version)
{
	struct text bytes;
	struct fb_layout *layout = of_version(text_of(version), &bytes);

	if (!layout) {
		fprintf(stderr, "dualtrack print: no layout of version %s; there are 30, 53 and 60\n", version);
		return CLI_USAGE;
	}
	cli_put(bytes);
	fb_layout_free(layout);
	return CLI_OK;
}

/* -- loading -- */

/* How to give a layout to a version that has none. */
static void say_how(struct text version)
{
	const char *name = text_there(version) ? version.at : "30";

	fprintf(stderr, "  the built-in layout of this version has no columns, or there is none: print the nearest one\n"
			"  (dualtrack print fb-layout %.*s > layout.txt), fill it from your specification, check it (dualtrack check fb-layout\n"
			"  layout.txt) and load with --layout layout.txt\n", text_there(version) ? (int)version.n : 2, name);
}

static struct fb_layout *layout_for(const char *version, const struct cli_fb *options, int *code)
{
	struct fb_layout *layout;
	struct text bytes;

	if (options->layout)
		return from_file(options->layout, code);
	layout = of_version(text_of(version), &bytes);
	if (!layout) {
		*code = CLI_WRONG;
		fprintf(stderr, "dualtrack: formulary and benefit file of a version without a layout\n");
		say_how(TEXT_NONE);
	}
	return layout;
}

static int complain(const char *file, int64_t line, const struct fb_layout *layout, const struct fault *fault)
{
	char where[1100];

	snprintf(where, sizeof(where), line ? "%s:%lld" : "%s", file, (long long)line);
	cli_complain(where, fault);
	if (fault->code == FAULT_VERSION && !fb_layout_rows(layout))
		say_how(fb_layout_version(layout));
	if (fault->code == FAULT_RULE && strcmp(fault->path, "HDR/usage") == 0)
		fprintf(stderr, "  the file says that it is a test: --take-test takes it\n");
	if (fault->code == FAULT_RULE && strcmp(fault->path, "TRL/records") == 0)
		fprintf(stderr, "  the trailer says another number of records than there are\n");
	return fault_row(fault->code)->mend == MEND_SENDER ? CLI_WRONG : CLI_FAILED;
}

static int load(const char *file, const char *into, const struct fb_layout *layout, const struct cli_fb *options)
{
	char response[4096];
	bool good;
	struct fb_load load = { .file = file, .directory = into, .layout = layout, .response = options->response ? options->response : response,
		.take_test = options->take_test, .progress = cli_load_progress };
	struct fb_report report;
	struct fault fault;
	int64_t line;

	if (snprintf(response, sizeof(response), "%s.response", file) >= (int)sizeof(response) && !options->response) {
		fprintf(stderr, "dualtrack: %s: name too long for a response file beside it\n", file);
		return CLI_USAGE;
	}
	if (mkdir(into, 0700) && errno != EEXIST) {
		fprintf(stderr, "dualtrack: %s: %s\n", into, strerror(errno));
		return CLI_FAILED;
	}
	good = fb_load(&load, &report, &line, &fault);
	cli_load_progress_over();
	if (!good) {
		int code = complain(file, line, layout, &fault);

		fprintf(stderr, "  nothing was changed; see %s\n", load.response);
		return code;
	}
	printf("generation %.*s: %lld of %lld lists, %lld rows taken, %lld refused, %lld records of unknown types; %lld rows added, %lld "
	       "changed, %lld removed; see %s\n", TEXT_ARGS(report.load.generation), (long long)(report.lists - report.lists_refused),
		(long long)report.lists, (long long)report.rows, (long long)report.rows_refused, (long long)report.unknown,
		(long long)report.load.added, (long long)report.load.changed, (long long)report.load.removed, load.response);
	printf("against the one before: %lld tiers or statuses moved\n", (long long)report.load.tier_moved);
	if (report.response_lost)
		fprintf(stderr, "dualtrack: %s: could not be written whole\n", load.response);
	return report.lists_refused || report.rows_refused ? CLI_WRONG : CLI_OK;
}

bool cli_fb_load(const char *file, const char *into, const struct cli_fb *options, int *code)
{
	char version[FB_VERSION_MAX];
	struct fb_layout *layout;
	struct fault fault;
	bool is;

	if (!fb_peek(file, &is, version, &fault) || !is)
		return false; /* what cannot be read is told of by the loader of plan files */
	layout = layout_for(version, options, code);
	if (layout)
		*code = load(file, into, layout, options);
	fb_layout_free(layout);
	return true;
}

/* -- writing -- */

int cli_fb_write(const char *file, const char *in, const char *source, const struct cli_fb *options)
{
	struct fb_write write = { .directory = in, .source = text_of(source), .name = text_of(source), .now_ms = clock_now().wall_ms };
	struct fb_written written;
	struct fb_layout *layout;
	struct fault fault;
	int code = CLI_OK;

	layout = layout_for("30", options, &code);
	if (!layout)
		return code;
	write.layout = layout;
	if (fb_write(&write, file, &written, &fault)) {
		printf("%s: %lld lists, %lld rows, version %.*s, unverified against the licensed specification\n", file, (long long)written.lists,
			(long long)written.rows, TEXT_ARGS(fb_layout_version(layout)));
	} else {
		cli_complain(file, &fault);
		if (fault.code == FAULT_RULE)
			fprintf(stderr, "  a row of these lists says what such a file has no column for; nothing was written\n");
		if (fault.code == FAULT_NOT_FOUND)
			fprintf(stderr, "  no lists of this source are loaded; dualtrack formulary sources says whose are\n");
		code = fault_row(fault.code)->mend == MEND_SENDER ? CLI_WRONG : CLI_FAILED;
	}
	fb_layout_free(layout);
	return code;
}
