/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "test/base/sample.h"
#include "test/case.h"

#include <stdio.h>
#include <string.h>

static bool reads(const char *body, struct arena *arena, struct sample_resource *out, struct json_notes *notes, struct fault *fault)
{
	*out = (struct sample_resource){ 0 };
	*fault = (struct fault){ 0 };
	return json_read(&sample_resource_record, out, text_of(body), arena, notes, fault);
}

CASE(json, reads_a_resource_and_writes_it_again)
{
	static const char body[] = " { \"id\" : \"p1\" , \"given\":[\"A\\u00e9\\ud83d\\ude00\\n\\/\",\"B\"],\"active\":true,\"weight\":70.50,"
				   "\"order\":-3,\"birthDate\":\"1990-01-31\",\"meta\":{ \"x\" : [1, \"}\"] },\"resourceType\":\"Patient\","
				   "\"contained\":[{\"says\":\"hi\",\"resourceType\":\"Note\"},null] } ";
	struct arena arena;
	struct buffer out;
	struct sample_resource r;
	struct json_notes notes;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	cr_assert(reads(body, &arena, &r, &notes, &fault), "%s", fault_row(fault.code)->name);
	cr_assert(r.patient && !r.note);
	cr_expect(text_is(r.patient->id, "p1") && r.patient->id.at > body && r.patient->id.at < body + sizeof(body));
	cr_assert_eq(r.patient->given_n, 2);
	cr_expect(text_is(r.patient->given[0], "A\xC3\xA9\xF0\x9F\x98\x80\n/"));
	cr_expect(r.patient->active == 1 && r.patient->order == -3 && text_is(r.patient->weight, "70.50"));
	cr_expect(text_is(r.patient->meta, "{ \"x\" : [1, \"}\"] }"));
	cr_assert_eq(r.patient->contained_n, 1);
	cr_expect(r.patient->contained[0].note && text_is(r.patient->contained[0].note->says, "hi"));
	cr_expect_eq(notes.unknown, 0);
	cr_expect(record_check(&sample_resource_record, &r, &fault));
	buffer_init(&out, &arena, 0);
	json_write(&sample_resource_record, &r, &out);
	cr_expect(text_is(buffer_text(&out),
			  "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"given\":[\"A\xC3\xA9\xF0\x9F\x98\x80\\n/\",\"B\"],\"active\":true,"
			  "\"weight\":70.50,\"order\":-3,\"birthDate\":\"1990-01-31\",\"meta\":{ \"x\" : [1, \"}\"] },"
			  "\"contained\":[{\"resourceType\":\"Note\",\"says\":\"hi\"}]}"),
		"%.*s", TEXT_ARGS(buffer_text(&out)));
	arena_done(&arena);
}

CASE(json, an_exponent_moves_the_point)
{
	static const struct {
		const char *written, *kept; /* NULL: refused */
	} rows[] = {
		{ "1e2", "100" }, { "1E+2", "100" }, { "1.5e1", "15" }, { "1.25e1", "12.5" }, { "-1.5e-3", "-0.0015" }, { "0e0", "0" }, { "12e-1", "1.2" },
		{ "12e-2", "0.12" }, { "1e-7", "0.0000001" }, { "1e41", NULL }, { "1e-41", NULL }, { "1e99999999999999999999", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct arena arena;
		struct sample_resource r;
		struct fault fault;
		char body[100];
		bool good;

		arena_init(&arena, 1 << 20);
		snprintf(body, sizeof(body), "{\"resourceType\":\"Patient\",\"weight\":%s}", rows[i].written);
		good = reads(body, &arena, &r, NULL, &fault);
		cr_expect_eq(good, rows[i].kept != NULL, "%s", rows[i].written);
		cr_expect(good ? text_is(r.patient->weight, rows[i].kept) : fault.code == FAULT_BAD_NUMBER, "%s: %.*s", rows[i].written,
			good ? (int)r.patient->weight.n : 0, good ? r.patient->weight.at : "");
		arena_done(&arena);
	}
}

CASE(json, a_resource_type_is_found_wherever_it_stands)
{
	struct arena arena;
	struct sample_resource r;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	cr_assert(reads("{\"contained\":[{\"resourceType\":\"Patient\"},{\"about\":{\"id\":\"x\",\"resourceType\":\"Patient\"},"
			"\"says\":\"a\",\"resourceType\":\"Note\"}],\"resourceType\":\"Patient\"}", &arena, &r, NULL, &fault));
	cr_assert(r.patient && r.patient->contained_n == 2);
	cr_expect(r.patient->contained[0].patient && r.patient->contained[1].note);
	cr_expect(text_is(r.patient->contained[1].note->about->patient->id, "x"));
	arena_done(&arena);
}

CASE(json, passes_over_the_unknown_and_counts_it)
{
	struct arena arena;
	struct sample_resource r;
	struct json_notes notes;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	cr_assert(reads("{\"resourceType\":\"Patient\",\"new\":[{\"id\":\"no\",\"x\":[[],{}]},1.5e3,\"]\\\"\"],\"contained\":"
			"[{\"resourceType\":\"Else\",\"id\":\"e\"},{\"resourceType\":\"Note\",\"odd\":null,\"says\":\"a\"}],\"id\":\"yes\"}",
		&arena, &r, &notes, &fault));
	cr_expect_eq(notes.unknown, 3, "%zu", notes.unknown);
	cr_expect_str_eq(notes.unknown_at, "Patient");
	cr_expect(text_is(r.patient->id, "yes") && r.patient->contained_n == 1);
	arena_done(&arena);
}

/* Each refused for one reason; its twin in the same row is accepted. */
CASE(json, refuses_what_is_not_json)
{
#define P(members) "{\"resourceType\":\"Patient\"" members "}"
	static const struct {
		const char *bad, *good;
		enum fault_code code;
	} rows[] = {
		{ "", P(""), FAULT_NOT_JSON },
		{ "[]", P(""), FAULT_NOT_JSON },
		{ "\xEF\xBB\xBF" P(""), P(""), FAULT_NOT_JSON },
		{ P("") "x", P("") " \r\n\t", FAULT_NOT_JSON },
		{ P("") "\x0B", P("") "\n", FAULT_NOT_JSON },
		{ P(","), P(",\"a\":1"), FAULT_NOT_JSON },
		{ P(",\"a\":[1,]"), P(",\"a\":[1]"), FAULT_NOT_JSON },
		{ P(",\"a\":[,1]"), P(",\"a\":[[]]"), FAULT_NOT_JSON },
		{ P(",\"a\" 1"), P(",\"a\" :1"), FAULT_NOT_JSON },
		{ P(",a:1"), P(",\"a\":1"), FAULT_NOT_JSON },
		{ P(",'a':1"), P(",\"a\":1"), FAULT_NOT_JSON },
		{ P(",\"a\":01"), P(",\"a\":0"), FAULT_NOT_JSON },
		{ P(",\"a\":-"), P(",\"a\":-0"), FAULT_NOT_JSON },
		{ P(",\"a\":+1"), P(",\"a\":1"), FAULT_NOT_JSON },
		{ P(",\"a\":1."), P(",\"a\":1.0"), FAULT_NOT_JSON },
		{ P(",\"a\":.5"), P(",\"a\":0.5"), FAULT_NOT_JSON },
		{ P(",\"a\":1e"), P(",\"a\":1E+9"), FAULT_NOT_JSON },
		{ P(",\"a\":NaN"), P(",\"a\":null"), FAULT_NOT_JSON },
		{ P(",\"a\":True"), P(",\"a\":true"), FAULT_NOT_JSON },
		{ P(",\"a\":truex"), P(",\"a\":false"), FAULT_NOT_JSON },
		{ P(",\"a\":\"\t\""), P(",\"a\":\"\\t\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"1234567\x1F\""), P(",\"a\":\"1234567\x20\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\x41\""), P(",\"a\":\"\\u0041\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\u00g1\""), P(",\"a\":\"\\u00F1\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\ud800\""), P(",\"a\":\"\\ud7ff\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\udc00\""), P(",\"a\":\"\\ue000\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\ud800\\u0041\""), P(",\"a\":\"\\ud800\\udc41\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\ud800 udc00\""), P(",\"a\":\"\\ud800\\udc00\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\xC3\""), P(",\"a\":\"\xC3\xA9\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\xED\xA0\x80\""), P(",\"a\":\"\xED\x9F\xBF\""), FAULT_NOT_JSON },
		{ P(",\"a\":1 /* */"), P(",\"a\":1 "), FAULT_NOT_JSON },
		{ P(",\"a\":1 # x"), P(",\"a\":1"), FAULT_NOT_JSON },
		{ P(",\"a\":[1 2]"), P(",\"a\":[1 , 2]"), FAULT_NOT_JSON },
		{ P(",\"a\":[1,,2]"), P(",\"a\":[1,2]"), FAULT_NOT_JSON },
		{ P(",\"a\":[1:2]"), P(",\"a\":[{}]"), FAULT_NOT_JSON },
		{ P(",\"a\":[1"), P(",\"a\":[1]"), FAULT_NOT_JSON },
		{ P(",\"a\":[1}"), P(",\"a\":{}"), FAULT_NOT_JSON },
		{ P(",\"a\":{\"b\":1 \"c\":2}"), P(",\"a\":{\"b\":1,\"c\":2}"), FAULT_NOT_JSON },
		{ P(",\"a\":{\"b\"::1}"), P(",\"a\":{\"b\":1}"), FAULT_NOT_JSON },
		{ P(",\"a\":{\"b\",1}"), P(",\"a\":{\"\":1}"), FAULT_NOT_JSON },
		{ P(",\"a\":{1:1}"), P(",\"a\":{\"1\":1}"), FAULT_NOT_JSON },
		{ P(",\"a\":{\"b\":1,}"), P(",\"a\":{\"b\":1}"), FAULT_NOT_JSON },
		{ P(",\"a\":--1"), P(",\"a\":-1"), FAULT_NOT_JSON },
		{ P(",\"a\":-01"), P(",\"a\":-0.1"), FAULT_NOT_JSON },
		{ P(",\"a\":- 1"), P(",\"a\": -1"), FAULT_NOT_JSON },
		{ P(",\"a\":1e+"), P(",\"a\":1e+0"), FAULT_NOT_JSON },
		{ P(",\"a\":1eE2"), P(",\"a\":1E-2"), FAULT_NOT_JSON },
		{ P(",\"a\":1.e2"), P(",\"a\":1.0e2"), FAULT_NOT_JSON },
		{ P(",\"a\":1_0"), P(",\"a\":123456789012345678901234567890"), FAULT_NOT_JSON },
		{ P(",\"a\":0x1F"), P(",\"a\":1e999999"), FAULT_NOT_JSON },
		{ P(",\"a\":Infinity"), P(",\"a\":0e0"), FAULT_NOT_JSON },
		{ P(",\"a\":\xEF\xBC\x91"), P(",\"a\":\"\xEF\xBC\x91\""), FAULT_NOT_JSON },
		{ P(",\"a\":nul"), P(",\"a\":null"), FAULT_NOT_JSON },
		{ P(",\"a\":\"\n\""), P(",\"a\":\"\\n\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\u12\""), P(",\"a\":\"\\u0000\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\uD834\\uDd\""), P(",\"a\":\"\\uD834\\uDd1e\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\\a\""), P(",\"a\":\"\\/\\b\\f\\r\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\xE0\x80\xAF\""), P(",\"a\":\"\x7F\xE2\x80\xA8\""), FAULT_NOT_JSON },
		{ P(",\"a\":\"\xF4\x90\x80\x80\""), P(",\"a\":\"\xF4\x8F\xBF\xBF\""), FAULT_NOT_JSON },
		{ P(",\"a\":[\f]"), P(",\"a\":[ \t\r\n]"), FAULT_NOT_JSON },
		{ P(",\"a\":[\xC2\xA0]"), P(",\"a\":[]"), FAULT_NOT_JSON },
		{ P(",\"a\":1") "]", P(",\"a\":1") " ", FAULT_NOT_JSON },
		{ P("") P(""), P(""), FAULT_NOT_JSON },
		{ P(",\"id\":\"1\",\"id\":\"1\""), P(",\"id\":\"1\",\"iD\":\"1\""), FAULT_REPEATED },
		{ P(",\"a\":1,\"\\u0061\":1"), P(",\"a\":1,\"\\u0062\":1"), FAULT_REPEATED },
		{ P(",\"x\":{\"a\":1,\"b\":2,\"a\":1}"), P(",\"x\":{\"a\":1,\"b\":{\"a\":2}}"), FAULT_REPEATED },
		{ P(",\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"c\":1"),
			P(",\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,\"k\":1"), FAULT_REPEATED },
	};
	struct arena arena;
	struct sample_resource r;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(!reads(rows[i].bad, &arena, &r, NULL, &fault) && fault.code == rows[i].code, "bad row %zu: %s", i,
			fault_row(fault.code)->name);
		cr_expect_str_empty(fault.path);
		cr_expect(reads(rows[i].good, &arena, &r, NULL, &fault), "good row %zu: %s", i, fault_row(fault.code)->name);
	}
	arena_done(&arena);
}

CASE(json, refuses_a_value_of_another_type_than_its_row)
{
	static const struct {
		const char *body, *path;
		enum fault_code code;
	} rows[] = {
		{ P(",\"id\":1"), "Patient/id", FAULT_BAD_TEXT },
		{ P(",\"id\":[\"1\"]"), "Patient/id", FAULT_BAD_TEXT },
		{ P(",\"id\":{}"), "Patient/id", FAULT_BAD_TEXT },
		{ P(",\"given\":\"A\""), "Patient/given[0]", FAULT_BAD_TEXT },
		{ P(",\"given\":[\"A\",2]"), "Patient/given[1]", FAULT_BAD_TEXT },
		{ P(",\"active\":\"true\""), "Patient/active", FAULT_BAD_TEXT },
		{ P(",\"active\":1"), "Patient/active", FAULT_BAD_TEXT },
		{ P(",\"weight\":true"), "Patient/weight", FAULT_BAD_TEXT },
		{ P(",\"order\":1.5"), "Patient/order", FAULT_BAD_NUMBER },
		{ P(",\"order\":11"), "Patient/order", FAULT_BAD_NUMBER },
		{ P(",\"contained\":{}"), "Patient/contained[0]", FAULT_BAD_TEXT },
		{ P(",\"contained\":[\"x\"]"), "Patient/contained[0]", FAULT_BAD_TEXT },
		{ "{}", "resourceType", FAULT_MISSING },
		{ "{\"resourceType\":\"Else\"}", "resourceType", FAULT_UNKNOWN_MESSAGE },
		{ "{\"resourceType\":7}", "resourceType", FAULT_MISSING },
	};
	struct arena arena;
	struct sample_resource r;
	struct json_notes notes = { 0 };
	struct fault fault;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(!reads(rows[i].body, &arena, &r, NULL, &fault) && fault.code == rows[i].code, "row %zu: %s", i,
			fault_row(fault.code)->name);
		cr_expect_str_eq(fault.path, rows[i].path, "row %zu", i);
	}
	cr_expect(reads(P(",\"weight\":\"1.5\",\"order\":\"7\",\"id\":null,\"given\":null,\"active\":false"), &arena, &r, &notes, &fault));
	cr_expect_eq(notes.quoted, 2);
	cr_expect_str_eq(notes.quoted_at, "Patient/weight");
	cr_expect(r.patient->order == 7 && text_is(r.patient->weight, "1.5") && !text_there(r.patient->id));
	arena_done(&arena);
}

CASE(json, cut_short_anywhere_is_refused)
{
	static const char body[] = P(",\"id\":\"\\ud83d\\ude00\",\"given\":[\"A\"],\"weight\":-1.5e-3,\"x\":{\"y\":[true,null]}");
	struct arena arena;
	struct sample_resource r = { 0 };
	struct fault fault;

	arena_init(&arena, 1 << 20);
	for (size_t n = 0; n < sizeof(body) - 1; n++) {
		char *exact = arena_alloc(&arena, n ? n : 1); /* its own block under AddressSanitizer */

		memcpy(exact, body, n);
		cr_expect(!json_read(&sample_resource_record, &r, (struct text){ exact, n }, &arena, NULL, &fault), "%zu", n);
	}
	arena_done(&arena);
}

/* `unit` so many times, '#' in it being its number. */
static bool repeated(const char *before, const char *unit, size_t times, const char *after, struct fault *fault)
{
	struct arena arena;
	struct buffer out;
	struct sample_resource r = { 0 };
	bool good;

	arena_init(&arena, 64 << 20);
	buffer_init(&out, &arena, 0);
	buffer_add(&out, text_of(before));
	for (size_t i = 0; i < times; i++)
		for (const char *c = unit; *c; c++)
			if (*c == '#')
				buffer_add_int(&out, (int64_t)i);
			else
				buffer_add_char(&out, *c);
	buffer_add(&out, text_of(after));
	fault->code = FAULT_NONE;
	good = json_read(&sample_resource_record, &r, buffer_text(&out), &arena, NULL, fault);
	arena_done(&arena);
	return good;
}

CASE(json, limits_hold)
{
	struct fault fault;
	const char *head = "{\"resourceType\":\"Patient\"";

	cr_expect(repeated(head, ",\"a#\":1", JSON_MEMBERS_MAX - 1, "}", &fault));
	cr_expect(!repeated(head, ",\"a#\":1", JSON_MEMBERS_MAX, "}", &fault) && fault.code == FAULT_TOO_DEEP);
	cr_expect(!repeated("{\"a\":", "[", 100000, "", &fault) && fault.code == FAULT_TOO_DEEP);
	cr_expect(!repeated("", "{\"a\":", JSON_DEPTH_MAX, "{}", &fault) && fault.code == FAULT_TOO_DEEP);
	cr_expect(!repeated("", "          ", (JSON_BODY_MAX + 10) / 10, "", &fault) && fault.code == FAULT_TOO_LARGE);
	cr_expect(!repeated("{\"resourceType\":\"Note\",\"about\":", "{\"resourceType\":\"Note\",\"about\":", 57,
			  "{}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}", &fault) &&
		  fault.code == FAULT_TOO_DEEP, "frames run out before levels do");
	cr_expect(repeated(head, ",\"b#\":{\"a\":[1,2,{\"c\":\"d\"}]}", 500, "}", &fault));
}

CASE(json, decimals_are_written_as_json_wants_them)
{
	static const struct {
		const char *ours, *json;
	} rows[] = {
		{ "1.50", "1.50" }, { "+1", "1" }, { ".5", "0.5" }, { "-.5", "-0.5" }, { "5.", "5" }, { "007", "7" },
		{ "-00.10", "-0.10" }, { "0", "0" }, { "000", "0" },
	};
	struct arena arena;
	struct sample_resource r;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sample_patient patient = { .weight = text_of(rows[i].ours) };
		struct sample_resource made = { .patient = &patient };
		struct buffer out;

		buffer_init(&out, &arena, 0);
		json_write(&sample_resource_record, &made, &out);
		cr_assert(reads(text_to_z(buffer_text(&out), arena_alloc(&arena, 200), 200), &arena, &r, NULL, &fault), "row %zu", i);
		cr_expect(text_is(r.patient->weight, rows[i].json), "row %zu", i);
	}
	arena_done(&arena);
}

CASE(json, a_body_that_is_not_there_is_refused)
{
	struct sample_resource r = { 0 };
	struct arena arena;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	cr_assert(!json_read(&sample_resource_record, &r, TEXT_NONE, &arena, NULL, &fault));
	cr_expect_eq(fault.code, FAULT_NOT_JSON);
	cr_assert(!json_read(&sample_resource_record, &r, text_lit(""), &arena, NULL, &fault));
	cr_expect_eq(fault.code, FAULT_NOT_JSON);
	arena_done(&arena);
}

CASE(json, an_array_that_was_kept_is_cut_into_its_items)
{
	static const struct {
		const char *array, *items[4];
	} rows[] = {
		{ "[]", { NULL } },
		{ "[1]", { "1" } },
		{ " [ {\"a\":[1,2],\"b\":\"],}\"} , \"x\\\"y,\" ,null ] ", { "{\"a\":[1,2],\"b\":\"],}\"}", "\"x\\\"y,\"", "null" } },
		{ "{\"a\":1}", { NULL } },
		{ "", { NULL } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct text rest = text_of(rows[i].array), item;
		size_t n = 0;

		for (bool first = true; json_item(&rest, first, &item); first = false, n++)
			cr_assert(rows[i].items[n] && text_is(item, rows[i].items[n]), "%zu: %.*s", i, TEXT_ARGS(item));
		cr_expect(!rows[i].items[n], "%zu", i);
	}
}
