/* SPDX-License-Identifier: Apache-2.0 */
/* How many details of formulary and benefit files are read and made rows of in a second, by one core and without the store. Then the same
   file loaded whole, which is mostly sorting and writing. Rows can be given as an argument. */
#include "base/clock.h"
#include "formulary/fb/fb.h"
#include "formulary/fb/fb_rows.h"
#include "test/bench/bench.h"
#include "test/scratch.h"

#include <string.h>
#include <sys/resource.h>

static struct fb_layout *layout_of(const char *file)
{
	static char bytes[1 << 20];
	FILE *in = fopen(file, "rbe");
	size_t n = in ? fread(bytes, 1, sizeof(bytes), in) : 0;
	struct fb_layout *layout;
	struct fault fault;
	int line;

	if (!in || fclose(in) || !fb_layout_read((struct text){ bytes, n }, &layout, &line, &fault))
		abort();
	return layout;
}

/* A status list, prior authorizations and copays in equal parts, as a PBM's file has. */
static char *write_lists(size_t rows, size_t *n)
{
	char *bytes = NULL;
	FILE *out = open_memstream(&bytes, n);
	size_t third = rows / 3;

	fputs("HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|F|20251231|P\nFHD|F1|EXAMPLE|2|2|1|1|U||F|20260101\n", out);
	for (size_t i = 0; i < third; i++)
		fprintf(out, "FDT|A|99999%06zu|03|||%zu|SCD|%zu|12\n", i % 1000000, 100000 + i / 8, i % 100);
	fprintf(out, "FTR|%zu\nGHD|COV1|PA|F|20260101\n", third + 2);
	for (size_t i = 0; i < third; i++)
		fprintf(out, "GDT|A|C%zu|99999%06zu|03\n", i / 1000000, i % 1000000);
	fprintf(out, "GTR|%zu\nCHD|COP1|DS|F|20260101\n", third + 2);
	for (size_t i = 0; i < third; i++)
		fprintf(out, "CDT|A|P%zu|99999%06zu|03|||||R|12.50|0.25|F|5.00|60.00|30|%zu|6\n", i / 1000000, i % 1000000, i % 6 + 1);
	fprintf(out, "CTR|%zu\nTRL|%zu\n", third + 2, 3 * (third + 2) + 2);
	fclose(out);
	return bytes;
}

static size_t read_all(const struct fb_layout *layout, const char *bytes, size_t n)
{
	static struct fb_found found;
	static struct fb_row row;
	struct text rest = { bytes, n };
	struct fb_reader reader;
	struct fault fault;
	size_t rows = 0;

	fb_reader_init(&reader, layout);
	for (int64_t line = 1; text_there(rest); line++) {
		if (!fb_reader_line(&reader, text_cut(&rest, '\n'), &found, &fault))
			abort();
		if (found.event == FB_GOT_DETAIL && !fb_row_of(found.kind, text_of(reader.subtype), text_lit("L"), &found.detail, found.given, line, &row, &fault))
			abort();
		rows += found.event == FB_GOT_DETAIL;
	}
	return rows;
}

static void load_whole(const struct fb_layout *layout, const char *bytes, size_t n)
{
	struct scratch scratch SCRATCH;
	char file[128], directory[128];
	struct fb_load load = { .file = file, .directory = directory, .layout = layout };
	struct fb_report report;
	struct rusage used;
	struct fault fault;
	int64_t line;
	double begun;
	FILE *out;

	snprintf(file, sizeof(file), "%s/bench.frm", scratch.at);
	snprintf(directory, sizeof(directory), "%s/formulary", scratch.at);
	out = fopen(file, "wbe");
	if (!out || fwrite(bytes, 1, n, out) != n || fclose(out))
		abort();
	begun = cpu_ms();
	if (!fb_load(&load, &report, &line, &fault)) {
		fprintf(stderr, "%s at %s, line %lld\n", fault_row(fault.code)->name, fault.path, (long long)line);
		abort();
	}
	getrusage(RUSAGE_SELF, &used);
	bench_figure("fb_load", "_rows", (double)report.rows * 1e3 / (cpu_ms() - begun), "rows/s");
	bench_figure("fb_load", "_bytes", (double)report.load.bytes / (double)report.rows, "bytes/row");
	bench_figure("fb_load", "_memory", (double)used.ru_maxrss / 1024, "MB");
}

int main(int argc, char **argv)
{
	struct fb_layout *layout = layout_of(FB30);
	size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 300000, n;
	char *bytes = write_lists(rows, &n);
	double values[5];

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		double begun = cpu_ms();
		size_t read = read_all(layout, bytes, n);

		values[i] = (double)read * 1e3 / (cpu_ms() - begun);
	}
	bench_spread("fb_reader", values, sizeof(values) / sizeof(*values), "rows/s");
	load_whole(layout, bytes, n);
	free(bytes);
	fb_layout_free(layout);
	return 0;
}
