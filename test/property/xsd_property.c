/* SPDX-License-Identifier: Apache-2.0 */
/* Our tables against a schema made from them: the same says nothing, and each of many changes is found and named. */
#include "base/xml.h"
#include "ncpdp/records.h"
#include "test/case.h"
#include "test/property/any.h"
#include "test/property/xsd_of.h"
#include "test/scratch.h"

#include <string.h>

enum { CHANGES_TRIED = 200, CHANGES_KNOWN = 8192, MESSAGES_TRIED = 60, STYLES = 5 };

static const struct {
	const struct record *record;
	const char *name;
} roots[] = { { &script_message_record, "Message" }, { &rtpb_message_record, "Message" } };

static void put(const struct scratch *folder, const char *name, struct text bytes)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder->at, name);
	out = fopen(path, "w");
	cr_assert(out && fwrite(bytes.at, 1, bytes.n, out) == bytes.n && fclose(out) == 0);
}

static struct xml_schema *schema_of(const struct record *record, const char *name, uint64_t style, const struct xsd_change *change)
{
	struct scratch folder SCRATCH;
	struct buffer transport, datatypes, why;
	struct xml_schema *schema;
	struct fault fault = { 0 };
	struct arena arena;

	arena_init(&arena, 16 << 20);
	buffer_init(&transport, &arena, 1 << 18);
	buffer_init(&datatypes, &arena, 1 << 18);
	buffer_init(&why, &arena, 256);
	xsd_of(record, name, style, change, &transport, &datatypes);
	put(&folder, "transport.xsd", buffer_text(&transport));
	put(&folder, "datatypes.xsd", buffer_text(&datatypes));
	schema = xml_schema_load(folder.at, NULL, &why, &fault);
	cr_assert(schema, "%.*s", TEXT_ARGS(buffer_text(&why)));
	arena_done(&arena);
	return schema;
}

static void compare(const struct xml_schema *schema, const struct record *record, struct arena *arena, struct xsd_differences *out)
{
	struct make make;
	struct xsd *xsd;

	make_init(&make, arena);
	xsd = xsd_new(schema, &make);
	xsd_compare(xsd, xsd_element(xsd, text_lit("Message")), record, &make, out);
	cr_assert(make_done(&make));
}

static void say(const struct xsd_differences *found)
{
	for (size_t i = 0; i < found->n && i < 10; i++)
		fprintf(stderr, "  %s: %.*s, here %.*s, there %.*s\n", xsd_kind_words(found->items[i].kind), TEXT_ARGS(found->items[i].path),
			TEXT_ARGS(found->items[i].here), TEXT_ARGS(found->items[i].there));
}

CASE(xsd, a_schema_made_from_the_tables_says_the_same)
{
	struct arena arena;

	arena_init(&arena, 64 << 20);
	for (size_t r = 0; r < sizeof(roots) / sizeof(*roots); r++)
		for (uint64_t style = 0; style < STYLES; style++) {
			struct xml_schema *schema = schema_of(roots[r].record, roots[r].name, style, NULL);
			struct xsd_differences found;

			compare(schema, roots[r].record, &arena, &found);
			cr_expect(found.n == 0 && found.records > 30, "root %zu style %zu: %zu differences in %zu", r, (size_t)style, found.n, found.records);
			say(&found);
			xml_schema_free(schema);
			arena_reset(&arena);
		}
	arena_done(&arena);
}

/* Exactly the one that was made; alternatives that become a sequence also change how often each of them must be there. */
static bool found_it(const struct xsd_differences *found, const struct xsd_change *change)
{
	size_t hits = 0, others = 0;

	for (size_t i = 0; i < found->n; i++) {
		const struct xsd_difference *d = &found->items[i];
		bool below = strncmp(d->path.at, change->path, strlen(change->path)) == 0;

		if (d->kind == change->kind && text_is(d->path, change->path))
			hits++;
		else if (change->what != CHANGE_SHAPE || d->kind != XSD_LEAST || !below)
			others++;
	}
	return hits == 1 && others == 0;
}

CASE(xsd, each_change_of_it_is_found_and_named)
{
	static struct xsd_change changes[CHANGES_KNOWN];
	size_t tried[CHANGES] = { 0 };
	struct arena arena;
	struct any any;

	arena_init(&arena, 64 << 20);
	any_init(&any, 1, ANY_XML, &arena);
	for (int i = 0; i < CHANGES_TRIED; i++) {
		size_t r = any_below(&any, 3) == 0, n = xsd_changes(roots[r].record, changes, CHANGES_KNOWN);
		const struct xsd_change *change;
		struct xml_schema *schema;
		struct xsd_differences found;

		cr_assert(n > 1000 && n <= CHANGES_KNOWN, "%zu", n);
		change = &changes[any_below(&any, n)];
		for (int k = 0; k < 20; k++) { /* of several the one of a kind that was tried least */
			const struct xsd_change *another = &changes[any_below(&any, n)];

			if (tried[another->what] < tried[change->what])
				change = another;
		}
		tried[change->what]++;
		schema = schema_of(roots[r].record, roots[r].name, any_below(&any, STYLES), change);
		compare(schema, roots[r].record, &arena, &found);
		cr_expect(found_it(&found, change), "change %d at %s should give \"%s\", gives %zu:", change->what, change->path,
			xsd_kind_words(change->kind), found.n);
		if (!found_it(&found, change))
			say(&found);
		xml_schema_free(schema);
		arena_reset(&arena);
	}
	for (int what = 0; what < CHANGES; what++)
		cr_expect(tried[what] >= 3, "change %d was tried %zu times", what, tried[what]);
	arena_done(&arena);
}

/* The schema is one that libxml2 understands as we do: what our tables accept fits it, what they refuse does not. */
CASE(xsd, libxml2_agrees_with_the_tables)
{
	struct xml_schema *schema = schema_of(&script_message_record, "Message", 0, NULL);
	size_t spoiled = 0;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	for (uint64_t seed = 0; seed < MESSAGES_TRIED; seed++) {
		struct xml_differences found;
		struct any_broken broken;
		struct fault fault = { 0 };
		struct buffer out;
		struct any any;
		void *rec;

		any_init(&any, seed, ANY_XML, &arena);
		rec = any_record(&any, &script_message_record);
		buffer_init(&out, &arena, 1 << 14);
		xml_write(&script_message_record, rec, "Message", "", &out);
		cr_assert(xml_schema_check(schema, buffer_text(&out), &arena, &found, &fault), "seed %zu", (size_t)seed);
		cr_expect(found.n == 0, "seed %zu: %.*s %s", (size_t)seed, TEXT_ARGS(found.items[0].path), found.items[0].rule);
		/* Apart: a control character is written as U+FFFD, and 24:00:00 is a time for XML Schema (part 2, 3.2.7). */
		if (any_break(&any, &script_message_record, rec, &broken) && broken.code != FAULT_BAD_TEXT && broken.code != FAULT_BAD_DATE) {
			buffer_init(&out, &arena, 1 << 14);
			xml_write(&script_message_record, rec, "Message", "", &out);
			cr_assert(xml_schema_check(schema, buffer_text(&out), &arena, &found, &fault));
			cr_expect(found.n > 0, "seed %zu: %s at %s is not seen", (size_t)seed, fault_row(broken.code)->name, broken.path);
			spoiled++;
		}
		arena_reset(&arena);
	}
	cr_expect(spoiled > MESSAGES_TRIED / 4);
	arena_done(&arena);
	xml_schema_free(schema);
}
