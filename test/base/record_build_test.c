/* SPDX-License-Identifier: Apache-2.0 */
#include "base/record_build.h"
#include "test/base/sample.h"
#include "test/case.h"

/* A tiny reader for the tests: "Name=value" sets a scalar, "Name(" opens, ")" closes, "@name=value" is an attribute,
   "=value" is content; separated by spaces. */
static bool feed(struct build *build, const char *script)
{
	struct text rest = text_of(script);

	while (text_there(rest)) {
		struct text value = text_cut(&rest, ' ');
		struct text name = text_cut(&value, '=');
		bool attribute = text_starts(name, "@");
		enum build_open opened;

		if (text_is(name, ")")) {
			build_close(build);
			continue;
		}
		if (attribute || name.n == 0) {
			if (attribute ? !build_attribute(build, (struct text){ name.at + 1, name.n - 1 }, value)
				      : !build_value(build, value))
				return false;
			continue;
		}
		if (!text_there(value))
			name.n--; /* "Name(" */
		opened = build_open(build, name);
		if (opened == BUILD_FAILED)
			return false;
		if (!text_there(value))
			continue;
		if (!build_value(build, value))
			return false;
		build_close(build);
	}
	return true;
}

static bool built(const char *script, struct arena *arena, struct sample *sample, struct build *build,
	struct fault *fault)
{
	*sample = (struct sample){ 0 };
	*fault = (struct fault){ 0 };
	build_init(build, &sample_record, sample, arena, fault);
	return feed(build, script);
}

CASE(build, fills_every_kind_in_any_order)
{
	struct arena arena;
	struct sample s;
	struct build build;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	cr_assert(built("Code=BB Part( @kind=A =one ) Kode=X Part( =two ) ID=7 Codes=Y Amount=1.5 Flag=true Count=-3 Text=a "
			"Text=b Either( Date=2024-01-01 ) Raw=<x> Self( ID=8 )",
		&arena, &s, &build, &fault), "%s", fault.path);
	cr_expect(text_is(s.id, "7") && text_is(s.code, "BB") && text_is(s.decimal, "1.5"));
	cr_expect(s.flag == 1 && s.count == -3);
	cr_assert(s.parts_n == 2 && s.texts_n == 2 && s.codes_n == 2);
	cr_expect(text_is(s.parts[0].kind, "A") && text_is(s.parts[0].text, "one") && text_is(s.parts[1].text, "two"));
	cr_expect(text_is(s.codes[0], "X") && text_is(s.codes[1], "Y"));
	cr_expect(text_is(s.either->date, "2024-01-01") && text_is(s.raw, "<x>") && text_is(s.self->id, "8"));
	cr_expect_eq(build.unknown, 0);
	arena_done(&arena);
}

CASE(build, an_empty_element_is_an_absent_one)
{
	struct arena arena;
	struct sample s;
	struct build build;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	cr_assert(built("ID= Digits= Count= Text= Text=b", &arena, &s, &build, &fault));
	cr_expect(!text_there(s.id) && !text_there(s.digits) && s.count == 0);
	cr_assert_eq(s.texts_n, 1);
	cr_expect(!record_check(&sample_record, &s, &fault) && fault.code == FAULT_MISSING);
	arena_done(&arena);
}

CASE(build, passes_over_the_unknown_and_counts_it)
{
	struct arena arena;
	struct sample s;
	struct build build;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	cr_assert(built("Either( What( ID=no Name=no @x=y =z ) Name=yes ) Else( ) @nothing=1 ID=7", &arena, &s, &build, &fault));
	cr_expect_eq(build.unknown, 3);
	cr_expect_str_eq(build.unknown_at, "Either");
	cr_expect(text_is(s.either->name, "yes") && text_is(s.id, "7"));
	arena_done(&arena);
}

CASE(build, refuses_with_the_path)
{
	static const struct {
		const char *script;
		enum fault_code code;
		const char *path;
	} rows[] = {
		{ "ID=1 ID=2", FAULT_REPEATED, "ID" },
		{ "ID= ID=2", FAULT_REPEATED, "ID" },
		{ "Decimal=1 Amount=1", FAULT_REPEATED, "Decimal" },
		{ "Count=0 Count=0", FAULT_REPEATED, "Count" },
		{ "Self( ) Self( )", FAULT_REPEATED, "Self" },
		{ "Part( ) Part( @kind=A @kind=A", FAULT_REPEATED, "Part[1]/kind" },
		{ "Self( Part( ) Part( ) Part( ) Part( )", FAULT_REPEATED, "Self/Part" },
		{ "Text=a Text=a Text=a Text=a Text=a", FAULT_REPEATED, "Text" },
		{ "Self( Count=x", FAULT_BAD_NUMBER, "Self/Count" },
		{ "Flag=maybe", FAULT_BAD_CODE, "Flag" },
	};
	struct arena arena;
	struct sample s;
	struct build build;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(!built(rows[i].script, &arena, &s, &build, &fault), "row %zu", i);
		cr_expect_eq(fault.code, rows[i].code, "row %zu: %s", i, fault_row(fault.code)->name);
		cr_expect_str_eq(fault.path, rows[i].path, "row %zu", i);
	}
	arena_done(&arena);
}

CASE(build, ends_at_its_depth_and_at_the_arenas_limit)
{
	struct arena arena;
	struct sample s = { 0 };
	struct build build;
	struct fault fault;
	int levels = 1;

	arena_init(&arena, 1 << 20);
	build_init(&build, &sample_record, &s, &arena, &fault);
	while (build_open(&build, text_lit("Self")) == BUILD_RECORD)
		levels++;
	cr_expect_eq(levels, BUILD_DEPTH);
	cr_expect_eq(fault.code, FAULT_TOO_DEEP);
	arena_done(&arena);

	arena_init(&arena, sizeof(struct sample) * 3);
	s = (struct sample){ 0 };
	build_init(&build, &sample_record, &s, &arena, &fault);
	while (build_open(&build, text_lit("Self")) == BUILD_RECORD)
		;
	cr_expect_eq(fault.code, FAULT_TOO_LARGE);
	arena_done(&arena);
}
