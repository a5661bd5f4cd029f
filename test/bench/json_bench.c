/* SPDX-License-Identifier: Apache-2.0 */
/* What reading a PAS request costs: the JSON alone, the JSON into records, and held to all rules of the guide; beside a plain parse of the same
   bytes into jansson's tree and a walk over it, in the same rounds, where that library was there to build with. */
#include "base/json_scan.h"
#include "fhir-bridge/pas/pas_answer.h"
#include "test/bench/bench.h"

#include <string.h>
#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

/* Speed of reading into records beside jansson's parse and walk: below this something was lost. */
static const double READ_LEAST = 2;

struct work {
	struct text body;
	struct arena arena, kept;
	struct fhir_bundle *request;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "json_bench: %s\n", what);
	exit(1);
}

static void run_scan(void *state)
{
	struct work *w = state;
	struct json_types types;
	struct fault fault;

	arena_reset(&w->arena);
	must(json_scan(w->body, &w->arena, &types, &fault), "scan");
}

static void run_read(void *state)
{
	struct work *w = state;
	struct fhir_document document = { 0 };
	struct fault fault;

	arena_reset(&w->arena);
	must(json_read(&fhir_document_record, &document, w->body, &w->arena, NULL, &fault), fault.path);
}

static void run_strict(void *state)
{
	struct work *w = state;
	struct fhir_bundle *bundle;
	struct fault fault;

	arena_reset(&w->arena);
	must(pas_read(w->body, PAS_SUBMIT, PAS_2_2_1, &w->arena, &bundle, &fault), fault.path);
}

static void run_answer(void *state)
{
	static const struct pas_line line = { .action = { "A1", 2 }, .number = { "AUTH1", 5 } };
	struct work *w = state;
	struct pas_answer answer = { .identifier = text_lit("A"), .wall_ms = INT64_C(1795339800000), .lines = &line, .lines_n = 1 };
	struct fhir_bundle *bundle;
	struct buffer json;

	arena_reset(&w->arena);
	bundle = pas_answer_of(w->request, &answer, PAS_2_2_1, &w->arena);
	must(bundle != NULL, "answer");
	buffer_init(&json, &w->arena, 16 * 1024);
	fhir_write(bundle, &json);
	must(!json.failed, "write");
}

#ifdef HAVE_JANSSON
static size_t walk_tree(const json_t *at)
{
	const char *key;
	json_t *value;
	size_t i, sum = 1;

	if (json_is_object(at))
		json_object_foreach((json_t *)at, key, value)
			sum += strlen(key) + walk_tree(value);
	else if (json_is_array(at))
		json_array_foreach(at, i, value)
			sum += walk_tree(value);
	else if (json_is_string(at))
		sum += json_string_length(at);
	return sum;
}

static void run_tree(void *state)
{
	struct work *w = state;
	json_error_t error;
	json_t *tree = json_loadb(w->body.at, w->body.n, JSON_REJECT_DUPLICATES, &error);

	must(tree && walk_tree(tree), "jansson");
	json_decref(tree);
}
#endif

static void figure(const struct bench *bench, const struct work *w)
{
	char rate[64];
	double us;

	bench_us(bench); /* warm caches and learn branches */
	us = bench_us(bench);
	snprintf(rate, sizeof(rate), "%s_rate", bench->name);
	bench_figure(bench->name, "", us, "us");
	bench_figure(rate, "", (double)w->body.n / us, "MB/s");
}

int main(int argc, char **argv)
{
	static char bytes[1 << 20];
	static struct work w;
	FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;
	struct fault fault;

	must(in != NULL, "give an example");
	w.body = (struct text){ bytes, fread(bytes, 1, sizeof(bytes), in) };
	fclose(in);
	arena_init(&w.arena, 64 << 20);
	arena_init(&w.kept, 64 << 20);
	must(pas_read(w.body, PAS_SUBMIT, PAS_2_2_1, &w.kept, &w.request, &fault), fault.path);
	bench_figure("pas_request", "", (double)w.body.n, "bytes");
	figure(&(struct bench){ "pas_scan", run_scan, &w }, &w);
	figure(&(struct bench){ "pas_read", run_read, &w }, &w);
	figure(&(struct bench){ "pas_read_strict", run_strict, &w }, &w);
	figure(&(struct bench){ "pas_answer_written", run_answer, &w }, &w);
#ifdef HAVE_JANSSON
	must(bench_pair("jansson_per_read", &(struct bench){ "jansson_tree", run_tree, &w }, &(struct bench){ "pas_read", run_read, &w }) >= READ_LEAST,
		"reading lost speed");
#else
	(void)READ_LEAST;
#endif
	return 0;
}
