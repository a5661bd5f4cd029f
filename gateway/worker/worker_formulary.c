/* SPDX-License-Identifier: Apache-2.0 */
/* /formulary/v1: what the loaded formulary says, for anybody who asks over plain HTTP. Nothing of a patient is asked and nothing answered. */
#include "base/json.h"
#include "formulary/ask.h"
#include "formulary/contents.h"
#include "formulary/find.h"
#include "gateway/worker/worker_web.h"

#include <stddef.h>

enum {
	CACHE_S = 60,   /* seconds for which an answer may be kept: a new generation is seen so much later by whoever does not ask again */
	FROM_MAX = 100000,
	DAYS_MAX = 400, /* as of a copay */
	DAY_MS = 24 * 60 * 60 * 1000,
};

/* -- parameters -- */

/* All that any of the routes below asks. */
struct parameters {
	struct text plan, bin, pcn, group, source, formulary, alternative, ndc, rxcui, q, day, pharmacy, kind, after;
	struct text *coverage, *copay;
	size_t coverage_n, copay_n;
	int64_t days, from;
};

enum kind { ONE, SEVERAL, NUMBER };
enum { COVERAGE = 1, PRODUCTS = 2, LISTS = 4, PLANS = 8 }; /* routes that take a parameter */

static const struct parameter {
	const char *name;
	enum kind kind;
	int routes;
	size_t at, count_at; /* in struct parameters */
	int64_t most;        /* NUMBER: greatest; SEVERAL: how often */
} table[] = {
#define P(name) offsetof(struct parameters, name)
	{ "plan", ONE, COVERAGE | PRODUCTS, P(plan), 0, 0 },
	{ "bin", ONE, COVERAGE, P(bin), 0, 0 },
	{ "pcn", ONE, COVERAGE, P(pcn), 0, 0 },
	{ "group", ONE, COVERAGE, P(group), 0, 0 },
	{ "source", ONE, COVERAGE | LISTS | PLANS, P(source), 0, 0 },
	{ "formulary", ONE, COVERAGE, P(formulary), 0, 0 },
	{ "alternative", ONE, COVERAGE, P(alternative), 0, 0 },
	{ "coverage", SEVERAL, COVERAGE, P(coverage), P(coverage_n), 20 },
	{ "copay", SEVERAL, COVERAGE, P(copay), P(copay_n), 20 },
	{ "ndc", ONE, COVERAGE, P(ndc), 0, 0 },
	{ "rxcui", ONE, COVERAGE, P(rxcui), 0, 0 },
	{ "q", ONE, COVERAGE | PRODUCTS, P(q), 0, 0 },
	{ "day", ONE, COVERAGE, P(day), 0, 0 },
	{ "pharmacy", ONE, COVERAGE, P(pharmacy), 0, 0 },
	{ "days", NUMBER, COVERAGE, P(days), 0, DAYS_MAX },
	{ "from", NUMBER, PRODUCTS, P(from), 0, FROM_MAX },
	{ "kind", ONE, LISTS, P(kind), 0, 0 },
	{ "after", ONE, LISTS | PLANS, P(after), 0, 0 },
#undef P
};

static bool put(struct web *web, const struct parameter *row, struct text value, struct parameters *out, struct fault *fault)
{
	char *at = (char *)out + row->at;
	struct text *item;

	if (!value.n)
		return fault_set(fault, FAULT_MISSING, row->name);
	switch (row->kind) {
	case ONE:
		if (((struct text *)(void *)at)->n)
			return fault_set(fault, FAULT_REPEATED, row->name);
		*(struct text *)(void *)at = value;
		return true;
	case NUMBER:
		if (*(int64_t *)(void *)at)
			return fault_set(fault, FAULT_REPEATED, row->name);
		return (value.at[0] >= '0' && value.at[0] <= '9' && text_to_int(value, (int64_t *)(void *)at) &&
			       *(int64_t *)(void *)at <= row->most) ||
		       fault_set(fault, FAULT_BAD_NUMBER, row->name);
	case SEVERAL:
		if (*(size_t *)(void *)((char *)out + row->count_at) == (size_t)row->most)
			return fault_set(fault, FAULT_REPEATED, row->name);
		item = arena_push(web->arena, (void **)(void *)at, (size_t *)(void *)((char *)out + row->count_at), sizeof(*item));
		if (!item)
			return fault_set(fault, FAULT_TOO_LARGE, row->name);
		*item = value;
		return true;
	}
	__builtin_unreachable();
}

/* What the route does not take is refused: a misspelt one would else be an answer to another question. */
static bool read_parameters(struct web *web, int route, struct parameters *out, struct fault *fault)
{
	*out = (struct parameters){ 0 };
	for (size_t i = 0; i < web->query.n; i++) {
		const struct parameter *row = NULL;

		for (size_t k = 0; k < sizeof(table) / sizeof(*table) && !row; k++)
			if ((table[k].routes & route) && text_is(web->query.parts[i].name, table[k].name))
				row = &table[k];
		if (!row)
			return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "Query");
		if (!put(web, row, web->query.parts[i].value, out, fault))
			return false;
	}
	return true;
}

/* -- answers -- */

/* Of one generation and one day, since lists begin and end with days. */
static struct text tag_of(const struct web *web)
{
	struct buffer tag;

	buffer_init(&tag, web->out->arena, 32);
	buffer_add(&tag, formulary_generation(web->worker->formulary));
	buffer_format(&tag, "-%lld", (long long)(web->now.wall_ms / DAY_MS));
	return buffer_text(&tag);
}

static bool answer(struct web *web, struct buffer *body, struct fault *fault)
{
	struct web_answer answer = { .media = MEDIA_JSON, .cache_s = CACHE_S };

	buffer_lit(body, "\n");
	answer.body = buffer_text(body);
	if (web->worker->formulary)
		answer.etag = tag_of(web);
	return web_answer(web, &answer, fault);
}

static bool answer_record(struct web *web, const struct record *record, const void *rec, struct fault *fault)
{
	struct buffer body;

	buffer_init(&body, web->out->arena, 4096);
	json_write(record, rec, &body);
	return answer(web, &body, fault);
}

/* What is wrong with a query is wrong with the request (400), and not with something that was posted (422). */
static bool refuse(struct web *web, const struct fault *fault)
{
	if (fault_row(fault->code)->http_status == 422)
		web->refused = 400;
	return false;
}

static bool loaded(const struct web *web, struct fault *fault)
{
	return web->worker->formulary || fault_set(fault, FAULT_NO_FORMULARY, "");
}

/* -- routes -- */

/* What there is to ask, from the table below. */
static bool serve_index(struct web *web, struct fault *fault)
{
	struct buffer body;

	buffer_init(&body, web->out->arena, 1024);
	buffer_lit(&body, "{\"addresses\":[");
	for (size_t i = 0; i < formulary_routes_n; i++)
		buffer_format(&body, "%s{\"method\":\"%s\",\"path\":\"%s\",\"what\":\"%s\"}", i ? "," : "", formulary_routes[i].method,
			formulary_routes[i].path, formulary_routes[i].doc);
	buffer_lit(&body, "]}");
	return answer(web, &body, fault);
}

static bool serve_generation(struct web *web, struct fault *fault)
{
	struct formulary_contents contents;

	return loaded(web, fault) && formulary_contents_of(web->worker->formulary, web->arena, &contents, fault) &&
	       answer_record(web, &formulary_contents_record, &contents, fault);
}

/* An NPI, or a letter for a type of pharmacy. */
static bool read_pharmacy(struct text value, struct formulary_question *question, struct fault *fault)
{
	if (value.n > 1)
		question->npi = value;
	else if (text_in_list(value, "R D M S L"))
		question->pharmacy = value;
	else if (value.n)
		return fault_set(fault, FAULT_BAD_CODE, "pharmacy");
	return true;
}

static bool read_question(struct web *web, struct formulary_question *question, struct fault *fault)
{
	struct parameters p;

	if (!read_parameters(web, COVERAGE, &p, fault))
		return false;
	*question = (struct formulary_question){
		.plan = p.plan, .bin = p.bin, .pcn = p.pcn, .group = p.group,
		.lists = { .source = p.source, .formulary = p.formulary, .alternative = p.alternative, .coverage = p.coverage,
			.coverage_n = p.coverage_n, .copay = p.copay, .copay_n = p.copay_n },
		.ndc = p.ndc, .rxcui = p.rxcui, .words = p.q, .day = p.day, .days = p.days,
	};
	return read_pharmacy(p.pharmacy, question, fault);
}

static bool serve_coverage(struct web *web, struct fault *fault)
{
	struct formulary_question question;
	struct coverage_answer out;

	if (!loaded(web, fault))
		return false;
	if (!read_question(web, &question, fault) || !formulary_ask(web->worker->formulary, &question, web->arena, &out, fault))
		return refuse(web, fault);
	return answer_record(web, &coverage_answer_record, &out, fault);
}

static bool serve_products(struct web *web, struct fault *fault)
{
	struct product_matches out;
	struct parameters p;
	struct find find;

	if (!loaded(web, fault))
		return false;
	if (!read_parameters(web, PRODUCTS, &p, fault))
		return refuse(web, fault);
	find = (struct find){ .words = p.q, .plan = p.plan, .from = (size_t)p.from };
	if (!formulary_find(web->worker->formulary, &find, web->arena, &out, fault))
		return refuse(web, fault);
	return answer_record(web, &product_matches_record, &out, fault);
}

static bool serve_plans(struct web *web, struct fault *fault)
{
	struct parameters p;
	struct plan_page out;

	if (!loaded(web, fault))
		return false;
	if (!read_parameters(web, PLANS, &p, fault))
		return refuse(web, fault);
	return formulary_plans_of(web->worker->formulary, p.source, p.after, web->arena, &out, fault) &&
	       answer_record(web, &plan_page_record, &out, fault);
}

static bool serve_plan(struct web *web, struct fault *fault)
{
	struct plan_contents out;
	bool found;

	return loaded(web, fault) && formulary_plan_of(web->worker->formulary, web->parts[0], web->arena, &out, &found, fault) &&
	       (found || fault_set(fault, FAULT_NOT_FOUND, "plan")) && answer_record(web, &plan_contents_record, &out, fault);
}

static bool serve_lists(struct web *web, struct fault *fault)
{
	struct parameters p;
	struct list_page out;
	int64_t after = 0;

	if (!loaded(web, fault))
		return false;
	if (!read_parameters(web, LISTS, &p, fault))
		return refuse(web, fault);
	if (p.after.n && (!text_to_int(p.after, &after) || after < 0)) {
		fault_set(fault, FAULT_BAD_NUMBER, "after");
		return refuse(web, fault);
	}
	return formulary_lists_of(web->worker->formulary, p.source, p.kind, after, web->arena, &out, fault) &&
	       answer_record(web, &list_page_record, &out, fault);
}

const struct web_route formulary_routes[] = {
	{ FAMILY_FORMULARY, "GET", "/formulary/v1", serve_index, "this list" },
	{ FAMILY_FORMULARY, "GET", "/formulary/v1/coverage", serve_coverage,
		"what a plan (plan; bin, pcn, group) or lists (source, formulary, alternative, coverage, copay) say of a product (ndc, rxcui or q), "
		"on a day (day), for a pharmacy (pharmacy) and a length of supply (days)" },
	{ FAMILY_FORMULARY, "GET", "/formulary/v1/products", serve_products, "products by words of their descriptions (q), of a plan (plan), from a place (from)" },
	{ FAMILY_FORMULARY, "GET", "/formulary/v1/plans", serve_plans, "plans, of a publisher (source), after one (after)" },
	{ FAMILY_FORMULARY, "GET", "/formulary/v1/plans/{plan}", serve_plan, "one plan with its lists and BIN lines" },
	{ FAMILY_FORMULARY, "GET", "/formulary/v1/lists", serve_lists, "lists, of a publisher (source) and a kind (kind), after one (after)" },
	{ FAMILY_FORMULARY, "GET", "/formulary/v1/generation", serve_generation, "what is loaded: which generation answers, its publishers" },
};
const size_t formulary_routes_n = sizeof(formulary_routes) / sizeof(*formulary_routes);
