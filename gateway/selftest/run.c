/* SPDX-License-Identifier: Apache-2.0 */
/* One run: the values, then every scenario file in its order, then what nothing was found out about. */
#include "base/crypto.h"
#include "gateway/edge/listen.h"
#include "gateway/selftest/conformance.h"
#include "gateway/selftest/run.h"
#include "gateway/selftest/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What is approved in PAS needs no more authorization, which CRD then says: so it comes last. */
const struct selftest_play selftest_plays[] = {
	{ "smart.scenario", SELFTEST_SMART, "/fhir", "/cds-services", false },
	{ "crd.scenario", SELFTEST_CRD, "/fhir", "/cds-services", false },
	{ "crd.scenario", SELFTEST_CRD20, "/fhir/2.0", "/crd/2.0/cds-services", true },
	{ "dtr.scenario", SELFTEST_DTR, "/fhir", "/cds-services", false },
	{ "dtr.scenario", SELFTEST_DTR20, "/fhir/2.0", "/crd/2.0/cds-services", true },
	{ "pas.scenario", SELFTEST_PAS, "/fhir", "/cds-services", false },
	{ "pas-2.0.scenario", SELFTEST_PAS20, "/fhir/2.0", "/crd/2.0/cds-services", true },
};
const size_t selftest_plays_n = sizeof(selftest_plays) / sizeof(*selftest_plays);

int selftest_listen(const char *address, char *out, size_t size)
{
	struct fault fault;
	int fd;

	if (!listen_on(text_of(address), "--listen", &fd, &fault)) {
		fprintf(stderr, "dualtrack selftest: cannot listen on %s: %s\n", address, strerror(errno));
		return -1;
	}
	listen_address(fd, out, size);
	return fd;
}

/* "name = value" lines. */
static bool read_values(struct run *run, struct text file, struct text lines)
{
	run->file = file;
	run->line = 0;
	while (text_there(lines)) {
		struct text line = text_trim(text_cut(&lines, '\n')), value = line, name = text_trim(text_cut(&value, '='));

		run->line++;
		if (!line.n || *line.at == '#')
			continue;
		if (!text_there(value) || !name.n)
			return run_wrong(run, "name = value", TEXT_NONE);
		run_set(run, name, text_trim(value));
	}
	return true;
}

static bool prepare(struct run *run)
{
	struct text ours = conformance_file(text_lit("values.txt"), NULL, run->arena);
	unsigned char random[4];

	crypto_random(random, sizeof(random));
	run_set(run, text_lit("run"), crypto_hex(random, sizeof(random), run->arena));
	run_set(run, text_lit("url"), run->selftest->url);
	run_set(run, text_lit("listener"), run->selftest->listen_url.n ? run->selftest->listen_url : text_lit("http://127.0.0.1:9/none"));
	return read_values(run, text_lit("values.txt"), ours) && read_values(run, text_lit("--values"), run->selftest->values);
}

/* What no scenario came to say anything about. */
static void conclude(struct selftest *selftest)
{
	for (size_t i = 0; i < requirements_n; i++) {
		struct found *found = &selftest->found[i];

		if (!(selftest->groups & 1u << requirements[i].group))
			continue;
		if (requirements[i].cannot)
			*found = (struct found){ .verdict = VERDICT_CANNOT, .seen = text_of(requirements[i].cannot) };
		else if (found->verdict == VERDICT_NONE)
			*found = (struct found){ .verdict = VERDICT_SKIPPED, .seen = text_lit("no scenario came to it") };
	}
}

static bool play(struct run *run, const struct selftest_play *play)
{
	struct text name = text_of(play->file);

	run->group = play->group;
	run->version = play->older ? PAS_2_0_1 : PAS_2_2_1;
	run_set(run, text_lit("suite"), text_of(selftest_group_name(play->group)));
	run_set(run, text_lit("fhir"), text_of(play->fhir));
	run_set(run, text_lit("cds"), text_of(play->cds));
	run_set(run, text_lit("crd-version"), play->older ? text_lit("2.0") : text_lit("2.2"));
	return scenario_play(run, name, conformance_file(name, NULL, run->arena));
}

/* Somebody is there, so that not each request waits in vain. */
static bool answers(struct run *run)
{
	steps_reset(run);
	run->raw = text_lit("");
	exchange_send(run, text_lit("GET"), text_lit("/fhir/metadata"), TEXT_NONE);
	steps_reset(run);
	if (run->exchange && run->exchange->status)
		return true;
	fprintf(stderr, "dualtrack selftest: no answer from %.*s\n", TEXT_ARGS(run->selftest->url));
	return false;
}

bool selftest_run(struct selftest *selftest, int listener, struct arena *arena)
{
	struct run run = { .selftest = selftest, .arena = arena, .version = PAS_2_2_1 };
	bool good;

	selftest->found = arena_alloc(arena, requirements_n * sizeof(*selftest->found));
	if (!selftest->found)
		return false;
	run.calls = calls_new();
	run.listener = listener >= 0 ? listener_new(listener) : NULL;
	good = answers(&run) && prepare(&run);
	for (size_t i = 0; good && i < selftest_plays_n; i++)
		if (selftest->groups & 1u << selftest_plays[i].group)
			good = play(&run, &selftest_plays[i]);
	listener_free(run.listener);
	calls_free(run.calls);
	if (good)
		conclude(selftest);
	return good;
}
