/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up formulary as PDex resources, in parts that a test puts together. */
#pragma once

#include "formulary/answer.h"
#include "formulary/pdex/pdex.h"
#include "formulary/pdex/pdex_codes.h"
#include "test/scratch.h"

#include <string.h>
#include <sys/stat.h>

#define CONCEPT(system, code) "{\"coding\":[{\"system\":\"" system "\",\"code\":\"" code "\"}]}"
#define EXT(name, value) "{\"url\":\"" PDEX_EXTENSION(name) "\"," value "}"
#define TIER(code) EXT("DrugTierID", "\"valueCodeableConcept\":" CONCEPT(PDEX_TIERS PDEX_TRIAL, code))
#define AT(code) EXT("PharmacyBenefitType", "\"valueCodeableConcept\":" CONCEPT(PDEX_PHARMACIES PDEX_TRIAL, code))
#define OF(formulary) EXT("FormularyReference", "\"valueReference\":{\"reference\":\"" formulary "\"}")
#define STATUS(code) EXT("AvailabilityStatus", "\"valueCode\":\"" code "\"")
#define USUAL STATUS("active") "," AT("1-month-in-retail") "," TIER("generic")

#define ITEM(id, subject, extensions)                                                                                              \
	"{\"resourceType\":\"Basic\",\"id\":\"" id "\",\"code\":" CONCEPT(PDEX_ITEM_TYPES, "formulary-item") ",\"subject\":{\"reference\":\"" subject \
	"\"},\"extension\":[" extensions "]}\n"
#define DRUG(id, codings) "{\"id\":\"" id "\",\"code\":{\"coding\":[" codings "]},\"status\":\"active\",\"resourceType\":\"MedicationKnowledge\"}\n"
#define RX(code, display) "{\"system\":\"" PDEX_RXNORM "\",\"code\":\"" code "\",\"display\":\"" display "\"}"
#define FORMULARY_IS(id, identifier, status, more)                                                                                 \
	"{\"resourceType\":\"InsurancePlan\",\"id\":\"" id "\",\"identifier\":[{\"value\":\"" identifier "\"}],\"status\":\"" status          \
	"\",\"type\":[" CONCEPT(PDEX_ACT_CODES, "DRUGPOL") "]" more "}\n"
#define PERIOD(from, to) ",\"period\":{\"start\":\"" from "\",\"end\":\"" to "\"}"
#define COST(kind, option, value)                                                                                                  \
	"{\"type\":" CONCEPT(PDEX_COST_TYPES, kind) ",\"qualifiers\":[" CONCEPT(PDEX_OPTIONS, option) "],\"value\":{\"value\":" value "}}"
#define COSTS(category, tier, costs)                                                                                               \
	"{\"category\":" category ",\"benefit\":[{\"type\":" CONCEPT(PDEX_TIERS, tier) ",\"cost\":[" costs "]}]}"
#define PLAN_IS(id, identifier, formulary, specific)                                                                               \
	"{\"resourceType\":\"InsurancePlan\",\"id\":\"" id "\",\"identifier\":[{\"value\":\"" identifier "\"}],\"status\":\"active\",\"type\":["    \
	CONCEPT(PDEX_PRODUCT_TYPES, "qhp") "],\"name\":\"Example Plan\",\"contact\":[{}],\"coverage\":[{\"extension\":[" OF(formulary)             \
	"],\"type\":" CONCEPT(PDEX_ACT_CODES, "DRUGPOL") "}],\"plan\":[{\"type\":" CONCEPT(PDEX_PLAN_TYPES, "drug") ",\"specificCost\":["    \
	specific "]}]}\n"

/* 2026-07-01 */
#define PDEX_DAY INT64_C(1782864000000)

struct pdex_file {
	struct scratch scratch;
	char from[80], into[80];
	struct pdex_report report;
	struct fault fault;
};

static inline void pdex_file_done(struct pdex_file *files)
{
	scratch_done(&files->scratch);
}
#define PDEX_FILE __attribute__((cleanup(pdex_file_done))) = pdex_file_new()

static inline struct pdex_file pdex_file_new(void)
{
	struct pdex_file files = { .scratch = scratch_new() };

	snprintf(files.from, sizeof(files.from), "%s/example", files.scratch.at);
	snprintf(files.into, sizeof(files.into), "%s/into", files.scratch.at);
	if (mkdir(files.from, 0700) || mkdir(files.into, 0700))
		abort();
	return files;
}

static inline void pdex_put(const struct pdex_file *files, const char *name, const char *bytes)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", files->from, name);
	out = fopen(path, "we");
	if (!out || fputs(bytes, out) < 0 || fclose(out))
		abort();
}

static inline bool pdex_take(struct pdex_file *files)
{
	return pdex_load(files->from, files->into, NULL, NULL, &files->report, &files->fault);
}

struct pdex_asked {
	struct arena arena;
	struct formulary *formulary;
	struct product_answer answer;
	struct coverage coverage;
	bool found, says;
};

static inline void pdex_asked_done(struct pdex_asked *asked)
{
	formulary_free(asked->formulary);
	arena_done(&asked->arena);
}
#define PDEX_ASKED __attribute__((cleanup(pdex_asked_done)))

static inline struct pdex_asked pdex_ask(const struct pdex_file *files, const char *plan, struct product_name name, int64_t day_ms)
{
	struct pdex_asked asked = { 0 };
	struct fault fault;

	arena_init(&asked.arena, 4 << 20);
	if (!formulary_open(files->into, &asked.formulary, &fault))
		abort();
	formulary_day(asked.formulary, day_ms);
	if (!formulary_answer(asked.formulary, text_of(plan), &name, &asked.arena, &asked.answer, &asked.found, &fault))
		abort();
	if (asked.found && !formulary_coverage_of(&asked.answer, &name, &asked.arena, &asked.coverage, &asked.says, &fault))
		abort();
	return asked;
}
