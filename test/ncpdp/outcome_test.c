/* SPDX-License-Identifier: Apache-2.0 */
/* What each of the payer's answers means for the case, read from the accepted messages. */
#include "ncpdp/outcome.h"
#include "test/case.h"
#include "test/ncpdp/fixtures.h"

struct said {
	const char *fixture;
	enum ncpdp_said said;
	enum ncpdp_kind kind;
	const char *reason, *first_code, *appeal_case_id, *authorization_number;
	bool e_appeal;
	const char *reply_by, *appeal_by, *expected; /* "" for none */
};

static const struct said all[] = {
	{"pa_initiation_response_open", NCPDP_SAID_OPEN, NCPDP_PA_INITIATION_RESPONSE,
		"Please answer all questions", "", "", "", false, "2026-01-21T23:59:59.000Z", "", ""},
	{"pa_initiation_response_closed", NCPDP_SAID_CLOSED, NCPDP_PA_INITIATION_RESPONSE, "Already approved",
		"CF", "", "AUTH0001", false, "", "", ""},
	{"pa_response_open", NCPDP_SAID_MORE_INFORMATION, NCPDP_PA_RESPONSE, "One thing is missing", "", "",
		"", false, "2026-01-21T23:59:59.000Z", "", ""},
	{"pa_response_in_process", NCPDP_SAID_IN_PROCESS, NCPDP_PA_RESPONSE, "A pharmacist looks at it", "",
		"", "", false, "", "", "2026-01-10T23:59:59.999Z"},
	{"pa_response_approved", NCPDP_SAID_APPROVED, NCPDP_PA_RESPONSE, "Approved for a year", "", "",
		"AUTH0001", true, "", "2026-03-08T23:59:59.999Z", ""},
	{"pa_response_denied", NCPDP_SAID_DENIED, NCPDP_PA_RESPONSE,
		"Example drug A has to be tried for 90 days first", "", "", "", true, "",
		"2026-03-08T23:59:59.999Z", ""},
	{"pa_response_partially_denied", NCPDP_SAID_PARTIALLY_DENIED, NCPDP_PA_RESPONSE,
		"Two pens in 28 days, not four", "", "", "AUTH0001", false, "", "", ""},
	{"pa_response_closed", NCPDP_SAID_CLOSED, NCPDP_PA_RESPONSE, "Taken back", "CJ", "", "AUTH0001",
		false, "", "", ""},
	{"pa_appeal_response_open", NCPDP_SAID_MORE_INFORMATION, NCPDP_PA_APPEAL_RESPONSE,
		"One thing is missing", "", "APPEAL0001", "", false, "2026-01-21T23:59:59.000Z", "", ""},
	{"pa_appeal_response_approved", NCPDP_SAID_APPROVED, NCPDP_PA_APPEAL_RESPONSE, "Approved on appeal",
		"", "APPEAL0001", "AUTH0001", false, "", "", ""},
	{"pa_appeal_response_denied", NCPDP_SAID_DENIED, NCPDP_PA_APPEAL_RESPONSE, "The criteria are not met",
		"", "APPEAL0001", "", true, "", "2026-03-08T23:59:59.999Z", ""},
	{"pa_appeal_response_partially_denied", NCPDP_SAID_PARTIALLY_DENIED, NCPDP_PA_APPEAL_RESPONSE,
		"For six months", "", "APPEAL0001", "AUTH0001", false, "", "", ""},
	{"pa_appeal_response_closed", NCPDP_SAID_CLOSED, NCPDP_PA_APPEAL_RESPONSE, "Too late", "FL",
		"APPEAL0001", "AUTH0001", false, "", "", ""},
	{"pa_cancel_response_approved", NCPDP_SAID_CANCELLED, NCPDP_PA_CANCEL_RESPONSE, "Cancelled", "", "",
		"", false, "", "", ""},
	{"pa_cancel_response_denied", NCPDP_SAID_CANCEL_REFUSED, NCPDP_PA_CANCEL_RESPONSE, "Already decided",
		"CB", "", "", false, "", "", ""},
};
enum { ALL = sizeof(all) / sizeof(all[0]) };

#define SAME(actual, expected)                                                                               \
	cr_expect(text_equal((actual), text_of(expected)), "%s: " #actual " is %.*s, not %s", row->fixture,  \
		TEXT_ARGS(actual), (expected))

static void same_time(const struct said *row, const char *what, int64_t actual, const char *expected)
{
	char printed[CLOCK_ROOM] = "";

	if (actual)
		clock_print(actual, true, printed);
	cr_expect_str_eq(printed, expected, "%s: %s is %s", row->fixture, what, printed);
}

CASE(outcome, of_every_answer)
{
	bool covered[NCPDP_SAYINGS] = {[NCPDP_SAID_NOTHING] = true};

	for (size_t i = 0; i < ALL; i++) {
		const struct said *row = &all[i];
		struct reading reading;
		struct ncpdp_outcome outcome;

		reading_init(&reading);
		cr_assert(ncpdp_outcome(reading_good(&reading, NCPDP_SCRIPT, row->fixture), &outcome), "%s",
			row->fixture);
		covered[outcome.said] = true;
		cr_expect_str_eq(
			ncpdp_said_name(outcome.said), ncpdp_said_name(row->said), "%s", row->fixture);
		cr_expect(outcome.kind == row->kind, "%s", row->fixture);
		SAME(outcome.reason, row->reason);
		SAME(outcome.reason_codes_n ? outcome.reason_codes[0] : TEXT_NONE, row->first_code);
		/* PAInitiationResponse may leave it out, and this one does */
		SAME(outcome.pa_reference_id,
			strcmp(row->fixture, "pa_initiation_response_closed") ? "PAREF0001" : "");
		SAME(outcome.pa_case_id, "CASE0001");
		SAME(outcome.appeal_case_id, row->appeal_case_id);
		SAME(outcome.authorization_number, row->authorization_number);
		cr_expect(!outcome.authorization_period == !*row->authorization_number, "%s", row->fixture);
		cr_expect(outcome.e_appeal == row->e_appeal, "%s", row->fixture);
		same_time(row, "reply_by", outcome.reply_by_ms, row->reply_by);
		same_time(row, "appeal_by", outcome.appeal_by_ms, row->appeal_by);
		same_time(row, "expected", outcome.expected_ms, row->expected);
		reading_done(&reading);
	}
	for (unsigned said = 0; said < NCPDP_SAYINGS; said++)
		cr_expect(covered[said], "no fixture says %s", ncpdp_said_name((enum ncpdp_said)said));
}

/* A closed initiation needs neither case nor note. */
CASE(outcome, says_only_what_is_there)
{
	struct reading reading;
	struct ncpdp_outcome outcome;

	reading_init(&reading);
	cr_assert(ncpdp_outcome(
		reading_good(&reading, NCPDP_SCRIPT, "pa_initiation_response_closed_minimal"), &outcome));
	cr_expect(outcome.said == NCPDP_SAID_CLOSED);
	cr_expect(text_is(outcome.reason_codes[0], "CC") && outcome.reason_codes_n == 1);
	cr_expect(!text_there(outcome.pa_case_id) && !text_there(outcome.reason) &&
		  !outcome.authorization_period);
	reading_done(&reading);
}

CASE(outcome, of_nothing_else)
{
	static const struct {
		enum ncpdp_family family;
		const char *fixture;
	} others[] = {
		{NCPDP_SCRIPT, "pa_request"},
		{NCPDP_SCRIPT, "pa_cancel_request"},
		{NCPDP_SCRIPT, "status"},
		{NCPDP_SCRIPT, "error"},
		{NCPDP_RTPB, "response"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct reading reading;
		struct ncpdp_outcome outcome = {.said = NCPDP_SAID_DENIED};

		reading_init(&reading);
		cr_expect(
			!ncpdp_outcome(reading_good(&reading, others[i].family, others[i].fixture), &outcome),
			"%s", others[i].fixture);
		cr_expect(outcome.said == NCPDP_SAID_NOTHING && outcome.kind == NCPDP_UNKNOWN);
		reading_done(&reading);
	}
}
