/* SPDX-License-Identifier: Apache-2.0 */
/* A case that came to the wrong backend: where else it can go, and how it gets there. */
#include "gateway/ledger/ledger_reroute.h"

#include "base/log.h"
#include "gateway/config/route.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/ledger_script.h"
#include "gateway/ledger/pas_say.h"
#include "routing/tell.h"

#include <string.h>

enum { WORDS_MAX = 400 /* bytes of case_miss.words */, ROUND_MOST = 1000 };

/* -- where it can go -- */

/* Only what asks for a decision; an appeal is about a decision of this very backend. What is being taken back goes nowhere else: whoever it came to would
   never hear of that. */
static bool can_go(const struct ledger_move *move)
{
	enum case_state state;

	return move->ledger->rules && !text_there(move->at.cancel_row) && text_in_list(move->of.event, "INITIATE SUBMIT UPDATE") && case_state_of(move->at.state, &state) &&
	       case_state_turn(state) == TURN_BACKEND && text_there(move->at.work_row);
}

static struct text name_of(struct text backend)
{
	return ledger_is_house(backend) ? text_lit("house") : backend;
}

/* It was there, and was told that it is not theirs. */
static bool was_there(const struct pa_case *at, struct text track, struct text backend)
{
	for (size_t i = 0; i < at->misses_n; i++)
		if (text_equal(at->misses[i].track, track) && text_equal(at->misses[i].backend, backend))
			return true;
	return false;
}

/* A payer that is asked for the medical benefit in PAS is asked in the version that the case came in: nothing is translated. */
static bool speaks_its_pas(const struct ledger_move *move, const struct backend *backend)
{
	bool older = text_is(backend->fhir_version, "2.0.1");

	return backend->fhir.n > 0 && older == (pas_version_of(move->of.pas_version) == PAS_2_0_1);
}

/* Whoever decides there must be there, and be asked in a standard into which the case can be put. */
static bool can_take(struct ledger_move *move, const struct route_decision *decision)
{
	const struct backend *backend = backend_find(move->ledger->config, decision->backend);
	bool house = ledger_is_house(decision->backend), pharmacy = text_is(decision->track, "PHARMACY");
	struct fault why;

	if (!pharmacy && !text_is(decision->track, "MEDICAL"))
		return false;
	if (!case_is_pas(&move->at))
		return house || (backend && (backend->script.n > 0 || (!pharmacy && backend->fhir.n > 0)));
	if (!pharmacy)
		return house || (backend && speaks_its_pas(move, backend));
	return (house || (backend && backend->script.n > 0)) &&
	       ledger_script_begin(move->ledger, &move->at, &move->of, decision->backend, move->goes_id, &move->ledger->batch, &move->script, &move->goes_request, &why);
}

/* What is said newly is of today, so that what a payer said earlier does not hold against it. */
static bool add_said(struct ledger_move *move, const struct not_mine *why, struct route_question *question)
{
	struct arena *arena = &move->ledger->batch;
	struct route_said *said = arena_alloc(arena, why->said_n * sizeof(*said));
	const struct route_question stated = { .said = said, .said_n = why->said_n };

	if (!said)
		return false;
	for (size_t i = 0; i < why->said_n; i++) {
		said[i] = why->said[i];
		if (!said[i].date.n)
			said[i].date = clock_format_date(move->now.wall_ms, arena);
	}
	return route_state(question, &stated, arena);
}

static bool find_way(struct ledger_move *move, const struct not_mine *why, const struct route_decision *before)
{
	struct arena *arena = &move->ledger->batch;
	struct route_decision decision;
	struct route_question question;
	struct buffer packed;

	if (!before->question || !can_go(move))
		return false;
	question = *before->question;
	if (!add_said(move, why, &question))
		return false;
	route_decide(move->ledger->rules, &question, arena, &decision);
	if (text_is(decision.track, "MEDICAL") && ledger_is_house(decision.backend) && move->at.medical_backend.n)
		decision.backend = move->at.medical_backend;
	move->goes_round = move->of.round < ROUND_MOST ? move->of.round + 1 : ROUND_MOST;
	move->goes_id = ledger_round_id(move->of.trace, move->goes_round, arena);
	if (was_there(&move->at, decision.track, name_of(decision.backend)) || !can_take(move, &decision))
		return false;
	buffer_init(&packed, arena, 4096);
	record_pack(&route_decision_record, &decision, &packed);
	move->goes_to = decision;
	move->goes_with = buffer_text(&packed);
	return text_there(move->goes_with);
}

/* -- what is known of it -- */

static struct text shortened(struct text words)
{
	size_t n = words.n < WORDS_MAX ? words.n : WORDS_MAX;

	while (n && n < words.n && ((unsigned char)words.at[n] & 0xc0) == 0x80) /* not within a character */
		n--;
	return n ? (struct text){ words.at, n } : TEXT_NONE;
}

static bool note_miss(struct ledger_move *move, const struct not_mine *why, const struct route_decision *before)
{
	struct pa_case *at = &move->at;
	struct case_miss *misses = arena_alloc(&move->ledger->batch, (at->misses_n + 1) * sizeof(*misses));

	if (!misses || at->misses_n >= REROUTE_MISSES_MOST)
		return misses != NULL;
	if (at->misses_n)
		memcpy(misses, at->misses, at->misses_n * sizeof(*misses));
	misses[at->misses_n] = (struct case_miss){ .track = before->track, .backend = name_of(at->backend), .rule = before->rule,
		.version = before->version, .at_ms = move->now.wall_ms, .words = shortened(text_trim(why->words)) };
	move->miss = misses[at->misses_n];
	at->misses = misses;
	at->misses_n++;
	return true;
}

/* -- what whoever asked is told when nobody is left -- */

/* What each of them said, the last one too. */
static struct text all_words(const struct ledger_move *move)
{
	const struct pa_case *at = &move->at;
	struct buffer note;

	buffer_init(&note, &move->ledger->batch, 1024);
	for (size_t i = 0; i < at->misses_n; i++) {
		const struct case_miss *miss = &at->misses[i];

		tell_benefit(miss->track, &note);
		buffer_lit(&note, " answered: ");
		buffer_add(&note, miss->words.n ? miss->words : text_lit("not decided here"));
		buffer_add(&note, miss->words.n && miss->words.at[miss->words.n - 1] == '.' ? text_lit(" ") : text_lit(". "));
	}
	buffer_add(&note, text_of(tell_words(TELL_NOBODY)));
	return buffer_text(&note);
}

void ledger_say_nobody(struct ledger_move *move)
{
	struct arena *arena = &move->ledger->batch;
	struct outbox_row row = move->of;
	struct text message, note;

	if (!move->missed || move->goes || move->at.misses_n < 2 || !text_there(move->message))
		return;
	note = all_words(move);
	row.reply_id = move->message_id;
	message = case_is_pas(&move->at) ? pas_say_ended(move->message, note, move->message_id, move->now.wall_ms, arena) :
					   ledger_closed(move->ledger, &row, &move->at, "BY", note, move->now, arena);
	log_event(LEVEL_WARN, "case.unrouted", log_id("trace", move->trace), log_id("case", move->at.case_id),
		log_number("asked", (int64_t)move->at.misses_n), log_number("told", text_there(message)));
	if (!text_there(message))
		return; /* the last answer is told as it came */
	move->message = message;
	move->follow = TEXT_NONE;
	move->event = CASE_EVENT_CLOSE;
}

bool ledger_asked_of(const struct pa_case *at, struct arena *arena, const char *track)
{
	struct route_decision decision = { 0 };
	struct fault none;

	return text_there(at->decision) && record_unpack(&route_decision_record, &decision, arena, at->decision, &none) && text_is(decision.track, track);
}

bool ledger_missed(struct ledger_move *move, const struct not_mine *why, struct fault *fault)
{
	struct route_decision before = { 0 };
	enum case_state state;
	struct fault none;

	if (!why->said_n || !case_state_of(move->at.state, &state) || case_step(state, move->event)->act == ACT_IGNORE ||
		!text_there(move->at.decision) || !record_unpack(&route_decision_record, &before, &move->ledger->batch, move->at.decision, &none))
		return true;
	if (!note_miss(move, why, &before))
		return fault_set(fault, FAULT_INTERNAL, "pa_case/miss");
	move->missed = true;
	move->goes = find_way(move, why, &before);
	return true;
}

/* -- on its way -- */

/* A remote backend gets the message as it came; of what the house was asked only the records are kept. */
static bool add_body(struct ledger_move *move, struct outbox_row *row)
{
	struct arena *arena = &move->ledger->batch;
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .script = arena_new(arena, struct script_message) };
	struct buffer body;
	struct fault none;

	if (row->body.n)
		return true;
	buffer_init(&body, arena, row->request.n + 1024);
	if (!message.script || !record_unpack(&script_message_record, message.script, arena, row->request, &none) ||
		!ncpdp_write(&message, TEXT_NONE, &body, &none))
		return false;
	row->body = buffer_text(&body);
	return text_there(row->body);
}

/* A case of PAS is asked for the pharmacy benefit in SCRIPT, from its questions on, and for the medical one with what was submitted. */
static bool change_standard(struct ledger_move *move, struct outbox_row *row, struct fault *fault)
{
	bool pharmacy = text_is(move->goes_to.track, "PHARMACY"), found = false;
	struct case_item script = { .key = case_script_key(move->at.case_id, &move->ledger->batch) };
	struct pa_script stored;

	row->request = pharmacy ? move->goes_request : TEXT_NONE;
	row->event = pharmacy ? text_lit("INITIATE") : text_lit("SUBMIT");
	if (pharmacy) {
		script.record = &pa_script_record;
		script.rec = &move->script;
	} else if (!case_store_read(&move->ledger->cases, script.key, &pa_script_record, &stored, &move->ledger->batch, &found, fault)) {
		return false;
	}
	if (pharmacy || found) /* what was asked in SCRIPT is over */
		ledger_move_item(move, script);
	return true;
}

static void put_row(struct ledger_move *move, struct outbox_row *row)
{
	struct arena *arena = &move->ledger->batch;
	struct pa_case *at = &move->at;
	int64_t wall_ms = move->now.wall_ms;
	struct text key = case_row_key(wall_ms, at->case_id, ++at->rows, arena);

	at->work_row = key;
	ledger_move_item(move, (struct case_item){ key, &outbox_row_record, row });
	ledger_move_later(move, (struct later){ ledger_list_of(row), key, false, wall_ms, wall_ms });
	at->asked_event = row->event;
	if (ledger_is_house(row->backend))
		return;
	move->sent = (struct sent_question){ at->case_id, row->event, at->asked_id, at->begun_id };
	ledger_move_item(move, (struct case_item){ case_question_key(row->reply_id, arena), &sent_question_record, &move->sent });
}

bool ledger_reroute_plan(struct ledger_move *move, struct case_change *change, struct fault *fault)
{
	struct pa_case *at = &move->at;
	struct outbox_row *row = &move->again;

	if (!ledger_move_drop(move, at->work_row, fault) || !ledger_move_drop(move, move->row, fault))
		return false;
	*row = move->of;
	row->kind = text_lit("WORK");
	row->created_ms = row->due_ms = move->now.wall_ms;
	row->round = row->rounds_before = move->goes_round;
	row->reply_id = at->first_asked = move->goes_id;
	row->decision = at->decision = move->goes_with;
	row->backend = at->backend = name_of(move->goes_to.backend);
	row->backend_case_id = at->backend_case_id = TEXT_NONE;
	row->state = TEXT_NONE; /* it has seen nothing of the case, and asked nothing that could be late */
	row->reply_by_ms = 0;
	if (case_is_pas(at) && !change_standard(move, row, fault))
		return false;
	if (!case_is_pas(at) && !ledger_is_house(row->backend) && !add_body(move, row))
		return fault_set(fault, FAULT_STORE_CORRUPT, "outbox_row/request");
	put_row(move, row);
	at->version++;
	at->changed_ms = move->now.wall_ms;
	change->put = at;
	change->items_n = move->items_n;
	change->audit.what = text_lit("REROUTED");
	change->audit.event = TEXT_NONE; /* nothing happened to its state */
	change->audit.after = at->state;
	change->audit.version = at->version;
	change->audit.track = move->goes_to.track;
	return true;
}

/* -- counting -- */

void ledger_rerouted(const struct ledger_move *move)
{
	struct ledger *ledger = move->ledger;
	size_t i = 0;

	log_event(LEVEL_WARN, move->goes ? "case.rerouted" : "case.missed", log_id("trace", move->trace), log_id("case", move->at.case_id),
		log_id("rule", move->miss.rule), log_id("rules", move->miss.version), log_id("track", move->miss.track),
		log_id("goes", move->goes ? move->goes_to.track : text_lit("nowhere")));
	while (i < ledger->misses_n && !text_equal(move->miss.rule, ledger->misses[i].rule))
		i++;
	if (i < ledger->misses_n) {
		ledger->misses[i].times++;
		return;
	}
	if (i == LEDGER_MISSES) {
		ledger->misses[i - 1].times++;
		return;
	}
	text_to_z(i + 1 < LEDGER_MISSES ? move->miss.rule : text_lit("others"), ledger->miss_names[i], sizeof(ledger->miss_names[i]));
	ledger->misses[ledger->misses_n++] = (struct rule_misses){ text_of(ledger->miss_names[i]), 1 };
}

void ledger_reroute_count(const struct ledger *ledger, struct counters *counters)
{
	counters->misses = (struct rule_misses *)ledger->misses;
	counters->misses_n = ledger->misses_n;
}
