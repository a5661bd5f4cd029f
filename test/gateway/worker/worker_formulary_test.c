/* SPDX-License-Identifier: Apache-2.0 */
/* /formulary/v1 over the sandbox's formulary: each parameter in a good request, and beside it a bad twin that is refused for it alone. */
#include "gateway/worker/worker_web.h"
#include "test/gateway/way.h"

#include <string.h>

static struct way way;

static void begin(void)
{
	way_start(&way, NULL);
}

static const struct out *get(const char *path, const char *query)
{
	struct web_request request = { .method = text_lit("GET"), .path = text_of(path), .query = text_of(query) };
	struct buffer packed;

	buffer_init(&packed, &way.arena, 256);
	record_pack(&web_request_record, &request, &packed);
	way_request(&way, "formulary", buffer_text(&packed));
	return way_only(&way, TYPE_REPLY, ROLE_EDGE);
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

/* A good request whose answer has this in it. */
static void good(const char *path, const char *query, const char *part)
{
	const struct out *out = get(path, query);

	cr_expect(out->envelope.status == 200 && !out->envelope.fault.n, "%s?%s: %.*s", path, query, TEXT_ARGS(out->payload));
	cr_expect(holds(out->payload, part), "%s?%s has %s: %.*s", path, query, part, TEXT_ARGS(out->payload));
	cr_expect(out->envelope.etag.n && out->envelope.cache_s);
}

static void bad(const char *path, const char *query, int status, const char *code, const char *where)
{
	const struct out *out = get(path, query);
	char at[80];

	snprintf(at, sizeof(at), "\"at\":\"%s\"", where);
	cr_expect_eq(out->envelope.status, status, "%s?%s: %.*s", path, query, TEXT_ARGS(out->payload));
	cr_expect(text_is(out->envelope.fault, code) && holds(out->payload, at), "%s?%s: %.*s", path, query, TEXT_ARGS(out->payload));
}

#define COVERAGE "/formulary/v1/coverage"

TestSuite(worker_formulary, .init = begin);

CASE(worker_formulary, coverage)
{
	static const struct {
		const char *query, *part;
	} rows[] = {
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303", "\"tier\":3" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999-0003-03", "\"ndc\":\"99999000303\"" },
		{ "bin=999999&ndc=99999000303", "\"plan\":\"EXAMPLE-COMMERCIAL\",\"programme\":\"other\"" },
		{ "bin=999999&pcn=EXPCN&group=EXGRP&ndc=99999000303", "\"listed\":true" },
		{ "bin=999999&pcn=EXMCD&ndc=99999000303", "\"plan\":\"EXAMPLE-MEDICAID\"" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999999999", "\"listed\":false" },
		{ "plan=EXAMPLE-COMMERCIAL&rxcui=4711", "\"product\":\"R4711\",\"listed\":false" },
		{ "plan=EXAMPLE-COMMERCIAL&q=examplumab+40", "\"product\":\"N99999010101\",\"listed\":true" },
		{ "plan=EXAMPLE-COMMERCIAL&q=samplastatin", "\"candidates\":[{\"product\":\"N9999900031" },
		{ "plan=EXAMPLE-COMMERCIAL&q=nothing", "\"listed\":false}" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&day=20280229", "\"day\":\"20280229\"" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&days=90", "\"tier\":3" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&pharmacy=1234567893", "\"tier\":3" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&pharmacy=M", "\"tier\":3" },
		{ "source=PBM&formulary=F1&ndc=99999000303", "\"listed\":false" },
		{ "source=PBM&formulary=F1&alternative=A&coverage=C&coverage=D&copay=P&ndc=99999000303", "\"listed\":false" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		good(COVERAGE, rows[i].query, rows[i].part);
	way_stop(&way);
}

CASE(worker_formulary, coverage_refused)
{
	static const struct {
		const char *query;
		int status;
		const char *code, *where;
	} rows[] = {
		{ "", 400, "MISSING", "plan" },
		{ "ndc=99999000303", 400, "MISSING", "plan" },
		{ "plan=EXAMPLE-COMMERCIAL", 400, "MISSING", "ndc" },
		{ "plan=&ndc=99999000303", 400, "MISSING", "plan" },
		{ "plan=NOBODY&ndc=99999000303", 404, "NOT_FOUND", "plan" },
		{ "plan=EXAMPLE-COMMERCIAL&plan=EXAMPLE-MEDICAID&ndc=99999000303", 400, "REPEATED", "plan" },
		{ "plan=EXAMPLE-COMMERCIAL&bin=999999&ndc=99999000303", 400, "CHOICE", "plan" },
		{ "plan=EXAMPLE-COMMERCIAL&source=PBM&formulary=F1&ndc=99999000303", 400, "CHOICE", "plan" },
		{ "bin=999997&ndc=99999000303", 404, "NOT_FOUND", "bin" },
		{ "pcn=EXPCN&ndc=99999000303", 400, "MISSING", "bin" },
		{ "plan=EXAMPLE-COMMERCIAL&group=EXGRP&ndc=99999000303", 400, "MISSING", "bin" },
		{ "formulary=F1&ndc=99999000303", 400, "MISSING", "source" },
		{ "source=PBM&ndc=99999000303", 400, "MISSING", "formulary" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=9999900030", 400, "BAD_CODE", "ndc" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&rxcui=4711", 400, "CHOICE", "ndc" },
		{ "plan=EXAMPLE-COMMERCIAL&rxcui=12x", 400, "BAD_NUMBER", "rxcui" },
		{ "plan=EXAMPLE-COMMERCIAL&rxcui=012", 400, "BAD_NUMBER", "rxcui" },
		{ "plan=EXAMPLE-COMMERCIAL&q=500", 400, "MISSING", "q" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&day=20270229", 400, "BAD_DATE", "day" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&day=2027-02-01", 400, "BAD_DATE", "day" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&day=20271301", 400, "BAD_DATE", "day" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&days=401", 400, "BAD_NUMBER", "days" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&days=-1", 400, "BAD_NUMBER", "days" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&days=30&days=30", 400, "REPEATED", "days" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&pharmacy=X", 400, "BAD_CODE", "pharmacy" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&pharmacy=123456789", 400, "BAD_NUMBER", "pharmacy" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&nonsense=1", 400, "UNKNOWN_ELEMENT", "Query" },
		{ "plan=EXAMPLE-COMMERCIAL&ndc=99999000303&from=1", 400, "UNKNOWN_ELEMENT", "Query" },
		{ "source=P&coverage=1&coverage=2&coverage=3&coverage=4&coverage=5&coverage=6&coverage=7&coverage=8&coverage=9&coverage=10&coverage=11"
		  "&coverage=12&coverage=13&coverage=14&coverage=15&coverage=16&coverage=17&coverage=18&coverage=19&coverage=20&coverage=21"
		  "&ndc=99999000303", 400, "REPEATED", "coverage" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		bad(COVERAGE, rows[i].query, rows[i].status, rows[i].code, rows[i].where);
	way_stop(&way);
}

CASE(worker_formulary, products)
{
	const char *path = "/formulary/v1/products";

	good(path, "q=statin", "{\"generation\":\"000001\"}");
	good(path, "q=samplas", "\"ndc\":\"99999000310\",\"description\":\"SAMPLASTATIN 10 MG TABLET\"");
	good(path, "q=samplastatin+20&plan=EXAMPLE-COMMERCIAL", "\"status\":\"COVERED\",\"tier\":1");
	good(path, "q=samplas&from=1", "\"matches\":[{\"product\":\"N99999000311\"");
	good(path, "q=samplas&plan=NOBODY", "\"plan\":\"NOBODY\"}");
	bad(path, "", 400, "MISSING", "q");
	bad(path, "q=10", 400, "MISSING", "q");
	bad(path, "q=samplas&from=100001", 400, "BAD_NUMBER", "from");
	bad(path, "q=samplas&ndc=99999000303", 400, "UNKNOWN_ELEMENT", "Query");
	way_stop(&way);
}

CASE(worker_formulary, plans_lists_and_what_is_loaded)
{
	good("/formulary/v1/plans", NULL, "{\"plan\":\"EXAMPLE-COMMERCIAL\",\"source\":\"plan-file\"");
	good("/formulary/v1/plans", "after=EXAMPLE-COMMERCIAL", "\"plans\":[{\"plan\":\"EXAMPLE-MEDICAID\"");
	good("/formulary/v1/plans", "source=NOBODY", "{\"generation\":\"000001\"}");
	bad("/formulary/v1/plans", "kind=PRODUCT", 400, "UNKNOWN_ELEMENT", "Query");
	good("/formulary/v1/plans/EXAMPLE-PARTD", NULL, "\"bins\":[{\"bin\":\"999999\",\"pcn\":\"EXPCN\",\"group\":\"EXRETIREE\"");
	good("/formulary/v1/plans/EXAMPLE%2DPARTD", NULL, "\"kind\":\"PRODUCT\"");
	bad("/formulary/v1/plans/EXAMPLE", NULL, 404, "NOT_FOUND", "plan");
	bad("/formulary/v1/plans/EXAMPLE%2", NULL, 400, "HTTP", "Query");
	good("/formulary/v1/lists", "kind=PRODUCT&source=plan-file", "\"list_id\":\"EXAMPLE-PARTD\"");
	good("/formulary/v1/lists", "kind=STATUS", "{\"generation\":\"000001\"}");
	bad("/formulary/v1/lists", "after=-1", 400, "BAD_NUMBER", "after");
	bad("/formulary/v1/lists", "after=x", 400, "BAD_NUMBER", "after");
	good("/formulary/v1/generation", NULL, "\"source\":\"plan-file\",\"format\":\"PLAN_FILE\"");
	way_stop(&way);
}

static void no_formulary(struct config *config)
{
	config->formulary = text_lit("/nowhere");
}

CASE(worker_formulary, without_a_formulary_it_says_so)
{
	static const char *const paths[] = { COVERAGE, "/formulary/v1/products", "/formulary/v1/plans", "/formulary/v1/plans/P",
		"/formulary/v1/lists", "/formulary/v1/generation" };

	way_stop(&way);
	way_start(&way, no_formulary);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		const struct out *out = get(paths[i], NULL);

		cr_expect(out->envelope.status == 503 && text_is(out->envelope.fault, "NO_FORMULARY"), "%s", paths[i]);
	}
	cr_expect_eq(get("/formulary/v1", NULL)->envelope.status, 200);
	way_stop(&way);
}

CASE(worker_formulary, a_refusal_holds_nothing_of_the_question)
{
	const struct out *out = get(COVERAGE, "plan=CANARY&ndc=CANARY&CANARY=1");

	cr_expect(out->envelope.status == 400 && !holds(out->payload, "CANARY"));
	way_stop(&way);
}
