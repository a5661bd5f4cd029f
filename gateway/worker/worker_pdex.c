/* SPDX-License-Identifier: Apache-2.0 */
/* /fhir/InsurancePlan, Basic and MedicationKnowledge: the loaded formularies as FHIR resources (PDex US Drug Formulary 2.1.0), read and searched.
   They hold what plans publish and nothing of a patient, so anybody may ask. */
#include "gateway/worker/worker_pdex.h"

#include "base/json.h"

#include <string.h>

enum {
	CACHE_S = 60,       /* seconds for which an answer may be kept */
	STEPS_MOST = 1000,  /* resources looked at for one page: what fits seldom comes on many short pages */
	FORM_MOST = 16 << 10, /* bytes of a form */
};

/* One search. */
struct search {
	struct web *web;
	enum pdex_kind kind;
	struct query query; /* of the address and of a form */
	struct pdex_page page;
	struct pdex_walk walk;
	struct buffer entries, body;
	int64_t matches, included;
	struct text last;    /* id of the last one that was looked at */
	bool more;
	struct text *seen;   /* ids of what is included already */
	size_t seen_n;
};

static bool view_of(struct web *web, const struct pdex_view **out, struct fault *fault)
{
	struct worker *worker = web->worker;

	if (!worker->formulary)
		return fault_set(fault, FAULT_NO_FORMULARY, "");
	if (worker->pdex && !pdex_view_current(worker->pdex, worker->formulary)) {
		pdex_view_free(worker->pdex);
		worker->pdex = NULL;
	}
	if (!worker->pdex && !pdex_view_new(worker->formulary, &worker->pdex, fault))
		return false;
	*out = worker->pdex;
	return true;
}

/* Of one generation and one day, since lists begin and end with days. */
static struct text tag_of(const struct web *web)
{
	struct buffer tag;

	buffer_init(&tag, web->out->arena, 32);
	buffer_add(&tag, formulary_generation(web->worker->formulary));
	buffer_format(&tag, "-%lld", (long long)(web->now.wall_ms / (24 * 60 * 60 * 1000)));
	return buffer_text(&tag);
}

static bool answer(struct web *web, const struct buffer *body, struct fault *fault)
{
	const struct web_answer fhir = { .media = MEDIA_FHIR, .body = buffer_text(body), .etag = tag_of(web), .cache_s = CACHE_S };

	return web_answer(web, &fhir, fault);
}

/* -- read -- */

static bool read_one(struct web *web, enum pdex_kind kind, struct fault *fault)
{
	const struct pdex_view *view;
	struct pdex_candidate found;
	struct pdex_walk walk;
	struct buffer body;

	if (!view_of(web, &view, fault) || !pdex_walk_begin(&walk, view, kind, NULL, TEXT_NONE, web->arena, fault) ||
		!pdex_walk_read(&walk, web->parts[0], &found, fault))
		return false;
	if (!found.resource)
		return fault_set(fault, FAULT_NOT_FOUND, "");
	buffer_init(&body, web->out->arena, 1024);
	json_write(&pdex_resource_record, found.resource, &body);
	return answer(web, &body, fault);
}

/* -- the bundle -- */

/* A text of a client in JSON. */
static void add_quoted(struct buffer *out, struct text t)
{
	buffer_lit(out, "\"");
	for (size_t i = 0; i < t.n; i++) {
		if (t.at[i] == '"' || t.at[i] == '\\')
			buffer_add_char(out, '\\');
		buffer_add_char(out, t.at[i]);
	}
	buffer_lit(out, "\"");
}

/* As in a query: unreserved bytes as they are (RFC 3986 2.3). */
static void add_escaped(struct buffer *out, struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.at[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("-._~:,|/", c)))
			buffer_add_char(out, (char)c);
		else
			buffer_format(out, "%%%02X", c);
	}
}

/* How clients reach us; without it links are relative. */
static void add_base(const struct search *search, struct buffer *out)
{
	struct text url = search->web->worker->config->public_url;

	if (!url.n)
		return;
	buffer_add(out, url);
	buffer_lit(out, "/fhir/");
}

static void add_link(struct search *search, const char *relation, struct text cursor)
{
	struct buffer *out = &search->body;
	bool first = true;

	buffer_format(out, "%s{\"relation\":\"%s\",\"url\":\"", strcmp(relation, "self") == 0 ? "" : ",", relation);
	add_base(search, out);
	buffer_add(out, text_of(pdex_kind_name(search->kind)));
	for (size_t i = 0; i < search->query.n; i++) {
		const struct query_part *part = &search->query.parts[i];

		if (text_is(part->name, "_cursor"))
			continue;
		buffer_add_char(out, first ? '?' : '&');
		first = false;
		add_escaped(out, part->name);
		buffer_add_char(out, '=');
		add_escaped(out, part->value);
	}
	if (cursor.n) {
		buffer_format(out, "%c_cursor=", first ? '?' : '&');
		add_escaped(out, cursor);
	}
	buffer_lit(out, "\"}");
}

static void add_entry(struct search *search, const struct pdex_resource *resource, struct text id, enum pdex_kind kind, const char *mode)
{
	struct buffer *out = &search->entries;

	if (out->n)
		buffer_lit(out, ",");
	buffer_lit(out, "{");
	if (search->web->worker->config->public_url.n) {
		buffer_lit(out, "\"fullUrl\":\"");
		add_base(search, out);
		buffer_format(out, "%s/%.*s\",", pdex_kind_name(kind), TEXT_ARGS(id));
	}
	buffer_lit(out, "\"resource\":");
	json_write(&pdex_resource_record, resource, out);
	buffer_format(out, ",\"search\":{\"mode\":\"%s\"}}", mode);
}

/* Each once on a page. */
static bool include(struct search *search, enum pdex_kind kind, struct text id, struct fault *fault)
{
	struct pdex_candidate found;
	struct pdex_walk walk;
	struct text *seen;

	for (size_t i = 0; i < search->seen_n; i++)
		if (text_equal(search->seen[i], id))
			return true;
	if (!pdex_walk_begin(&walk, search->walk.view, kind, NULL, TEXT_NONE, search->web->arena, fault) || !pdex_walk_read(&walk, id, &found, fault))
		return false;
	seen = arena_push(search->web->arena, (void **)&search->seen, &search->seen_n, sizeof(*seen));
	if (!seen)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	*seen = id;
	if (found.resource)
		add_entry(search, found.resource, id, kind, "include");
	return true;
}

static bool include_all(struct search *search, const struct pdex_candidate *found, struct fault *fault)
{
	struct make make;

	make_init(&make, search->web->arena);
	if (search->page.subject && !include(search, PDEX_DRUGS, pdex_drug_id(&make, found->product), fault))
		return false;
	if (search->page.formulary && found->formulary && !include(search, PDEX_PLANS, pdex_formulary_id(&make, found->formulary), fault))
		return false;
	return make_done(&make) || fault_set(fault, FAULT_TOO_LARGE, "");
}

/* Fills the page. It ends with `count` matches, or with as many looked at as one page may. */
static bool find(struct search *search, struct fault *fault)
{
	struct pdex_candidate found;
	bool there, fits;

	for (int steps = 0;; steps++) {
		if (!pdex_walk_next(&search->walk, &found, &there, fault))
			return false;
		if (!there)
			return true;
		if (search->matches >= search->page.count || steps == STEPS_MOST) {
			search->more = search->page.count > 0;
			return true;
		}
		if (found.id.n)
			search->last = found.id;
		if (!found.resource)
			continue;
		if (!pdex_fits(search->kind, &search->query, found.resource, found.name, &fits, fault))
			return false;
		if (!fits)
			continue;
		search->matches++;
		add_entry(search, found.resource, found.id, search->kind, "match");
		if (!include_all(search, &found, fault))
			return false;
	}
}

static void add_warning(struct search *search)
{
	struct buffer *out = &search->entries;

	if (out->n)
		buffer_lit(out, ",");
	buffer_lit(out, "{\"resource\":{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"warning\",\"code\":\"not-supported\","
			"\"details\":{\"text\":\"a search parameter is not supported here and was passed over\"},\"diagnostics\":");
	add_quoted(out, search->page.unknown);
	buffer_lit(out, "}]},\"search\":{\"mode\":\"outcome\"}}");
}

static bool write_bundle(struct search *search, struct fault *fault)
{
	if (search->page.unknown.n)
		add_warning(search);
	buffer_init(&search->body, search->web->out->arena, search->entries.n + 1024);
	buffer_lit(&search->body, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"");
	if (!search->more && !text_there(search->page.cursor) && search->page.count) /* else it is not known */
		buffer_format(&search->body, ",\"total\":%lld", (long long)search->matches);
	buffer_lit(&search->body, ",\"link\":[");
	add_link(search, "self", search->page.cursor);
	if (search->more)
		add_link(search, "next", search->last);
	buffer_lit(&search->body, "]");
	if (search->entries.n) {
		buffer_lit(&search->body, ",\"entry\":[");
		buffer_add(&search->body, buffer_text(&search->entries));
		buffer_lit(&search->body, "]");
	}
	buffer_lit(&search->body, "}");
	if (search->entries.failed)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	return answer(search->web, &search->body, fault);
}

/* -- search -- */

static bool prefers_strict(const struct web *web)
{
	struct text rest = web->request.prefer;

	while (text_there(rest))
		if (text_equal_nocase(text_trim(text_cut(&rest, ',')), text_lit("handling=strict")))
			return true;
	return false;
}

/* Parameters of the address, then those of the form of a POST. */
static bool read_query(struct search *search, bool form, struct fault *fault)
{
	struct web *web = search->web;
	struct text media = web->request.content_type;
	struct query posted = { 0 }, both = { 0 };

	search->query = web->query;
	if (!form || !web->request.body.n)
		return true;
	if (!text_equal_nocase(text_trim(text_cut(&media, ';')), text_lit("application/x-www-form-urlencoded")))
		return fault_set(fault, FAULT_MEDIA, "Content-Type");
	if (web->request.body.n > FORM_MOST)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!query_read(web->request.body, web->arena, &posted, fault))
		return false;
	both.parts = arena_alloc(web->arena, (web->query.n + posted.n + 1) * sizeof(*both.parts));
	if (!both.parts)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	for (size_t i = 0; i < web->query.n + posted.n; i++)
		both.parts[both.n++] = i < web->query.n ? web->query.parts[i] : posted.parts[i - web->query.n];
	search->query = both;
	return true;
}

static bool search_kind(struct web *web, enum pdex_kind kind, bool form, struct fault *fault)
{
	struct search *search = arena_new(web->arena, struct search);
	const struct pdex_view *view;

	if (!search)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	search->web = web;
	search->kind = kind;
	if (!view_of(web, &view, fault))
		return false;
	if (!read_query(search, form, fault))
		return false;
	web->refused = 400; /* what is wrong from here on is the question (R4 3.1.0.7) */
	if (!pdex_page_read(kind, &search->query, &search->page, fault))
		return false;
	if (search->page.unknown.n && prefers_strict(web))
		return fault_set(fault, FAULT_UNKNOWN_ELEMENT, "");
	buffer_init(&search->entries, web->arena, 16 << 10);
	if (!pdex_walk_begin(&search->walk, view, kind, &search->query, search->page.cursor, web->arena, fault) || !find(search, fault)) {
		if (fault_row(fault->code)->mend != MEND_SENDER || fault->code == FAULT_TOO_LARGE)
			web->refused = 0;
		return false;
	}
	web->refused = 0;
	return write_bundle(search, fault);
}

#define SERVE(kind, name)                                                                            \
	static bool read_##name(struct web *web, struct fault *fault) { return read_one(web, kind, fault); }             \
	static bool search_##name(struct web *web, struct fault *fault) { return search_kind(web, kind, false, fault); } \
	static bool post_##name(struct web *web, struct fault *fault) { return search_kind(web, kind, true, fault); }

SERVE(PDEX_PLANS, plans)
SERVE(PDEX_ITEMS, items)
SERVE(PDEX_DRUGS, drugs)

#define ROUTES(path, name, what)                                                                                                 \
	{ FAMILY_FHIR, "GET", "/fhir/" path, search_##name, "search " what, WEB_OPEN },                                         \
	{ FAMILY_FHIR, "POST", "/fhir/" path "/_search", post_##name, "search " what ", parameters as a form", WEB_OPEN }, \
	{ FAMILY_FHIR, "GET", "/fhir/" path "/{id}", read_##name, "read one of the " what, WEB_OPEN }

const struct web_route pdex_routes[] = {
	ROUTES("InsurancePlan", plans, "plans and formularies"),
	ROUTES("Basic", items, "drugs in formularies"),
	ROUTES("MedicationKnowledge", drugs, "drugs"),
};
const size_t pdex_routes_n = sizeof(pdex_routes) / sizeof(*pdex_routes);

bool worker_pdex_serves(struct text path)
{
	const struct web_route *get = worker_web_find(FAMILY_FHIR, text_lit("GET"), path);
	const struct web_route *post = worker_web_find(FAMILY_FHIR, text_lit("POST"), path);

	for (size_t i = 0; i < pdex_routes_n; i++)
		if (get == &pdex_routes[i] || post == &pdex_routes[i])
			return true;
	return false;
}
