/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request of each CDS hook: never a crash; what is accepted has what its hook needs, and an order that gets an extension is read again as
   the order it was, with that extension in it once. */
#include "fhir-bridge/crd/cds.h"
#include "fhir-bridge/crd/coverage_info.h"

#include <stdlib.h>

/* What is asked of somebody's server: a name, or a search with one id in it, and nothing that could lead elsewhere. */
static void check_wanted(const struct cds_question *question, struct arena *arena)
{
	struct cds_wanted wanted[CDS_WANTED_MAX];
	size_t n = cds_missing(question, true, arena, wanted);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < wanted[i].query.n; k++) {
			char c = wanted[i].query.at[k];

			if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && (!c || !strchr("-./?=&", c)))
				abort();
		}
}

/* The same bytes as what a server says later. */
static void read_later(struct text bytes, enum cds_hook hook)
{
	const struct cds_later later = { text_lit("coverage"), bytes };
	const struct cds_terms terms = { .version = CDS_2_0, .later = &later, .later_n = 1 };
	struct cds_question question;
	struct arena arena;
	struct fault fault;
	int status;

	arena_init(&arena, 64 << 20);
	if (cds_read(bytes, hook, &terms, &arena, &question, &status, &fault) && question.orders_n && !question.coverage)
		abort();
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct coverage_info info = {
	.covered = "covered",
	.date = { "2026-11-22", 10 },
	.assertion_id = { "a", 1 },
};

struct dropping {
	struct text coverage;
	struct arena *arena;
};

static bool replaced(void *context, struct text raw)
{
	struct dropping *dropping = context;
	struct fhir_extension extension = { 0 };
	struct fault fault;
	struct text id;

	return json_read(&fhir_extension_record, &extension, raw, dropping->arena, NULL, &fault) &&
	       coverage_info_about(&extension, dropping->coverage, &id);
}

static void extend(const struct cds_question *question, const struct cds_held *held, struct arena *arena)
{
	struct dropping dropping = { question->coverage_reference, arena };
	struct coverage_info said = info;
	struct cds_resource again = { 0 };
	struct text extension, whole, id;
	const struct cds_order *order;
	struct fault fault;
	size_t times = 0;

	said.coverage = question->coverage_reference;
	extension = coverage_info_write(&said, arena);
	if (!text_there(extension) || !cds_extended(held->raw, extension, replaced, &dropping, arena, &whole, &fault))
		return;
	if (!json_read(&cds_resource_record, &again, whole, arena, NULL, &fault)) {
		if (fault.code != FAULT_TOO_LARGE && fault.code != FAULT_TOO_DEEP)
			abort();
		return;
	}
	order = again.medication_request ? again.medication_request : again.service_request;
	if (!order)
		return;
	for (size_t i = 0; i < order->extension_n; i++)
		times += coverage_info_about(&order->extension[i], question->coverage_reference, &id);
	if (times != 1 || !text_equal(order->id, held->id))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (int hook = 0; hook < CDS_HOOKS; hook++) {
		struct cds_question question;
		struct arena arena;
		struct fault fault;
		int status;
		bool known;

		arena_init(&arena, 64 << 20);
		if (cds_read((struct text){ (const char *)data, n }, (enum cds_hook)hook, NULL, &arena, &question, &status, &fault)) {
			if (question.orders_n && !question.coverage)
				abort();
			for (size_t i = 0; i < question.orders_n; i++) {
				(void)cds_ordered(&question, question.orders[i]);
				extend(&question, question.orders[i], &arena);
			}
			if (question.coverage)
				(void)cds_payer_is(&question, text_lit("a|b"), &known);
			check_wanted(&question, &arena);
		} else if (fault.code == FAULT_NONE || (status != 0 && status != 400 && status != 412 && status != 422)) {
			abort();
		} else if (status == 412) {
			check_wanted(&question, &arena);
		}
		arena_done(&arena);
		read_later((struct text){ (const char *)data, n }, (enum cds_hook)hook);
	}
	return 0;
}
