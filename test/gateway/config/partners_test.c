/* SPDX-License-Identifier: Apache-2.0 */
/* The book of partners, and what the worker holds them to. */
#include "gateway/config/partners.h"
#include "test/gateway/way.h"

#include <stdio.h>
#include <string.h>

CASE(partners, are_found_by_each_of_their_ids)
{
	enum { N = 10000 };
	static struct partner all[N];
	static struct text also[N][2];
	static char ids[N][3][24];
	struct config config = { .partners = all, .partners_n = N };
	struct partner_book *book;

	for (int i = 0; i < N; i++) {
		for (int j = 0; j < 3; j++)
			snprintf(ids[i][j], sizeof(ids[i][j]), "D:%c%07d", "abc"[j], i);
		also[i][0] = text_of(ids[i][1]);
		also[i][1] = text_of(ids[i][2]);
		all[i] = (struct partner){ .id = text_of(ids[i][0]), .also = also[i], .also_n = (size_t)i % 3 };
	}
	book = partner_book_new(&config);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < 3; j++)
			cr_assert_eq(partner_of(book, text_of(ids[i][j])), j <= i % 3 ? &all[i] : NULL, "%s", ids[i][j]);
	cr_expect_null(partner_of(book, text_lit("D:d0000000")));
	cr_expect_null(partner_of(book, TEXT_NONE));
	partner_book_free(book);
	config.partners_n = 0;
	book = partner_book_new(&config);
	cr_expect_null(partner_of(book, text_lit("D:a0000000")));
	partner_book_free(book);
}

CASE(partners, use_the_plans_that_were_agreed)
{
	static struct text plans[] = { { "999999/EXPCN", 12 }, { "999998", 6 } };
	const struct partner any = { 0 }, some = { .plans = plans, .plans_n = 2 };

	cr_expect(partner_may_use(&any, text_lit("123456"), TEXT_NONE));
	cr_expect(partner_may_use(&some, text_lit("999999"), text_lit("EXPCN")));
	cr_expect(!partner_may_use(&some, text_lit("999999"), text_lit("OTHER")));
	cr_expect(!partner_may_use(&some, text_lit("999999"), TEXT_NONE));
	cr_expect(partner_may_use(&some, text_lit("999998"), text_lit("OTHER")));
	cr_expect(!partner_may_use(&some, text_lit("99999"), text_lit("EXPCN")));
	cr_expect(!partner_may_use(&some, TEXT_NONE, text_lit("EXPCN")));
}

static struct text plans[] = { { "999999/EXPCN", 12 } };
static struct text also[] = { { "D:1999999019", 12 } };
static struct partner vendor = { .name = { "vendor", 6 }, .id = { "D:1234567893", 12 }, .also = also, .also_n = 1, .plans = plans,
	.plans_n = 1, .accepted = { "000", 3 }, .receiver = { "PY:DUALTRACK", 12 } };

static void one_vendor(struct config *config)
{
	config->partners = &vendor;
	config->partners_n = 1;
	config->known_only = 1;
	config->receiver_id = text_lit("PY:SOMEBODY-ELSE"); /* the partner's own comes before it */
}

static void expect_refused(struct way *way, enum ncpdp_family family, enum fault_code code, const char *where)
{
	const struct out *out = way_only(way, TYPE_REPLY, ROLE_EDGE);
	struct ncpdp_message answer = way_reply(way, family);
	const char *said = fault_row(code)->sentence;
	char body[4096];

	cr_expect(text_is(out->envelope.fault, fault_row(code)->name), "%.*s", TEXT_ARGS(out->envelope.fault));
	cr_expect(answer.script || answer.rtpb);
	text_to_z(out->payload, body, sizeof(body));
	cr_expect(strstr(body, said) && strstr(body, where), "%s", body);
	cr_expect(family == NCPDP_RTPB || !strstr(body, "OTHER"), "a value of the message; RTPB repeats To and From");
}

CASE(partners, a_message_is_held_to_what_was_agreed)
{
	struct way way;
	struct case_message event = { 0 };
	struct fault fault = { 0 };

	way_start(&way, one_vendor);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
	cr_assert(record_unpack(&case_message_record, &event, &way.arena, way_only(&way, TYPE_EVENT, ROLE_LEDGER)->payload, &fault));
	cr_expect(memmem(event.accepted.at, event.accepted.n, "<Code>000</Code>", 16), "%.*s", TEXT_ARGS(event.accepted));
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .from = "1999999019" }));
	way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .from = "1999999027" }));
	expect_refused(&way, NCPDP_SCRIPT, FAULT_UNKNOWN_SENDER, "Header/From");
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .to = "SOMEBODY-ELSE" }));
	expect_refused(&way, NCPDP_SCRIPT, FAULT_UNKNOWN_RECEIVER, "Header/To");
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ .pcn = "OTHER" }));
	expect_refused(&way, NCPDP_SCRIPT, FAULT_NOT_AGREED, "BenefitsCoordination/PayerIdentification");
	way_stop(&way);
}

static void any_receiver(struct config *config)
{
	one_vendor(config);
	vendor.receiver = TEXT_NONE;
	config->receiver_id = TEXT_NONE;
}

CASE(partners, a_benefit_request_too)
{
	struct way way;

	way_start(&way, any_receiver);
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ 0 }));
	way_only(&way, TYPE_PRICE, ROLE_PAYER);
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ .pcn = "OTHER" }));
	expect_refused(&way, NCPDP_RTPB, FAULT_NOT_AGREED, "Header/To");
	way_stop(&way);
}

static struct standard_version until_then[] = { { .standard = { "script", 6 }, .id = { "2017071", 7 }, .stamp = { "201707", 6 },
	.valid_from = { "2026-11-21", 10 }, .expires_on = { "2026-11-23", 10 } } };

static void dated(struct config *config)
{
	config->versions = until_then;
	config->versions_n = 1;
}

/* The made-up clock stands at 2026-11-22T09:30Z: one hour past noon of the day before, and so on. */
CASE(partners, a_version_is_taken_while_it_may_be_used)
{
	static const struct {
		int64_t hours; /* from then */
		const char *where; /* NULL: taken */
	} rows[] = { { -34, "TransactionVersion/2017071/not-yet-valid" }, { -33, NULL }, { 0, NULL }, { 26, NULL }, { 27, "TransactionVersion/2017071/expired" } };
	struct way way;

	way_start(&way, dated);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		way.now.wall_ms = WAY_WALL_MS + rows[i].hours * 3600000;
		way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
		if (rows[i].where)
			expect_refused(&way, NCPDP_SCRIPT, FAULT_VERSION, rows[i].where);
		else
			way_only(&way, TYPE_EVENT, ROLE_LEDGER);
	}
	way_stop(&way);
}

static struct text newer[] = { { "2023011", 7 } };

static void newer_only(struct config *config)
{
	any_receiver(config);
	vendor.versions = newer;
	vendor.versions_n = 1;
}

CASE(partners, a_partner_sends_the_versions_that_were_agreed)
{
	struct way way;

	way_start(&way, newer_only);
	way_request(&way, "script", way_initiation(&way, &(struct way_message){ 0 }));
	expect_refused(&way, NCPDP_SCRIPT, FAULT_NOT_AGREED, "TransactionVersion");
	way_request(&way, "rtpb", way_rtpb(&way, &(struct way_message){ 0 }));
	way_only(&way, TYPE_PRICE, ROLE_PAYER);
	way_stop(&way);
}
