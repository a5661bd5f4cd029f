/* SPDX-License-Identifier: Apache-2.0 */
/* Trees of JSON, and the paths by which scenarios look into them. */
#include "gateway/selftest/tree.h"
#include "test/case.h"

static struct arena arena;
static struct tree *tree;

static const char bundle[] =
	"{\"resourceType\":\"Bundle\",\"entry\":["
	"{\"fullUrl\":\"urn:uuid:1\",\"resource\":{\"resourceType\":\"Claim\",\"id\":\"1\",\"patient\":{\"reference\":\"urn:uuid:2\"},"
	"\"extension\":[{\"url\":\"http://example/extension-a\",\"valueCode\":\"x\"},{\"url\":\"b\",\"valueString\":\"y\"}],"
	"\"item\":[{\"sequence\":1,\"code\":{\"coding\":[{\"system\":\"s\",\"code\":\"c1\"}]}},{\"sequence\":2.50}]}},"
	"{\"fullUrl\":\"urn:uuid:2\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"2\",\"active\":true,"
	"\"identifier\":[{\"system\":\"urn:oid:2.16\",\"value\":\"\\u00e9\\n\"}]}}]}";

static void start(void)
{
	arena_init(&arena, 1 << 20);
	tree = tree_read(text_of(bundle), &arena);
	cr_assert_not_null(tree);
}

static void done(void)
{
	arena_done(&arena);
}

TestSuite(tree, .init = start, .fini = done);

static size_t found(const char *path)
{
	struct tree_set set;

	cr_assert(tree_find(tree, text_of(path), &arena, &set), "%s can be understood", path);
	return set.n;
}

CASE(tree, what_was_read_is_written_again)
{
	struct buffer out;

	buffer_init(&out, &arena, 100);
	tree_write(tree_read(text_lit(" { \"a\" : [ 1.50 , true,null,\"\\u0001\\\"\" ] ,\"b\":{}} "), &arena), &out);
	cr_expect(text_is(buffer_text(&out), "{\"a\":[1.50,true,null,\"\\u0001\\\"\"],\"b\":{}}"));
}

CASE(tree, what_is_no_json_is_none)
{
	static const char *const bad[] = { "", "{", "{\"a\":}", "[1,]", "{\"a\":1}x", "\"\\ud800\"", "\"\\x\"", "tru", "{a:1}", "\"open" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_null(tree_read(text_of(bad[i]), &arena), "%s", bad[i]);
	cr_expect_null(tree_read(TEXT_NONE, &arena)); /* nobody answered */
}

CASE(tree, paths_lead_to_all_places_and_to_no_others)
{
	static const struct {
		const char *path;
		size_t n;
	} wanted[] = {
		{ "entry", 2 }, { "entry[1]", 1 }, { "entry[2]", 0 }, { "entry.resource.item", 2 }, { "entry.resource.item.sequence", 2 },
		{ "entry.resource.ofType(Patient)", 1 }, { "entry.resource.ofType(Device)", 0 }, { "entry[0].resource.extension(extension-a)", 1 },
		{ "entry[0].resource.extension(http://example/extension-a)", 1 }, { "entry[0].resource.extension(a)", 0 },
		{ "entry[0].resource.extension(b).value[x]", 1 }, { "entry[0].resource.extension(b).valueCode", 0 },
		{ "entry[0].resource.item{code:c1}", 1 }, { "entry[0].resource.item{code:s}", 1 }, { "entry[0].resource.item{code:c2}", 0 },
		{ "entry[0].resource.patient.resolve()", 1 }, { "entry[0].resource.patient.resolve().identifier{system:urn:oid:2.16}.value", 1 },
		{ "entry[0].resource.item.resolve()", 0 },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		cr_expect_eq(found(wanted[i].path), wanted[i].n, "%s", wanted[i].path);
	cr_expect(text_is(tree_at(tree, "entry[0].resource.item[1].sequence", &arena), "2.50"), "a number keeps its text");
	cr_expect(text_is(tree_at(tree, "entry[1].resource.identifier.value", &arena), "\xc3\xa9\n"));
}

CASE(tree, a_place_says_where_it_is)
{
	struct tree_set set;
	struct buffer out;

	cr_assert(tree_find(tree, text_lit("entry.resource.item[1].sequence"), &arena, &set) && set.n == 1);
	buffer_init(&out, &arena, 100);
	tree_where(set.at[0], &out);
	cr_expect(text_is(buffer_text(&out), "Bundle.entry[0].resource.item[1].sequence"));
}

CASE(tree, a_reference_means_one_resource)
{
	cr_expect_eq(tree_resolves(tree, text_lit("urn:uuid:2")), 1);
	cr_expect_eq(tree_resolves(tree, text_lit("Patient/2")), 1);
	cr_expect_eq(tree_resolves(tree, text_lit("Patient/1")), 0);
	cr_expect_eq(tree_resolves(tree, text_lit("")), 0);
}

CASE(tree, the_whole_is_in_nothing_it_could_be_taken_out_of)
{
	cr_expect_eq(tree_drop(tree, text_lit(""), &arena), 0);
	cr_expect_eq(tree_drop(tree, text_lit("entry.resource.patient.resolve()"), &arena), 1);
	cr_expect_eq(found("entry.resource"), 1);
}

CASE(tree, places_are_taken_out_and_put_in)
{
	const struct tree *value = tree_read(text_lit("{\"v\":7}"), &arena);

	cr_expect_eq(tree_drop(tree, text_lit("entry[0].resource.item[0]"), &arena), 1);
	cr_expect_eq(found("entry.resource.item"), 1);
	cr_expect_eq(tree_drop(tree, text_lit("entry[0].resource.item"), &arena), 1);
	cr_expect_null(tree_member(tree_member(tree_member(tree, "entry")->first, "resource"), "item"), "no empty list is left");
	cr_expect(tree_put(tree, text_lit("entry[0].resource.item[]"), value, &arena));
	cr_expect(tree_put(tree, text_lit("entry[0].resource.item[]"), value, &arena));
	cr_expect_eq(found("entry[0].resource.item.v"), 2);
	cr_expect(tree_put(tree, text_lit("entry.resource.id"), tree_read(text_lit("\"n\""), &arena), &arena));
	cr_expect(text_is(tree_at(tree, "entry[1].resource.id", &arena), "n"), "everywhere the path leads to");
	cr_expect(tree_put(tree, text_lit("entry[1].resource.new"), value, &arena));
	cr_expect_eq(found("entry[1].resource.new.v"), 1);
	cr_expect_not(tree_put(tree, text_lit("nowhere.at.all"), value, &arena));
}
