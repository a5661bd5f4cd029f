/* SPDX-License-Identifier: Apache-2.0 */
#include "test/adjudication/sandbox.h"

#include "adjudication/walk.h"
#include "test/case.h"

#define NOW_MS INT64_C(1767778200000) /* 2026-01-07T09:30:00Z */
#define T(literal) { literal, sizeof(literal) - 1 }
#define CHOSE(question, choice) { .question_id = T(question), .choice_id = T(choice) }
#define CHOSE_WITH(question, choice, words) { .question_id = T(question), .choice_id = T(choice), .free_text = T(words) }
#define SAID(question, what) { .question_id = T(question), .value = T(what) }

static const struct house_case commercial = {
	.plan = T("EXAMPLE-COMMERCIAL"),
	.track = T("PHARMACY"),
	.policy = T("EXAMPLUMAB-PA"),
	.case_id = T("PA-1"),
	.reply_id = T("R-1"),
	.received_ms = NOW_MS - 1000,
	.wall_ms = NOW_MS,
	.cardholder_id = T("EX0001"),
	.person_code = T("01"),
};

CASE(house_initiate, asks_or_says_why_not)
{
	static const struct {
		const char *plan, *track, *policy, *cardholder;
		const char *code; /* NULL: the questions are asked */
	} rows[] = {
		{ "EXAMPLE-COMMERCIAL", "PHARMACY", "EXAMPLUMAB-PA", "EX0001", NULL },
		{ "EXAMPLE-COMMERCIAL", "MEDICAL", "INFUSAMAB-PA", "EX0001", NULL },
		{ "EXAMPLE-COMMERCIAL", "UNDETERMINED", "DUOSTIM-PA", "EX0001", NULL },
		{ "EXAMPLE-COMMERCIAL", "PHARMACY", NULL, "EX0001", "CC" },
		{ "EXAMPLE-COMMERCIAL", "PHARMACY", "ANOTHER-PA", "EX0001", "CP" },
		{ "EXAMPLE-COMMERCIAL", "PHARMACY", "EXAMPLUMAB-PA", "EX9999", "CD" },
		{ "EXAMPLE-COMMERCIAL", "PHARMACY", "EXAMPLUMAB-PA", NULL, "CD" },
		{ "EXAMPLE-MEDICAID", "PHARMACY", "EXAMPLUMAB-PA", "EX0001", "CD" },
		{ "EXAMPLE-COMMERCIAL", "NOT_COVERED", NULL, "EX0001", "FM" },
		{ "EXAMPLE-OTHER", "PHARMACY", "EXAMPLUMAB-PA", "EX0001", "CP" },
		{ NULL, "UNDETERMINED", NULL, "EX0001", "CP" },
	};
	struct house *house = sandbox_house();
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct house_case about = commercial;
		struct house_decision decision;

		about.plan = text_of(rows[i].plan);
		about.track = text_of(rows[i].track);
		about.policy = text_of(rows[i].policy);
		about.cardholder_id = text_of(rows[i].cardholder);
		house_initiate(house, &about, &arena, &decision);
		if (rows[i].code) {
			cr_expect_eq(decision.outcome, HOUSE_CLOSED, "row %zu", i);
			cr_expect(text_is(decision.reason_code, rows[i].code), "row %zu: %.*s", i, TEXT_ARGS(decision.reason_code));
			cr_expect(decision.note.n > 0, "row %zu", i);
			continue;
		}
		cr_assert_eq(decision.outcome, HOUSE_OPEN, "row %zu: %.*s", i, TEXT_ARGS(decision.reason_code));
		cr_expect_eq(decision.stage, &decision.policy->stages[0]);
		cr_expect_eq(decision.reply_by_ms, about.received_ms + decision.policy->reply_days * 86400000);
	}
	arena_done(&arena);
	house_free(house);
}

/* The sandbox's house, whose policy EXAMPLUMAB-PA is decided on one benefit only. */
static struct house *house_on(const char *benefit, char *file, size_t size)
{
	static const char mark[] = "\"id\": \"EXAMPLUMAB-PA\",";
	FILE *in = fopen(PAYER_FILE, "re");
	size_t n = in ? fread(file, 1, size - 100, in) : 0, more;
	char *at = memmem(file, n, mark, sizeof(mark) - 1), words[40];
	struct house *house;
	struct fault fault;

	cr_assert(in && fclose(in) == 0 && at);
	at += sizeof(mark) - 1;
	more = (size_t)snprintf(words, sizeof(words), " \"benefit\": \"%s\",", benefit);
	memmove(at + more, at, n - (size_t)(at - file));
	memcpy(at, words, more);
	n += more;
	cr_assert(house_read((struct text){ file, (size_t)n }, &house, &fault), "%s", fault.path);
	return house;
}

CASE(house_initiate, a_policy_of_one_benefit_is_decided_there_only)
{
	static const struct {
		const char *benefit, *track;
		bool mine;
	} rows[] = {
		{ "MEDICAL", "PHARMACY", false }, { "MEDICAL", "MEDICAL", true }, { "PHARMACY", "MEDICAL", false }, { "PHARMACY", "PHARMACY", true },
		{ "ELSEWHERE", "PHARMACY", false }, { "ELSEWHERE", "MEDICAL", false },
		{ "MEDICAL", "BOTH_BY_SITE", true }, /* whose track is not settled, of that it cannot be said */
	};
	static char file[1 << 18];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct house *house = house_on(rows[i].benefit, file, sizeof(file));
		struct house_case about = commercial;
		struct house_decision decision;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		about.track = text_of(rows[i].track);
		about.policy = text_lit("EXAMPLUMAB-PA");
		house_initiate(house, &about, &arena, &decision);
		cr_expect_eq(decision.not_mine, !rows[i].mine, "row %zu", i);
		cr_expect(rows[i].mine ? decision.outcome == HOUSE_OPEN : decision.outcome == HOUSE_CLOSED && text_is(decision.reason_code, "CP"), "row %zu", i);
		house_free(house);
		arena_done(&arena);
	}
}

CASE(house_initiate, within_the_limits_of_the_plan_no_authorization_is_needed)
{
	struct house *house = sandbox_house();
	struct limits limits = { .quantity_e4 = 90000, .quantity_days = 30 };
	struct coverage coverage = { .status = text_lit("COVERED"), .limits = &limits };
	struct house_case about = commercial;
	struct house_decision decision;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	about.policy = TEXT_NONE;
	about.coverage = &coverage;
	house_initiate(house, &about, &arena, &decision);
	cr_expect(text_is(decision.reason_code, "FN"));
	limits.quantity_e4 = 0;
	house_initiate(house, &about, &arena, &decision);
	cr_expect(text_is(decision.reason_code, "CC"));
	arena_done(&arena);
	house_free(house);
}

enum { ANSWERS_MAX = 6 };
static const struct {
	const char *policy;
	struct house_answer answers[ANSWERS_MAX];
	int64_t round;
	enum house_outcome outcome;
	const char *says; /* begins the reason or the note; CLOSED: the code; MORE_INFORMATION: the stage; APPROVED: the last day */
} decisions[] = {
	/* approved: the long way, and with a remark, and the two ways around a short treatment */
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "16"), SAID("TB-TEST", "2025-11-02") }, 0, HOUSE_APPROVED, "2027-01-07" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "PSO"), SAID("WEEKS", "12"), SAID("TB-TEST", "2025-11-02"), SAID("REMARK", "none") }, 0, HOUSE_APPROVED, "2027-01-07" },
	/* a calculator's digits are an answer too: neither rounded up to twelve nor refused */
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "12.00000000000000001"), SAID("TB-TEST", "2025-11-02") }, 0, HOUSE_APPROVED, "2027-01-07" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "11.99999999999999999"), CHOSE("WHY-SHORT", "CONTRAINDICATED"), SAID("TB-TEST", "2025-11-02") }, 0, HOUSE_APPROVED, "2026-07-06" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "11.5"), CHOSE("WHY-SHORT", "CONTRAINDICATED"), SAID("TB-TEST", "2025-11-02") }, 0, HOUSE_APPROVED, "2026-07-06" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "3"), CHOSE_WITH("WHY-SHORT", "INTOLERANT", "rash"), SAID("TB-TEST", "2025-11-02") }, 0, HOUSE_APPROVED, "2026-07-06" },
	/* an answer off the way does not count: NONE was chosen before the weeks were put right */
	{ "EXAMPLUMAB-PA", { CHOSE("WHY-SHORT", "NONE"), CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "16"), SAID("TB-TEST", "2025-11-02") }, 0, HOUSE_APPROVED, "2027-01-07" },
	{ "INFUSAMAB-PA", { CHOSE("SITE", "OFFICE"), SAID("INFUSIONS", "12"), CHOSE("DOCUMENTED", "DIAGNOSIS") }, 0, HOUSE_APPROVED, "2026-07-06" },
	/* denied */
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "3"), CHOSE("WHY-SHORT", "NONE"), SAID("TB-TEST", "2025-11-02") }, 0, HOUSE_DENIED, "A conventional drug was given for less than 12 weeks" },
	{ "STEPGLIPTIN-ST", { CHOSE("METEXAMPLE", "NO") }, 0, HOUSE_DENIED, "Metexample has to be tried" },
	{ "INFUSAMAB-PA", { CHOSE("SITE", "HOME"), SAID("INFUSIONS", "13"), CHOSE("DOCUMENTED", "DIAGNOSIS") }, 0, HOUSE_DENIED, "A course of more than 12" },
	/* pended, and decided when it comes again */
	{ "EXAMPLUMAB-PA", { CHOSE_WITH("DIAGNOSIS", "OTHER", "gout") }, 0, HOUSE_IN_PROCESS, "A clinical pharmacist" },
	{ "EXAMPLUMAB-PA", { CHOSE_WITH("DIAGNOSIS", "OTHER", "gout") }, 1, HOUSE_DENIED, "Examplumab is covered for rheumatoid" },
	{ "INFUSAMAB-PA", { CHOSE("SITE", "HOSPITAL"), SAID("INFUSIONS", "6"), CHOSE("DOCUMENTED", "DIAGNOSIS"), CHOSE("DOCUMENTED", "EARLIER") }, 0, HOUSE_IN_PROCESS, "The site of care" },
	{ "INFUSAMAB-PA", { CHOSE("SITE", "HOSPITAL"), SAID("INFUSIONS", "6"), CHOSE("DOCUMENTED", "DIAGNOSIS"), CHOSE("DOCUMENTED", "EARLIER") }, 1, HOUSE_PARTIALLY_DENIED, "The drug is approved for an office" },
	/* more is asked: the test is old, or in the future; then its own stage */
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "16"), SAID("TB-TEST", "2024-11-02") }, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-2" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "16"), SAID("TB-TEST", "2026-11-02") }, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-2" },
	{ "EXAMPLUMAB-PA", { CHOSE("TB-RESULT", "NEGATIVE"), SAID("TB-DATE", "2026-01-06") }, 0, HOUSE_APPROVED, "2027-01-07" },
	{ "EXAMPLUMAB-PA", { CHOSE("TB-RESULT", "POSITIVE"), SAID("TB-DATE", "2026-01-06") }, 0, HOUSE_DENIED, "Examplumab is not covered while" },
	{ "EXAMPLUMAB-PA", { CHOSE("TB-RESULT", "NEGATIVE"), SAID("TB-DATE", "2025-01-06") }, 0, HOUSE_DENIED, "No test for tuberculosis" },
	/* an answer is missing: the same stage is asked again */
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "16") }, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-1" },
	{ "EXAMPLUMAB-PA", { { .value = { NULL, 0 } } }, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-1" },
	{ "EXAMPLUMAB-PA", { CHOSE("TB-RESULT", "NEGATIVE") }, 0, HOUSE_MORE_INFORMATION, "EXAMPLUMAB-2" },
	/* an answer does not fit its question */
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "GOUT") }, 0, HOUSE_CLOSED, "CN" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "OTHER") }, 0, HOUSE_CLOSED, "CN" },           /* must come with words */
	{ "EXAMPLUMAB-PA", { CHOSE_WITH("DIAGNOSIS", "RA", "gout") }, 0, HOUSE_CLOSED, "CN" }, /* must not */
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), CHOSE("DIAGNOSIS", "PSO") }, 0, HOUSE_CLOSED, "CN" },
	{ "EXAMPLUMAB-PA", { SAID("DIAGNOSIS", "RA") }, 0, HOUSE_CLOSED, "CN" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "many") }, 0, HOUSE_CLOSED, "CN" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "1e2") }, 0, HOUSE_CLOSED, "CN" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "16"), SAID("TB-TEST", "yesterday") }, 0, HOUSE_CLOSED, "CN" },
	{ "EXAMPLUMAB-PA", { CHOSE("DIAGNOSIS", "RA"), SAID("WEEKS", "16"), SAID("TB-TEST", "2025-11-02"), SAID("REMARK", " ") }, 0, HOUSE_CLOSED, "CN" },
	{ "INFUSAMAB-PA", { CHOSE("SITE", "HOME"), SAID("INFUSIONS", "1"), CHOSE("DOCUMENTED", "DIAGNOSIS"), CHOSE("DOCUMENTED", "DIAGNOSIS") }, 0, HOUSE_CLOSED, "CN" },
	/* the time of day is asked for */
	{ "DUOSTIM-PA", { CHOSE("RISK", "HIGH"), SAID("NEXT-CYCLE", "2026-01-09") }, 0, HOUSE_CLOSED, "CN" },
	{ "DUOSTIM-PA", { CHOSE("RISK", "HIGH"), SAID("NEXT-CYCLE", "2026-01-09T08:00:00Z") }, 0, HOUSE_APPROVED, "2026-05-07" },
	{ "DUOSTIM-PA", { CHOSE("RISK", "LOW") }, 0, HOUSE_DENIED, "Duostim is covered when" },
};

static void check_decision(size_t i, const struct house_case *about, const struct house_decision *decision)
{
	const char *says = decisions[i].says;

	cr_assert_eq(decision->outcome, decisions[i].outcome, "row %zu: %s %.*s", i, house_outcome_name(decision->outcome),
		TEXT_ARGS(decision->note));
	switch (decision->outcome) {
	case HOUSE_APPROVED:
		cr_expect(text_is(decision->effective_date, "2026-01-07"), "row %zu", i);
		cr_expect(text_is(decision->expiration_date, says), "row %zu: %.*s", i, TEXT_ARGS(decision->expiration_date));
		cr_expect(decision->authorization_number.n > 0 && decision->authorization_number.n <= 35, "row %zu", i);
		break;
	case HOUSE_PARTIALLY_DENIED:
		cr_expect(decision->authorization_number.n > 0, "row %zu", i);
		cr_expect(text_starts(decision->reason, says), "row %zu", i);
		break;
	case HOUSE_DENIED:
		cr_expect(text_starts(decision->reason, says), "row %zu: %.*s", i, TEXT_ARGS(decision->reason));
		cr_expect(!text_there(decision->authorization_number), "row %zu", i);
		break;
	case HOUSE_IN_PROCESS:
		cr_expect_eq(decision->again_ms, 5000, "row %zu", i);
		cr_expect(text_starts(decision->note, says), "row %zu", i);
		break;
	case HOUSE_MORE_INFORMATION:
		cr_assert_not_null(decision->stage, "row %zu", i);
		cr_expect(text_is(decision->stage->id, says), "row %zu: %.*s", i, TEXT_ARGS(decision->stage->id));
		cr_expect_eq(decision->reply_by_ms, about->wall_ms + decision->policy->reply_days * 86400000, "row %zu", i);
		break;
	case HOUSE_CLOSED:
		cr_expect(text_is(decision->reason_code, says), "row %zu: %.*s", i, TEXT_ARGS(decision->reason_code));
		break;
	case HOUSE_OPEN:
	case HOUSE_CANCELLED:
	case HOUSE_CANCEL_REFUSED:
		cr_assert(false, "row %zu: answers are never met with it", i);
	}
}

CASE(house_decide, from_the_answers)
{
	struct house *house = sandbox_house();
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
		struct house_case about = commercial;
		struct house_decision decision;
		size_t n = 0;

		while (n < ANSWERS_MAX && text_there(decisions[i].answers[n].question_id))
			n++;
		about.policy = text_of(decisions[i].policy);
		about.round = decisions[i].round;
		house_decide(house, &about, decisions[i].answers, n, &arena, &decision);
		check_decision(i, &about, &decision);
		arena_reset(&arena);
	}
	arena_done(&arena);
	house_free(house);
}

/* A question may lead to one that stands before it: the way is what counts, not the order. */
CASE(house_walk, a_way_may_lead_back)
{
	struct house_choice choices[] = { { .id = T("Y"), .text = T("yes"), .next = T("Q3") }, { .id = T("N"), .text = T("no") } };
	struct house_question questions[] = {
		{ .id = T("Q1"), .text = T("one"), .type = T("SELECT"), .choices = choices, .choices_n = 2 },
		{ .id = T("Q2"), .text = T("two"), .type = T("NUMERIC") },
		{ .id = T("Q3"), .text = T("three"), .type = T("DATE"), .next = T("Q2") },
	};
	struct house_stage stage = { .id = T("S"), .questions = questions, .questions_n = 3 };
	struct house_answer answers[] = { SAID("Q2", "7"), SAID("Q3", "2026-01-06"), CHOSE("Q1", "Y") };
	struct arena arena;
	struct walk walk;

	arena_init(&arena, 1 << 20);
	cr_assert(walk_questions(&stage, answers, 3, &arena, &walk));
	cr_expect_eq(walk.end, WALK_WHOLE);
	cr_assert_eq(walk.n, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect(text_is(walk.steps[i].question->id, (const char *[]){ "Q1", "Q3", "Q2" }[i]), "step %zu", i);
	cr_assert(walk_questions(&stage, answers, 0, &arena, &walk));
	cr_expect(walk.end == WALK_UNANSWERED && walk.n == 1);
	answers[1].value = text_lit("7");
	cr_assert(walk_questions(&stage, answers, 3, &arena, &walk));
	cr_expect(walk.end == WALK_INCONSISTENT && walk.n == 2);
	arena_done(&arena);
}

/* splitmix64 */
static uint64_t any(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* An answer to a question, mostly fitting. */
static struct house_answer any_answer(const struct house_question *question, uint64_t *seed)
{
	static const char *const dates[] = { "2025-12-24", "2020-01-01", "2026-01-09T08:00:00Z" };
	static const char *const numbers[] = { "0", "12", "12.5", "100" };
	struct house_answer answer = { .question_id = question->id };

	if (any(seed) % 16 == 0)
		answer.value = text_lit("x");
	else if (question->choices_n)
		answer.choice_id = question->choices[any(seed) % question->choices_n].id;
	else
		answer.value = text_of(text_is(question->type, "NUMERIC") ? numbers[any(seed) % 4] : dates[any(seed) % 3]);
	if (question->choices_n && any(seed) % 4 == 0)
		answer.free_text = text_lit("words");
	return answer;
}

CASE(house_decide, whatever_is_answered_a_denial_has_a_reason_and_a_decision_is_the_same_twice)
{
	static const char *const policies[] = { "EXAMPLUMAB-PA", "INFUSAMAB-PA", "DUOSTIM-PA", "STEPGLIPTIN-ST" };
	int seen[HOUSE_CLOSED + 1] = { 0 };
	struct house *house = sandbox_house();
	uint64_t seed = 20260107;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 20000; i++) {
		struct house_case about = commercial;
		struct house_decision decision, again;
		const struct house_stage *stage;
		struct house_answer answers[16];
		size_t n = 0;

		about.policy = text_of(policies[any(&seed) % 4]);
		about.round = (int64_t)(any(&seed) % 3);
		house_initiate(house, &about, &arena, &decision);
		stage = &decision.policy->stages[any(&seed) % decision.policy->stages_n];
		for (size_t k = 0; k < stage->questions_n; k++)
			if (any(&seed) % 16)
				answers[n++] = any_answer(&stage->questions[k], &seed);
		house_decide(house, &about, answers, n, &arena, &decision);
		house_decide(house, &about, answers, n, &arena, &again);
		seen[decision.outcome]++;
		cr_assert_eq(decision.outcome, again.outcome, "round %d", i);
		cr_assert(text_equal(decision.authorization_number, again.authorization_number), "round %d", i);
		if (decision.outcome == HOUSE_DENIED || decision.outcome == HOUSE_PARTIALLY_DENIED)
			cr_assert(text_trim(decision.reason).n > 20, "round %d", i);
		if (decision.outcome == HOUSE_APPROVED || decision.outcome == HOUSE_PARTIALLY_DENIED)
			cr_assert(text_compare(decision.effective_date, decision.expiration_date) < 0, "round %d", i);
		arena_reset(&arena);
	}
	/* the generator reaches every outcome there is */
	for (int outcome = HOUSE_APPROVED; outcome <= HOUSE_CLOSED; outcome++)
		cr_expect(seen[outcome] > 0, "%s", house_outcome_name((enum house_outcome)outcome));
	arena_done(&arena);
	house_free(house);
}
