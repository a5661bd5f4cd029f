/* SPDX-License-Identifier: Apache-2.0 */
/* Every message tree accepted, written and read again; every bad twin refused for its one reason. */
#include "ncpdp/catalogue.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"
#include "test/ncpdp/twins.h"

#include <stdio.h>
#include <string.h>

static void reads_back(enum ncpdp_family family)
{
	struct fixtures names;
	char directory[40];
	bool seen[NCPDP_KINDS] = { false };

	snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(family));
	fixtures_of(directory, &names);
	cr_assert(names.n >= 7);
	for (size_t i = 0; i < names.n; i++) {
		struct reading first, again;
		struct buffer out;

		reading_init(&first);
		reading_init(&again);
		reading_good(&first, family, names.names[i]);
		seen[first.message.kind] = true;
		buffer_init(&out, &first.arena, 0);
		cr_assert(ncpdp_write(&first.message, TEXT_NONE, &out, &first.fault), "%s: %s at %s", names.names[i],
			fault_row(first.fault.code)->name, first.fault.path);
		cr_assert(reading_of(&again, family, buffer_text(&out)), "%s again: %s at %s", names.names[i],
			fault_row(again.fault.code)->name, again.fault.path);
		cr_assert(again.message.kind == first.message.kind);
		cr_assert(again.message.notes.unknown == 0);
		cr_assert(record_equal(message_record(family), message_struct(&first.message), message_struct(&again.message)),
			"%s is not the same when read again", names.names[i]);
		reading_done(&first);
		reading_done(&again);
	}
	for (int kind = 1; kind < NCPDP_KINDS; kind++) {
		const struct ncpdp_kind_row *row = ncpdp_kind_row((enum ncpdp_kind)kind);

		cr_expect(!row->served || row->family != family || seen[kind], "no accepted example of %s", row->name);
	}
}

CASE(messages, script_reads_back)
{
	reads_back(NCPDP_SCRIPT);
}

CASE(messages, rtpb_reads_back)
{
	reads_back(NCPDP_RTPB);
}

/* Refused for this reason and no other, and the answer never repeats what was sent. */
static void refused(struct reading *reading, enum ncpdp_family family, struct text body, const char *name,
	const char *code, const char *path)
{
	cr_assert(!reading_of(reading, family, body), "%s was accepted", name);
	cr_expect_str_eq(fault_row(reading->fault.code)->name, code, "%s: %s at %s", name,
		fault_row(reading->fault.code)->name, reading->fault.path);
	cr_expect_str_eq(reading->fault.path, path, "%s: at %s", name, reading->fault.path);
}

static void bad_files(enum ncpdp_family family)
{
	struct fixtures names;
	char directory[40];

	snprintf(directory, sizeof(directory), "bad/%s", ncpdp_family_name(family));
	fixtures_of(directory, &names);
	cr_assert(names.n >= 3);
	for (size_t i = 0; i < names.n; i++) {
		struct reading reading;
		struct text body, rest;
		char code[40], path[FAULT_PATH_MAX];

		reading_init(&reading);
		body = fixture(directory, names.names[i], "xml", &reading.arena);
		rest = text_trim(fixture(directory, names.names[i], "fault", &reading.arena));
		text_to_z(text_cut(&rest, ' '), code, sizeof(code));
		text_to_z(rest, path, sizeof(path));
		refused(&reading, family, body, names.names[i], code, path);
		reading_done(&reading);
	}
}

CASE(messages, bad_script_files)
{
	bad_files(NCPDP_SCRIPT);
}

CASE(messages, bad_rtpb_files)
{
	bad_files(NCPDP_RTPB);
}

/* -- twins -- */

CASE(messages, twins)
{
	for (size_t i = 0; i < twins_n; i++) {
		const struct twin *twin = &twins[i];
		struct reading reading;
		struct text good;
		char directory[40];

		reading_init(&reading);
		snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(twin->family));
		good = fixture_packed(fixture(directory, twin->of, "xml", &reading.arena), &reading.arena);
		cr_assert(reading_of(&reading, twin->family, good), "%s is not good: %s at %s", twin->of,
			fault_row(reading.fault.code)->name, reading.fault.path);
		refused(&reading, twin->family, twin_body(twin, good, &reading.arena), twin->name, twin->code, twin->path);
		reading_done(&reading);
	}
}

/* -- leniency and strictness -- */

CASE(messages, unknown_elements_are_passed_over_or_refused)
{
	struct reading reading;
	struct ncpdp_message message;
	struct fault fault = { 0 };
	struct text body;

	reading_init(&reading);
	body = fixture("good/script", "unknown_elements", "xml", &reading.arena);
	cr_assert(reading_of(&reading, NCPDP_SCRIPT, body));
	cr_expect(reading.message.notes.unknown > 0);
	cr_assert(!ncpdp_read(reading.reader, NCPDP_SCRIPT, body, true, &reading.arena, &message, &fault));
	cr_expect(fault.code == FAULT_UNKNOWN_ELEMENT);
	cr_expect_str_eq(fault.path, "Body/PAInitiationRequest");
	body = fixture("good/script", "pa_initiation_request", "xml", &reading.arena);
	cr_assert(ncpdp_read(reading.reader, NCPDP_SCRIPT, body, true, &reading.arena, &message, &fault));
	reading_done(&reading);
}

/* A message we refuse can still be answered: what was read of its head is there. */
CASE(messages, head_survives_refusal)
{
	struct reading reading;

	reading_init(&reading);
	cr_assert(!reading_of(&reading, NCPDP_SCRIPT, fixture("bad/script", "body_new_rx", "xml", &reading.arena)));
	cr_assert(reading.message.kind == NCPDP_NEW_RX);
	cr_assert(reading.message.script && reading.message.script->header);
	cr_expect(text_is(reading.message.script->header->message_id, "M0001"));
	reading_done(&reading);
}

/* What a newcomer gets who posts to the wrong address: that is what is wrong, and not a version. */
CASE(messages, the_other_standard_is_no_message_here)
{
	struct reading reading;
	static const struct {
		enum ncpdp_family here, there;
		const char *name;
	} cases[] = { { NCPDP_SCRIPT, NCPDP_RTPB, "good/rtpb" }, { NCPDP_RTPB, NCPDP_SCRIPT, "good/script" } };

	for (size_t i = 0; i < 2; i++) {
		const char *name = cases[i].there == NCPDP_RTPB ? "request" : "pa_initiation_request";

		reading_init(&reading);
		cr_assert(!reading_of(&reading, cases[i].here, fixture(cases[i].name, name, "xml", &reading.arena)));
		cr_expect_eq(reading.fault.code, FAULT_UNKNOWN_MESSAGE, "%s", fault_row(reading.fault.code)->name);
		cr_assert(reading_of(&reading, cases[i].there, fixture(cases[i].name, name, "xml", &reading.arena)));
		reading_done(&reading);
	}
}

CASE(messages, version_attributes_as_told)
{
	struct reading reading;
	struct buffer out;
	const struct ncpdp_message *message;

	reading_init(&reading);
	message = reading_good(&reading, NCPDP_SCRIPT, "status");
	message->script->transaction_version = TEXT_NONE;
	message->script->transaction_domain = TEXT_NONE;
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(message, TEXT_NONE, &out, &reading.fault));
	cr_expect(memmem(out.at, out.n, " TransactionVersion=\"20170715\"", 30));
	cr_expect(memmem(out.at, out.n, " TransactionDomain=\"SCRIPT\"", 27));
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(message, text_lit("20170712"), &out, &reading.fault));
	cr_expect(memmem(out.at, out.n, " TransactionVersion=\"20170712\"", 30));
	cr_expect(memmem(out.at, out.n, " ECLVersion=\"20170712\"", 22));
	cr_expect(!memmem(out.at, out.n, "20170715", 8));
	cr_expect(!text_there(message->script->transaction_version), "what is written stays as it was");
	reading_done(&reading);
}

/* -- what is held against us when we write -- */

static bool writes(struct reading *reading, const struct ncpdp_message *message)
{
	struct buffer out;

	buffer_init(&out, &reading->arena, 0);
	return ncpdp_write(message, TEXT_NONE, &out, &reading->fault);
}

CASE(messages, denial_needs_reason)
{
	struct reading reading;
	const struct ncpdp_message *message;
	struct pa_response_status *status;

	reading_init(&reading);
	message = reading_good(&reading, NCPDP_SCRIPT, "pa_response_denied");
	status = message->script->body->pa_response->response->response_status;
	cr_assert(writes(&reading, message));
	status->denied->pa_note = TEXT_NONE;
	cr_assert(!writes(&reading, message));
	cr_expect(reading.fault.code == FAULT_NO_REASON);
	cr_expect_str_eq(reading.fault.path, "Body/PAResponse/Response/ResponseStatus/Denied/PANote");
	cr_expect(ncpdp_check(message, &reading.fault), "someone else's denial may come without one");
	message = reading_good(&reading, NCPDP_SCRIPT, "pa_appeal_response_partially_denied");
	message->script->body->pa_appeal_response->response->response_status->partially_denied->pa_note = TEXT_NONE;
	cr_assert(!writes(&reading, message));
	cr_expect_str_eq(reading.fault.path, "Body/PAAppealResponse/Response/ResponseStatus/PartiallyDenied/PANote");
	message = reading_good(&reading, NCPDP_SCRIPT, "pa_appeal_response_approved");
	message->script->body->pa_appeal_response->response->response_status->approved->pa_note = TEXT_NONE;
	cr_expect(writes(&reading, message), "an approval needs no reason");
	reading_done(&reading);
}

CASE(messages, five_alternatives_at_most)
{
	struct reading reading;
	const struct ncpdp_message *message;
	struct rtpb_response *response;
	struct response_product six[6];

	reading_init(&reading);
	message = reading_good(&reading, NCPDP_RTPB, "response");
	response = message->rtpb->body->response;
	cr_assert(response->alternatives_n == 5 && writes(&reading, message));
	memcpy(six, response->alternatives, sizeof(six[0]) * 5);
	six[5] = six[4];
	response->alternatives = six;
	response->alternatives_n = 6;
	cr_assert(!writes(&reading, message));
	cr_expect(reading.fault.code == FAULT_REPEATED);
	cr_expect_str_eq(reading.fault.path, "RTPBBody/RTPBResponse/ResponseAlternativeProduct");
	cr_expect(ncpdp_check(message, &reading.fault), "someone else may offer more");
	reading_done(&reading);
}

/* What we write is held to the tables as well. */
CASE(messages, nothing_half_done_is_written)
{
	struct reading reading;
	const struct ncpdp_message *message;

	reading_init(&reading);
	message = reading_good(&reading, NCPDP_SCRIPT, "pa_response_approved");
	message->script->body->pa_response->response->response_status->approved->appeal = NULL;
	cr_assert(!writes(&reading, message));
	cr_expect(reading.fault.code == FAULT_MISSING);
	cr_expect_str_eq(reading.fault.path, "Body/PAResponse/Response/ResponseStatus/Approved/Appeal");
	reading_done(&reading);
}

/* -- the tables among themselves -- */

static void kinds_match(enum ncpdp_family family, const struct record *body)
{
	size_t of_family = 0;

	for (size_t i = 0; i < body->n; i++) {
		enum ncpdp_kind kind = ncpdp_kind_of(family, field_name(&body->fields[i]));

		cr_assert(kind != NCPDP_UNKNOWN, "%s is not in messages.def", body->fields[i].member);
		/* what is served is read, but for PANotification, whose content is not known */
		cr_expect(ncpdp_kind_row(kind)->served == (body->fields[i].kind == FIELD_GROUP || kind == NCPDP_PA_NOTIFICATION),
			"%s", body->fields[i].member);
	}
	for (int kind = 1; kind < NCPDP_KINDS; kind++)
		of_family += ncpdp_kind_row((enum ncpdp_kind)kind)->family == family;
	cr_expect(of_family == body->n);
}

CASE(messages, every_kind_is_a_row_of_its_body)
{
	kinds_match(NCPDP_SCRIPT, &script_body_record);
	kinds_match(NCPDP_RTPB, &rtpb_body_record);
}

CASE(messages, families_by_name)
{
	enum ncpdp_family family;

	cr_assert(ncpdp_family_of(text_lit("rtpb"), &family) && family == NCPDP_RTPB);
	cr_assert(ncpdp_family_of(text_lit("script"), &family) && family == NCPDP_SCRIPT);
	cr_assert(!ncpdp_family_of(text_lit("fhir"), &family));
	cr_expect_str_eq(ncpdp_family_name(NCPDP_RTPB), "rtpb");
}

/* Every row of the rules is asked: the manual names each, with where it comes from. */
CASE(messages, rules_are_listed)
{
	size_t n = 0;

	for (const struct ncpdp_rule *rule = ncpdp_rules(); rule->id; rule++, n++)
		cr_expect(*rule->id && *rule->sentence && *rule->source);
	cr_expect(n > 15);
}
