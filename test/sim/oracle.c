/* SPDX-License-Identifier: Apache-2.0 */
/* A payer that says nothing useful in every way there is. */
#include "test/sim/oracle.h"

#include "gateway/sandbox/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL "https://oracle.example/cds-services"

#define INDETERMINATE                                                                                                     \
	"{\"cards\":[],\"systemActions\":[{\"type\":\"update\",\"description\":\"x\",\"resource\":{\"resourceType\":\"MedicationRequest\",\"id\":\"1\"," \
	"\"extension\":[{\"url\":\"http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information\",\"extension\":[" \
	"{\"url\":\"covered\",\"valueCode\":\"indeterminate\"}]}]}}]}"

static const struct {
	int status;
	const char *body;
	int64_t at_least_ms, and_ms; /* how long it takes: a time between the two sums */
} manners[] = {
	{ 200, INDETERMINATE, 1, 50 },
	{ 200, INDETERMINATE, 1, 3000 },
	{ 200, INDETERMINATE, 10000, 10000 },
	{ 200, "{\"cards\":[]}", 1, 300 },
	{ 200, "<html>", 1, 300 },
	{ 200, "", 1, 300 },
	{ 500, "", 1, 2000 },
	{ 0, "", 1, 2000 },
};

static void wake(void *arg, struct world *world, uint64_t what)
{
	struct oracle *oracle = arg;

	oracle->inner.wake(oracle->inner.arg, world, what);
}

static void answered(void *arg, struct world *world, uint64_t connection, int status, struct text body)
{
	struct oracle *oracle = arg;

	oracle->inner.answered(oracle->inner.arg, world, connection, status, body);
}

static int called(void *arg, struct world *world, struct text url, struct text body, struct arena *arena, int64_t *after_ms,
	struct text *reply)
{
	struct oracle *oracle = arg;
	size_t manner;

	if (!text_starts(url, URL))
		return oracle->inner.called(oracle->inner.arg, world, url, body, arena, after_ms, reply);
	manner = oracle->prompt ? 0 : world_random(world, sizeof(manners) / sizeof(*manners));
	oracle->asked++;
	*after_ms = manners[manner].at_least_ms + (int64_t)world_random(world, (uint64_t)manners[manner].and_ms);
	*reply = text_of(manners[manner].body);
	return manners[manner].status;
}

void oracle_init(struct oracle *oracle, const struct outside *inner, bool prompt)
{
	*oracle = (struct oracle){ .inner = *inner, .prompt = prompt,
		.backend = { .name = text_lit("oracle"), .id = text_lit("PY:ORACLE"), .our_id = text_lit("ZZZ:US"), .cds = text_lit(URL), .at_once = 8, .retries = 10 },
		.route = { .benefit = text_lit("MEDICAL"), .backend = text_lit("oracle") } };
}

struct outside oracle_outside(struct oracle *oracle)
{
	return (struct outside){ oracle, wake, answered, called };
}

void oracle_configure(struct oracle *oracle, struct config *config, const char *rules)
{
	config->backends = &oracle->backend;
	config->routes = &oracle->route;
	config->backends_n = config->routes_n = 1;
	config->rules = text_of(rules);
}

void oracle_write_rules(const char *file)
{
	static const char cell[] = "| formulary |";
	struct text rest = sandbox_rules();
	FILE *out = fopen(file, "we");

	while (out && rest.n) {
		const char *at = memmem(rest.at, rest.n, cell, sizeof(cell) - 1);
		size_t n = at ? (size_t)(at - rest.at) : rest.n;

		fwrite(rest.at, 1, n, out);
		if (at)
			fputs("| formulary ask |", out);
		n += at ? sizeof(cell) - 1 : 0;
		rest.at += n;
		rest.n -= n;
	}
	if (!out || fclose(out))
		abort();
}
