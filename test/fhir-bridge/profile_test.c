/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of def/profiles.def refuses something: an example that holds is broken just where the row looks, and is refused. */
#include "fhir-bridge/carin/carin.h"
#include "fhir-bridge/profile.h"
#include "fhir-bridge/systems.h"
#include "test/fhir-bridge/sample.h"

enum { CARIN_KIND = -1 };

/* Where each profile is found. */
static const struct {
	const char *example;
	int kind; /* of enum pas_kind, or CARIN_KIND */
	uint64_t profiles;
} sources[] = {
#define P(name) PROFILE_BIT(PROFILE_##name)
	{ "submit", PAS_SUBMIT, ~(P(UPDATE) | P(INQUIRY) | P(RESPONSE) | P(INQUIRY_RESPONSE) | P(COMMUNICATION_REQUEST) | P(TASK) | P(SUBSCRIPTION)) },
	{ "update", PAS_SUBMIT, P(UPDATE) },
	{ "cancel", PAS_SUBMIT, P(UPDATE) },
	{ "inquire", PAS_INQUIRE, P(INQUIRY) },
	{ "answer", PAS_SUBMIT_ANSWER, P(RESPONSE) | P(COMMUNICATION_REQUEST) },
	{ "error", PAS_SUBMIT_ANSWER, P(RESPONSE) },
	{ "benefit-check", CARIN_KIND, ~UINT64_C(0) },
#undef P
};

/* One break: the row, the place (counted over all places the path leads to), the arena for what is put there. */
struct breaking {
	const struct profile_rule *rule;
	struct arena *arena;
	bool broken;
	struct fhir_bundle *bundle;
};

static void *spare(struct breaking *b, size_t n)
{
	void *at = arena_alloc(b->arena, n);

	cr_assert(at);
	return at;
}

static const struct field *row_of(const struct walk_place *place, size_t *i)
{
	struct text name = place->step, rest = place->step;

	if (memchr(name.at, '(', name.n))
		name = text_cut(&rest, '(');
	else if (memchr(name.at, '{', name.n))
		name = text_cut(&rest, '{');
	else if (name.n > 3 && name.at[name.n - 1] == ']')
		name.n -= 3;
	for (; *i < place->record->n; ++*i)
		if (place->record->fields[*i].wire.n >= name.n && memcmp(place->record->fields[*i].wire.at, name.at, name.n) == 0 &&
			(name.n == place->record->fields[*i].wire.n || place->step.at[place->step.n - 1] == ']'))
			return &place->record->fields[*i];
	return NULL;
}

static size_t *count_of(const struct field *field, const void *rec)
{
	return field->kind == FIELD_LIST || field->kind == FIELD_TEXTS ? field_count_at(field, rec) : NULL;
}

/* Takes away what the step means, or puts more of it there than the row lets. */
static bool break_times(void *context, const struct walk_place *place)
{
	struct breaking *b = context;
	bool takes = b->rule->argument[0] == '1';
	size_t i = 0;
	const struct field *field;

	for (; (field = row_of(place, &i)); i++) {
		if (takes && field_there(field, place->rec)) {
			if (count_of(field, place->rec))
				*count_of(field, place->rec) = 0;
			else if (field->kind == FIELD_GROUP)
				*(void **)field_at(field, place->rec) = NULL;
			else if (field->kind == FIELD_FLAG)
				*(int64_t *)field_at(field, place->rec) = 0;
			else
				*(struct text *)field_at(field, place->rec) = TEXT_NONE;
			b->broken = true;
		}
		if (takes || b->broken)
			continue;
		if (field->kind == FIELD_LIST && walk_count(place)) { /* ten of the first that counts */
			char *items = spare(b, 10 * field->of->size), *from = *(char **)field_at(field, place->rec);
			size_t n = *count_of(field, place->rec), pick = 0;

			for (size_t one = 0; one < n; one++) {
				struct walk_place alone = *place;
				char *at = from + one * field->of->size;

				*(char **)field_at(field, place->rec) = at;
				*count_of(field, place->rec) = 1;
				pick = walk_count(&alone) ? one : pick;
			}
			for (size_t k = 0; k < 10; k++)
				memcpy(items + k * field->of->size, from + pick * field->of->size, field->of->size);
			*(char **)field_at(field, place->rec) = items;
			*count_of(field, place->rec) = 10;
			b->broken = true;
		} else if (field->kind == FIELD_LIST && b->rule->argument[3] == '0') {
			*(void **)field_at(field, place->rec) = spare(b, field->of->size);
			*count_of(field, place->rec) = 1;
			b->broken = true;
		} else if (field->kind == FIELD_TEXTS) {
			struct text *items = spare(b, 10 * sizeof(*items));

			for (size_t k = 0; k < 10; k++)
				items[k] = text_lit("x");
			*(struct text **)field_at(field, place->rec) = items;
			*count_of(field, place->rec) = 10;
			b->broken = true;
		} else if (!field_there(field, place->rec) && field->kind != FIELD_LIST && field->kind != FIELD_FLAG) { /* beside one that is there */
			if (field->kind == FIELD_GROUP)
				*(void **)field_at(field, place->rec) = spare(b, field->of->size);
			else
				*(struct text *)field_at(field, place->rec) = text_lit("2026-12-01");
			b->broken = b->rule->argument[3] == '0' || walk_count(place) > 1;
		}
	}
	return true;
}

static bool break_item(void *context, const struct walk_item *item)
{
	static struct fhir_coding coding = { .system = { "http://example.org/none", 23 }, .code = { "none", 4 } };
	struct breaking *b = context;
	void *at = (void *)item->at;

	switch (b->rule->kind) {
	case CODES:
		if (item->field->kind == FIELD_FLAG)
			*(int64_t *)at = 0;
		else
			*(struct text *)at = item->field->kind == FIELD_DECIMAL ? text_lit("2") : text_lit("none");
		break;
	case CONCEPT:
	case SYSTEMS:
		((struct fhir_concept *)at)->coding = &coding;
		((struct fhir_concept *)at)->coding_n = 1;
		break;
	case DAY:
		*(struct text *)at = text_lit("2026");
		break;
	case TO:
		((struct fhir_reference *)at)->reference = text_lit("https://ehr.example.org/fhir/Basic/none");
		break;
	case POINTS:
		*(struct text *)at = text_lit("[99]");
		break;
	case NPI:
		((struct fhir_identifier *)at)->system = text_lit(SYSTEM_NPI);
		((struct fhir_identifier *)at)->value = text_lit("1999999999");
		break;
	case TIMES:
	case UNIQUE:
	case HOLDS:
		return true;
	}
	b->broken = true;
	return true;
}

static bool break_at(void *context, const struct walk_place *place)
{
	struct breaking *b = context;
	struct where where = { 0 };

	if (b->rule->kind == TIMES)
		return break_times(context, place);
	if (b->rule->kind == UNIQUE) {
		size_t i = 0;
		const struct field *list = row_of(place, &i);
		char *items;

		if (!*count_of(list, place->rec))
			return true;
		items = spare(b, 2 * list->of->size);
		memcpy(items, *(char **)field_at(list, place->rec), list->of->size);
		memcpy(items + list->of->size, items, list->of->size);
		*(char **)field_at(list, place->rec) = items;
		*count_of(list, place->rec) = 2;
		b->broken = true;
		return true;
	}
	return walk_items(place, &where, break_item, b);
}

static bool holds(struct fhir_bundle *bundle, int kind, unsigned version, struct arena *arena, struct fault *fault)
{
	struct carin_request request;

	return kind == CARIN_KIND ? carin_read(sample_json(bundle, arena), arena, &request, fault)
				  : pas_check(bundle, (enum pas_kind)kind, (enum pas_version)version, arena, fault);
}

/* The example with something of another kind in it, that references can be bent to. */
static struct fhir_bundle *whole(const char *name, int kind, unsigned version, struct arena *arena)
{
	struct fhir_bundle *bundle;
	struct fhir_entry *entry;
	struct fault fault = { 0 };

	if (kind == CARIN_KIND)
		cr_assert(fhir_read(sample_example(name, arena), arena, &bundle, &fault), "%s: %s", name, fault.path);
	else
		cr_assert(pas_read(sample_pas(name, arena), (enum pas_kind)kind, (enum pas_version)version, arena, &bundle, &fault), "%s: %s", name,
			fault.path);
	entry = arena_push(arena, (void **)&bundle->entry, &bundle->entry_n, sizeof(*entry));
	entry->full_url = text_lit("https://ehr.example.org/fhir/Basic/none");
	entry->resource = arena_new(arena, struct fhir_resource);
	entry->resource->other = arena_new(arena, struct fhir_other);
	*entry->resource->other = (struct fhir_other){ .type = text_lit("Basic"), .id = text_lit("none") };
	cr_assert(holds(bundle, kind, version, arena, &fault), "%s: %s", name, fault.path);
	return bundle;
}

/* Breaks the row in the entry of the profile that it is for; true when it was found there and refused. */
static bool bites(const struct profile_rule *rule, enum profile profile, unsigned version)
{
	for (size_t s = 0; s < sizeof(sources) / sizeof(*sources); s++) {
		struct arena arena;
		size_t entries;
		bool found = false;

		if (!(sources[s].profiles & PROFILE_BIT(profile)) || (version == PROFILES_OF_CARIN) != (sources[s].kind == CARIN_KIND))
			continue;
		arena_init(&arena, MEMORY);
		entries = whole(sources[s].example, sources[s].kind, version, &arena)->entry_n;
		for (size_t e = 0; e < entries && !found; e++) {
			struct breaking b = { .rule = rule, .arena = &arena };
			struct where where = { 0 };
			struct fault fault = { 0 };
			struct fhir_held held;

			b.bundle = whole(sources[s].example, sources[s].kind, version, &arena);
			held = fhir_held(b.bundle->entry[e].resource);
			if (!text_is(held.type, profile_type(profile)))
				continue;
			(void)walk(held.record, held.resource, rule->path, &where, break_at, &b);
			found = b.broken && !holds(b.bundle, sources[s].kind, version, &arena, &fault) && strncmp(fault.path, "Bundle.entry", 12) == 0;
		}
		arena_done(&arena);
		if (found)
			return true;
	}
	return false;
}

CASE(profile, every_row_refuses_something)
{
	/* not in any bundle of ours: a task is the provider's own, a subscription travels alone, an inquiry's answer is an answer too */
	const uint64_t elsewhere = PROFILE_BIT(PROFILE_TASK) | PROFILE_BIT(PROFILE_SUBSCRIPTION) | PROFILE_BIT(PROFILE_INQUIRY_RESPONSE);
	/* what is sent along may be anything; the examples have food by tube */
	static const char *const no_example = "supportingInfo{category:additionalInformation}.valueReference oralDiet.type";
	size_t bitten = 0;

	for (size_t i = 0; i < profile_rules_n; i++)
		for (enum profile p = 0; p < PROFILES; p++) {
			const struct profile_rule *rule = &profile_rules[i];
			unsigned version = rule->versions == PROFILES_OF_CARIN ? PROFILES_OF_CARIN : rule->versions & PAS_2_2_1 ? PAS_2_2_1 : PAS_2_0_1;

			if (!(rule->profiles & PROFILE_BIT(p)) || elsewhere & PROFILE_BIT(p) || rule->kind == HOLDS)
				continue;
			if (bites(rule, p, version))
				bitten++;
			else if (p == PROFILE_CLAIM || p == PROFILE_RESPONSE || !(rule->profiles & (PROFILE_BIT(PROFILE_CLAIM) | PROFILE_BIT(PROFILE_RESPONSE))))
				cr_expect(text_in_list(rule->path, no_example), "%.*s (%s) refuses nothing", TEXT_ARGS(rule->path), profile_canonical(p));
		}
	cr_log_info("%zu rows refuse", bitten);
	cr_expect_gt(bitten, 150);
}

/* The nth extension of the guide's own in a record, counted in *n on the way. */
static struct fhir_extension *nth_extension(const struct record *record, const void *rec, size_t *n)
{
	struct fhir_extension *found = NULL;

	if (record == &fhir_extension_record && text_starts(((const struct fhir_extension *)rec)->url, PAS) && (*n)-- == 0)
		return (struct fhir_extension *)rec;
	for (size_t i = 0; i < record->n && !found; i++) {
		const struct field *field = &record->fields[i];

		if (!field->of || !field_there(field, rec))
			continue;
		if (field->kind == FIELD_GROUP)
			found = nth_extension(field->of, *(void *const *)field_at(field, rec), n);
		for (size_t k = 0; field->kind == FIELD_LIST && !found && k < *field_count_at(field, rec); k++)
			found = nth_extension(field->of, *(const char *const *)field_at(field, rec) + k * field->of->size, n);
	}
	return found;
}

CASE(profile, every_extension_of_the_guide_holds_something)
{
	/* these the guide lets be empty, or nothing here looks into them */
	static const char *const may_be_empty = PAS "extension-timingcalendarpattern " PAS "extension-reviewAction";
	size_t tried = 0;

	for (size_t s = 0; s < sizeof(sources) / sizeof(*sources); s++)
		for (size_t i = 0;; i++) {
			struct fault fault = { 0 };
			struct fhir_extension *extension;
			struct fhir_bundle *bundle;
			struct arena arena;
			size_t n = i;
			bool holds;
			struct text url;

			arena_init(&arena, MEMORY);
			bundle = whole(sources[s].example, sources[s].kind, PAS_2_2_1, &arena);
			extension = nth_extension(&fhir_bundle_record, bundle, &n);
			if (!extension) {
				arena_done(&arena);
				break;
			}
			url = extension->url;
			*extension = (struct fhir_extension){ .url = url };
			holds = pas_check(bundle, sources[s].kind, PAS_2_2_1, &arena, &fault);
			cr_expect(holds == text_in_list(url, may_be_empty), "%.*s", TEXT_ARGS(url));
			tried++;
			arena_done(&arena);
		}
	cr_expect_gt(tried, 60);
}
