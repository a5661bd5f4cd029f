/* SPDX-License-Identifier: Apache-2.0 */
#include "test/base/sample.h"
#include "test/case.h"

#include <string.h>

#define T(literal) text_lit(literal)

CASE(record, a_field_is_found_by_its_names)
{
	const struct field *codes = record_field(&sample_record, "codes");
	const struct field *decimal = record_field(&sample_record, "decimal");

	cr_assert(codes && decimal);
	cr_expect(text_is(field_name(codes), "Codes"));
	cr_expect(field_named(codes, T("Codes")) && field_named(codes, T("Kode")) && field_named(codes, T("K")));
	cr_expect(!field_named(codes, T("Kod")) && !field_named(codes, T("Codes|Kode|K")) && !field_named(codes, T("")));
	cr_expect(!field_named(decimal, T("Decimal|Amoun")) && !field_named(decimal, T("mount")));
	cr_expect_null(record_field(&sample_record, "nothing"));
}

CASE(record, there_means_it_holds_something)
{
	struct sample sample = { 0 };
	struct sample_part part = { 0 };

	for (size_t i = 0; i < sample_record.n; i++) /* count is needed, so 0 is a value */
		cr_expect_eq(field_there(&sample_record.fields[i], &sample),
			strcmp(sample_record.fields[i].member, "count") == 0);
	sample.id = T("");
	cr_expect(!field_there(record_field(&sample_record, "id"), &sample));
	sample.flag = 1;
	sample.parts = &part;
	sample.parts_n = 1;
	cr_expect(field_there(record_field(&sample_record, "flag"), &sample));
	cr_expect(field_there(record_field(&sample_record, "parts"), &sample));
}

CASE(record, equal_looks_all_the_way_down)
{
	struct sample_part parts[] = { { .text = T("one") }, { .text = T("two") } };
	struct sample_part others[] = { { .text = T("one") }, { .text = T("too") } };
	struct sample a = { .id = T("1"), .parts = parts, .parts_n = 2 };
	struct sample b = { .id = T("1"), .parts = others, .parts_n = 2 };

	cr_expect(!record_equal(&sample_record, &a, &b));
	others[1].text = T("two");
	cr_expect(record_equal(&sample_record, &a, &b));
	b.self = &a;
	cr_expect(!record_equal(&sample_record, &a, &b));
	a.self = &(struct sample){ 0 };
	cr_expect(!record_equal(&sample_record, &a, &b));
}

/* Every form a value may take beside one that it may not, for a single reason. */
CASE(record, values_are_held_to_their_field)
{
	static const struct {
		const char *member, *value;
		enum fault_code code;
	} rows[] = {
		{ "id", "12345678", FAULT_NONE },
		{ "id", "123456789", FAULT_TOO_LONG },
		{ "id", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", FAULT_NONE }, /* 8 characters in 16 bytes */
		{ "id", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9" "a", FAULT_TOO_LONG },
		{ "id", "a\tb\nc\r", FAULT_NONE },
		{ "id", "a\x01", FAULT_BAD_TEXT },
		{ "long_text", "0123456\x1F", FAULT_BAD_TEXT },
		{ "long_text", "0123456\x20", FAULT_NONE },
		{ "long_text", "0123456\x7F", FAULT_BAD_TEXT },
		{ "long_text", "01234567\x7F", FAULT_BAD_TEXT },
		{ "long_text", "0123456~", FAULT_NONE },
		{ "id", "a\x7F", FAULT_BAD_TEXT },
		{ "id", "a\xC3", FAULT_BAD_TEXT },
		{ "texts", "123456", FAULT_NONE },
		{ "texts", "1234567", FAULT_TOO_LONG },
		{ "code", "CCC", FAULT_NONE },
		{ "code", "CC", FAULT_BAD_CODE },
		{ "code", "AA BB", FAULT_BAD_CODE },
		{ "codes", "Y", FAULT_NONE },
		{ "codes", "y", FAULT_BAD_CODE },
		{ "digits", "00123", FAULT_NONE },
		{ "digits", "001234", FAULT_TOO_LONG },
		{ "digits", "-1", FAULT_BAD_NUMBER },
		{ "digits", "", FAULT_BAD_NUMBER },
		{ "decimal", "-1234.56", FAULT_NONE },
		{ "decimal", "1234.567", FAULT_TOO_LONG },
		{ "decimal", ".5", FAULT_NONE },
		{ "decimal", "5.", FAULT_NONE },
		{ "decimal", ".", FAULT_BAD_NUMBER },
		{ "decimal", "-", FAULT_BAD_NUMBER },
		{ "decimal", "1e3", FAULT_BAD_NUMBER },
		{ "decimal", "1.2.3", FAULT_BAD_NUMBER },
		{ "decimal", " 1", FAULT_BAD_NUMBER },
		{ "date", "2024-02-29", FAULT_NONE },
		{ "date", "2023-02-29", FAULT_BAD_DATE },
		{ "date", "2000-02-29", FAULT_NONE },
		{ "date", "1900-02-29", FAULT_BAD_DATE },
		{ "date", "2024-13-01", FAULT_BAD_DATE },
		{ "date", "2024-00-01", FAULT_BAD_DATE },
		{ "date", "2024-04-31", FAULT_BAD_DATE },
		{ "date", "0000-01-01", FAULT_BAD_DATE },
		{ "date", "2024-1-01", FAULT_BAD_DATE },
		{ "date", "2024-01-01T00:00:00", FAULT_BAD_DATE },
		{ "time", "2024-01-01T00:00:00", FAULT_NONE },
		{ "time", "2024-01-01", FAULT_BAD_DATE },
		{ "time", "2024-01-01T23:59:59.123456Z", FAULT_NONE },
		{ "time", "2024-01-01T24:00:00Z", FAULT_BAD_DATE },
		{ "time", "2024-01-01T23:60:00Z", FAULT_BAD_DATE },
		{ "time", "2024-01-01T23:59:60Z", FAULT_BAD_DATE },
		{ "time", "2024-01-01T00:00:00-05:00", FAULT_NONE },
		{ "time", "2024-01-01T00:00:00-14:01", FAULT_BAD_DATE },
		{ "time", "2024-01-01T00:00:00.Z", FAULT_BAD_DATE },
		{ "time", "2024-01-01T00:00:00Zx", FAULT_BAD_DATE },
		{ "flag", "true", FAULT_NONE },
		{ "flag", "0", FAULT_NONE },
		{ "flag", "TRUE", FAULT_BAD_CODE },
		{ "count", "-5", FAULT_NONE },
		{ "count", "-6", FAULT_BAD_NUMBER },
		{ "count", "6", FAULT_BAD_NUMBER },
		{ "count", "1.0", FAULT_BAD_NUMBER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct field *field = record_field(&sample_record, rows[i].member);
		struct fault fault = { 0 };
		bool good = field_check_text(field, text_of(rows[i].value), &fault);

		cr_expect_eq(fault.code, rows[i].code, "row %zu: %s", i, fault_row(fault.code)->name);
		cr_expect_eq(good, rows[i].code == FAULT_NONE, "row %zu", i);
	}
}

/* A good record, and each way of spoiling it with the path that is then named. */
CASE(record, check_says_what_and_where)
{
	struct sample_part parts[] = { { .kind = T("A") }, { .text = T("two") }, { .text = TEXT_NONE }, { .text = TEXT_NONE } };
	struct text texts[] = { T("a"), T("b"), T("c"), T("d"), T("e") };
	struct sample_either either = { .name = T("EXAMPLE") };
	const struct sample good = { .id = T("1"), .code = T("AA"), .either = &either, .parts = parts, .parts_n = 3,
		.texts = texts, .texts_n = 4 };
	struct sample bad = good;
	struct fault fault;

	cr_assert(record_check(&sample_record, &good, &fault));
#define REFUSED(what, where)                                              \
	cr_expect(!record_check(&sample_record, &bad, &fault));           \
	cr_expect_eq(fault.code, what, "%s", fault_row(fault.code)->name); \
	cr_expect_str_eq(fault.path, where);                              \
	bad = good
	bad.id = TEXT_NONE;
	REFUSED(FAULT_MISSING, "ID");
	bad.count = 6;
	REFUSED(FAULT_BAD_NUMBER, "Count");
	bad.flag = 2;
	REFUSED(FAULT_BAD_CODE, "Flag");
	bad.parts_n = 4;
	REFUSED(FAULT_REPEATED, "Part");
	bad.texts_n = 5;
	REFUSED(FAULT_REPEATED, "Text");
	parts[1].kind = T("C");
	REFUSED(FAULT_BAD_CODE, "Part[1]/kind");
	parts[1].kind = TEXT_NONE;
	parts[2].text = T("123456789012345678901");
	REFUSED(FAULT_TOO_LONG, "Part[2]");
	parts[2].text = TEXT_NONE;
	texts[3] = T("1234567");
	REFUSED(FAULT_TOO_LONG, "Text[3]");
	texts[3] = T("d");
	either.date = T("2024-01-01");
	REFUSED(FAULT_CHOICE, "Either");
	either = (struct sample_either){ 0 };
	REFUSED(FAULT_CHOICE, "Either");
	either.date = T("2024-02-30");
	REFUSED(FAULT_BAD_DATE, "Either/Date");
	either = (struct sample_either){ .name = T("EXAMPLE") };
	bad.self = &(struct sample){ .id = T("2") };
	REFUSED(FAULT_MISSING, "Self/Code");
	cr_expect(record_check(&sample_record, &good, &fault));
}
