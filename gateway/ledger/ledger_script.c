/* SPDX-License-Identifier: Apache-2.0 */
/* A PAS case whose backend is asked in SCRIPT: its submissions as SCRIPT messages, and the answers to them as answers of PAS. */
#include "gateway/ledger/ledger_script.h"

#include "base/log.h"
#include "fhir-bridge/script/to_script.h"
#include "gateway/config/route.h"
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_reroute.h"
#include "gateway/ledger/pas_say.h"

#define OUR_NAME "ZZZ:DUALTRACK"   /* where the configuration says none; a [backend] has its own */
#define FORM_PREFIX "urn:dualtrack:Questionnaire:case:"

enum { FOLLOWS_MOST = 8 }; /* sets answered at once in one request; a payer that goes on asking is told to the submitter */

static bool read_stored(struct ledger *ledger, struct text case_id, struct pa_script *out, bool *found, struct fault *fault)
{
	*out = (struct pa_script){ .reference = TEXT_NONE };
	*found = false;
	return !text_there(case_id) || case_store_read(&ledger->cases, case_script_key(case_id, &ledger->batch), &pa_script_record, out,
		&ledger->batch, found, fault);
}

/* -- questions -- */

bool ledger_script_form(const struct pa_script *stored, struct make *make, struct question_form *out)
{
	struct question_set *set = make_new(make, struct question_set);
	struct fault damaged;
	struct form_fill *fills;
	bool *optional;

	*out = (struct question_form){ .url = stored->form_url, .deadline = stored->deadline };
	if (!stored->questions.n || !record_unpack(&question_set_record, set, make->arena, stored->questions, &damaged))
		return false;
	out->header = set->header;
	out->questions = set->questions;
	out->n = set->questions_n;
	out->optional = optional = make_bytes(make, set->questions_n + 1);
	out->fills = fills = make_bytes(make, (set->questions_n + 1) * sizeof(*fills));
	for (size_t i = 0; i < set->questions_n; i++)
		for (size_t k = 0; k < stored->beside_n; k++)
			if (text_equal(set->questions[i].question_id, stored->beside[k].question)) {
				optional[i] = stored->beside[k].optional;
				fills[i] = (struct form_fill){ stored->beside[k].loinc, stored->beside[k].unit };
			}
	return true;
}

/* The house's questions are called as it calls them; of others each case has its own name for them. */
static struct text url_of(const struct pa_case *at, const struct question_form *form, const struct script_beside *beside, struct make *make)
{
	if (beside->form_url.n)
		return beside->form_url;
	return make_text(make, make_text(make, text_lit(FORM_PREFIX), at->case_id, text_lit(":")),
		form_uri(make, "", form->header->question_set_id), TEXT_NONE);
}

static void store_form(struct pa_script *out, const struct question_form *form, const struct script_beside *beside, struct make *make)
{
	struct question_set set = { .header = (struct question_set_header *)form->header, .questions = (struct question *)form->questions,
		.questions_n = form->n };
	struct buffer packed;

	buffer_init(&packed, make->arena, 4096);
	record_pack(&question_set_record, &set, &packed);
	out->questions = make_written(make, &packed);
	out->deadline = form->deadline;
	out->form_url = form->url;
	out->beside = (struct form_beside *)beside->questions;
	out->beside_n = beside->questions_n;
}

/* -- messages -- */

/* What the message says of who writes to whom. The courier gives it the head that was agreed with the backend. */
static struct script_asking asking_of(const struct ledger *ledger, struct text backend_name, enum script_step step)
{
	const struct config *config = ledger->config;
	const struct backend *backend = backend_find(config, backend_name);
	struct text our = config->receiver_id.n ? config->receiver_id : text_lit(OUR_NAME);

	return (struct script_asking){ .step = step, .stamp = config->script_version.n ? config->script_version : text_lit(""),
		.version = backend && backend->version.n ? ncpdp_version_named(backend->version) : NCPDP_NO_VERSION,
		.to = backend ? backend->id : our, .from = backend ? backend->our_id : our };
}

/* The message of this step, packed. */
static bool make_request(const struct fhir_bundle *bundle, const struct script_asking *asking, struct arena *arena, struct text *packed, struct fault *why)
{
	struct script_message *script;
	struct loss loss = { .n = 0 };
	struct buffer out;

	if (!script_request_of(bundle, asking, arena, &script, &loss, why))
		return false;
	buffer_init(&out, arena, 4096);
	record_pack(&script_message_record, script, &out);
	*packed = buffer_text(&out);
	return !out.failed || fault_set(why, FAULT_TOO_LARGE, "");
}

/* The payer's number of the case, as far as it gave one of its own. */
static struct text case_number(const struct pa_case *at)
{
	return text_there(at->backend_case_id) ? at->backend_case_id : at->case_id;
}

static bool read_bundle(struct text body, struct arena *arena, struct fhir_bundle **out, struct fault *why)
{
	return fhir_read(body, arena, out, why) && ((*out)->entry_n || fault_set(why, FAULT_MISSING, "Bundle.entry"));
}

/* -- submissions -- */

struct planning {
	const struct event *event;
	const struct pa_case *at;
	const struct pa_script *stored;
	struct fhir_bundle *bundle;
	struct make make;
	struct script_plan *plan;
};

/* The questions are asked for: whatever was asked about before is over. */
static bool initiate(struct planning *p)
{
	const struct event *event = p->event;
	struct script_asking asking = asking_of(event->ledger, p->at->misses_n ? p->at->backend : event->message.backend, SCRIPT_INITIATE);
	struct script_plan *plan = p->plan;

	plan->event = "INITIATE";
	plan->anew = true;
	plan->put = (struct pa_script){ .reference = event_id(event, "PA-", ""), .body = event->message.body,
		.pas_version = event->message.pas_version, .losses = event->message.losses, .losses_n = event->message.losses_n };
	event->ledger->counters.losses += (int64_t)event->message.losses_n;
	asking.message_id = event_id(event, "", ".1");
	asking.pa_reference_id = plan->put.reference;
	asking.wall_ms = event->message.received_ms;
	return make_request(p->bundle, &asking, event->arena, &plan->request, &plan->why);
}

/* *there: it has answers to what was asked. A set that they do not answer to its end is not sent on. */
static bool answer(struct planning *p, bool *there)
{
	const struct event *event = p->event;
	struct script_asking asking = asking_of(event->ledger, p->at->backend, SCRIPT_SUBMIT);
	struct script_plan *plan = p->plan;
	struct form_answers answers;
	struct question_form form;
	struct loss loss = { .n = 0 };
	bool whole;

	*there = false;
	if (!ledger_script_form(p->stored, &p->make, &form))
		return true;
	if (!script_answers_in(p->bundle, &form, &p->make, &answers, &whole, &loss, &plan->why))
		return false;
	*there = answers.n > 0;
	if (!*there)
		return true;
	if (!whole)
		return fault_set(&plan->why, FAULT_MISSING, "QuestionnaireResponse.item");
	plan->event = "SUBMIT";
	plan->put = *p->stored;
	plan->put.body = event->message.body;
	plan->put.pas_version = event->message.pas_version;
	plan->put.followed = 0;
	asking.message_id = event_id(event, "", ".1");
	asking.pa_reference_id = p->stored->reference;
	asking.pa_case_id = case_number(p->at);
	asking.wall_ms = event->message.received_ms;
	asking.form = &form;
	asking.answers = &answers;
	return make_request(p->bundle, &asking, event->arena, &plan->request, &plan->why);
}

bool ledger_script_begin(const struct ledger *ledger, const struct pa_case *at, const struct outbox_row *row, struct text backend, struct text message_id,
	struct arena *arena, struct pa_script *put, struct text *request, struct fault *why)
{
	struct script_asking asking = asking_of(ledger, backend, SCRIPT_INITIATE);
	struct fhir_bundle *bundle;

	*put = (struct pa_script){ .reference = at->case_id, .body = row->body, .pas_version = row->pas_version };
	asking.message_id = message_id;
	asking.pa_reference_id = at->case_id;
	asking.wall_ms = row->received_ms;
	return read_bundle(row->body, arena, &bundle, why) && make_request(bundle, &asking, arena, request, why);
}

/* Taken back is what was submitted, whatever the bundle that says so repeats of it. */
static bool cancel(struct planning *p)
{
	const struct event *event = p->event;
	struct script_asking asking = asking_of(event->ledger, p->at->backend, SCRIPT_CANCEL);
	struct script_plan *plan = p->plan;

	plan->event = "CANCEL";
	asking.message_id = event_id(event, "", ".1");
	asking.pa_reference_id = p->stored->reference;
	asking.pa_case_id = case_number(p->at);
	asking.wall_ms = event->message.received_ms;
	return read_bundle(p->stored->body, event->arena, &p->bundle, &plan->why) &&
	       make_request(p->bundle, &asking, event->arena, &plan->request, &plan->why);
}

/* It is the submitter's turn: what comes now may be the answers. */
static bool is_asked(const struct pa_case *at)
{
	enum case_state state;

	return case_state_of(at->state, &state) && case_state_turn(state) == TURN_PRESCRIBER;
}

static bool plan_change(struct planning *p)
{
	bool there = false;

	if (is_asked(p->at) && !answer(p, &there))
		return false;
	return there || initiate(p);
}

static bool is_pharmacy(const struct event *event)
{
	const struct pa_case said = { .decision = event->message.decision };

	return ledger_asked_of(&said, event->arena, "PHARMACY");
}

bool event_script_plan(const struct event *event, const struct pa_case *at, bool opens, struct script_plan *out)
{
	struct planning p = { .event = event, .at = at, .plan = out };
	struct pa_script stored;
	bool found, wanted = at->misses_n ? ledger_asked_of(at, event->arena, "PHARMACY") : text_is(event->message.asked_in, "SCRIPT"), taken_back = text_is(event->message.event, "CANCEL");
	bool good;

	*out = (struct script_plan){ .event = NULL };
	if (!read_stored(event->ledger, opens ? TEXT_NONE : at->case_id, &stored, &found, event->fault))
		return false;
	p.stored = &stored;
	/* what SCRIPT cannot say any more is refused, and the case stays as it was */
	wanted |= found && !at->misses_n && is_pharmacy(event);
	out->drop = found && !wanted && !taken_back;
	/* of a case that went on to the other benefit what was asked of this one is over */
	out->script = taken_back ? found && (!at->misses_n || ledger_asked_of(at, event->arena, "PHARMACY")) : wanted;
	if (!out->script)
		return true;
	make_init(&p.make, event->arena);
	if (taken_back)
		good = cancel(&p);
	else
		good = read_bundle(event->message.body, event->arena, &p.bundle, &out->why) && (found ? plan_change(&p) : initiate(&p));
	if (!make_done(&p.make) && good)
		good = fault_set(&out->why, FAULT_TOO_LARGE, "");
	if (good)
		out->why = (struct fault){ .code = FAULT_NONE };
	return true;
}

/* -- answers -- */

struct saying {
	struct ledger_move *move;
	const struct script_message *answer;
	const struct script_beside *beside;
	struct fhir_bundle *bundle; /* that is answered */
	struct make make;
	struct pa_script *stored;
	int64_t pas_version; /* that it was asked in */
};

static bool asks(const struct ledger_move *move)
{
	return move->event == CASE_EVENT_ASKED || move->event == CASE_EVENT_MORE_INFORMATION;
}

/* The bundle that this answers: the one that takes it back, or the one that is decided. */
static bool find_bundle(struct saying *s, struct text *body, struct fault *fault)
{
	struct ledger_move *move = s->move;
	struct outbox_row row;
	bool found, to_cancel = move->event == CASE_EVENT_CANCEL_AGREED || move->event == CASE_EVENT_CANCEL_DENIED;

	*body = s->stored->body;
	s->pas_version = s->stored->pas_version;
	if (!to_cancel || !text_there(move->at.cancel_row))
		return true;
	if (!case_store_read(&move->ledger->cases, move->at.cancel_row, &outbox_row_record, &row, &move->ledger->batch, &found, fault))
		return false;
	if (found) {
		*body = row.body;
		s->pas_version = row.pas_version;
	}
	if (found && !text_there(move->of.asked_id))
		move->of.asked_id = row.asked_id; /* whom the answer goes to */
	return true;
}

/* The same questions again are not answered by the same answers. */
static bool is_new(struct saying *s, const struct question_form *form)
{
	struct question_form before;

	return !ledger_script_form(s->stored, &s->make, &before) || !text_equal(form_version(&before, &s->make), form_version(form, &s->make));
}

/* The answers that are there already, as the message that brings them. */
static bool follow(struct saying *s, const struct question_form *form)
{
	struct ledger_move *move = s->move;
	struct arena *arena = &move->ledger->batch;
	struct script_asking asking = asking_of(move->ledger, text_there(move->backend) ? move->backend : move->at.backend, SCRIPT_SUBMIT);
	struct form_answers answers;
	struct loss loss = { .n = 0 };
	struct fault why;
	struct buffer id;
	bool whole;

	if (s->stored->followed >= FOLLOWS_MOST || !is_new(s, form) ||
		!script_answers_in(s->bundle, form, &s->make, &answers, &whole, &loss, &why) || !answers.n || !whole)
		return false;
	buffer_init(&id, arena, move->trace.n + 4);
	buffer_add(&id, move->trace);
	buffer_format(&id, ".s%d", (int)s->stored->followed + 1); /* no round of answers is called so: see ledger_round_id */
	move->follow_id = buffer_text(&id);
	asking.message_id = move->follow_id;
	asking.pa_reference_id = s->stored->reference;
	asking.pa_case_id = text_there(move->backend_case_id) ? move->backend_case_id : case_number(&move->at);
	asking.wall_ms = move->now.wall_ms;
	asking.form = form;
	asking.answers = &answers;
	return make_request(s->bundle, &asking, arena, &move->follow, &why);
}

static bool say(struct saying *s)
{
	struct ledger_move *move = s->move;
	const struct script_about about = { .identifier = move->message_id, .case_id = move->at.case_id, .wall_ms = move->now.wall_ms };
	struct loss loss = { .n = 0 };
	struct pas_answer answer;

	if (!script_answer_as_pas(s->answer, s->bundle, &about, &move->ledger->batch, &answer, &loss))
		return false;
	if (loss.n)
		log_event(LEVEL_INFO, "script.loss", log_id("trace", move->trace), log_id("case", move->at.case_id), log_number("elements", (int64_t)loss.n));
	move->message = pas_say(s->bundle, &answer, pas_version_of(s->pas_version), &move->ledger->batch);
	return text_there(move->message);
}

static bool take_questions(struct saying *s, struct question_form *said)
{
	struct pa_script next = *s->stored;
	struct question_form form;

	said->url = url_of(&s->move->at, said, s->beside, &s->make);
	store_form(&next, said, s->beside, &s->make);
	if (!ledger_script_form(&next, &s->make, &form))
		return false;
	next.followed += follow(s, &form);
	*s->stored = next;
	s->move->script_put = true;
	return true;
}

bool ledger_script_say(struct ledger_move *move, const struct script_message *answer, const struct script_beside *beside, bool *sayable,
	struct fault *fault)
{
	struct saying s = { .move = move, .answer = answer, .beside = beside, .stored = &move->script };
	struct question_form form = { .n = 0 };
	struct text body;
	struct fault why;
	bool found;

	*sayable = true;
	if (!case_is_pas(&move->at))
		return true;
	if (!read_stored(move->ledger, move->at.case_id, s.stored, &found, fault))
		return false;
	if (!found)
		return true;
	if (!find_bundle(&s, &body, fault))
		return false;
	make_init(&s.make, &move->ledger->batch);
	*sayable = answer && read_bundle(body, &move->ledger->batch, &s.bundle, &why);
	if (*sayable && asks(move) && script_questions_of(answer, &form))
		*sayable = take_questions(&s, &form);
	if (*sayable && !text_there(move->follow))
		*sayable = say(&s);
	*sayable = make_done(&s.make) && *sayable;
	return true;
}
