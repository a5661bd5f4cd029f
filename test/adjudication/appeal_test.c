/* SPDX-License-Identifier: Apache-2.0 */
/* Appeals, cancellations, and what ends a case without a look at the answers. */
#include "test/adjudication/sandbox.h"

#include "adjudication/payer.h"
#include "test/case.h"

#define NOW_MS INT64_C(1767778200000) /* 2026-01-07T09:30:00Z */
#define DAY_MS INT64_C(86400000)
#define T(literal) { literal, sizeof(literal) - 1 }
#define CHOSE(question, choice) { .question_id = T(question), .choice_id = T(choice) }
#define SAID(question, what) { .question_id = T(question), .value = T(what) }

static const struct text pdf[] = { T("application/pdf") }, tiff[] = { T("application/pdf"), T("application/tiff") };

static const struct house_case denied = {
	.plan = T("EXAMPLE-COMMERCIAL"),
	.track = T("PHARMACY"),
	.policy = T("EXAMPLUMAB-PA"),
	.case_id = T("PA-1"),
	.reply_id = T("R-1"),
	.received_ms = NOW_MS - 1000,
	.wall_ms = NOW_MS,
	.state = T("DENIED"),
	.appeal_by_ms = NOW_MS + DAY_MS,
	.cardholder_id = T("EX0001"),
	.person_code = T("01"),
	.prescriber_npi = T("1234567893"),
};

enum { ANSWERS_MAX = 3 };
static const struct {
	struct house_answer answers[ANSWERS_MAX];
	const struct text *documents;
	int64_t round;
	enum house_outcome outcome;
	const char *says; /* begins the reason or the note; MORE_INFORMATION: the stage */
} appeals[] = {
	/* nothing but the wish: the questions of an appeal are asked */
	{ { { .value = { NULL, 0 } } }, NULL, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-A1" },
	/* the answers of the request are not those of the appeal */
	{ { CHOSE("DIAGNOSIS", "RA") }, NULL, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-A1" },
	{ { CHOSE("NEW-FACTS", "TREATED"), SAID("TREATED-UNTIL", "2026-01-01") }, NULL, 0, HOUSE_APPROVED, "The denial is changed" },
	{ { CHOSE("NEW-FACTS", "TREATED"), SAID("TREATED-UNTIL", "2025-01-01") }, NULL, 0, HOUSE_DENIED, "Nothing in the appeal" },
	{ { CHOSE("NEW-FACTS", "NOTHING"), SAID("STATEMENT", "Please.") }, NULL, 0, HOUSE_DENIED, "Nothing in the appeal" },
	{ { CHOSE("NEW-FACTS", "MOON") }, NULL, 0, HOUSE_CLOSED, "The answer does not fit" },
	/* a second round, with a document that must come */
	{ { CHOSE("NEW-FACTS", "SPECIALIST") }, NULL, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-A2" },
	{ { SAID("REPORT-DATE", "2026-01-02"), CHOSE("REPORT-SAYS", "EXAMPLUMAB") }, NULL, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-A2" },
	{ { SAID("REPORT-DATE", "2026-01-02"), CHOSE("REPORT-SAYS", "EXAMPLUMAB") }, pdf, 0, HOUSE_IN_PROCESS, "" },
	{ { SAID("REPORT-DATE", "2026-01-02"), CHOSE("REPORT-SAYS", "EXAMPLUMAB") }, pdf, 1, HOUSE_PARTIALLY_DENIED, "Six months are approved" },
	{ { SAID("REPORT-DATE", "2025-01-02"), CHOSE("REPORT-SAYS", "EXAMPLUMAB") }, pdf, 0, HOUSE_DENIED, "The report of the specialist" },
};

CASE(house_appeal, is_decided_by_its_own_questions)
{
	struct house *house = sandbox_house();
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(appeals) / sizeof(appeals[0]); i++) {
		struct house_case about = denied;
		struct house_decision decision, again;
		bool decides;
		size_t n = 0;

		while (n < ANSWERS_MAX && text_there(appeals[i].answers[n].question_id))
			n++;
		about.round = appeals[i].round;
		about.attachments = appeals[i].documents;
		about.attachments_n = appeals[i].documents != NULL;
		house_appeal(house, &about, appeals[i].answers, n, &arena, &decision);
		cr_assert_eq(decision.outcome, appeals[i].outcome, "row %zu: %s %.*s", i, house_outcome_name(decision.outcome),
			TEXT_ARGS(decision.note));
		decides = decision.outcome == HOUSE_APPROVED || decision.outcome == HOUSE_DENIED ||
			  decision.outcome == HOUSE_PARTIALLY_DENIED;
		if (decision.outcome == HOUSE_MORE_INFORMATION)
			cr_expect(text_is(decision.stage->id, appeals[i].says), "row %zu: %.*s", i, TEXT_ARGS(decision.stage->id));
		else
			cr_expect(text_starts(decision.reason.n ? decision.reason : decision.note, appeals[i].says), "row %zu", i);
		cr_expect_eq(text_there(decision.authorization_number),
			decision.outcome == HOUSE_APPROVED || decision.outcome == HOUSE_PARTIALLY_DENIED, "row %zu", i);
		cr_expect(!decides || !decision.appeal_by_ms, "row %zu: it is not appealed here again", i);
		/* the key of the appeal is there from the first answer on, and is the same ever after */
		cr_assert(text_there(decision.appeal_case_id) && decision.appeal_case_id.n <= 35, "row %zu", i);
		about.appeal_case_id = decision.appeal_case_id;
		about.state = text_lit("APPEAL_OPEN");
		house_appeal(house, &about, appeals[i].answers, n, &arena, &again);
		cr_expect_eq(again.outcome, decision.outcome, "row %zu", i);
		cr_expect(text_equal(again.appeal_case_id, decision.appeal_case_id), "row %zu", i);
	}
	arena_done(&arena);
	house_free(house);
}

/* What ends an appeal before it is looked at: each row changes one thing of the good one. */
static const struct {
	const char *what;
	const char *code; /* NULL: it is looked at */
	struct house_case with;
} closed_appeals[] = {
	{ "as it is", NULL, { .state = T("DENIED") } },
	{ "partly denied", NULL, { .state = T("PARTIALLY_DENIED") } },
	{ "no electronic appeals", "BX", { .policy = T("INFUSAMAB-PA") } },
	{ "the last moment", NULL, { .appeal_by_ms = NOW_MS - 1000 } },
	{ "a moment too late", "FL", { .appeal_by_ms = NOW_MS - 1001 } },
	{ "late, but asked meanwhile", NULL, { .state = T("APPEAL_OPEN"), .appeal_case_id = T("HA1"), .appeal_by_ms = NOW_MS - 1001 } },
	{ "the answers are late", "FL", { .state = T("APPEAL_OPEN"), .appeal_case_id = T("HA1"), .reply_by_ms = NOW_MS - 1001 } },
	{ "appealed before", "CY", { .state = T("DENIED"), .appeal_case_id = T("HA1") } },
	{ "its own key", NULL, { .state = T("APPEAL_OPEN"), .appeal_case_id = T("HA1"), .named_appeal_id = T("HA1") } },
	{ "another's key", "BY", { .state = T("APPEAL_OPEN"), .appeal_case_id = T("HA1"), .named_appeal_id = T("HA2") } },
	{ "nobody", "CD", { .cardholder_id = T("EX9999") } },
};

CASE(house_appeal, some_are_closed_unseen)
{
	struct house *house = sandbox_house();
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(closed_appeals) / sizeof(closed_appeals[0]); i++) {
		const struct house_case *with = &closed_appeals[i].with;
		struct house_case about = denied;
		struct house_decision decision;

		about.state = text_there(with->state) ? with->state : about.state;
		about.policy = text_there(with->policy) ? with->policy : about.policy;
		about.cardholder_id = text_there(with->cardholder_id) ? with->cardholder_id : about.cardholder_id;
		about.appeal_by_ms = with->appeal_by_ms ? with->appeal_by_ms : about.appeal_by_ms;
		about.reply_by_ms = with->reply_by_ms;
		about.appeal_case_id = with->appeal_case_id;
		about.named_appeal_id = with->named_appeal_id;
		house_appeal(house, &about, NULL, 0, &arena, &decision);
		if (!closed_appeals[i].code) {
			cr_expect_eq(decision.outcome, HOUSE_MORE_INFORMATION, "%s: %.*s", closed_appeals[i].what, TEXT_ARGS(decision.reason_code));
			continue;
		}
		cr_expect_eq(decision.outcome, HOUSE_CLOSED, "%s", closed_appeals[i].what);
		cr_expect(text_is(decision.reason_code, closed_appeals[i].code), "%s: %.*s", closed_appeals[i].what, TEXT_ARGS(decision.reason_code));
		cr_expect(decision.note.n > 0);
	}
	arena_done(&arena);
	house_free(house);
}

static const struct {
	const char *state, *named, *cardholder;
	const char *code; /* NULL: cancelled */
} cancels[] = {
	{ "INITIATED", "PA-1", "EX0001", NULL },
	{ "OPEN", "PA-1", "EX0001", NULL },
	{ "SUBMITTED", "PA-1", "EX0001", NULL },
	{ "IN_PROCESS", "PA-1", "EX0001", NULL },
	{ "MORE_INFORMATION", NULL, "EX0001", NULL },
	{ "APPEALED", "PA-1", "EX0001", NULL },
	{ "APPEAL_OPEN", "PA-1", "EX0001", NULL },
	{ NULL, "PA-1", "EX0001", NULL },
	{ "APPROVED", "PA-1", "EX0001", "CB" },
	{ "PARTIALLY_DENIED", "PA-1", "EX0001", "CB" },
	{ "DENIED", "PA-1", "EX0001", "CB" },
	{ "CLOSED", "PA-1", "EX0001", "CB" },
	{ "OPEN", "PA-2", "EX0001", "BZ" },
	{ "OPEN", "PA-1", "EX9999", "CA" },
	{ "OPEN", "PA-1", NULL, "CA" },
};

CASE(house_cancel, until_it_is_decided)
{
	struct house *house = sandbox_house();

	for (size_t i = 0; i < sizeof(cancels) / sizeof(cancels[0]); i++) {
		struct house_case about = denied;
		struct house_decision decision;

		about.state = text_of(cancels[i].state);
		about.named_case_id = text_of(cancels[i].named);
		about.cardholder_id = text_of(cancels[i].cardholder);
		house_cancel(house, &about, &decision);
		cr_expect_eq(decision.outcome, cancels[i].code ? HOUSE_CANCEL_REFUSED : HOUSE_CANCELLED, "row %zu", i);
		cr_expect(decision.note.n > 0);
		if (cancels[i].code)
			cr_expect(text_is(decision.reason_code, cancels[i].code), "row %zu: %.*s", i, TEXT_ARGS(decision.reason_code));
	}
	house_free(house);
}

/* -- what is on file, who is covered, who may ask, what is late -- */

#define FILE_WITH(member, more)                                                                                                     \
	"{\"name\":\"EXAMPLE\",\"bin\":\"999999\",\"telephone\":\"5555550100\"," more                                              \
	"\"plans\":[{\"name\":\"P\",\"order\":\"COPAY_FIRST\",\"tiers\":[{\"tier\":1,\"pharmacy\":\"R\"}]}],"                       \
	"\"members\":[{\"plan\":\"P\",\"cardholder_id\":\"EX1\",\"person_code\":\"01\",\"date_of_birth\":\"1950-01-31\"" member "}," \
	"{\"plan\":\"P\",\"cardholder_id\":\"EX1\",\"person_code\":\"02\",\"date_of_birth\":\"1980-01-31\"}],"                       \
	"\"policies\":[{\"id\":\"A\",\"title\":\"T\",\"description\":\"D\",\"criteria\":\"C\",\"reply_days\":14,\"appeal_days\":60," \
	"\"renewal_days\":30,\"stages\":[{\"id\":\"S\",\"title\":\"T\",\"description\":\"D\",\"attachment\":\"Chart notes\","         \
	"\"questions\":[{\"id\":\"Q\",\"text\":\"?\",\"type\":\"NUMERIC\"}],\"rules\":["                                              \
	"{\"conditions\":[{\"question\":\"Q\",\"is\":\"GT\",\"number\":\"9\"}],\"outcome\":\"CLOSE\",\"code\":\"FP\",\"note\":\"No.\"}," \
	"{\"outcome\":\"APPROVE\",\"days\":1}]}]}," \
	"{\"id\":\"B\",\"title\":\"T\",\"description\":\"D\",\"criteria\":\"C\",\"reply_days\":14,\"appeal_days\":60,\"stages\":[" \
	"{\"id\":\"S\",\"title\":\"T\",\"description\":\"D\",\"questions\":[{\"id\":\"Q\",\"text\":\"?\",\"type\":\"NUMERIC\"}]," \
	"\"rules\":[{\"outcome\":\"APPROVE\",\"days\":1}]}]}]}"
#define ON_FILE(policy, status, effective, expires)                                                                        \
	",\"authorizations\":[{\"policy\":\"" policy "\",\"status\":\"" status ",\"case_id\":\"PA-0\"," \
	"\"effective\":\"" effective "\",\"expires\":\"" expires "\"}]"
#define APPROVED "APPROVED\",\"number\":\"EX-7\""
#define LOCKED ",\"prescriber\":{\"npi\":\"1999999002\"}"
#define READS "\"attachment_types\":[\"application/pdf\"],"

static const struct {
	const char *file;
	const char *person, *npi;
	const struct text *documents;
	size_t documents_n;
	const char *answer;
	int64_t reply_by_ms;
	const char *initiation; /* code; NULL: the questions are asked */
	const char *request;    /* code; else "" approved, "?" more is asked */
} members[] = {
	{ FILE_WITH("", ""), "01", "1999999001", pdf, 1, "1", 0, NULL, "" },
	/* documents */
	{ FILE_WITH("", ""), "01", "1999999001", NULL, 0, "1", 0, NULL, "?" },
	{ FILE_WITH("", READS), "01", "1999999001", tiff, 1, "1", 0, NULL, "" },
	{ FILE_WITH("", READS), "01", "1999999001", tiff, 2, "1", 0, NULL, "CL" },
	{ FILE_WITH("", ""), "01", "1999999001", tiff, 2, "1", 0, NULL, "" },
	/* a rule that closes */
	{ FILE_WITH("", ""), "01", "1999999001", pdf, 1, "10", 0, NULL, "FP" },
	/* the deadline for the answers, to the millisecond */
	{ FILE_WITH("", ""), "01", "1999999001", pdf, 1, "1", NOW_MS - 1000, NULL, "" },
	{ FILE_WITH("", ""), "01", "1999999001", pdf, 1, "1", NOW_MS - 1001, NULL, "FL" },
	/* coverage: until the end of its last day */
	{ FILE_WITH(",\"covered_from\":\"2026-01-07\",\"covered_to\":\"2026-01-07\"", ""), "01", "1999999001", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(",\"covered_to\":\"2026-01-06\"", ""), "01", "1999999001", pdf, 1, "1", 0, "CE", "CE" },
	{ FILE_WITH(",\"covered_from\":\"2026-01-08\"", ""), "01", "1999999001", pdf, 1, "1", 0, "CE", "CE" },
	{ FILE_WITH(",\"covered_to\":\"2026-01-06\"", ""), "02", "1999999001", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(",\"covered_to\":\"2026-01-06\"", ""), NULL, "1999999001", pdf, 1, "1", 0, NULL, "" },
	/* on file: for this person, under this policy, on this day */
	{ FILE_WITH(ON_FILE("A", APPROVED, "2025-06-01", "2026-06-01"), ""), "01", "1999999001", pdf, 1, "1", 0, "FQ", "CF" },
	{ FILE_WITH(ON_FILE("B", APPROVED, "2025-06-01", "2026-06-01"), ""), "01", "1999999001", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(ON_FILE("A", APPROVED, "2025-06-01", "2026-06-01"), ""), "02", "1999999001", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(ON_FILE("A", APPROVED, "2025-06-01", "2026-06-01"), ""), NULL, "1999999001", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(ON_FILE("A", APPROVED, "2025-06-01", "2026-01-06"), ""), "01", "1999999001", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(ON_FILE("A", APPROVED, "2026-01-08", "2026-06-01"), ""), "01", "1999999001", pdf, 1, "1", 0, NULL, "" },
	/* it can be renewed in its last 30 days */
	{ FILE_WITH(ON_FILE("A", APPROVED, "2025-06-01", "2026-02-06"), ""), "01", "1999999001", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(ON_FILE("A", APPROVED, "2025-06-01", "2026-02-07"), ""), "01", "1999999001", pdf, 1, "1", 0, "FQ", "CF" },
	{ FILE_WITH(ON_FILE("A", "IN_PROCESS\"", "2025-06-01", "2026-06-01"), ""), "01", "1999999001", pdf, 1, "1", 0, "CG", "CG" },
	{ FILE_WITH(ON_FILE("A", "DENIED\"", "2025-06-01", "2026-06-01"), ""), "01", "1999999001", pdf, 1, "1", 0, "CY", "CY" },
	/* lock-in */
	{ FILE_WITH(LOCKED, ""), "01", "1999999002", pdf, 1, "1", 0, NULL, "" },
	{ FILE_WITH(LOCKED, ""), "01", "1999999001", pdf, 1, "1", 0, "BY", "CM" },
	{ FILE_WITH(LOCKED, ""), "02", "1999999001", pdf, 1, "1", 0, NULL, "" },
};

static void check_member(size_t i, const struct house *house, struct arena *arena)
{
	struct house_case about = { .plan = T("P"), .track = T("PHARMACY"), .policy = T("A"), .case_id = T("PA-1"), .received_ms = NOW_MS - 1000,
		.wall_ms = NOW_MS, .cardholder_id = T("EX1"), .person_code = text_of(members[i].person), .prescriber_npi = text_of(members[i].npi) };
	const struct house_answer answer = { .question_id = T("Q"), .value = text_of(members[i].answer) };
	struct house_decision decision;
	const char *code = members[i].initiation;

	house_initiate(house, &about, arena, &decision);
	cr_expect_eq(decision.outcome, code ? HOUSE_CLOSED : HOUSE_OPEN, "row %zu: %.*s", i, TEXT_ARGS(decision.reason_code));
	if (code)
		cr_expect(text_is(decision.reason_code, code), "row %zu: %.*s", i, TEXT_ARGS(decision.reason_code));
	if (code && text_is(text_of(code), "FQ"))
		cr_expect(decision.on_file && text_is(decision.on_file->number, "EX-7"), "row %zu", i);
	about.attachments = members[i].documents;
	about.attachments_n = members[i].documents_n;
	about.reply_by_ms = members[i].reply_by_ms;
	house_decide(house, &about, &answer, 1, arena, &decision);
	code = members[i].request;
	cr_expect_eq(decision.outcome, *code == '\0' ? HOUSE_APPROVED : *code == '?' ? HOUSE_MORE_INFORMATION : HOUSE_CLOSED, "row %zu: %s %.*s", i,
		house_outcome_name(decision.outcome), TEXT_ARGS(decision.reason_code));
	if (decision.outcome == HOUSE_CLOSED)
		cr_expect(text_is(decision.reason_code, code), "row %zu: %.*s", i, TEXT_ARGS(decision.reason_code));
	if (decision.outcome == HOUSE_APPROVED)
		/* 60 days from 2026-01-07 end with 2026-03-08 */
		cr_expect_eq(decision.appeal_by_ms, INT64_C(1773014399999), "row %zu: %lld", i, (long long)decision.appeal_by_ms);
}

CASE(house_closing, each_beside_its_twin)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct house *house = NULL;
		struct fault fault;
		struct arena arena;

		cr_assert(house_read(text_of(members[i].file), &house, &fault), "row %zu: %s at %s", i, fault_row(fault.code)->name, fault.path);
		arena_init(&arena, 1 << 16);
		check_member(i, house, &arena);
		arena_done(&arena);
		house_free(house);
	}
}
