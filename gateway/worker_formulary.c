/* SPDX-License-Identifier: Apache-2.0 */
/* /formulary/v1: what the loaded formulary says, for anybody who asks over plain HTTP. Nothing of a patient is asked and nothing answered. */
#include "gateway/worker_web.h"

enum { CACHE_S = 60 }; /* seconds for which an answer may be kept: a new generation is seen so much later by whoever does not ask again */

/* Of one generation and one day, since lists begin and end with days. */
static struct text tag_of(const struct web *web)
{
	struct buffer tag;

	buffer_init(&tag, web->out->arena, 32);
	buffer_add(&tag, formulary_generation(web->worker->formulary));
	buffer_format(&tag, "-%lld", (long long)(web->now.wall_ms / (24 * 60 * 60 * 1000)));
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
	struct buffer body;

	if (!web->worker->formulary)
		return fault_set(fault, FAULT_NO_FORMULARY, "");
	buffer_init(&body, web->out->arena, 64);
	buffer_format(&body, "{\"generation\":\"%.*s\"}", TEXT_ARGS(formulary_generation(web->worker->formulary)));
	return answer(web, &body, fault);
}

const struct web_route formulary_routes[] = {
	{ FAMILY_FORMULARY, "GET", "/formulary/v1", serve_index, "this list" },
	{ FAMILY_FORMULARY, "GET", "/formulary/v1/generation", serve_generation, "which generation of the formulary answers" },
};
const size_t formulary_routes_n = sizeof(formulary_routes) / sizeof(*formulary_routes);
