/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer that is asked in SCRIPT wants to know of a PAS case, as Da Vinci DTR asks it: the package of its Questionnaire by our number of the case or by the
   order, and the next question of an adaptive one. Only whoever submitted the case is told, and only about its own patient. */
#include "gateway/ledger/ledger_event.h"
#include "gateway/ledger/ledger_pas.h"
#include "gateway/ledger/ledger_script.h"

#include "base/log.h"
#include "fhir-bridge/dtr/dtr.h"
#include "fhir-bridge/script/to_script.h"
#include "gateway/config/base_url.h"

#define CONTEXT "Parameters.parameter.where(name='context').value"
#define COVERAGE "Parameters.parameter.where(name='coverage').resource"

enum { LOOKED_AT_MOST = 200 }; /* cases of one member and drug */

/* One question about a case in hand. */
struct telling {
	const struct event *event;
	struct pa_script stored;
	struct make make;
	struct question_form form;
	struct fhir_bundle *bundle; /* that was submitted */
	struct fault why;
};

/* DTR 2.0.1 is at the address of PAS 2.0.1. */
static enum dtr_version version_of(const struct telling *t)
{
	return t->event->message.pas_version == PAS_2_0_1 ? DTR_2_0_1 : DTR_2_2_0;
}

static struct text base_url(struct telling *t)
{
	return config_base_url(t->event->ledger->config, version_of(t) == DTR_2_0_1 ? "/fhir/2.0" : "/fhir", &t->make);
}

/* *there: the case is the client's, and is asked in SCRIPT. */
static bool find(struct telling *t, struct text case_id, struct pa_case *at, bool *there)
{
	const struct event *event = t->event;
	bool found;

	*there = false;
	if (!case_store_read(&event->ledger->cases, case_key(case_id, event->arena), &pa_case_record, at, event->arena, &found, event->fault))
		return false;
	if (!found || !text_equal(at->partner, event->message.partner))
		return true;
	return case_store_read(&event->ledger->cases, case_script_key(at->case_id, event->arena), &pa_script_record, &t->stored, event->arena, there,
		event->fault);
}

/* Of several cases of the member and the drug it is the latest one that waits for answers. */
static bool find_by(struct telling *t, struct text digest, struct text *latest, int64_t *opened_ms)
{
	const struct event *event = t->event;
	struct store_walk *walk = store_walk_new(event->ledger->store, case_inquiry_prefix(digest, event->arena), TEXT_NONE);
	struct text key, value;
	struct fault ending;
	bool good = true, there;
	int looked_at = 0;

	while (good && looked_at++ < LOOKED_AT_MOST && store_walk_next(walk, &key, &value)) {
		struct pa_case at = { 0 };
		enum case_state state;

		good = find(t, arena_text(event->arena, value), &at, &there);
		if (good && there && case_state_of(at.state, &state) && case_state_turn(state) == TURN_PRESCRIBER && at.opened_ms >= *opened_ms) {
			*latest = at.case_id;
			*opened_ms = at.opened_ms;
		}
	}
	if (store_walk_free(walk, &ending))
		return good;
	*event->fault = ending;
	return false;
}

/* By our number of the case, or by the order. */
static bool find_case(struct telling *t, bool *there)
{
	const struct case_message *message = &t->event->message;
	struct text case_id = message->pa_case_id.n ? message->pa_case_id : TEXT_NONE;
	struct pa_case at = { 0 };
	int64_t opened_ms = 0;

	*there = false;
	for (size_t i = 0; i < message->drug_keys_n && !message->pa_case_id.n; i++)
		if (!find_by(t, message->drug_keys[i], &case_id, &opened_ms))
			return false;
	return !text_there(case_id) || find(t, case_id, &at, there);
}

/* A coverage of somebody else would be about another patient's case. */
static bool is_same_member(struct telling *t, const struct fhir_coverage *coverage)
{
	struct pas_request request;
	bool same;

	pas_request_of(t->bundle, &request);
	same = text_equal(coverage->subscriber_id, request.member_id);
	for (size_t i = 0; i < coverage->identifier_n && !same; i++)
		same = text_equal(coverage->identifier[i].value, request.member_id);
	return same || fault_set(&t->why, FAULT_NOT_FOUND, COVERAGE ".identifier");
}

/* What was answered of these questions in the submission need not be answered again. */
static struct form_answers known_answers(struct telling *t)
{
	struct form_answers known;
	struct loss ignored = { .n = 0 };
	struct fault unfit;
	bool whole;

	if (!script_answers_in(t->bundle, &t->form, &t->make, &known, &whole, &ignored, &unfit))
		known = (struct form_answers){ .n = 0 };
	return known;
}

static void add_package(struct telling *t, struct dtr_package *package, const struct dtr_package_request *asked)
{
	struct make *make = &t->make;
	struct form_answers known = known_answers(t);
	struct text orders[DTR_ORDERS_MAX];
	struct form_context context = { .subject = asked->coverage->beneficiary->reference, .orders = orders, .orders_n = asked->orders_n,
		.coverage = make_text(make, text_lit("Coverage/"), asked->coverage->id, TEXT_NONE), .status = "in-progress",
		.wall_ms = t->event->now.wall_ms };
	struct loss loss = { .n = 0 };
	struct fhir_questionnaire *questionnaire;
	bool adaptive;

	for (size_t i = 0; i < asked->orders_n; i++)
		orders[i] = asked->orders[i].reference;
	questionnaire = form_questionnaire(&t->form, base_url(t), make, &adaptive, &loss);
	dtr_package_add(package, questionnaire, &t->form, &known, &context);
	for (size_t i = 0; i < loss.n; i++)
		dtr_package_say(package, "information", "incomplete", make_text(make, text_lit("Not carried over from the payer's question set: "),
			loss.paths[i], TEXT_NONE));
}

static bool tell_package(struct telling *t, struct buffer *answer)
{
	struct dtr_package_request asked;
	struct dtr_package package;

	if (!dtr_read_package(t->event->message.body, version_of(t), t->event->arena, &asked, &t->why) ||
		(t->bundle && !is_same_member(t, asked.coverage)))
		return false;
	dtr_package_begin(&package, version_of(t), event_id(t->event, "", ".0"), t->event->now.wall_ms, &t->make);
	if (!t->bundle)
		dtr_package_say(&package, "warning", "not-supported", text_lit("Another payer decides about this order. It asks its questions once "
			"prior authorization was asked for: submit the request, and ask again."));
	else if (ledger_script_form(&t->stored, &t->make, &t->form))
		add_package(t, &package, &asked);
	else
		dtr_package_say(&package, "information", "informational", text_lit("The payer has asked nothing about this case yet."));
	dtr_package_write(&package, answer);
	return true;
}

static bool tell_next(struct telling *t, struct buffer *answer)
{
	struct fhir_questionnaire_response *response;
	struct text asked, version, url;
	bool wrapped;

	if (!dtr_read_next(t->event->message.body, version_of(t), t->event->arena, &response, &wrapped, &asked, &t->why))
		return false;
	version = asked;
	url = text_cut(&version, '|');
	if (!ledger_script_form(&t->stored, &t->make, &t->form) || !text_equal(url, t->form.url) ||
		(text_there(version) && !text_equal(version, form_version(&t->form, &t->make))))
		return fault_set(&t->why, FAULT_NOT_FOUND, "QuestionnaireResponse.contained.derivedFrom");
	return dtr_next(&t->form, response, wrapped, base_url(t), t->event->now.wall_ms,
		t->event->arena, answer, &t->why);
}

bool event_pas_questions(const struct event *event)
{
	struct telling t = { .event = event };
	struct buffer answer;
	bool there, good, next = text_is(event->message.event, "NEXT_QUESTION");

	if (!find_case(&t, &there))
		return false;
	ledger_touch(event->ledger, event->now); /* it leaves with the next commit, when all it tells is durable */
	if (!there && (next || event->message.pa_case_id.n)) {
		event_refuse_now(event, FAULT_NOT_FOUND, next ? "QuestionnaireResponse.contained.derivedFrom" : CONTEXT);
		return true;
	}
	make_init(&t.make, event->arena);
	buffer_init(&answer, event->arena, 8192);
	good = (!there || fhir_read(t.stored.body, event->arena, &t.bundle, &t.why)) && (next ? tell_next(&t, &answer) : tell_package(&t, &answer));
	if (!make_done(&t.make) && good)
		good = fault_set(&t.why, FAULT_TOO_LARGE, "");
	if (good && !answer.failed) {
		log_event(LEVEL_INFO, "case.questions", log_id("trace", event->message.trace), log_id("case", event->message.pa_case_id));
		event_answer_with(event, buffer_text(&answer), FAULT_NONE);
		return true;
	}
	event_refuse_now(event, good ? FAULT_TOO_LARGE : t.why.code, good ? "" : t.why.path);
	if (next && event->ledger->held[event->ledger->held_n - 1].status == 422)
		event->ledger->held[event->ledger->held_n - 1].status = 400; /* DTR 2.2.0 spec-147 */
	return true;
}
