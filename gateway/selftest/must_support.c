/* SPDX-License-Identifier: Apache-2.0 */
/* Must-support elements: each was seen at least once in all that was sent, or answered, over the whole run. */
#include "gateway/selftest/run.h"
#include "gateway/selftest/steps.h"

#include <stdio.h>

enum { ELEMENTS_MAX = 160, MISSING_SHOWN = 6 };

static const struct profile_elements {
	enum pas_version version;
	const char *name, *where, *elements;
} profiles[] = {
#define V1 PAS_2_0_1
#define V2 PAS_2_2_1
#define MUST_SUPPORT(version, name, where, elements) { version, #name, where, elements },
#include "gateway/def/must_support.def"
#undef V1
#undef V2
#undef MUST_SUPPORT
};

struct census {
	struct run *run;
	const struct profile_elements *profile;
	struct text elements[ELEMENTS_MAX];
	bool seen[ELEMENTS_MAX];
	size_t n, resources;
};

static void look_at(struct census *census, const struct tree *resource)
{
	census->resources++;
	for (size_t i = 0; i < census->n; i++) {
		struct tree_set found;

		if (!census->seen[i] && tree_find(resource, census->elements[i], census->run->arena, &found) && found.n)
			census->seen[i] = true;
	}
}

static void look_through(struct census *census, const struct tree *bundle)
{
	struct text paths = text_of(census->profile->where);

	if (!paths.n)
		look_at(census, bundle);
	while (paths.n) {
		struct text path = scenario_word(&paths);
		struct tree_set found;

		if (tree_find(bundle, path, census->run->arena, &found))
			for (size_t i = 0; i < found.n; i++)
				look_at(census, found.at[i]);
	}
}

/* The bundle itself, or those in Parameters and notifications. */
static void look_at_all(struct census *census, const struct tree *body)
{
	static const char *const inside[] = { "parameter.resource.ofType(Bundle)", "entry.resource.ofType(Bundle)" };
	struct tree_set found;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++)
		if (tree_find(body, text_of(inside[i]), census->run->arena, &found))
			for (size_t k = 0; k < found.n; k++, n++)
				look_through(census, found.at[k]);
	if (!n && body)
		look_through(census, body);
}

/* must-support request|answer TAG PROFILE: over the exchanges whose tag begins so */
enum held must_support(struct run *run, struct text args, struct buffer *seen)
{
	bool request = text_is(scenario_word(&args), "request");
	struct text tag = scenario_word(&args), elements;
	struct census *census = arena_new(run->arena, struct census);
	size_t missing = 0;
	char prefix[40];

	if (!census)
		return not_held(seen, "too large");
	census->run = run;
	for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles) && !census->profile; i++)
		if (profiles[i].version == run->version && text_is(args, profiles[i].name))
			census->profile = &profiles[i];
	if (!census->profile)
		return not_held(seen, "no such profile in must_support.def");
	for (elements = text_of(census->profile->elements); elements.n && census->n < ELEMENTS_MAX;)
		census->elements[census->n++] = scenario_word(&elements);
	text_to_z(tag, prefix, sizeof(prefix));
	for (const struct exchange *exchange = run->all; exchange; exchange = exchange->next)
		if (text_starts(exchange->tag, prefix))
			look_at_all(census, request ? exchange->request_tree : exchange->answer_tree);
	if (!census->resources)
		return not_here(seen, "no resource of this profile was seen");
	for (size_t i = 0; i < census->n; i++) {
		if (census->seen[i])
			continue;
		if (missing++ < MISSING_SHOWN) {
			buffer_add(seen, missing == 1 ? text_lit("not seen: ") : text_lit(", "));
			buffer_add(seen, census->elements[i]);
		}
	}
	if (missing > MISSING_SHOWN)
		buffer_format(seen, " and %zu more", missing - MISSING_SHOWN);
	if (missing)
		buffer_format(seen, " (%zu of %zu seen)", census->n - missing, census->n);
	return missing ? NOT_HERE : HELD;
}
