/* SPDX-License-Identifier: Apache-2.0 */
/* What case_store.h and case_check.h promise, on both engines. */
#include "routing/case_check.h"
#include "test/case.h"
#include "test/scratch.h"

#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct fault fault;

static struct case_store open_cases(struct store *store)
{
	struct case_store cases;

	cr_assert(case_store_open(&cases, store, &arena, &fault), "%s %s", fault_row(fault.code)->name, fault.path);
	return cases;
}

#define BOTH(name)                                                                                  \
	static void name##_body(struct store *store, struct case_store cases);                      \
	CASE(case_store, name)                                                                      \
	{                                                                                           \
		for (int disk = 0; disk < 2; disk++) {                                              \
			struct scratch scratch SCRATCH;                                             \
			struct store *store = NULL;                                                 \
			arena_init(&arena, 64 << 20);                                               \
			if (disk)                                                                   \
				cr_assert(store_open(scratch.at, &store, &fault));                  \
			else                                                                        \
				store = store_new_memory();                                         \
			name##_body(store, open_cases(store));                                      \
			store_free(store);                                                          \
			arena_done(&arena);                                                         \
		}                                                                                   \
	}                                                                                           \
	static void name##_body(struct store *store, struct case_store cases)

static const struct text partner = { "D:1999999001", 12 };

/* A message that opens case `id` and leaves a row of work, and one of its clock. */
static enum case_result open_case(struct case_store *cases, const char *id, const char *message_id, const char *body,
	struct stored_reply *reply)
{
	struct text row = case_row_key(1000, text_of(id), 1, &arena);
	struct pa_case put = { .case_id = text_of(id), .partner = partner, .pa_reference_id = text_of(id),
		.state = text_lit("INITIATED"), .version = 1, .opened_ms = 1000, .changed_ms = 1000, .rows = 2,
		.clock_row = case_row_key(90000, text_of(id), 2, &arena) };
	struct outbox_row clock = { .kind = text_lit("CLOCK"), .case_id = text_of(id), .partner = partner, .created_ms = 1000,
		.due_ms = 90000, .trace = text_lit("t"), .reply_id = text_lit("t.zz") };
	struct outbox_row work = { .kind = text_lit("WORK"), .case_id = text_of(id), .partner = partner, .created_ms = 1000,
		.due_ms = 1000, .event = text_lit("INITIATE"), .request = text_lit("request"), .trace = text_lit("t"),
		.reply_id = text_lit("t.1") };
	struct case_item items[] = { { row, &outbox_row_record, &work }, { put.clock_row, &outbox_row_record, &clock } };
	struct case_change change = { .partner = partner, .message_id = text_of(message_id),
		.reply = { text_of(body), text_of(id), text_lit("<Status/>"), TEXT_NONE, 1000 }, .put = &put, .items = items,
		.items_n = 2,
		.audit = { .at_ms = 1000, .what = text_lit("MESSAGE"), .event = text_lit("INITIATE"), .partner = partner,
			.message_id = text_of(message_id), .case_id = text_of(id), .after = text_lit("INITIATED"), .version = 1 } };

	return case_store_change(cases, &change, &arena, reply, &fault);
}

/* The backend's answer to it: the questions, left in the mailbox. */
static enum case_result answer_case(struct case_store *cases, const char *id, int64_t seen_version)
{
	struct text row = case_row_key(1000, text_of(id), 1, &arena);
	struct pa_case put = { .case_id = text_of(id), .partner = partner, .pa_reference_id = text_of(id),
		.state = text_lit("OPEN"), .version = seen_version + 1, .opened_ms = 1000, .changed_ms = 2000, .rows = 3,
		.clock_row = case_row_key(90000, text_of(id), 2, &arena) };
	struct mailbox_item item = { text_of(id), text_lit("t.1"), text_lit("<PAInitiationResponse/>"), 2000 };
	struct case_item items[] = { { row, NULL, NULL },
		{ case_mailbox_key(partner, 2000, text_of(id), 3, &arena), &mailbox_item_record, &item } };
	struct case_change change = { .put = &put, .expected_version = seen_version, .items = items, .items_n = 2,
		.audit = { .at_ms = 2000, .what = text_lit("DECISION"), .event = text_lit("ASKED"), .partner = partner,
			.case_id = text_of(id), .row = row, .before = text_lit("INITIATED"), .after = text_lit("OPEN"),
			.version = seen_version + 1 } };
	struct stored_reply reply;

	return case_store_change(cases, &change, &arena, &reply, &fault);
}

static void commit(struct case_store *cases)
{
	cr_assert_eq(case_store_commit(cases, &fault), STORED_OK);
}

static size_t findings(struct store *store, const char *rule)
{
	struct case_report report;
	size_t n = 0;

	cr_assert(case_check(store, &arena, &report, &fault));
	for (size_t i = 0; i < report.findings_n; i++)
		n += strcmp(report.findings[i].rule, rule) == 0;
	if (!*rule)
		for (size_t i = 0; i < report.findings_n; i++)
			cr_log_warn("%s %s", report.findings[i].rule, report.findings[i].what);
	return *rule ? n : report.findings_all;
}

BOTH(a_change_is_read_back_whole)
{
	struct stored_reply reply;
	struct pa_case at = { 0 };
	struct text id;
	bool found;

	cr_expect_eq(open_case(&cases, "PA-1", "m1", "hash", &reply), STORED_OK);
	commit(&cases);
	cr_expect(case_store_read(&cases, case_key(text_lit("PA-1"), &arena), &pa_case_record, &at, &arena, &found, &fault));
	cr_expect(found && at.version == 1 && text_is(at.state, "INITIATED"));
	cr_expect(case_store_find(&cases, partner, text_lit("PA-1"), &arena, &id, &fault) && text_is(id, "PA-1"));
	cr_expect(case_store_find(&cases, text_lit("D:other"), text_lit("PA-1"), &arena, &id, &fault) && !text_there(id));
	cr_expect_eq(findings(store, ""), 0);
}

BOTH(the_same_message_gets_the_same_answer_and_another_body_is_refused)
{
	struct stored_reply reply;

	cr_expect_eq(open_case(&cases, "PA-1", "m1", "hash", &reply), STORED_OK);
	/* before and after it is durable */
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(open_case(&cases, "PA-2", "m1", "hash", &reply), STORED_DUPLICATE);
		cr_expect(text_is(reply.reply, "<Status/>") && text_is(reply.case_id, "PA-1"));
		cr_expect_eq(open_case(&cases, "PA-2", "m1", "other", &reply), STORED_REUSED);
		cr_expect_eq(fault.code, FAULT_REUSED_ID);
		commit(&cases);
	}
	cr_expect_eq(cases.sequence, 1);
	cr_expect_eq(findings(store, ""), 0);
}

BOTH(a_case_that_moved_meanwhile_is_a_conflict_that_leaves_nothing_behind)
{
	struct stored_reply reply;

	open_case(&cases, "PA-1", "m1", "hash", &reply);
	cr_expect_eq(answer_case(&cases, "PA-1", 1), STORED_OK);
	cr_expect_eq(answer_case(&cases, "PA-1", 1), STORED_CONFLICT); /* the row is gone */
	cr_expect_eq(answer_case(&cases, "PA-1", 0), STORED_CONFLICT); /* the version is past */
	cr_expect_eq(answer_case(&cases, "PA-9", 1), STORED_CONFLICT); /* no such case */
	cr_expect_eq(open_case(&cases, "PA-1", "m2", "hash", &reply), STORED_CONFLICT);
	cr_expect_eq(fault.code, FAULT_STORE_CONFLICT);
	commit(&cases);
	cr_expect_eq(cases.sequence, 2);
	cr_expect_eq(findings(store, ""), 0);
}

BOTH(a_row_that_is_gone_takes_the_rest_of_its_change_with_it)
{
	struct stored_reply reply;
	struct case_item items[2] = { { case_row_key(7, text_lit("PA-1"), 7, &arena), NULL, NULL } };
	struct mailbox_item item = { text_lit("PA-1"), text_lit("t.1"), text_lit("<x/>"), 5 };
	struct case_change change = { .items = items, .items_n = 2,
		.audit = { .at_ms = 5, .what = text_lit("UNDELIVERED"), .case_id = text_lit("PA-1") } };
	bool found;

	open_case(&cases, "PA-1", "m1", "hash", &reply);
	/* the put comes first, and must not stay when the delete fails */
	items[1] = items[0];
	items[0] = (struct case_item){ case_mailbox_key(partner, 5, text_lit("PA-1"), 3, &arena), &mailbox_item_record, &item };
	cr_expect_eq(case_store_change(&cases, &change, &arena, &reply, &fault), STORED_CONFLICT);
	cr_expect(case_store_read(&cases, items[0].key, &mailbox_item_record, &item, &arena, &found, &fault) && !found);
	commit(&cases);
	cr_expect_eq(findings(store, ""), 0);
}

CASE(case_store, a_full_store_keeps_nothing_and_the_chain_goes_on_unbroken)
{
	struct store *store = store_new_memory();
	struct case_store cases;
	struct stored_reply reply;

	arena_init(&arena, 64 << 20);
	cases = open_cases(store);
	open_case(&cases, "PA-1", "m1", "hash", &reply);
	commit(&cases);
	open_case(&cases, "PA-2", "m2", "hash", &reply);
	store_memory_fail(store, FAULT_STORE_FULL, false);
	cr_expect_eq(case_store_commit(&cases, &fault), STORED_FULL);
	cr_expect_eq(open_case(&cases, "PA-2", "m2", "hash", &reply), STORED_OK, "it was never taken");
	commit(&cases);
	cr_expect_eq(cases.sequence, 2);
	cr_expect_eq(findings(store, ""), 0);
	store_free(store);
	arena_done(&arena);
}

CASE(case_store, after_an_unknown_commit_the_dedupe_key_tells)
{
	for (int applied = 0; applied < 2; applied++) {
		struct store *store = store_new_memory();
		struct case_store cases;
		struct stored_reply reply;

		arena_init(&arena, 64 << 20);
		cases = open_cases(store);
		open_case(&cases, "PA-1", "m1", "hash", &reply);
		store_memory_fail(store, FAULT_STORE_UNKNOWN, applied);
		cr_expect_eq(case_store_commit(&cases, &fault), STORED_UNKNOWN);
		cr_expect_eq(case_store_commit(&cases, &fault), STORED_UNKNOWN);
		store_memory_crash(store);
		cases = open_cases(store);
		cr_expect_eq(open_case(&cases, "PA-1", "m1", "hash", &reply), applied ? STORED_DUPLICATE : STORED_OK);
		commit(&cases);
		cr_expect_eq(findings(store, ""), 0);
		store_free(store);
		arena_done(&arena);
	}
}

BOTH(the_anchor_binds_the_chain)
{
	struct stored_reply reply;
	unsigned char wrong[32] = { 1 };

	open_case(&cases, "PA-1", "m1", "hash", &reply);
	commit(&cases);
	cr_expect(case_store_anchor(&cases, &fault));
	cr_expect(case_store_open(&cases, store, &arena, &fault));
	cr_expect_eq(cases.anchored, 1);
	cr_expect_eq(findings(store, ""), 0);
	cr_expect(store_anchor(store, 1, wrong, &fault)); /* as if another history had been anchored */
	cr_expect_gt(findings(store, "I8"), 0);
	cr_expect(!case_store_open(&cases, store, &arena, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
	cr_expect(store_anchor(store, 2, wrong, &fault)); /* and as if the end of this one were missing */
	cr_expect(!case_store_open(&cases, store, &arena, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
}

BOTH(bytes_that_are_no_record_are_damage)
{
	struct pa_case at = { 0 };
	bool found;

	store_put(store, case_key(text_lit("PA-1"), &arena), text_lit("\x01rubbish"));
	cr_expect(!case_store_read(&cases, case_key(text_lit("PA-1"), &arena), &pa_case_record, &at, &arena, &found, &fault));
	cr_expect_eq(fault.code, FAULT_STORE_CORRUPT);
}

/* A message of no case: `number` of them, noted at `at_ms` and on. */
static void take_notes(struct case_store *cases, int64_t at_ms, int number)
{
	struct stored_reply reply;

	for (int i = 0; i < number; i++) {
		char id[24];
		struct case_change change = { .partner = partner,
			.reply = { text_lit("hash"), TEXT_NONE, text_lit("<Status/>"), TEXT_NONE, at_ms },
			.audit = { .at_ms = at_ms + i, .what = text_lit("MESSAGE"), .event = text_lit("NOTE"), .partner = partner } };

		snprintf(id, sizeof(id), "n%lld", (long long)at_ms + i);
		change.message_id = change.audit.message_id = text_of(id);
		cr_assert_eq(case_store_change(cases, &change, &arena, &reply, &fault), STORED_OK);
	}
	commit(cases);
}

static bool answered(struct case_store *cases, const char *message_id)
{
	struct stored_reply reply;

	return case_store_seen(cases, partner, text_of(message_id), text_lit("hash"), &arena, &reply, &fault) == STORED_DUPLICATE;
}

BOTH(answers_are_forgotten_in_their_turn_but_not_those_of_cases)
{
	struct stored_reply reply;
	size_t n;

	cr_expect_eq(open_case(&cases, "PA-1", "m1", "hash", &reply), STORED_OK);
	take_notes(&cases, 2000, 5);
	cr_expect_eq(case_store_expire(&cases, 2000, 100, 9000, &arena, &n, &fault), STORED_OK);
	cr_expect_eq(n, 0);
	cr_expect_eq(cases.sequence, 6, "and nothing is audited");
	cr_expect_eq(case_store_expire(&cases, 2003, 2, 9000, &arena, &n, &fault), STORED_OK);
	cr_expect_eq(n, 2);
	commit(&cases);
	cr_expect(!answered(&cases, "n2000") && !answered(&cases, "n2001") && answered(&cases, "n2002"));
	cr_expect_eq(findings(store, ""), 0);
	cr_expect_eq(case_store_expire(&cases, 2003, 2, 9001, &arena, &n, &fault), STORED_OK);
	cr_expect_eq(n, 1);
	commit(&cases);
	cr_expect(!answered(&cases, "n2002") && answered(&cases, "n2003"));
	cr_expect(case_store_open(&cases, store, &arena, &fault));
	cr_expect_eq(case_store_expire(&cases, INT64_MAX, 100, 9002, &arena, &n, &fault), STORED_OK);
	cr_expect_eq(n, 2);
	commit(&cases);
	cr_expect(answered(&cases, "m1"));
	cr_expect_eq(findings(store, ""), 0);
	take_notes(&cases, 2000, 1); /* the id is new again */
	cr_expect_eq(findings(store, ""), 0);
}

/* -- the checker finds what is wrong -- */

static void sound_store(struct store *store, struct case_store *cases)
{
	struct stored_reply reply;
	size_t n;

	cr_assert_eq(open_case(cases, "PA-1", "m1", "hash", &reply), STORED_OK);
	cr_assert_eq(open_case(cases, "PA-2", "m2", "hash", &reply), STORED_OK);
	cr_assert_eq(answer_case(cases, "PA-2", 1), STORED_OK);
	commit(cases);
	take_notes(cases, 2000, 3);
	cr_assert_eq(case_store_expire(cases, 2001, 9, 9000, &arena, &n, &fault), STORED_OK);
	commit(cases);
	cr_assert(case_store_anchor(cases, &fault));
	cr_assert_eq(findings(store, ""), 0);
}

static const struct damage {
	const char *rule, *key; /* key starts so; its value is cut, or the row taken out */
	bool cut;
} damages[] = {
	{ "I7", "c/PA-1", true },
	{ "I7", "c/PA-1", false }, /* its reference, answer, row and audit stay */
	{ "I1", "c/PA-1", false },
	{ "I7", "r/", false },
	{ "I3", "d/", false },
	{ "I2", "d/", false },
	{ "I7", "d/D:1999999001\x1fn2001", false },
	{ "I7", "e/", false },
	{ "I3", "e/", false },
	{ "I7", "e/", true },
	{ "I4", "o/", false },
	{ "I13", "o/0000000090000", false },
	{ "I4", "m/", false },
	{ "I8", "a/00000000000000000002", false },
	{ "I8", "a/00000000000000000003", false },
	{ "I8", "a/00000000000000000001", true },
	{ "I8", "h", false },
};

static void do_damage(struct store *store, const struct damage *damage)
{
	struct store_walk *walk = store_walk_new(store, text_of(damage->key), TEXT_NONE);
	struct text key, value;

	cr_assert(store_walk_next(walk, &key, &value), "%s", damage->key);
	if (damage->cut)
		store_put(store, key, (struct text){ value.at, value.n - 1 });
	else
		store_delete(store, key);
	cr_assert(store_walk_free(walk, &fault));
	cr_assert(store_commit(store, &fault));
}

CASE(case_check, each_damage_is_found)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct store *store = store_new_memory();
		struct case_store cases;

		arena_init(&arena, 64 << 20);
		cases = open_cases(store);
		sound_store(store, &cases);
		do_damage(store, &damages[i]);
		cr_expect_gt(findings(store, damages[i].rule), 0, "%s: %s", damages[i].rule, damages[i].key);
		store_free(store);
		arena_done(&arena);
	}
}

/* Twins: the same decision, in time and a millisecond after. */
CASE(case_check, a_late_decision_that_is_not_on_record_is_found)
{
	for (int64_t late = 0; late < 2; late++) {
		struct store *store = store_new_memory();
		struct case_store cases;
		struct pa_case put = { .case_id = text_lit("PA-1"), .partner = partner, .pa_reference_id = text_lit("PA-1"),
			.state = text_lit("CLOSED"), .version = 2, .opened_ms = 1000, .changed_ms = 9000, .rows = 2,
			.due_ms = 9000, .decided_ms = 9000 + late };
		struct case_item gone[2];
		struct case_change change = { .put = &put, .expected_version = 1, .items = gone, .items_n = 2,
			.audit = { .at_ms = 9000, .what = text_lit("DECISION"), .event = text_lit("CLOSE"), .partner = partner,
				.case_id = text_lit("PA-1"), .before = text_lit("INITIATED"), .after = text_lit("CLOSED"), .version = 2 } };
		struct stored_reply reply;

		arena_init(&arena, 64 << 20);
		cases = open_cases(store);
		sound_store(store, &cases);
		gone[0] = (struct case_item){ .key = case_row_key(1000, text_lit("PA-1"), 1, &arena) };
		gone[1] = (struct case_item){ .key = case_row_key(90000, text_lit("PA-1"), 2, &arena) };
		cr_assert_eq(case_store_change(&cases, &change, &arena, &reply, &fault), STORED_OK);
		commit(&cases);
		cr_expect_eq((int64_t)findings(store, "I13"), late);
		store_free(store);
		arena_done(&arena);
	}
}

CASE(case_check, a_key_of_no_kind_and_a_state_that_was_not_reached_are_found)
{
	struct store *store = store_new_memory();
	struct case_store cases;
	struct pa_case put = { .case_id = text_lit("PA-1"), .partner = partner, .pa_reference_id = text_lit("PA-1"),
		.state = text_lit("APPROVED"), .version = 2, .opened_ms = 1000, .changed_ms = 1000, .rows = 1 };
	struct case_change change = { .put = &put, .expected_version = 1,
		.audit = { .at_ms = 9, .what = text_lit("DECISION"), .event = text_lit("ASKED"), .case_id = text_lit("PA-1"),
			.row = text_lit("o/x"), .before = text_lit("INITIATED"), .after = text_lit("APPROVED"), .version = 2 } };
	struct stored_reply reply;

	arena_init(&arena, 64 << 20);
	cases = open_cases(store);
	sound_store(store, &cases);
	cr_assert_eq(case_store_change(&cases, &change, &arena, &reply, &fault), STORED_OK);
	commit(&cases);
	cr_expect_gt(findings(store, "I6"), 0);
	store_put(store, text_lit("zzz"), text_lit("?"));
	cr_assert(store_commit(store, &fault));
	cr_expect_gt(findings(store, "I7"), 0);
	store_free(store);
	arena_done(&arena);
}
