/* SPDX-License-Identifier: Apache-2.0 */
/* A message under another head: all else is the bytes that came, and the new head says what it should. */
#include "ncpdp/envelope.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <stdio.h>
#include <string.h>

#define NOW_MS INT64_C(1790000000000)
#define M_START "<Message><Header>"
#define M_END "</Header><Body><NewRx/></Body></Message>"

static const void *question_head(const struct ncpdp_message *message, struct arena *arena)
{
	struct text to = text_lit("PY:REMOTE&CO"), from = text_lit("ZZZ:US"), id = text_lit("trace.1");

	if (message->family == NCPDP_SCRIPT)
		return envelope_script_question(message->script->header, to, from, id, NOW_MS, arena);
	return envelope_rtpb_question(message->rtpb->header, to, from, id, NOW_MS, arena);
}

/* No head here names a Body. */
static struct text from_the_body(struct text message)
{
	const char *at = memmem(message.at, message.n, "Body", strlen("Body"));

	cr_assert(at);
	return (struct text){ at, message.n - (size_t)(at - message.at) };
}

/* Every accepted message, wrapped ones too: the bytes behind the head are the same, and it reads as the same body. */
static void every_message(enum ncpdp_family family)
{
	struct fixtures names;
	char directory[40];

	snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(family));
	fixtures_of(directory, &names);
	for (size_t i = 0; i < names.n; i++) {
		struct reading first, again;
		struct text body, inner;
		struct fault fault;
		struct buffer out;

		reading_init(&first);
		reading_init(&again);
		reading_good(&first, family, names.names[i]);
		body = fixture(directory, names.names[i], "xml", &first.arena);
		buffer_init(&out, &first.arena, 0);
		cr_assert(envelope_write(family, body, question_head(&first.message, &first.arena), &out, &fault), "%s: %s at %s",
			names.names[i], fault_row(fault.code)->name, fault.path);
		cr_assert(xml_unwrap(body, &first.arena, &inner, &fault));
		cr_expect(text_equal(from_the_body(inner), from_the_body(buffer_text(&out))), "%s: the rest is not the same", names.names[i]);
		cr_assert(reading_of(&again, family, buffer_text(&out)), "%s: %s at %s", names.names[i],
			fault_row(again.fault.code)->name, again.fault.path);
		if (family == NCPDP_SCRIPT) {
			const struct script_header *head = again.message.script->header;

			cr_expect(text_is(head->to->id, "REMOTE&CO") && text_is(head->to->qualifier, "PY"));
			cr_expect(text_is(head->from->id, "US") && text_is(head->message_id, "trace.1"));
			cr_expect(!text_there(head->relates_to_message_id) && !head->security && !head->mailbox);
			cr_expect(text_equal(head->test_message, first.message.script->header->test_message));
			cr_expect(record_equal(&script_body_record, first.message.script->body, again.message.script->body) ||
				first.message.notes.unknown, "%s", names.names[i]);
			cr_expect(text_equal(first.message.script->transaction_version, again.message.script->transaction_version));
		} else {
			const struct rtpb_header *head = again.message.rtpb->header;

			cr_expect(text_is(head->from->primary->identification, "US") && text_is(head->message_id, "trace.1"));
			cr_expect(record_equal(&rtpb_body_record, first.message.rtpb->body, again.message.rtpb->body));
		}
		reading_done(&first);
		reading_done(&again);
	}
}

CASE(envelope, script_under_another_head)
{
	every_message(NCPDP_SCRIPT);
}

CASE(envelope, rtpb_under_another_head)
{
	every_message(NCPDP_RTPB);
}

CASE(envelope, the_bin_stays_whom_a_price_is_asked_of)
{
	struct reading reading;
	const struct rtpb_header *asked;
	struct rtpb_header *head;
	struct rtpb_identification other = { .identification = text_lit("X"), .qualifier = text_lit("PY") };

	reading_init(&reading);
	asked = reading_good(&reading, NCPDP_RTPB, "request")->rtpb->header;
	head = envelope_rtpb_question(asked, text_lit("PY:REMOTE"), text_lit("PY:US"), text_lit("m"), NOW_MS, &reading.arena);
	cr_expect(text_is(head->to->primary->identification, "999999") && head->to->secondary);
	asked->to->primary = &other;
	head = envelope_rtpb_question(asked, text_lit("PY:REMOTE"), text_lit("PY:US"), text_lit("m"), NOW_MS, &reading.arena);
	cr_expect(text_is(head->to->primary->identification, "REMOTE"));
	reading_done(&reading);
}

CASE(envelope, an_answer_goes_back_to_who_asked)
{
	struct reading asked, answered, again;
	struct fault fault;
	struct buffer out;
	const struct script_header *head;

	reading_init(&asked);
	reading_init(&answered);
	reading_init(&again);
	reading_good(&asked, NCPDP_SCRIPT, "pa_request");
	buffer_init(&out, &asked.arena, 0);
	reading_good(&answered, NCPDP_SCRIPT, "pa_response_denied");
	cr_assert(envelope_write(NCPDP_SCRIPT, fixture("good/script", "pa_response_denied", "xml", &asked.arena),
		envelope_script_answer(asked.message.script->header, text_lit("t.1"), NOW_MS, &asked.arena), &out, &fault));
	cr_assert(reading_of(&again, NCPDP_SCRIPT, buffer_text(&out)));
	head = again.message.script->header;
	cr_expect(text_equal(head->to->id, asked.message.script->header->from->id));
	cr_expect(text_equal(head->from->id, asked.message.script->header->to->id));
	cr_expect(text_equal(head->relates_to_message_id, asked.message.script->header->message_id));
	cr_expect(text_is(head->message_id, "t.1"));
	cr_expect(record_equal(&script_body_record, answered.message.script->body, again.message.script->body));
	reading_done(&asked);
	reading_done(&answered);
	reading_done(&again);
}

/* Where a scan for "Header" would go wrong. */
CASE(envelope, the_head_is_found_where_it_is)
{
	static const struct {
		const char *message, *before, *open, *head, *after;
	} rows[] = {
		{ M_START "<To/>" M_END, "<Message>", "<Header>", "<To/>", "<Body><NewRx/></Body></Message>" },
		{ "<?xml version=\"1.0\"?><!-- <Header> --><Message a=\"></Header>\" b='\"'><Header>x</Header><Body/></Message> ",
			NULL, NULL, NULL, NULL }, /* '<' in a value is not XML */
		{ "<!-- <Header> --><Message a=\"/>Header>\"><Header>x</Header><Body/></Message> ",
			"<!-- <Header> --><Message a=\"/>Header>\">", "<Header>", "x", "<Body/></Message> " },
		{ "<Message><!-- <Header></Header> --><Body><Header>no</Header></Body><h:Header xmlns:h='u'><Header/><b></b></h:Header></Message>",
			"<Message><!-- <Header></Header> --><Body><Header>no</Header></Body>", "<h:Header xmlns:h='u'>",
			"<Header/><b></b>", "</Message>" },
		{ "<Message><Header><a><Body/></a></Header ><Body></Body></Message>", "<Message>", "<Header>", "<a><Body/></a>",
			"<Body></Body></Message>" },
		{ "<Message><Header>a</Header><Header>b</Header><Body/></Message>", NULL, NULL, NULL, NULL },
		{ "<Message><Header>a</Header><Body/><Body/></Message>", NULL, NULL, NULL, NULL },
		{ "<Message><Header/><Body/></Message>", NULL, NULL, NULL, NULL },
		{ "<Message><Header>a</Header></Message>", NULL, NULL, NULL, NULL },
		{ "<Message><Body/></Message>", NULL, NULL, NULL, NULL },
		{ "<Message><a><Header>a</Header></a><Body/></Message>", NULL, NULL, NULL, NULL },
		{ "<Message/>", NULL, NULL, NULL, NULL },
		{ "<Message><Header>a</Header><Body/>", NULL, NULL, NULL, NULL },
		{ "", NULL, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct envelope_parts parts;
		struct fault fault;
		bool good = envelope_split(text_of(rows[i].message), &parts, &fault);

		cr_assert_eq(good, rows[i].before != NULL, "row %zu", i);
		if (!good)
			continue;
		cr_expect(text_is(parts.before, rows[i].before), "row %zu: %.*s", i, TEXT_ARGS(parts.before));
		cr_expect(text_is(parts.open, rows[i].open), "row %zu", i);
		cr_expect(text_is(parts.head, rows[i].head), "row %zu", i);
		cr_expect(text_is(parts.after, rows[i].after), "row %zu", i);
	}
}

CASE(envelope, a_head_that_breaks_the_table_is_not_written)
{
	struct script_header head = { 0 };
	struct arena arena;
	struct fault fault;
	struct buffer out;

	arena_init(&arena, 1 << 20);
	buffer_init(&out, &arena, 0);
	cr_expect(!envelope_write(NCPDP_SCRIPT, text_lit(M_START "<To/>" M_END), &head, &out, &fault));
	cr_expect(fault.code == FAULT_MISSING && out.n == 0);
	arena_done(&arena);
}
