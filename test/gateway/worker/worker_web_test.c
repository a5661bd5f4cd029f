/* SPDX-License-Identifier: Apache-2.0 */
/* The worker and requests that have their question in method, path and query: routes, refusals and what all answers have in common. */
#include "gateway/worker/worker_web.h"
#include "test/gateway/way.h"

#include <string.h>

static const struct out *ask(struct way *way, const char *family, struct web_request request)
{
	struct buffer packed;

	if (!request.method.n)
		request.method = text_lit("GET");
	buffer_init(&packed, &way->arena, 256);
	record_pack(&web_request_record, &request, &packed);
	way_request(way, family, buffer_text(&packed));
	return way_only(way, TYPE_REPLY, ROLE_EDGE);
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.n, part, strlen(part)) != NULL;
}

CASE(worker_web, the_index_lists_what_there_is)
{
	struct way way;
	const struct out *out;

	way_start(&way, NULL);
	out = ask(&way, "formulary", (struct web_request){ .path = text_lit("/formulary/v1") });
	cr_expect(out->envelope.status == 200 && text_is(out->envelope.media, "application/json") && !out->envelope.fault.n);
	for (size_t i = 0; i < formulary_routes_n; i++)
		cr_expect(holds(out->payload, formulary_routes[i].path), "%s", formulary_routes[i].path);
	way_stop(&way);
}

CASE(worker_web, what_is_refused_and_how)
{
	static const struct {
		const char *family, *method, *path, *query, *accept;
		int64_t status;
		const char *code;
	} rows[] = {
		{ "formulary", "GET", "/formulary/v1/nothing", NULL, NULL, 404, "NOT_FOUND" },
		{ "formulary", "GET", "/formulary/v1/", NULL, NULL, 404, "NOT_FOUND" },
		{ "formulary", "GET", "/formulary/v1/generation/", NULL, NULL, 404, "NOT_FOUND" },
		{ "formulary", "GET", "/formulary/v1/generation/x", NULL, NULL, 404, "NOT_FOUND" },
		{ "formulary", "POST", "/formulary/v1/generation", NULL, NULL, 405, "METHOD" },
		{ "formulary", "DELETE", "/formulary/v1", NULL, NULL, 405, "METHOD" },
		{ "formulary", "GET", "/formulary/v1/generation", "a=%4", NULL, 400, "HTTP" },
		{ "formulary", "GET", "/formulary/v1/generation", NULL, "text/html", 406, "ACCEPT" },
		{ "fhir", "GET", "/fhir/Nothing", NULL, NULL, 404, "NOT_FOUND" },
		{ "fhir", "GET", "/formulary/v1", NULL, NULL, 404, "NOT_FOUND" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct way way;
		const struct out *out;
		bool fhir = strcmp(rows[i].family, "fhir") == 0;

		way_start(&way, NULL);
		out = ask(&way, rows[i].family, (struct web_request){ .method = text_of(rows[i].method), .path = text_of(rows[i].path),
			.query = text_of(rows[i].query), .accept = text_of(rows[i].accept) });
		cr_expect_eq(out->envelope.status, rows[i].status, "%s %s", rows[i].method, rows[i].path);
		cr_expect(text_is(out->envelope.fault, rows[i].code), "%s", rows[i].path);
		cr_expect(text_is(out->envelope.media, fhir ? "application/fhir+json" : "application/problem+json"));
		cr_expect(holds(out->payload, fhir ? "OperationOutcome" : rows[i].code));
		cr_expect_eq(text_is(out->envelope.allow, "GET, HEAD"), rows[i].status == 405, "%s", rows[i].path);
		cr_expect(!out->envelope.etag.n && !out->envelope.cache_s, "a refusal is not kept");
		way_stop(&way);
	}
}

CASE(worker_web, what_was_not_changed_is_not_sent_again)
{
	struct way way;
	const struct out *out;
	struct text etag, quoted;
	struct buffer tag;

	way_start(&way, NULL);
	out = ask(&way, "formulary", (struct web_request){ .path = text_lit("/formulary/v1/generation") });
	cr_expect(out->envelope.status == 200 && text_starts(out->payload, "{\"generation\":\"000001\",") && out->envelope.cache_s == 60);
	etag = out->envelope.etag;
	cr_assert(text_starts(etag, "000001-"));
	buffer_init(&tag, &way.arena, 64);
	buffer_format(&tag, "\"%.*s\"", TEXT_ARGS(etag));
	quoted = buffer_text(&tag);
	out = ask(&way, "formulary", (struct web_request){ .path = text_lit("/formulary/v1/generation"), .if_none_match = quoted });
	cr_expect(out->envelope.status == 304 && out->payload.n == 0 && text_equal(out->envelope.etag, etag));
	way.now.wall_ms += 24 * 60 * 60 * 1000;
	out = ask(&way, "formulary", (struct web_request){ .path = text_lit("/formulary/v1/generation"), .if_none_match = quoted });
	cr_expect_eq(out->envelope.status, 200, "another day, other lists");
	way_stop(&way);
}

CASE(worker_web, a_damaged_request_is_our_own_mistake)
{
	struct way way;
	const struct out *out;

	way_start(&way, NULL);
	way_request(&way, "formulary", text_lit("not packed"));
	out = way_only(&way, TYPE_REPLY, ROLE_EDGE);
	cr_expect(out->envelope.status == 500 && text_is(out->envelope.fault, "INTERNAL"));
	way_stop(&way);
}
