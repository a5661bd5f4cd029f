/* SPDX-License-Identifier: Apache-2.0 */
/* Looks routes and backends up in the configuration. */
#include "gateway/config/route.h"

const struct backend *backend_find(const struct config *config, struct text name)
{
	for (size_t i = 0; text_there(name) && i < config->backends_n; i++)
		if (text_equal(config->backends[i].name, name))
			return &config->backends[i];
	return NULL;
}

const struct backend *backend_from(const struct config *config, struct text party)
{
	for (size_t i = 0; text_there(party) && i < config->backends_n; i++)
		if (text_equal(config->backends[i].id, party))
			return &config->backends[i];
	return NULL;
}

bool backend_stands_in(const struct config *config, struct text from, struct text name)
{
	const struct backend *backend = backend_find(config, from), *answers = backend_find(config, name);

	/* no longer than there are backends: the check of the configuration refuses a circle */
	for (size_t i = 0; backend && i < config->backends_n; i++) {
		if (text_equal(backend->name, name) || (answers && text_equal(backend->id, answers->id)))
			return true;
		backend = backend_find(config, backend->second);
	}
	return false;
}

bool route_is_medical(const struct route *route)
{
	return text_is(route->benefit, "MEDICAL");
}

/* -1: does not fit; else the more the better. An empty key is any. */
static int fit(const struct route *route, struct text bin, struct text pcn, struct text group)
{
	if (route_is_medical(route) || !route->bin.n || !text_equal(route->bin, bin))
		return -1;
	if ((route->pcn.n && !text_equal(route->pcn, pcn)) || (route->group.n && !text_equal(route->group, group)))
		return -1;
	return (route->pcn.n ? 2 : 0) + (route->group.n ? 1 : 0);
}

const struct route *route_of_coverage(const struct config *config, struct text bin, struct text pcn, struct text group)
{
	const struct route *best = NULL;
	int best_fit = -1;

	for (size_t i = 0; bin.n && i < config->routes_n; i++) {
		int fits = fit(&config->routes[i], bin, pcn, group);

		if (fits > best_fit) {
			best = &config->routes[i];
			best_fit = fits;
		}
	}
	return best;
}

/* A payer without a system in the configuration has that number in whatever system. */
static bool payer_fits(struct text wanted, const struct medical_coverage *coverage)
{
	bool whole = memchr(wanted.at, '|', wanted.n) != NULL;

	for (size_t i = 0; i < coverage->payers_n; i++) {
		struct text value = coverage->payers[i], system = text_cut(&value, '|');

		if (text_equal(coverage->payers[i], wanted) || (!whole && text_equal(text_there(value) ? value : system, wanted)))
			return true;
	}
	return false;
}

static int fit_medical(const struct route *route, const struct medical_coverage *coverage)
{
	const struct {
		struct text wanted, is;
		int weight;
	} keys[] = { { route->programme, coverage->programme, 1 }, { route->group, coverage->group, 2 }, { route->pcn, coverage->pcn, 4 },
		{ route->bin, coverage->bin, 8 }, { route->plan, coverage->plan, 16 } };
	int weight = 0;

	if (!route_is_medical(route) || (route->payer.n && !payer_fits(route->payer, coverage)))
		return -1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].wanted.n && !text_equal(keys[i].wanted, keys[i].is))
			return -1;
		weight += keys[i].wanted.n ? keys[i].weight : 0;
	}
	return weight + (route->payer.n ? 32 : 0);
}

const struct route *route_of_medical(const struct config *config, const struct medical_coverage *coverage)
{
	const struct route *best = NULL;
	int best_fit = -1;

	for (size_t i = 0; i < config->routes_n; i++) {
		int fits = fit_medical(&config->routes[i], coverage);

		if (fits > best_fit) {
			best = &config->routes[i];
			best_fit = fits;
		}
	}
	return best;
}

const struct route *route_of_message(const struct config *config, struct text name)
{
	for (size_t i = 0; name.n && i < config->routes_n; i++)
		if (text_equal(config->routes[i].message, name))
			return &config->routes[i];
	return NULL;
}

static void add_word(struct buffer *out, const char *what, struct text value)
{
	if (!value.n)
		return;
	if (out->n)
		buffer_add_char(out, ' ');
	buffer_add(out, text_of(what));
	buffer_add(out, value);
}

struct text route_words(const struct route *route, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 100);
	add_word(&out, "BIN ", route->bin);
	add_word(&out, "PCN ", route->pcn);
	add_word(&out, "group ", route->group);
	add_word(&out, "payer ", route->payer);
	add_word(&out, "plan ", route->plan);
	add_word(&out, "programme ", route->programme);
	return buffer_text(&out);
}

/* Not there and there-but-empty are the same key. */
static bool same(struct text a, struct text b)
{
	return a.n == b.n && (a.n == 0 || text_equal(a, b));
}

bool route_same_key(const struct route *a, const struct route *b)
{
	return same(a->bin, b->bin) && same(a->pcn, b->pcn) && same(a->group, b->group) && same(a->message, b->message) &&
		same(a->payer, b->payer) && same(a->plan, b->plan) && same(a->programme, b->programme) &&
		route_is_medical(a) == route_is_medical(b);
}
