/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true of a case store at any moment, whatever was killed when:
	I1 every stored answer that names a case has that case, and no answer is empty
	I2 every case was opened by an accepted message
	I3 each message is answered once: one stored answer for each audited message, until that is forgotten in its turn
	I4 a backend is asked about a case once at a time, each of its answers is taken once, and each answer for the prescriber is
	   waiting or was delivered, once, under a MessageID of its own
	I6 versions of a case rise by one, and its state goes only along the table
	I7 what one commit wrote is all there: references, answers, rows, audit
	I13 a case that owes a decision has one clock row, the one it names, and no other case has one; what was decided after its time is
	   on record as overdue, and what is on record as overdue is in the audit
	I14 a PAS case is answered by a submission that is stored, and a submission without an answer is one that the payer is asked about
	I8 the audit chain has no gap, verifies, ends at its head, and reaches the anchor
   (I5 and I9 to I12 cannot be seen in a store.) */
#include "routing/case_check.h"

#include <stdlib.h>
#include <string.h>

struct seen {
	struct text case_id;
	enum case_state state, audited_state;
	int64_t version, audited_version;
	size_t unanswered; /* PAS: submissions that may have no answer yet */
	size_t references, replies, work, answers, waiting, delivered, clocks, breaches;
	uint64_t clock_row; /* hash of the key; 0: none */
	bool breached, late, pas;
};

struct check {
	struct store *store;
	struct arena *arena, scratch; /* scratch: one row */
	struct case_report *report;
	struct seen *seen; /* by case id, as the walk gives them */
	size_t seen_n;
	uint64_t *taken; /* hashes of the rows whose answer was taken */
	size_t taken_n;
	uint64_t *told; /* hashes of the MessageIDs under which this gateway answered prescribers */
	size_t told_n;
	size_t messages; /* audited */
	size_t passing, notes; /* stored answers that are to be forgotten, and the notes that say when */
	size_t gone, forgotten; /* audited messages without such a note, and how many the audit says were forgotten */
	char last_gone[CASE_EXPIRY_MAX], last_forgotten[CASE_EXPIRY_MAX]; /* latest key of either */
	uint64_t sequence;
	unsigned char chain[SHA256_BYTES];
};

static void find(struct check *check, const char *rule, const char *what, struct text about)
{
	struct case_report *report = check->report;
	struct case_finding *finding;

	report->findings_all++;
	if (report->findings_n == CASE_FINDINGS_MAX)
		return;
	finding = arena_push(check->arena, (void **)&report->findings, &report->findings_n, sizeof(*finding));
	if (finding)
		*finding = (struct case_finding){ rule, what, arena_text(check->arena, about) };
}

static int by_id(const void *id, const void *seen)
{
	return text_compare(*(const struct text *)id, ((const struct seen *)seen)->case_id);
}

static struct seen *seen_of(struct check *check, struct text case_id)
{
	if (!check->seen_n || !text_there(case_id))
		return NULL;
	return bsearch(&case_id, check->seen, check->seen_n, sizeof(*check->seen), by_id);
}

static bool unpack(struct check *check, const struct record *record, void *rec, struct text key, struct text value)
{
	struct fault fault;

	arena_reset(&check->scratch);
	if (record_unpack(record, rec, &check->scratch, value, &fault) && record_check(record, rec, &fault))
		return true;
	find(check, "I7", "a value is damaged", key);
	return false;
}

static bool there(struct check *check, struct text key)
{
	struct fault fault;
	struct store_row row;

	return store_get(check->store, key, &check->scratch, &row, &fault) && row.found;
}

static void look_at_case(struct check *check, struct text key, struct text value)
{
	struct pa_case at = { 0 };
	struct seen *seen;

	check->report->cases++;
	if (!unpack(check, &pa_case_record, &at, key, value))
		return;
	seen = arena_push(check->arena, (void **)&check->seen, &check->seen_n, sizeof(*seen));
	if (!seen)
		return;
	*seen = (struct seen){ .case_id = arena_text(check->arena, at.case_id), .version = at.version,
		.clock_row = at.clock_row.n ? text_hash(at.clock_row) : 0, .breached = at.breached_ms > 0,
		.late = at.due_ms && at.decided_ms > at.due_ms, .pas = text_is(at.standard, "PAS"),
		.unanswered = text_there(at.work_row) + text_there(at.cancel_row) };
	if (seen->pas && !there(check, case_dedupe_key(at.partner, at.told_id, &check->scratch)))
		find(check, "I14", "the submission that a PAS case is answered by is not stored", key);
	if (!text_equal(key, case_key(at.case_id, &check->scratch)))
		find(check, "I7", "a case lies under another's key", key);
	if (!case_state_of(at.state, &seen->state))
		find(check, "I6", "a case is in no state", key);
	check->report->final += case_state_decided(seen->state);
	if (text_there(at.pa_reference_id)) {
		struct fault fault;
		struct store_row row;

		seen->references = !seen->pas;
		if (!store_get(check->store, case_reference_key(at.partner, at.pa_reference_id, &check->scratch),
			    &check->scratch, &row, &fault) || !row.found || (!seen->pas && !text_equal(row.value, at.case_id))) /* PAS: to the last that has it */
			find(check, "I7", "a case is not found by its reference", key);
	}
}

static void look_at_reference(struct check *check, struct text key, struct text value)
{
	struct seen *seen = seen_of(check, value);

	if (!seen)
		find(check, "I7", "a reference leads to no case", key);
	else if (!seen->pas && seen->references-- != 1) /* PAS: a name for each Claim of the case */
		find(check, "I7", "two references lead to one case", key);
}

static void look_at_reply(struct check *check, struct text key, struct text value)
{
	struct stored_reply reply = { 0 };
	struct seen *seen;

	check->report->replies++;
	if (!unpack(check, &stored_reply_record, &reply, key, value))
		return;
	check->passing += !case_reply_kept(&reply);
	seen = seen_of(check, reply.case_id);
	if (!reply.reply.n && (!seen || !seen->pas || seen->unanswered-- == 0))
		find(check, "I1", "a stored answer is empty", key);
	if (!text_there(reply.case_id))
		return;
	if (seen)
		seen->replies++;
	else
		find(check, "I1", "an answered message has no case", key);
}

/* A note is made with its message, so the audit entry of that number tells which answer it is about. */
static void look_at_note(struct check *check, struct text key, struct text value)
{
	struct audit_entry entry = { 0 };
	unsigned char chain[SHA256_BYTES];
	struct store_row row;
	struct text packed;
	struct fault fault;
	uint64_t sequence;
	int64_t noted_ms;

	check->notes++;
	arena_reset(&check->scratch);
	if (!case_expiry_split(key, &noted_ms, &sequence) ||
		!store_get(check->store, case_audit_key(sequence, &check->scratch), &check->scratch, &row, &fault) || !row.found ||
		!case_audit_split(row.value, chain, &packed) ||
		!record_unpack(&audit_entry_record, &entry, &check->scratch, packed, &fault) || entry.at_ms != noted_ms ||
		!text_equal(value, case_dedupe_key(entry.partner, entry.message_id, &check->scratch)))
		find(check, "I7", "a note of when to forget an answer belongs to no message", key);
	else if (!there(check, value))
		find(check, "I7", "an answer was forgotten, and the note of when to do so was not", key);
}

static void look_at_row(struct check *check, struct text key, struct text value)
{
	struct outbox_row row = { 0 };
	struct seen *seen;

	check->report->rows++;
	if (!unpack(check, &outbox_row_record, &row, key, value))
		return;
	seen = seen_of(check, row.case_id);
	if (text_is(row.kind, "HANDSHAKE"))
		return;
	if (!seen)
		find(check, "I7", "an outbox row has no case", key);
	else if (text_is(row.kind, "DELIVER"))
		seen->waiting += !seen->pas;
	else if (text_is(row.kind, "CLOCK"))
		seen->clocks += text_hash(key) == seen->clock_row ? 1 : 2; /* one it does not name is one too many */
	else
		seen->work += !text_is(row.event, "CANCEL") && !text_is(row.event, "NOTIFY"); /* those leave the state alone */
}

static void look_at_question(struct check *check, struct text key, struct text value)
{
	struct sent_question question = { 0 };

	if (unpack(check, &sent_question_record, &question, key, value) && !seen_of(check, question.case_id))
		find(check, "I7", "a question to a backend belongs to no case", key);
}

static void look_at_name(struct check *check, struct text key, struct text value)
{
	if (!seen_of(check, value))
		find(check, "I7", "a backend's name of a case leads to no case", key);
}

static void look_at_inquiry(struct check *check, struct text key, struct text value)
{
	if (!seen_of(check, value))
		find(check, "I7", "what an inquiry finds is no case", key);
}

static void look_at_subscription(struct check *check, struct text key, struct text value)
{
	struct pa_subscription subscription = { 0 };

	if (unpack(check, &pa_subscription_record, &subscription, key, value) &&
		!text_equal(key, case_subscription_key(subscription.partner, subscription.id, &check->scratch)))
		find(check, "I7", "a Subscription lies under another's key", key);
}

static void look_at_script(struct check *check, struct text key, struct text value)
{
	struct pa_script script = { 0 };
	const struct seen *seen = seen_of(check, (struct text){ key.at + 2, key.n - 2 });

	if (unpack(check, &pa_script_record, &script, key, value) && (!seen || !seen->pas))
		find(check, "I7", "what was asked in SCRIPT belongs to no PAS case", key);
}

static void look_at_item(struct check *check, struct text key, struct text value)
{
	struct mailbox_item item = { 0 };
	struct seen *seen;

	check->report->items++;
	if (!unpack(check, &mailbox_item_record, &item, key, value))
		return;
	seen = seen_of(check, item.case_id);
	if (seen)
		seen->waiting++;
	else
		find(check, "I7", "a mailbox item has no case", key);
}

static void remember(struct check *check, uint64_t **hashes, size_t *n, struct text what)
{
	uint64_t *hash = arena_push(check->arena, (void **)hashes, n, sizeof(*hash));

	if (hash)
		*hash = text_hash(what);
}

/* One step of a case as the audit tells it. */
static void replay(struct check *check, struct seen *seen, const struct audit_entry *entry, struct text key)
{
	enum case_state before = CASE_NEW, after;
	enum case_event event;
	const struct case_step *step;

	if (entry->version != seen->audited_version + 1)
		find(check, "I6", "a version does not follow the one before it", key);
	seen->audited_version = entry->version;
	if (!text_there(entry->event)) { /* the clock noted something: the state stays */
		if (!text_is(entry->after, case_state_name(seen->audited_state)))
			find(check, "I6", "the clock moved a case", key);
		if (text_is(entry->what, "BREACHED") && text_there(entry->message_id)) {
			seen->answers++;
			remember(check, &check->told, &check->told_n, entry->message_id);
		}
		return;
	}
	if ((text_there(entry->before) && !case_state_of(entry->before, &before)) ||
		!case_state_of(entry->after, &after) || !case_event_of(entry->event, &event)) {
		find(check, "I6", "an audit entry names no state or event", key);
		return;
	}
	step = case_step(before, event);
	if (before != seen->audited_state || step->next != after || step->act == ACT_REFUSE || step->act == ACT_IGNORE)
		find(check, "I6", "a case moved where the table has no way", key);
	seen->audited_state = after;
	if (seen->pas) /* its answers are those of its submissions; whoever subscribed is told beside that */
		return;
	if (step->act == ACT_DELIVER || step->act == ACT_DEFER || (step->act == ACT_FORWARD && text_is(entry->what, "NOTIFIED")))
		seen->answers++;
	/* of what a backend posts here the audit has its own MessageID, and the answer's is made of the trace */
	if ((step->act == ACT_DELIVER || step->act == ACT_DEFER) && !text_is(entry->what, "ANSWERED"))
		remember(check, &check->told, &check->told_n, entry->message_id);
}

static void later_of(char latest[CASE_EXPIRY_MAX], struct text key)
{
	if (text_compare(key, text_of(latest)) > 0)
		text_to_z(key, latest, CASE_EXPIRY_MAX);
}

/* What came in as a message, and so has a stored answer. A decision of the house payer does not. */
static bool answers_message(const struct audit_entry *entry)
{
	static const char *const kinds[] = { "MESSAGE", "REFUSED", "FETCHED", "ANSWERED", "NOTIFIED", "IGNORED", "SUBSCRIPTION", "FOLLOWED", "REROUTED" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (text_is(entry->what, kinds[i]))
			return text_there(entry->message_id);
	return false;
}

/* The answer of a message that opened or moved a case is there for good; of another, as long as its note is. */
static void look_at_answer_of(struct check *check, const struct audit_entry *entry, struct text key)
{
	struct text note = case_expiry_key(entry->at_ms, (uint64_t)entry->sequence, &check->scratch);

	check->messages++;
	if (text_there(entry->case_id) && !text_is(entry->what, "REFUSED") && !text_is(entry->what, "FETCHED") &&
		!text_is(entry->what, "IGNORED")) {
		if (!there(check, case_dedupe_key(entry->partner, entry->message_id, &check->scratch)))
			find(check, "I3", "an audited message has no stored answer", key);
	} else if (!there(check, note)) {
		check->gone++;
		later_of(check->last_gone, note);
	}
}

static void look_at_content(struct check *check, const struct audit_entry *entry, struct text key)
{
	struct seen *seen = seen_of(check, entry->case_id);

	if (text_there(entry->case_id) && !seen)
		find(check, "I7", "an audit entry names a case that is not there", key);
	if (entry->version && seen)
		replay(check, seen, entry, key);
	if (seen && text_is(entry->what, "BREACHED"))
		seen->breaches++;
	if (answers_message(entry))
		look_at_answer_of(check, entry, key);
	if (text_is(entry->what, "EXPIRED")) {
		check->forgotten += (size_t)entry->number;
		later_of(check->last_forgotten, entry->row);
	}
	/* a decision of a remote backend that only defers finishes no row */
	if (text_in_list(entry->what, "DECISION DELIVERED FOLLOWED") && text_there(entry->row))
		remember(check, &check->taken, &check->taken_n, entry->row);
	if (seen && !seen->pas && (text_is(entry->what, "DELIVERED") || (text_is(entry->what, "FETCHED") && text_there(entry->row))))
		seen->delivered++;
}

static void look_at_audit(struct check *check, struct text key, struct text value)
{
	unsigned char chain[SHA256_BYTES], wanted[SHA256_BYTES];
	struct audit_entry entry = { 0 };
	struct text packed;

	check->report->entries++;
	check->sequence++;
	if (!case_audit_split(value, chain, &packed)) {
		find(check, "I8", "an audit entry is cut short", key);
		return;
	}
	crypto_sha256_chain(check->chain, packed, wanted);
	if (memcmp(chain, wanted, SHA256_BYTES) != 0)
		find(check, "I8", "an audit entry does not follow from the one before it", key);
	memcpy(check->chain, chain, SHA256_BYTES);
	if (!unpack(check, &audit_entry_record, &entry, key, packed))
		return;
	if ((uint64_t)entry.sequence != check->sequence ||
		!text_equal(key, case_audit_key((uint64_t)entry.sequence, &check->scratch)))
		find(check, "I8", "the audit chain has a gap", key);
	look_at_content(check, &entry, key);
}

/* Cases first: the rest is held against them. */
static const struct {
	const char *prefix;
	void (*look)(struct check *check, struct text key, struct text value);
} kinds[] = {
	{ "c/", look_at_case },
	{ "r/", look_at_reference },
	{ "d/", look_at_reply },
	{ "e/", look_at_note },
	{ "o/", look_at_row },
	{ "m/", look_at_item },
	{ "x/", look_at_question },
	{ "b/", look_at_name },
	{ "q/", look_at_inquiry },
	{ "s/", look_at_subscription },
	{ "p/", look_at_script },
	{ "a/", look_at_audit },
	{ "h", NULL }, /* held against the chain once that was walked */
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static bool walk(struct check *check, struct text prefix, void (*look)(struct check *, struct text, struct text),
	size_t *n, struct fault *fault)
{
	struct store_walk *at = store_walk_new(check->store, prefix, TEXT_NONE);
	struct text key, value;

	while (store_walk_next(at, &key, &value)) {
		++*n;
		if (look)
			look(check, key, value);
	}
	return store_walk_free(at, fault);
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Whether two of them are the same; puts them in order. */
static bool twice(uint64_t *hashes, size_t n)
{
	if (n)
		qsort(hashes, n, sizeof(*hashes), by_hash);
	for (size_t i = 1; i < n; i++)
		if (hashes[i] == hashes[i - 1])
			return true;
	return false;
}

static void look_at_whole(struct check *check)
{
	for (size_t i = 0; i < check->seen_n; i++) {
		const struct seen *seen = &check->seen[i];
		bool asked = case_state_turn(seen->state) == TURN_BACKEND;

		if (!seen->replies)
			find(check, "I2", "no accepted message belongs to a case", seen->case_id);
		if (seen->references)
			find(check, "I7", "the reference of a case is missing", seen->case_id);
		if (seen->work != asked)
			find(check, "I4", asked ? "a case waits for its backend, and nothing asks it" :
				"a backend is asked about a case that does not wait for it", seen->case_id);
		if (seen->clocks != (asked || (seen->state != CASE_NEW && case_state_turn(seen->state) == TURN_PRESCRIBER)))
			find(check, "I13", "a case that owes a decision has not the one clock row it names, or one that owes none has one",
				seen->case_id);
		if ((seen->late && !seen->breached) || (seen->breached && !seen->breaches))
			find(check, "I13", "a decision after its time is not on record as overdue", seen->case_id);
		if (seen->answers != seen->waiting + seen->delivered)
			find(check, "I4", "an answer for the prescriber is lost or doubled", seen->case_id);
		if (seen->state != seen->audited_state || seen->version != seen->audited_version)
			find(check, "I6", "a case is not where its audit ends", seen->case_id);
	}
	if (twice(check->taken, check->taken_n))
		find(check, "I4", "an outbox row was finished twice", TEXT_NONE);
	if (twice(check->told, check->told_n))
		find(check, "I4", "two answers for a prescriber have one MessageID", TEXT_NONE);
	if (check->messages != check->report->replies + check->gone)
		find(check, "I3", "stored answers and audited messages differ in number", TEXT_NONE);
	if (check->passing != check->notes)
		find(check, "I7", "there are answers without a note of when to forget them", TEXT_NONE);
	if (check->gone != check->forgotten || strcmp(check->last_gone, check->last_forgotten) > 0)
		find(check, "I3", "an answer is gone that was not forgotten in its turn", TEXT_NONE);
}

static bool look_at_chain(struct check *check, struct fault *fault)
{
	unsigned char head[SHA256_BYTES], anchor[SHA256_BYTES], there[SHA256_BYTES];
	uint64_t head_sequence, anchored;
	struct store_row row;
	struct text entry;

	arena_reset(&check->scratch);
	if (!case_store_head(check->store, &check->scratch, &head_sequence, head, fault) ||
		!store_anchored(check->store, &anchored, anchor, fault))
		return false;
	if (head_sequence != check->sequence || memcmp(head, check->chain, SHA256_BYTES) != 0)
		find(check, "I8", "the audit chain does not end at its head", TEXT_NONE);
	if (!anchored)
		return true;
	if (!store_get(check->store, case_audit_key(anchored, &check->scratch), &check->scratch, &row, fault))
		return false;
	if (!row.found || !case_audit_split(row.value, there, &entry) || memcmp(there, anchor, SHA256_BYTES) != 0)
		find(check, "I8", "the audit chain does not reach its anchor", TEXT_NONE);
	return true;
}

bool case_check(struct store *store, struct arena *arena, struct case_report *report, struct fault *fault)
{
	struct check check = { .store = store, .arena = arena, .report = report };
	size_t known = 0, all = 0;
	bool read = true;

	*report = (struct case_report){ 0 };
	arena_init(&check.scratch, 64 << 20);
	for (size_t i = 0; i < KINDS && read; i++)
		read = walk(&check, text_of(kinds[i].prefix), kinds[i].look, &known, fault);
	read = read && walk(&check, text_lit(""), NULL, &all, fault) && look_at_chain(&check, fault);
	if (read) {
		look_at_whole(&check);
		if (known != all)
			find(&check, "I7", "there are keys of no known kind", TEXT_NONE);
	}
	arena_done(&check.scratch);
	return read;
}
