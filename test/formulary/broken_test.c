/* SPDX-License-Identifier: Apache-2.0 */
/* Every loader with what networks, disks and people do to files: cut off, changed at random, a line without an end, no room to write. Whatever
   comes of it, the load says so and what answered before goes on answering. */
#include "formulary/asp/asp.h"
#include "formulary/fb/fb.h"
#include "formulary/generation.h"
#include "formulary/partd/partd.h"
#include "formulary/qhp/qhp.h"
#include "formulary/rxnorm/rxnorm.h"

#include "base/table.h"
#include "test/formulary/folder.h"
#include "test/formulary/pdex_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum {
	FILES_MAX = 2,
	BYTES_MAX = 1 << 16,
	CHANGES = 60,               /* files changed at random, for each loader */
	LONG_MB = 64,               /* of the endless line, unless the environment says another: LONG_LINE_MB */
	LONG_MEMORY_KB = 128 << 10,
};

struct loader {
	const char *name;
	struct {
		const char *name, *bytes;
	} files[FILES_MAX]; /* the first is the one that is broken */
	bool (*load)(const struct folder *folder, struct fault *fault);
	bool knows_its_end; /* a file cut between two records is refused: such a format says how many there are */
	enum fault_code long_line; /* what becomes of a line without an end; NONE: it is refused alone */
};

/* -- the loaders -- */

static bool load_plan(const struct folder *folder, struct fault *fault)
{
	struct load_report report;
	char file[128];
	int64_t line;

	snprintf(file, sizeof(file), "%s/plan.jsonl", folder->from);
	return formulary_load(file, folder->into, NULL, NULL, &report, &line, fault);
}

static struct fb_layout *layout;

static bool load_fb(const struct folder *folder, struct fault *fault)
{
	struct fb_load load = { .directory = folder->into, .layout = layout };
	struct fb_report report;
	char file[128];
	int64_t line;

	snprintf(file, sizeof(file), "%s/lists.frm", folder->from);
	load.file = file;
	return fb_load(&load, &report, &line, fault);
}

static bool load_partd(const struct folder *folder, struct fault *fault)
{
	struct partd_options options = { 0 };
	struct partd_report report;

	return partd_load(folder->from, folder->into, &options, NULL, NULL, &report, fault);
}

static bool load_qhp(const struct folder *folder, struct fault *fault)
{
	struct qhp_report report;

	return qhp_load(folder->from, folder->into, NULL, NULL, &report, fault);
}

static bool load_pdex(const struct folder *folder, struct fault *fault)
{
	struct pdex_report report;

	return pdex_load(folder->from, folder->into, NULL, NULL, &report, fault);
}

static bool load_asp(const struct folder *folder, struct fault *fault)
{
	struct asp_report report;

	return asp_load(folder->from, folder->into, NULL, NULL, &report, fault);
}

static bool load_rxnorm(const struct folder *folder, struct fault *fault)
{
	struct rxnorm_report report;

	return rxnorm_load(folder->from, folder->into, NULL, NULL, &report, fault);
}

#define COVERED(ndc, tier) "{\"resourceType\":\"coverage\",\"plan\":\"P\",\"ndc\":\"" ndc "\",\"status\":\"COVERED\",\"tier\":" tier "}\n"
#define ISSUER_DRUG(id, tier) "{\"rxnorm_id\":\"" id "\",\"drug_name\":\"EXAMPLE\",\"plans\":[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"99999NE0010001\"," \
	"\"drug_tier\":\"" tier "\",\"prior_authorization\":false,\"step_therapy\":false,\"quantity_limit\":true}]}"

static const struct loader loaders[] = {
	{ "plan file", { { "plan.jsonl", COVERED("99999000001", "1") "{\"resourceType\":\"bin\",\"bin\":\"999999\",\"plan\":\"P\"}\n"
		COVERED("99999000002", "2") COVERED("99999000003", "3") } }, load_plan, false, FAULT_TOO_LARGE },
	{ "formulary and benefit", { { "lists.frm", "HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|F|20251231|P\n"
		"XHD|X1|F|\nXDT|A|999999|EXPCN|EXGRP|GOLD|F1|ALT1|C1|P1\nXTR|3\n"
		"FHD|F1|EXAMPLE FORMULARY|2|2|1|1|U||F|20260101\nFDT|A|99999000001|03|||||5\nFDT|A|99999000002|36|||1049630|SCD|3\nFTR|4\n"
		"GHD|C|QL|F|\nGDT|A|C1|99999000001|03|||||30|QY|DY|||30\nGTR|3\nCHD|P|DS|F|\nCDT|A|P1|99999000001|03|||||R|12.50\nCTR|3\nTRL|15\n" } },
		load_fb, true, FAULT_NONE },
	{ "Part D", { { "drugs.txt", "FORMULARY_ID|FORMULARY_VERSION|CONTRACT_YEAR|RXCUI|NDC|TIER_LEVEL_VALUE|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|"
		"QUANTITY_LIMIT_DAYS|PRIOR_AUTHORIZATION_YN|STEP_THERAPY_YN|SELECTED_DRUG_YN\r\n00099901|7|2026|9990001|99999000101|1|Y|12.5|30|N|N|N\r\n"
		"00099901|7|2026|9990002|99999000202|3|N| |.|Y|Y|Y\r\n00099902|3|2026|9990001|99999000101|2|N|||N|N|N\r\n" },
		{ "plans.txt", "CONTRACT_ID|PLAN_ID|SEGMENT_ID|CONTRACT_NAME|PLAN_NAME|FORMULARY_ID|PREMIUM|DEDUCTIBLE|MA_REGION_CODE|PDP_REGION_CODE|STATE|"
		"COUNTY_CODE|SNP|PLAN_SUPPRESSED_YN\r\nH9990|001|000|EXAMPLE HMO|Example|00099901|35.60|615| | |NE|28100|2|N\r\n" } },
		load_partd, false, FAULT_TOO_LARGE },
	{ "issuer", { { "drugs.json", "[\n" ISSUER_DRUG("9990001", "GENERIC") ",\n" ISSUER_DRUG("9990002", "BRAND") ",\n" ISSUER_DRUG("9990003", "GENERIC") "\n]\n" },
		{ "plans.json", "[{\"plan_id_type\":\"HIOS-PLAN-ID\",\"plan_id\":\"99999NE0010001\",\"marketing_name\":\"EXAMPLE\",\"formulary\":[{\"drug_tier\":"
		"\"GENERIC\",\"mail_order\":false,\"cost_sharing\":[{\"pharmacy_type\":\"1-MONTH-IN-RETAIL\",\"copay_amount\":20.0,\"copay_opt\":"
		"\"AFTER-DEDUCTIBLE\",\"coinsurance_rate\":0.10,\"coinsurance_opt\":null}]}],\"last_updated_on\":\"2026-01-01\"}]\n" } },
		load_qhp, true, FAULT_TOO_LARGE },
	{ "PDex", { { "all.ndjson", ITEM("i1", "MedicationKnowledge/d1", OF("InsurancePlan/f1") "," USUAL) PLAN_IS("p1", "EXPLAN", "InsurancePlan/f1", "")
		FORMULARY_IS("f1", "EXFORM", "active", PERIOD("2026-01", "2026")) DRUG("d1", RX("9990001", "example 5 MG Oral Tablet"))
		ITEM("i2", "MedicationKnowledge/d2", OF("InsurancePlan/f1") "," USUAL) DRUG("d2", RX("9990002", "EXAMPLE")) } }, load_pdex, false,
		FAULT_TOO_LARGE },
	{ "Part B drugs", { { "crosswalk.csv", "Crosswalk,,,\n_2026_CODE,NDC2,BILLUNITS,BILLUNITSPKG,Short Description\n"
		"J9990,99999-0001-01,1,10,\"Inj, example\"\nJ9991,99999-0002-01,1,10,Example\n" } }, load_asp, false, FAULT_TOO_LARGE },
	{ "RxNorm", { { "RXNSAT.RRF", "9990001|||9000001|AUI|9990001|||NDC|RXNORM|99999000101|N|4096|\n"
		"9990002|||9000002|AUI|9990002|||NDC|RXNORM|99999000202|N|4096|\n9990002|||9000002|AUI|9990002|||DHJC|XSRC|J9990|N|4096|\n" } },
		load_rxnorm, false, FAULT_NONE },
};

enum { LOADERS = sizeof(loaders) / sizeof(loaders[0]) };

static void read_layout(void)
{
	static char bytes[1 << 20];
	FILE *in = fopen(FB30, "rbe");
	size_t n = in ? fread(bytes, 1, sizeof(bytes), in) : 0;
	struct fault fault;
	int line;

	if (!in || fclose(in) || !fb_layout_read((struct text){ bytes, n }, &layout, &line, &fault))
		abort();
}

/* -- what answers -- */

struct answering {
	int number;
	uint64_t sum; /* of all rows */
};

static struct answering answering(const struct folder *folder)
{
	char path[GENERATION_PATH], file[GENERATION_PATH + 16];
	struct answering now = { 0 };
	struct text key, value;
	struct table_walk walk;
	struct table *table;
	struct fault fault;

	cr_assert(generation_current(folder->into, &now.number, &fault) && generation_path(folder->into, now.number, path, &fault));
	snprintf(file, sizeof(file), "%s/%s", path, GENERATION_FILE);
	cr_assert(table_open(file, &table, &fault), "%s", fault_row(fault.code)->name);
	table_walk(table, TEXT_NONE, TEXT_NONE, &walk);
	while (table_walk_next(&walk, &key, &value))
		now.sum = now.sum * 31 + text_hash(key) + 7 * text_hash(value);
	cr_assert(table_walk_end(&walk, &fault), "%s", fault_row(fault.code)->name);
	table_free(table);
	return now;
}

static struct folder loaded(const struct loader *loader)
{
	struct folder folder = folder_new("from");
	struct fault fault;

	for (size_t i = 0; i < FILES_MAX && loader->files[i].name; i++)
		folder_put(&folder, loader->files[i].name, loader->files[i].bytes);
	cr_assert(loader->load(&folder, &fault), "%s: %s at %s", loader->name, fault_row(fault.code)->name, fault.path);
	return folder;
}

static void put(const struct folder *folder, const struct loader *loader, const char *bytes, size_t n)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder->from, loader->files[0].name);
	out = fopen(path, "we");
	if (!out || fwrite(bytes, 1, n, out) != n || fclose(out))
		abort();
}

/* Loads what is in the folder; *as is what answers then, and must be what answered before where the load is refused. */
static bool taken(const struct loader *loader, const struct folder *folder, struct answering *as)
{
	struct fault fault = { 0 };
	bool good = loader->load(folder, &fault);
	struct answering now = answering(folder);

	if (good)
		cr_expect_gt(now.number, as->number);
	else
		cr_expect(fault.code != FAULT_NONE && now.number == as->number && now.sum == as->sum, "%s: %s at %s", loader->name, fault_row(fault.code)->name,
			fault.path);
	*as = now;
	return good;
}

/* -- cut off -- */

CASE(formulary_broken, a_file_that_is_cut_off_is_refused)
{
	read_layout();
	for (size_t i = 0; i < LOADERS; i++) {
		const struct loader *loader = &loaders[i];
		const char *bytes = loader->files[0].bytes, *record = bytes;
		struct folder folder = loaded(loader);
		struct answering now = answering(&folder);

		for (const char *end; (end = strchr(record, '\n')) && end[1]; record = end + 1) {
			put(&folder, loader, bytes, (size_t)(record - bytes) + (size_t)(end - record) / 2);
			cr_expect(!taken(loader, &folder, &now), "%s: cut within the record at byte %td", loader->name, record - bytes);
			put(&folder, loader, bytes, (size_t)(end + 1 - bytes));
			cr_expect(!taken(loader, &folder, &now) || !loader->knows_its_end, "%s: cut behind the record at byte %td", loader->name, record - bytes);
		}
		put(&folder, loader, bytes, 0);
		cr_expect(!taken(loader, &folder, &now), "%s: an empty file", loader->name);
		put(&folder, loader, bytes, strlen(bytes));
		cr_expect(taken(loader, &folder, &now), "%s: the whole file", loader->name);
		folder_done(&folder);
	}
	fb_layout_free(layout);
}

/* -- changed at random -- */

static uint64_t state;

static unsigned any(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
	return (unsigned)(state >> 33) % n;
}

/* One change; what separates and what no file should hold are the likeliest. */
static size_t change(char *bytes, size_t n)
{
	static const char odd[] = "|\0\xff\n\r\"{}[],:\\\xc3 9";
	size_t at = any((unsigned)n), length = 1 + any(40);

	if (length > n - at)
		length = n - at;
	switch (any(4)) {
	case 0:
		bytes[at] = odd[any(sizeof(odd))];
		return n;
	case 1:
		memmove(bytes + at + 1, bytes + at, n - at);
		bytes[at] = odd[any(sizeof(odd))];
		return n + 1;
	case 2:
		memmove(bytes + at, bytes + at + length, n - at - length);
		return n - length;
	default:
		memmove(bytes + at + length, bytes + at, n - at);
		return n + length; /* a piece that stands twice */
	}
}

CASE(formulary_broken, whatever_is_changed_is_refused_or_good)
{
	unsigned good = 0;

	read_layout();
	for (size_t i = 0; i < LOADERS; i++) {
		const struct loader *loader = &loaders[i];
		struct folder folder = loaded(loader);
		struct answering now = answering(&folder);

		state = 4 + i;
		for (int round = 0; round < CHANGES; round++) {
			static char bytes[BYTES_MAX];
			size_t n = strlen(loader->files[0].bytes);

			memcpy(bytes, loader->files[0].bytes, n);
			for (unsigned changes = 1 + any(3); changes; changes--)
				n = change(bytes, n);
			put(&folder, loader, bytes, n);
			good += taken(loader, &folder, &now);
		}
		folder_done(&folder);
	}
	cr_expect(good > 0 && good < LOADERS * CHANGES / 2, "%u are good", good);
	fb_layout_free(layout);
}

/* -- a line without an end -- */

/* The good file twice over with so many megabytes of zeros in the middle of its last but one record, which take no room on the disk. */
static void put_long(const struct folder *folder, const struct loader *loader, const char *before, const char *after, int64_t mb)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder->from, loader->files[0].name);
	out = fopen(path, "we");
	if (!out || fputs(before, out) < 0 || fseeko(out, mb << 20, SEEK_CUR) || fputs(after, out) < 0 || fclose(out))
		abort();
}

/* An F&B list of 200 good details and that one; for the others the line stands in the middle of the good file. */
static void put_endless(const struct folder *folder, const struct loader *loader, int64_t mb)
{
	char *before = NULL, *bytes;
	size_t n;
	FILE *out = open_memstream(&before, &n);

	if (loader->load == load_fb) {
		fputs("HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|F|20251231|P\nFHD|F1|EXAMPLE|2|2|1|1|U||F|20260101\n", out);
		for (int i = 0; i < 200; i++)
			fprintf(out, "FDT|A|99999%06d|03|||||5\n", i);
		fputs("FDT|A|99999000001|03|", out);
		fclose(out);
		put_long(folder, loader, before, "|||5\nFTR|203\nTRL|205\n", mb);
	} else {
		bytes = strdup(loader->files[0].bytes);
		n = loader->load == load_partd ? strlen(bytes) - 6 : (size_t)(strrchr(bytes, 'E') - bytes); /* within the value of a record */
		fprintf(out, "%.*s", (int)n, bytes);
		fclose(out);
		put_long(folder, loader, before, bytes + n, mb);
		free(bytes);
	}
	free(before);
}

CASE(formulary_broken, a_line_without_an_end_costs_no_memory)
{
	int64_t mb = getenv("LONG_LINE_MB") ? strtoll(getenv("LONG_LINE_MB"), NULL, 10) : LONG_MB;

	read_layout();
	for (size_t i = 0; i < LOADERS; i++) {
		const struct loader *loader = &loaders[i];
		struct folder folder = loaded(loader);
		struct answering before = answering(&folder), after;
		struct rusage used;
		int status;
		pid_t child;

		put_endless(&folder, loader, mb);
		child = fork();
		cr_assert(child >= 0);
		if (child == 0) {
			struct fault fault = { 0 };

			_exit(loader->load(&folder, &fault) ? (int)FAULT_NONE : (int)fault.code);
		}
		cr_assert(wait4(child, &status, 0, &used) == child && WIFEXITED(status));
		cr_expect_eq(WEXITSTATUS(status), (int)loader->long_line, "%s: %s", loader->name, fault_row((enum fault_code)WEXITSTATUS(status))->name);
#if !defined(__SANITIZE_ADDRESS__)
		cr_expect_lt(used.ru_maxrss, LONG_MEMORY_KB, "%s takes %ld KB", loader->name, used.ru_maxrss);
#endif
		after = answering(&folder);
		cr_expect(loader->long_line ? after.number == before.number && after.sum == before.sum : after.number > before.number, "%s", loader->name);
		printf("# %s: a line of %lld MB takes %ld KB\n", loader->name, (long long)mb, used.ru_maxrss);
		folder_done(&folder);
	}
	fb_layout_free(layout);
}

/* -- no room -- */

static bool load_within(const struct loader *loader, const struct folder *folder, rlim_t bytes, enum fault_code *code)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct rlimit limit = { bytes, bytes };
		struct fault fault = { 0 };

		signal(SIGXFSZ, SIG_IGN);
		_exit(setrlimit(RLIMIT_FSIZE, &limit) ? 255 : loader->load(folder, &fault) ? (int)FAULT_NONE : (int)fault.code);
	}
	cr_assert(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	*code = (enum fault_code)WEXITSTATUS(status);
	return *code == FAULT_NONE;
}

CASE(formulary_broken, without_room_to_write_nothing_changes)
{
	read_layout();
	for (size_t i = 0; i < LOADERS; i++) {
		const struct loader *loader = &loaders[i];
		struct folder folder = loaded(loader);
		struct answering before = answering(&folder), after;
		bool good = false;

		for (rlim_t bytes = 0; !good; bytes = bytes ? 2 * bytes : 1) {
			enum fault_code code;

			cr_assert_leq(bytes, 1 << 20, "%s: with room it is taken", loader->name);
			good = load_within(loader, &folder, bytes, &code);
			after = answering(&folder);
			if (good)
				cr_expect(after.number > before.number && bytes >= 4096, "%s", loader->name);
			else
				cr_expect((code == FAULT_STORE_FULL || code == FAULT_FILE) && after.number == before.number && after.sum == before.sum, "%s with %llu bytes: %s",
					loader->name, (unsigned long long)bytes, fault_row(code)->name);
		}
		folder_done(&folder);
	}
	fb_layout_free(layout);
}
