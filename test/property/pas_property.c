/* SPDX-License-Identifier: Apache-2.0 */
/* Any PAS request that holds to the profiles is read as it was written, and any decision about it is an answer that holds as well.
   DUALTRACK_SEED=n begins at another seed; a failure says which seed it was. */
#include "fhir-bridge/script/to_script.h"
#include "test/case.h"
#include "test/property/any.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 400, MEMORY = 64 << 20, ITEMS = 30 };

static uint64_t first_seed(void)
{
	const char *z = getenv("DUALTRACK_SEED");

	return z ? strtoull(z, NULL, 10) : 1;
}

static struct fhir_bundle *example(const char *name, struct arena *arena)
{
	enum { ROOM = 1 << 18 };
	char path[300], *bytes = arena_alloc(arena, ROOM);
	struct fhir_bundle *bundle;
	struct fault fault = { 0 };
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), PAS_EXAMPLES "%s.json", name);
	in = fopen(path, "re");
	cr_assert(in && bytes, "%s", path);
	n = fread(bytes, 1, ROOM, in);
	fclose(in);
	cr_assert(pas_read((struct text){ bytes, n }, PAS_SUBMIT, PAS_2_2_1, arena, &bundle, &fault), "%s", fault.path);
	return bundle;
}

static struct text number(struct any *any, uint64_t value)
{
	struct buffer out;

	buffer_init(&out, any->arena, 24);
	buffer_add_int(&out, (int64_t)value);
	return buffer_text(&out);
}

/* A few of the numbers from 1 to n as JSON; TEXT_NONE for none. */
static struct text some_of(struct any *any, size_t n)
{
	struct buffer out;

	buffer_init(&out, any->arena, 64);
	for (size_t i = 1; i <= n; i++) {
		if (any_below(any, 2))
			continue;
		buffer_add(&out, !out.n ? text_lit("[") : any_below(any, 2) ? text_lit(",") : text_lit(" , "));
		buffer_add_int(&out, (int64_t)i);
	}
	if (!out.n)
		return TEXT_NONE;
	buffer_add_char(&out, ']');
	return buffer_text(&out);
}

/* A number as FHIR has it: sign, digits, perhaps a point and zeros that mean something. */
static struct text any_decimal(struct any *any)
{
	static const char *const values[] = { "0", "1", "2.0", "1.50", "0.001", "-0.5", "-3", "100000000000000.000001", "0.10", "7.000" };

	return text_of(values[any_below(any, sizeof(values) / sizeof(*values))]);
}

/* Words that stand where people write: whatever any() makes of them. */
static void any_words(struct any *any, const struct record *record, void *rec)
{
	static const char free_text[] = "display text family given suffix prefix city district unit title description valueString value";

	for (size_t i = 0; i < record->n; i++) {
		const struct field *field = &record->fields[i];
		void *at = field_at(field, rec);

		if (!field_there(field, rec) || field->of == &fhir_resource_record)
			continue;
		if (field->kind == FIELD_TEXT && text_in_list(field->wire, free_text) && any_below(any, 2))
			*(struct text *)at = ((struct fhir_attachment *)any_record(any, &fhir_attachment_record))->title;
		if (field->kind == FIELD_TEXT && !((struct text *)at)->n)
			*(struct text *)at = text_lit("w");
		if (field->kind == FIELD_GROUP)
			any_words(any, field->of, *(void **)at);
		for (size_t k = 0; field->kind == FIELD_LIST && k < *field_count_at(field, rec); k++)
			any_words(any, field->of, *(char **)at + k * field->of->size);
	}
}

static void any_items(struct any *any, struct fhir_claim *claim)
{
	size_t n = 1 + any_below(any, ITEMS);
	struct fhir_item *items = arena_alloc(any->arena, n * sizeof(*items));
	uint64_t step = 1 + any_below(any, 1000);

	cr_assert(items);
	for (size_t i = 0; i < n; i++) {
		items[i] = claim->item[any_below(any, claim->item_n)];
		items[i].sequence = number(any, 1 + i * step);
		items[i].care_team_sequence = some_of(any, claim->care_team_n);
		items[i].diagnosis_sequence = some_of(any, claim->diagnosis_n);
		items[i].information_sequence = some_of(any, claim->supporting_info_n);
		items[i].quantity = any_below(any, 3) ? arena_new(any->arena, struct fhir_quantity) : NULL;
		if (items[i].quantity)
			items[i].quantity->value = any_decimal(any);
		if (any_below(any, 2))
			items[i].unit_price = NULL;
		if (any_below(any, 2))
			items[i].modifier_n = 0;
		if (any_below(any, 2) && items[i].extension_n > 3)
			items[i].extension_n = 3; /* without what stands behind the three that are always there */
	}
	claim->item = items;
	claim->item_n = n;
}

/* A request that holds: the example with items, numbers and words as the seed has them. */
static struct fhir_bundle *any_request(struct any *any)
{
	static const char *const names[] = { "submit", "drug", "update" };
	struct fhir_bundle *bundle = example(names[any_below(any, 3)], any->arena);
	struct fhir_claim *claim = bundle->entry[0].resource->claim;

	any_items(any, claim);
	if (any_below(any, 3) == 0)
		claim->accident = NULL;
	for (size_t i = 0; i < bundle->entry_n; i++) {
		const struct fhir_resource *resource = bundle->entry[i].resource;

		if (resource->patient)
			any_words(any, &fhir_name_record, &resource->patient->name[0]);
		if (resource->organization)
			any_words(any, &fhir_concept_record, &resource->organization->type[0]);
		if (resource->medication_request)
			any_words(any, &fhir_concept_record, resource->medication_request->medication);
		if (resource->questionnaire_response)
			any_words(any, &fhir_response_question_record, &resource->questionnaire_response->item[0]);
		if (resource->location)
			any_words(any, &fhir_address_record, resource->location->address);
	}
	return bundle;
}

static void any_lines(struct any *any, const struct fhir_claim *claim, struct pas_line *lines, struct pas_answer *answer)
{
	static const char *const actions[] = { "A1", "A2", "A3", "A4", "A6", "C", "CT", "NA" };
	size_t n = any_below(any, claim->item_n + 1);

	for (size_t i = 0; i < n; i++) {
		lines[i] = (struct pas_line){ .sequence = claim->item[i].sequence, .action = text_of(actions[any_below(any, 8)]) };
		if (any_below(any, 2))
			lines[i].number = ((struct fhir_attachment *)any_record(any, &fhir_attachment_record))->title;
		if (any_below(any, 2))
			lines[i].reason = any_below(any, 2) ? text_lit("the same reason") : number(any, any_below(any, 100));
		if (any_below(any, 2))
			lines[i].effective_date = text_lit("2026-12-01");
		if (any_below(any, 2))
			lines[i].instead.quantity = any_decimal(any);
		if (any_below(any, 2))
			lines[i].reference = text_lit("CASE1");
	}
	*answer = (struct pas_answer){ .identifier = number(any, any_below(any, 1 << 30)), .wall_ms = INT64_C(1795339800000), .lines = lines, .lines_n = n,
		.reviewer = (enum pas_reviewer)any_below(any, 3), .note = any_below(any, 2) ? text_lit("a note") : TEXT_NONE };
}

static void comes_back(const struct fhir_bundle *bundle, enum pas_kind kind, enum pas_version version, struct arena *arena, uint64_t seed)
{
	struct fhir_bundle *again;
	struct fault fault = { 0 };
	struct buffer json;

	cr_assert(pas_check(bundle, kind, version, arena, &fault), "DUALTRACK_SEED=%llu: %s at %s", (unsigned long long)seed,
		fault_row(fault.code)->name, fault.path);
	buffer_init(&json, arena, 0);
	fhir_write(bundle, &json);
	cr_assert(pas_read(buffer_text(&json), kind, version, arena, &again, &fault), "DUALTRACK_SEED=%llu: %s at %s", (unsigned long long)seed,
		fault_row(fault.code)->name, fault.path);
	cr_assert(record_equal(&fhir_bundle_record, bundle, again), "DUALTRACK_SEED=%llu", (unsigned long long)seed);
}

CASE(pas_property, any_request_comes_back_and_any_answer_holds)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (uint64_t seed = first_seed(); seed < first_seed() + ROUNDS; seed++) {
		struct pas_line lines[ITEMS];
		struct fhir_bundle *request, *made;
		struct pas_answer answer;
		enum pas_version version;
		struct any any;

		arena_reset(&arena);
		any_init(&any, seed, ANY_JSON, &arena);
		request = any_request(&any);
		comes_back(request, PAS_SUBMIT, PAS_2_2_1, &arena, seed);
		any_lines(&any, request->entry[0].resource->claim, lines, &answer);
		version = any_below(&any, 4) ? PAS_2_2_1 : PAS_2_0_1;
		made = pas_answer_of(request, &answer, version, &arena);
		cr_assert(made);
		comes_back(made, PAS_SUBMIT_ANSWER, version, &arena, seed);
		cr_assert_eq(made->entry[0].resource->claim_response->item_n, request->entry[0].resource->claim->item_n);
	}
	arena_done(&arena);
}

/* -- in SCRIPT -- */

static struct ncpdp_message read_back(struct xml_reader *reader, const struct script_message *script, enum ncpdp_kind kind, struct arena *arena, uint64_t seed)
{
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = kind, .script = (struct script_message *)script }, again = { 0 };
	struct buffer xml;
	struct fault fault = { 0 };

	buffer_init(&xml, arena, 8192);
	cr_assert(ncpdp_write(&message, text_lit(""), &xml, &fault), "DUALTRACK_SEED=%llu: %s at %s", (unsigned long long)seed, fault_row(fault.code)->name,
		fault.path);
	cr_assert(ncpdp_read(reader, NCPDP_SCRIPT, buffer_text(&xml), true, arena, &again, &fault), "DUALTRACK_SEED=%llu: %s at %s", (unsigned long long)seed,
		fault_row(fault.code)->name, fault.path);
	return again;
}

CASE(pas_property, any_request_becomes_script_that_reads_back_or_says_what_is_missing)
{
	struct xml_reader *reader = xml_reader_new();
	struct arena arena;
	int said = 0;

	arena_init(&arena, MEMORY);
	for (uint64_t seed = first_seed(); seed < first_seed() + ROUNDS; seed++) {
		const struct script_asking asking = { .step = SCRIPT_INITIATE, .stamp = text_lit(""), .to = text_lit("PY:EXAMPLE"), .from = text_lit("ZZZ:OURS"),
			.message_id = text_lit("m"), .pa_reference_id = text_lit("PA-1"), .wall_ms = INT64_C(1795339800000) };
		struct script_message *script;
		struct fault fault = { 0 };
		struct loss loss = { .n = 0 };
		struct ncpdp_message again;
		struct any any;

		arena_reset(&arena);
		any_init(&any, seed, ANY_JSON, &arena);
		if (!script_request_of(any_request(&any), &asking, &arena, &script, &loss, &fault)) {
			cr_assert(fault_row(fault.code)->http_status == 422, "DUALTRACK_SEED=%llu: %s at %s", (unsigned long long)seed, fault_row(fault.code)->name, fault.path);
			continue;
		}
		said++;
		again = read_back(reader, script, NCPDP_PA_INITIATION_REQUEST, &arena, seed);
		cr_assert(record_equal(&script_message_record, script, again.script), "DUALTRACK_SEED=%llu", (unsigned long long)seed);
	}
	cr_expect(said > 0);
	xml_reader_free(reader);
	arena_done(&arena);
}

/* Any answer that a payer may give, as its tables have it. */
static void any_answer(struct any *any, struct script_body *body)
{
	switch (any_below(any, 3)) {
	case 0:
		body->pa_initiation_response = any_record(any, &pa_initiation_response_record);
		break;
	case 1:
		body->pa_response = any_record(any, &pa_response_record);
		break;
	default:
		body->pa_cancel_response = any_record(any, &pa_cancel_response_record);
	}
}

CASE(pas_property, any_answer_in_script_is_an_answer_of_pas)
{
	struct arena arena;

	arena_init(&arena, MEMORY);
	for (uint64_t seed = first_seed(); seed < first_seed() + ROUNDS * 5; seed++) {
		const struct script_about about = { .identifier = text_lit("answer"), .case_id = text_lit("PA-1"), .wall_ms = INT64_C(1795339800000) };
		struct script_body body = { 0 };
		const struct script_message script = { .body = &body };
		struct fhir_bundle *request, *made;
		struct pas_answer answer;
		struct loss loss = { .n = 0 };
		struct fault fault = { 0 };
		struct any any;

		arena_reset(&arena);
		any_init(&any, seed, ANY_JSON, &arena);
		any_answer(&any, &body);
		request = example("drug", &arena);
		cr_assert(script_answer_as_pas(&script, request, &about, &arena, &answer, &loss), "DUALTRACK_SEED=%llu", (unsigned long long)seed);
		made = pas_answer_of(request, &answer, PAS_2_2_1, &arena);
		cr_assert(made && pas_check(made, PAS_SUBMIT_ANSWER, PAS_2_2_1, &arena, &fault), "DUALTRACK_SEED=%llu: %s at %s", (unsigned long long)seed,
			fault_row(fault.code)->name, fault.path);
	}
	arena_done(&arena);
}
