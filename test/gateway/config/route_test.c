/* SPDX-License-Identifier: Apache-2.0 */
/* Which route holds: the one that says most about the coverage. */
#include "gateway/config/route.h"
#include "test/case.h"

static struct backend backends[] = {
	{ .name = { "r", 1 }, .id = { "PY:R", 4 }, .second = { "s", 1 } },
	{ .name = { "s", 1 }, .id = { "PY:S", 4 }, .second = { "t", 1 } },
	{ .name = { "t", 1 }, .id = { "PY:T", 4 } },
	{ .name = { "u", 1 }, .id = { "PY:S", 4 } }, /* another address of s */
};

static struct route route(const char *bin, const char *pcn, const char *group, const char *backend)
{
	return (struct route){ .bin = text_of(bin), .pcn = text_of(pcn), .group = text_of(group), .backend = text_of(backend) };
}

CASE(route, the_most_specific_one_wins)
{
	struct route routes[] = {
		route("999998", NULL, NULL, "bin"),
		route("999998", "P", NULL, "pcn"),
		route("999998", NULL, "G", "group"),
		route("999998", "P", "G", "both"),
		route("999997", "P", "", "seven"),
	};
	struct config config = { .routes = routes, .routes_n = sizeof(routes) / sizeof(*routes) };
	static const struct {
		const char *bin, *pcn, *group, *backend;
	} rows[] = {
		{ "999998", NULL, NULL, "bin" },
		{ "999998", "Q", "H", "bin" },
		{ "999998", "P", "H", "pcn" },
		{ "999998", "P", NULL, "pcn" },
		{ "999998", "Q", "G", "group" },
		{ "999998", "P", "G", "both" },
		{ "999997", "P", "H", "seven" },
		{ "999997", "Q", NULL, NULL },
		{ "999999", "P", "G", NULL },
		{ NULL, "P", "G", NULL },
		{ "", "P", "G", NULL },
	};

	for (size_t turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			const struct route *found =
				route_of_coverage(&config, text_of(rows[i].bin), text_of(rows[i].pcn), text_of(rows[i].group));

			cr_assert_eq(found != NULL, rows[i].backend != NULL, "row %zu", i);
			if (found)
				cr_expect(text_is(found->backend, rows[i].backend), "row %zu: %.*s", i, TEXT_ARGS(found->backend));
		}
		for (size_t i = 0; i < 2; i++) { /* in whichever order they stand */
			struct route other = routes[i];

			routes[i] = routes[4 - i];
			routes[4 - i] = other;
		}
	}
}

CASE(route, a_message_goes_where_its_route_says)
{
	struct route routes[] = { { .message = text_lit("NewRx"), .backend = text_lit("r") } };
	struct config config = { .routes = routes, .routes_n = 1, .backends = backends, .backends_n = sizeof(backends) / sizeof(*backends) };

	cr_expect(route_of_message(&config, text_lit("NewRx")) == routes);
	cr_expect(!route_of_message(&config, text_lit("CancelRx")) && !route_of_message(&config, TEXT_NONE));
	cr_expect(!route_of_coverage(&config, text_lit(""), TEXT_NONE, TEXT_NONE), "a route for a message is for no coverage");
}

CASE(route, backends_by_name_and_by_id)
{
	struct config config = { .backends = backends, .backends_n = sizeof(backends) / sizeof(*backends) };

	cr_expect(backend_find(&config, text_lit("s")) == &backends[1] && !backend_find(&config, text_lit("house")));
	cr_expect(!backend_find(&config, TEXT_NONE) && !backend_from(&config, TEXT_NONE));
	cr_expect(backend_from(&config, text_lit("PY:T")) == &backends[2] && !backend_from(&config, text_lit("T")));
	cr_expect(backend_stands_in(&config, text_lit("r"), text_lit("r")) && backend_stands_in(&config, text_lit("r"), text_lit("t")));
	cr_expect(backend_stands_in(&config, text_lit("u"), text_lit("s")) && backend_stands_in(&config, text_lit("r"), text_lit("u")));
	cr_expect(!backend_stands_in(&config, text_lit("u"), text_lit("t")));
	cr_expect(!backend_stands_in(&config, text_lit("s"), text_lit("r")) && !backend_stands_in(&config, text_lit("house"), text_lit("r")));
}

CASE(route, words_for_the_evidence)
{
	struct arena arena;
	struct route full = route("999998", "P", "G", "r"), bare = route("999998", "", NULL, "r");

	arena_init(&arena, 4096);
	cr_expect(text_is(route_words(&full, &arena), "BIN 999998 PCN P group G"));
	cr_expect(text_is(route_words(&bare, &arena), "BIN 999998"));
	cr_expect(!route_same_key(&full, &bare));
	full.pcn = full.group = TEXT_NONE;
	cr_expect(route_same_key(&full, &bare), "empty is any");
	arena_done(&arena);
}

CASE(route, a_medical_coverage_has_routes_of_its_own)
{
	struct route routes[] = {
		{ .bin = text_lit("999999"), .backend = text_lit("pharmacy") },
		{ .benefit = text_lit("MEDICAL"), .backend = text_lit("any") },
		{ .benefit = text_lit("MEDICAL"), .payer = text_lit("urn:x|1"), .backend = text_lit("payer") },
		{ .benefit = text_lit("MEDICAL"), .payer = text_lit("2"), .backend = text_lit("number") },
		{ .benefit = text_lit("MEDICAL"), .plan = text_lit("EXPLAN"), .backend = text_lit("plan") },
		{ .benefit = text_lit("MEDICAL"), .bin = text_lit("999999"), .pcn = text_lit("P"), .group = text_lit("G"), .backend = text_lit("card") },
		{ .benefit = text_lit("MEDICAL"), .programme = text_lit("ma_part_b"), .backend = text_lit("programme") },
	};
	const struct config config = { .routes = routes, .routes_n = sizeof(routes) / sizeof(*routes) };
	static const struct {
		const char *payer, *plan, *programme, *bin, *backend;
	} rows[] = {
		{ NULL, NULL, NULL, NULL, "any" },
		{ "urn:y|9", "OTHER", "part_d", "999998", "any" },
		{ "urn:x|1", "EXPLAN", "ma_part_b", "999999", "payer" },
		{ "urn:y|1", NULL, NULL, NULL, "any" },
		{ "1", NULL, NULL, NULL, "any" },
		{ "urn:y|2", NULL, NULL, NULL, "number" },
		{ "2", NULL, NULL, NULL, "number" },
		{ "urn:y|9", "EXPLAN", "ma_part_b", "999999", "plan" },
		{ NULL, NULL, "ma_part_b", "999999", "card" },
		{ NULL, NULL, "ma_part_b", "999998", "programme" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct text payer = text_of(rows[i].payer);
		const struct medical_coverage coverage = { .payers = &payer, .payers_n = rows[i].payer != NULL, .plan = text_of(rows[i].plan),
			.programme = text_of(rows[i].programme), .bin = text_of(rows[i].bin), .pcn = text_lit("P"), .group = text_lit("G") };
		const struct route *found = route_of_medical(&config, &coverage);

		cr_assert(found, "row %zu", i);
		cr_expect(text_is(found->backend, rows[i].backend), "row %zu: %.*s", i, TEXT_ARGS(found->backend));
	}
	cr_expect(text_is(route_of_coverage(&config, text_lit("999999"), text_lit("P"), text_lit("G"))->backend, "pharmacy"),
		"a medical one leads nobody's pharmacy benefit");
	cr_expect(!route_of_medical(&(struct config){ .routes = routes, .routes_n = 1 }, &(struct medical_coverage){ .bin = text_lit("999999") }));
}
