/* SPDX-License-Identifier: Apache-2.0 */
/* What each thing costs that is done to a message on its way: read, check, write, pack, unpack. Each is timed in turns with reading the
   same message, so that the shares hold whatever the machine's speed.

	message_bench EXAMPLES-DIR */
#include "ncpdp/ncpdp.h"
#include "test/bench/bench.h"

#include <string.h>

struct work {
	enum ncpdp_family family;
	struct text body, packed;
	struct xml_reader *reader;
	struct arena kept, spent;
	struct ncpdp_message message;
};

static void must(bool good, const struct fault *fault)
{
	if (good)
		return;
	fprintf(stderr, "message_bench: %s at %s\n", fault_row(fault->code)->name, fault->path);
	exit(1);
}

static const struct record *record_of(const struct work *w)
{
	return w->family == NCPDP_SCRIPT ? &script_message_record : &rtpb_message_record;
}

static const void *content_of(const struct work *w)
{
	return w->family == NCPDP_SCRIPT ? (const void *)w->message.script : (const void *)w->message.rtpb;
}

static void run_read(void *state)
{
	struct work *w = state;
	struct ncpdp_message message;
	struct fault fault;

	arena_reset(&w->spent);
	must(ncpdp_read(w->reader, w->family, w->body, false, &w->spent, &message, &fault), &fault);
}

static void run_check(void *state)
{
	struct work *w = state;
	struct fault fault;

	must(record_check(record_of(w), content_of(w), &fault) && ncpdp_check(&w->message, &fault), &fault);
}

static void run_write(void *state)
{
	struct work *w = state;
	struct buffer out;
	struct fault fault;

	arena_reset(&w->spent);
	buffer_init(&out, &w->spent, 4096);
	must(ncpdp_write(&w->message, TEXT_NONE, &out, &fault), &fault);
}

static void run_pack(void *state)
{
	struct work *w = state;
	struct buffer out;

	arena_reset(&w->spent);
	buffer_init(&out, &w->spent, 4096);
	record_pack(record_of(w), content_of(w), &out);
}

static void run_unpack(void *state)
{
	struct work *w = state;
	void *rec;
	struct fault fault;

	arena_reset(&w->spent);
	rec = arena_alloc(&w->spent, record_of(w)->size);
	must(rec && record_unpack(record_of(w), rec, &w->spent, w->packed, &fault), &fault);
}

static void measure(const char *folder, const char *file, const char *name, enum ncpdp_family family)
{
	static const struct {
		const char *name;
		void (*run)(void *state);
	} steps[] = { { "check", run_check }, { "write", run_write }, { "pack", run_pack }, { "unpack", run_unpack } };
	struct work w = { .family = family, .reader = xml_reader_new() };
	char path[4096], *bytes = malloc(1 << 20);
	struct buffer packed;
	struct fault fault;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	in = fopen(path, "rb");
	if (!in || !bytes) {
		perror(path);
		exit(1);
	}
	w.body = (struct text){ bytes, fread(bytes, 1, 1 << 20, in) };
	fclose(in);
	arena_init(&w.kept, 8 << 20);
	arena_init(&w.spent, 8 << 20);
	must(ncpdp_read(w.reader, family, w.body, false, &w.kept, &w.message, &fault), &fault);
	buffer_init(&packed, &w.kept, 8192);
	record_pack(record_of(&w), content_of(&w), &packed);
	w.packed = buffer_text(&packed);
	bench_figure(name, "_body", (double)w.body.n, "bytes");
	bench_figure(name, "_packed", (double)w.packed.n, "bytes");
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		char step[80], read[80], ratio[80];
		struct bench a = { step, steps[i].run, &w }, b = { read, run_read, &w };

		snprintf(step, sizeof(step), "%s_%s", name, steps[i].name);
		snprintf(read, sizeof(read), "%s_read", name);
		snprintf(ratio, sizeof(ratio), "%s_%s_over_read", name, steps[i].name);
		bench_pair(ratio, &a, &b);
	}
	arena_done(&w.kept);
	arena_done(&w.spent);
	xml_reader_free(w.reader);
	free(bytes);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: message_bench EXAMPLES-DIR\n", stderr);
		return 2;
	}
	measure(argv[1], "rtpb-request.xml", "rtpb_request", NCPDP_RTPB);
	measure(argv[1], "pa-initiation-request.xml", "pa_initiation_request", NCPDP_SCRIPT);
	measure(argv[1], "pa-request.xml", "pa_request", NCPDP_SCRIPT);
	return 0;
}
