/* SPDX-License-Identifier: Apache-2.0 */
/* Every message tree accepted, written and read again; every bad twin refused for its one reason. */
#include "ncpdp/catalogue.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <stdio.h>
#include <stdlib.h>
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

enum change { WITHOUT, TIMES, FILL, REPLACE };

struct twin {
	enum ncpdp_family family;
	const char *of, *name;
	enum change change;
	const char *what, *with, *code, *path;
};

static const struct twin twins[] = {
#define TWIN(family, of, name, change, what, with, code, path) \
	{ NCPDP_##family, of, #name, change, what, with, #code, path },
#include "test/ncpdp/twins.def"
#undef TWIN
};

/* Where the element of this name stands, its tags included. */
static struct text element(struct text body, const char *name)
{
	char open[100], close[100];
	const char *from, *to;

	snprintf(close, sizeof(close), "</%s>", name);
	to = memmem(body.at, body.n, close, strlen(close));
	cr_assert(to, "no element %s", name);
	snprintf(open, sizeof(open), "<%s>", name);
	from = memmem(body.at, body.n, open, strlen(open));
	if (!from || from > to) {
		snprintf(open, sizeof(open), "<%s ", name);
		from = memmem(body.at, body.n, open, strlen(open));
	}
	cr_assert(from && from < to, "no element %s", name);
	return (struct text){ from, (size_t)(to - from) + strlen(close) };
}

static struct text changed(const struct twin *twin, struct text body, struct arena *arena)
{
	struct buffer out;
	struct text what = text_of(twin->what);
	const char *at;

	buffer_init(&out, arena, body.n + 4096);
	if (twin->change == WITHOUT || twin->change == TIMES) {
		what = element(body, twin->what);
	} else {
		at = memmem(body.at, body.n, what.at, what.n);
		cr_assert(at, "%s: the text to change is not there", twin->name);
		what.at = at;
	}
	buffer_add(&out, (struct text){ body.at, (size_t)(what.at - body.at) });
	switch (twin->change) {
	case WITHOUT:
		break;
	case TIMES:
		for (int i = 0; i < atoi(twin->with); i++)
			buffer_add(&out, what);
		break;
	case FILL:
		for (int i = 0; i < atoi(twin->with); i++)
			buffer_add_char(&out, '1');
		break;
	case REPLACE:
		buffer_add(&out, text_of(twin->with));
		break;
	}
	at = what.at + what.n;
	buffer_add(&out, (struct text){ at, (size_t)(body.at + body.n - at) });
	return buffer_text(&out);
}

CASE(messages, twins)
{
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		const struct twin *twin = &twins[i];
		struct reading reading;
		struct text good;
		char directory[40];

		reading_init(&reading);
		snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(twin->family));
		good = fixture_packed(fixture(directory, twin->of, "xml", &reading.arena), &reading.arena);
		cr_assert(reading_of(&reading, twin->family, good), "%s is not good: %s at %s", twin->of,
			fault_row(reading.fault.code)->name, reading.fault.path);
		refused(&reading, twin->family, changed(twin, good, &reading.arena), twin->name, twin->code, twin->path);
		reading_done(&reading);
	}
}

static const enum ncpdp_kind main_kinds[] = { NCPDP_PA_INITIATION_REQUEST, NCPDP_PA_INITIATION_RESPONSE, NCPDP_PA_REQUEST,
	NCPDP_PA_RESPONSE, NCPDP_PA_APPEAL_REQUEST, NCPDP_PA_APPEAL_RESPONSE, NCPDP_PA_CANCEL_REQUEST, NCPDP_PA_CANCEL_RESPONSE,
	NCPDP_STATUS, NCPDP_RTPB_REQUEST, NCPDP_RTPB_RESPONSE };

/* Each main message has at least three bad twins. */
CASE(messages, three_twins_each)
{
	size_t n[NCPDP_KINDS] = { 0 };

	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		struct reading reading;

		reading_init(&reading);
		n[reading_good(&reading, twins[i].family, twins[i].of)->kind]++;
		reading_done(&reading);
	}
	for (size_t i = 0; i < sizeof(main_kinds) / sizeof(main_kinds[0]); i++)
		cr_expect(n[main_kinds[i]] >= 3, "%s has %zu bad twins", ncpdp_kind_row(main_kinds[i])->name,
			n[main_kinds[i]]);
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
