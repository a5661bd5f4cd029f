/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the route of a request by method and path, sees to what all routes have in common, and writes the refusal where one says no. */
#include "gateway/worker/worker_web.h"
#include "gateway/worker/worker_pause.h"

#include "base/http_accept.h"
#include "base/log.h"
#include "fhir-bridge/outcome.h"

#include <assert.h>

const struct web_route *worker_web_routes(size_t table, size_t *n)
{
	const struct {
		const struct web_route *routes;
		size_t n;
	} tables[] = {
		{ formulary_routes, formulary_routes_n },
		{ metadata_routes, metadata_routes_n },
		{ pas_routes, pas_routes_n },
		{ carin_routes, carin_routes_n },
		{ dtr_routes, dtr_routes_n },
		{ pdex_routes, pdex_routes_n },
		{ cds_routes, cds_routes_n },
		{ notify_routes, notify_routes_n },
		{ route_routes, route_routes_n },
	};

	if (table >= sizeof(tables) / sizeof(*tables))
		return NULL;
	*n = tables[table].n;
	return tables[table].routes;
}

/* -- paths -- */

/* Segment by segment. A segment that is not empty takes the place of a {...}; escapes are undone after the path was cut, so that an
   escaped slash cuts nothing. */
static bool path_fits(const char *pattern, struct text path, struct text parts[WEB_PARTS_MAX])
{
	struct text wanted = text_of(pattern);
	size_t n = 0;

	memset(parts, 0, WEB_PARTS_MAX * sizeof(*parts));
	while (text_there(wanted) && text_there(path)) {
		struct text name = text_cut(&wanted, '/'), segment = text_cut(&path, '/');

		if (name.n && name.at[0] == '{') {
			if (!segment.n)
				return false;
			assert(n < WEB_PARTS_MAX);
			parts[n++] = segment;
		} else if (!text_equal(name, segment)) {
			return false;
		}
	}
	return !text_there(wanted) && !text_there(path);
}

/* "GET, HEAD, POST": what the routes of this path take. */
static struct text methods_of(const struct web *web)
{
	const struct web_route *routes;
	struct text parts[WEB_PARTS_MAX];
	struct buffer methods;
	size_t n;

	buffer_init(&methods, web->out->arena, 32);
	for (size_t table = 0; (routes = worker_web_routes(table, &n)); table++)
		for (size_t i = 0; i < n; i++)
			if (routes[i].family == web->family && path_fits(routes[i].path, web->request.path, parts))
				buffer_format(&methods, "%s%s%s", methods.n ? ", " : "", routes[i].method,
					strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
	return buffer_text(&methods);
}

/* *there: at least the path has a route. */
static const struct web_route *find(enum family family, struct text method, struct text path, struct text parts[WEB_PARTS_MAX], bool *there)
{
	const struct web_route *routes;
	size_t n;

	*there = false;
	for (size_t table = 0; (routes = worker_web_routes(table, &n)); table++)
		for (size_t i = 0; i < n; i++) {
			if (routes[i].family != family || !path_fits(routes[i].path, path, parts))
				continue;
			*there = true;
			if (text_is(method, routes[i].method))
				return &routes[i];
		}
	return NULL;
}

const struct web_route *worker_web_find(enum family family, struct text method, struct text path)
{
	struct text parts[WEB_PARTS_MAX];
	bool there;

	return find(family, text_is(method, "HEAD") ? text_lit("GET") : method, path, parts, &there);
}

static bool find_route(struct web *web, struct fault *fault)
{
	bool there;

	web->route = find(web->family, web->request.method, web->request.path, web->parts, &there);
	return web->route || fault_set(fault, there ? FAULT_METHOD : FAULT_NOT_FOUND, there ? "Method" : "");
}

static bool undo_escapes(struct web *web, struct fault *fault)
{
	for (size_t i = 0; i < WEB_PARTS_MAX && text_there(web->parts[i]); i++)
		if (!query_segment(web->parts[i], web->arena, &web->parts[i], fault))
			return false;
	return query_read(web->request.query, web->arena, &web->query, fault);
}

/* -- what the client can read -- */

static bool accepted(const struct web *web)
{
	struct text accept = web->request.accept;

	return http_accepts(accept, MEDIA_JSON) || (family_is_fhir(web->family) && http_accepts(accept, MEDIA_FHIR));
}

/* -- answers -- */

bool web_answer(struct web *web, const struct web_answer *answer, struct fault *fault)
{
	bool same = text_there(answer->etag) && web->request.if_none_match.n &&
		    http_tag_listed(web->request.if_none_match, answer->etag);
	struct text body = same || !answer->media ? text_lit("") : answer->body;
	struct out *out;

	if (!text_there(body))
		return fault_set(fault, FAULT_TOO_LARGE, "");
	out = outbox_answer(web->out, web->input, same ? 304 : answer->status ? answer->status : 200,
		answer->media ? answer->media : MEDIA_JSON, body, answer->fault);
	if (!out)
		return true; /* nobody waits */
	out->envelope.etag = arena_text(web->out->arena, answer->etag);
	out->envelope.location = arena_text(web->out->arena, answer->location);
	out->envelope.cache_s = answer->cache_s;
	return true;
}

static void refuse(struct web *web, const struct fault *fault)
{
	int status = web->refused ? web->refused : fault_row(fault->code)->http_status;
	struct buffer body;
	struct out *out;

	buffer_init(&body, web->out->arena, 512);
	if (family_is_fhir(web->family))
		fhir_outcome_write(fault, &body);
	else
		problem_write(fault, status, web->input->envelope->trace, web->in_body, &body);
	out = outbox_answer(web->out, web->input, status, family_is_fhir(web->family) ? MEDIA_FHIR : MEDIA_PROBLEM, buffer_text(&body),
		fault->code);
	if (out && status == 405)
		out->envelope.allow = methods_of(web);
	web->worker->counters.faults++;
}

static bool serve(struct web *web, struct fault *fault)
{
	if (!record_unpack(&web_request_record, &web->request, web->arena, web->input->payload, fault) || !find_route(web, fault) ||
		!undo_escapes(web, fault))
		return false;
	return accepted(web) ? web->route->serve(web, fault) : fault_set(fault, FAULT_ACCEPT, "Accept");
}

void worker_web(struct worker *worker, const struct input *input, enum family family, struct now now, struct outbox *out)
{
	struct web *web = arena_new(&worker->arena, struct web);
	struct fault fault = { 0 };

	*web = (struct web){ .worker = worker, .input = input, .now = now, .out = out, .arena = &worker->arena, .family = family };
	if (!serve(web, &fault)) {
		pause_never_mind(worker);
		refuse(web, &fault);
	}
	if (pause_waits(worker))
		return;
	/* The route as our table has it: a path or a query may name anything. */
	log_event(fault.code ? fault_row(fault.code)->level : LEVEL_INFO, "request.done", log_id("trace", input->envelope->trace),
		log_path("kind", web->route ? web->route->path : "none"), log_word("fault", fault_row(fault.code)->name),
		log_path("path", fault.path), log_number("ms", now.wall_ms - input->envelope->received_ms));
}
