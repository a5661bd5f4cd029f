/* SPDX-License-Identifier: Apache-2.0 */
/* The many ways in which public sources write a real-time benefit check: all are read, each as the same thing, and nothing that a payer
   said is lost on the way. */
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

#include <string.h>

#define SAME(actual, expected) cr_expect(text_equal((actual), text_of(expected)), #actual " is %.*s", TEXT_ARGS(actual))

static struct text packed(const char *name, struct arena *arena)
{
	return text_trim(fixture_packed(fixture("good/rtpb", name, "xml", arena), arena));
}

/* Every place of `what` replaced. */
static struct text replaced(struct text body, const char *what, const char *with, struct arena *arena)
{
	struct buffer out;
	size_t n = 0;

	buffer_init(&out, arena, body.n);
	for (;; n++) {
		const char *at = body.n ? memmem(body.at, body.n, what, strlen(what)) : NULL;

		if (!at)
			break;
		buffer_add(&out, (struct text){ body.at, (size_t)(at - body.at) });
		buffer_add(&out, text_of(with));
		body.n -= (size_t)(at - body.at) + strlen(what);
		body.at = at + strlen(what);
	}
	cr_assert(n, "%s", what);
	buffer_add(&out, body);
	return buffer_text(&out);
}

/* -- the same in other words -- */

struct spelling {
	const char *fixture, *what, *with;
};

static const struct spelling spellings[] = {
	{ "request", "<Message ", "<RTPBMessage " },
	{ "request", "RTPBHeader>", "Header>" },
	{ "request", "RTPBBody>", "Body>" },
	{ "request", "<Message RTPBVersion", "<Message xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
				"xsi:noNamespaceSchemaLocation=\"transport.xsd\" RTPBVersion" },
	{ "request", "<SentTime>", "<RelatesToMessageID></RelatesToMessageID><SentTime>" },
	{ "request", "RequestedProduct>", "Product>" },
	{ "response", "RTPBHeader>", "Header>" },
	{ "response", "HelpdeskBusinessUnitType>", "HelpDeskBusinessUnitType>" },
	{ "response", "<ePAEnabled>true</ePAEnabled>", "<ElectronicPriorAuthorizationEnabled>true</ElectronicPriorAuthorizationEnabled>" },
	{ "response", "<ePAEnabled>true</ePAEnabled>", "<ePAEnabled>1</ePAEnabled>" },
	{ "response", "<Code>SP</Code>", "<TimePeriod>SP</TimePeriod>" },
};

CASE(rtpb, spelt_otherwise)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const struct spelling *row = &spellings[i];
		struct reading plain, other;
		struct text body;

		reading_init(&plain);
		reading_init(&other);
		body = packed(row->fixture, &other.arena);
		cr_assert(reading_of(&plain, NCPDP_RTPB, body));
		body = replaced(body, row->what, row->with, &other.arena);
		if (strcmp(row->what, "<Message ") == 0)
			body = replaced(body, "</Message>", "</RTPBMessage>", &other.arena);
		cr_assert(reading_of(&other, NCPDP_RTPB, body), "%s: %s at %s", row->with, fault_row(other.fault.code)->name,
			other.fault.path);
		cr_expect(other.message.notes.unknown == 0, "%s", row->with);
		cr_expect(record_equal(&rtpb_message_record, plain.message.rtpb, other.message.rtpb), "%s", row->with);
		reading_done(&plain);
		reading_done(&other);
	}
}

/* Older messages have the codes one level higher and the gender flat: other members, told as the same. */
CASE(rtpb, older_places)
{
	struct reading reading;
	struct ncpdp_drug drug;
	struct text body;

	reading_init(&reading);
	body = packed("request", &reading.arena);
	body = replaced(body, "<Product><DrugCoded>", "<DrugCoded>", &reading.arena);
	body = replaced(body, "</DrugCoded></Product>", "</DrugCoded>", &reading.arena);
	cr_assert(reading_of(&reading, NCPDP_RTPB, body));
	ncpdp_drug(&reading.message, &drug);
	SAME(drug.ndc, "99999000101");
	SAME(drug.rxcui, "9999901");
	reading_good(&reading, NCPDP_RTPB, "request_older_spelling");
	SAME(reading.message.rtpb->body->request->patient->gender, "F");
	SAME(reading.message.rtpb->ecl_version, "1");
	reading_done(&reading);
}

CASE(rtpb, version_attributes_with_prefix_and_without)
{
	static const char *const attributes[] = { "DatatypesVersion", "TransportVersion", "TransactionDomain", "TransactionVersion",
		"StructuresVersion", "ECLVersion" };

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		for (int prefixed = 0; prefixed < 3; prefixed++) {
			struct reading reading;
			struct buffer with;
			bool good;

			reading_init(&reading);
			buffer_init(&with, &reading.arena, 0);
			buffer_lit(&with, "<Message ");
			if (prefixed != 1)
				buffer_format(&with, "RTPB%s=\"A1\" ", attributes[i]);
			if (prefixed != 0)
				buffer_format(&with, "%s=\"A1\" ", attributes[i]);
			buffer_add_char(&with, '\0');
			good = reading_of(&reading, NCPDP_RTPB, replaced(packed("request", &reading.arena), "<Message ", with.at, &reading.arena));
			cr_expect(good == (prefixed != 2), "%s", with.at); /* both at once are one too many */
			cr_expect(reading.fault.code == (good ? FAULT_NONE : FAULT_REPEATED));
			reading_done(&reading);
		}
}

/* Any order of the children is read; the table's is written. */
CASE(rtpb, order_is_free)
{
	const char *quantity = "<Quantity><Value>30</Value><CodeListQualifier>38</CodeListQualifier><QuantityUnitOfMeasure>"
			       "<Code>C48542</Code></QuantityUnitOfMeasure></Quantity>";
	const char *turned = "<Quantity><QuantityUnitOfMeasure><Code>C48542</Code></QuantityUnitOfMeasure><CodeListQualifier>38"
			     "</CodeListQualifier><Value>30</Value></Quantity>";
	struct reading reading;
	struct buffer out;
	struct text body;

	reading_init(&reading);
	body = packed("request", &reading.arena);
	cr_assert(reading_of(&reading, NCPDP_RTPB, replaced(body, quantity, turned, &reading.arena)));
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault));
	cr_expect(text_equal(text_trim(fixture_packed(buffer_text(&out), &reading.arena)), body), "%.*s", TEXT_ARGS(buffer_text(&out)));
	reading_done(&reading);
}

/* -- what a payer says is kept -- */

/* Codes that nobody told us of, numeric ones of early implementations among them, go through, and so does what they stand on. */
CASE(rtpb, unknown_codes_pass)
{
	static const struct spelling codes[] = {
		{ "response", "<CoverageStatusCode>CC<", "<CoverageStatusCode>1<" },
		{ "response", "<PricingAndCoverageIndicator>R<", "<PricingAndCoverageIndicator>1<" },
		{ "response", "<CoverageRestrictionCode>75<", "<CoverageRestrictionCode>92<" },
		{ "response", "<PatientPayComponentQualifier>07<", "<PatientPayComponentQualifier>99<" },
		{ "response", "<PharmacyType>R<", "<PharmacyType>XYZ<" },
		{ "response_not_processed", "<RejectCode>65<", "<RejectCode>ZZ99<" },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct reading reading;
		struct buffer out;
		struct text body;

		reading_init(&reading);
		body = replaced(packed(codes[i].fixture, &reading.arena), codes[i].what, codes[i].with, &reading.arena);
		cr_assert(reading_of(&reading, NCPDP_RTPB, body), "%s at %s", codes[i].with, reading.fault.path);
		buffer_init(&out, &reading.arena, 0);
		cr_assert(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault), "%s at %s", codes[i].with, reading.fault.path);
		cr_expect(memmem(out.at, out.n, codes[i].with, strlen(codes[i].with)), "%s", codes[i].with);
		if (reading.message.rtpb->body->response->response->processed)
			cr_expect(reading.message.rtpb->body->response->alternatives_n == 5, "%s", codes[i].with);
		reading_done(&reading);
	}
}

/* Five alternatives are what a network offers at most: of others more are read, and none is lost, but no more are sent. */
CASE(rtpb, six_alternatives)
{
	struct reading reading;
	struct rtpb_response *response;
	struct buffer out;

	reading_init(&reading);
	cr_assert(reading_of(&reading, NCPDP_RTPB,
		replaced(packed("response", &reading.arena), "<RestrictedPrescriber>",
			"<ResponseAlternativeProduct><DrugCoded><NDC>99999000205</NDC></DrugCoded><PricingAndCoverages><PricingAndCoverage>"
			"<PricingAndCoverageIndicator>R</PricingAndCoverageIndicator><CoverageStatusCode>CC</CoverageStatusCode>"
			"</PricingAndCoverage></PricingAndCoverages></ResponseAlternativeProduct><RestrictedPrescriber>",
			&reading.arena)));
	response = reading.message.rtpb->body->response;
	cr_assert(response->alternatives_n == 6);
	SAME(response->alternatives[5].drug_coded->ndc, "99999000205");
	buffer_init(&out, &reading.arena, 0);
	cr_expect(!ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault));
	cr_expect(reading.fault.code == FAULT_REPEATED);
	cr_expect_str_eq(reading.fault.path, "RTPBBody/RTPBResponse/ResponseAlternativeProduct");
	response->alternatives_n = 5;
	buffer_init(&out, &reading.arena, 0);
	cr_expect(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault));
	reading_done(&reading);
}

/* Whether prior authorization can be asked for electronically is said for each product, no as well as yes. */
CASE(rtpb, the_flag_is_always_said)
{
	struct reading reading;
	struct buffer out;
	size_t yes = 0, no = 0;

	reading_init(&reading);
	reading_good(&reading, NCPDP_RTPB, "response");
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(&reading.message, TEXT_NONE, &out, &reading.fault));
	for (size_t i = 0; i + 1 < out.n; i++) {
		yes += text_starts((struct text){ out.at + i, out.n - i }, "<ePAEnabled>true</ePAEnabled>");
		no += text_starts((struct text){ out.at + i, out.n - i }, "<ePAEnabled>false</ePAEnabled>");
	}
	cr_expect(yes == 1 && no == 5, "%zu yes, %zu no", yes, no);
	reading_done(&reading);
}

/* Extensions belong to the standard: strict reading takes them, and they are written as they came. */
CASE(rtpb, extensions_pass)
{
	static const char *const after[] = { "</DaysSupply>", "</CardholderID>", "</LastName>", "</SentTime>", "</NDC>" };
	const char *extension = "<Extension><String><Value>EX 1</Value></String><Name>example</Name><Url>https://example.org/x</Url>"
				"<Extension><Name>part</Name></Extension></Extension>";
	size_t taken = 0;

	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		struct reading reading;
		struct ncpdp_message message;
		struct fault fault;
		struct buffer with, out;

		reading_init(&reading);
		buffer_init(&with, &reading.arena, 0);
		buffer_add(&with, text_of(after[i]));
		buffer_add(&with, text_of(extension));
		buffer_add(&with, text_of(extension));
		buffer_add_char(&with, '\0');
		if (ncpdp_read(reading.reader, NCPDP_RTPB,
			    replaced(packed("request", &reading.arena), after[i], with.at, &reading.arena), true, &reading.arena, &message,
			    &fault)) {
			buffer_init(&out, &reading.arena, 0);
			cr_assert(ncpdp_write(&message, TEXT_NONE, &out, &fault));
			cr_expect(memmem(out.at, out.n, extension, strlen(extension)), "%s", after[i]);
			taken++;
		} else { /* a person's name is one of the few things without */
			cr_expect(fault.code == FAULT_UNKNOWN_ELEMENT, "%s: %s at %s", after[i], fault_row(fault.code)->name, fault.path);
			cr_expect_str_eq(fault.path, "RTPBBody/RTPBRequest/Patient/Name");
		}
		reading_done(&reading);
	}
	cr_expect(taken == 4, "%zu", taken);
}

/* -- answers -- */

CASE(rtpb, answered_in_the_version_asked)
{
	struct reading reading;
	struct ncpdp_sender sender;
	struct ncpdp_message answer = { .family = NCPDP_RTPB };
	struct rtpb_outcome outcome = { .processed = &(struct rtpb_processed){ .note = text_lit("x") } };
	struct fault why = { .code = FAULT_TIMEOUT };
	struct buffer out, refusal;

	reading_init(&reading);
	reading_good(&reading, NCPDP_RTPB, "request_older_spelling");
	answer.rtpb = ncpdp_rtpb_answer(reading.message.rtpb, text_lit("R0001"), 1767778200000, &reading.arena);
	answer.rtpb->body->response->response = &outcome;
	buffer_init(&out, &reading.arena, 0);
	cr_assert(ncpdp_write(&answer, TEXT_NONE, &out, &reading.fault), "%s", reading.fault.path);
	cr_expect(memmem(out.at, out.n, " RTPBVersion=\"BT\"", 17));
	ncpdp_sender(&reading.message, TEXT_NONE, &sender);
	buffer_init(&refusal, &reading.arena, 0);
	ncpdp_write_refusal(NCPDP_RTPB, &sender, text_lit("R0002"), 1767778200000, &why, &refusal);
	cr_expect(memmem(refusal.at, refusal.n, " RTPBVersion=\"BT\"", 17));
	reading_done(&reading);
}
