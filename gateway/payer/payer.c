/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded payer: prices what the worker asks and decides what the ledger asks, each time from the payer file it read at its
   start. It remembers nothing, so the same question may be asked again. */
#include "gateway/payer/payer.h"

#include "base/log.h"
#include "fhir-bridge/carin/carin.h"
#include "fhir-bridge/outcome.h"
#include "gateway/config/file.h"
#include "gateway/edge/problem.h"
#include "gateway/sandbox/sandbox.h"
#include "routing/not_mine.h"
#include "routing/tell.h"

enum {
	PAYER_MEMORY = 32 << 20,      /* bytes for one question with its answer */
	PART_D_FILE_MAX = 1 << 18,    /* bytes; a thousand lines */
	PAYER_FILE_MAX = 256 << 20,   /* bytes; a million members */
};

#define MEDIA_RTPB "application/xml; charset=utf-8"

struct payer {
	const struct config *config;
	struct house *house;
	struct arena arena; /* of the message in hand */
	struct counters counters;
	bool stopping;
};

/* What changes from year to year, beside what the file says. */
static bool read_years(const struct config *config, struct house *house, struct fault *fault)
{
	struct text table = sandbox_part_d();
	struct arena reading;
	int line = 0;
	bool good = true;

	arena_init(&reading, PART_D_FILE_MAX + (1 << 20));
	if (config->part_d.n)
		good = file_bytes(config->part_d, PART_D_FILE_MAX, "part_d", &reading, &table, fault);
	if (good && !house_read_part_d(house, table, &line, fault))
		good = fault_under(fault, text_lit("part_d"), line);
	arena_done(&reading);
	return good;
}

static bool read_house(const struct config *config, struct house **out, struct fault *fault)
{
	struct text file = sandbox_payer();
	struct arena reading;
	bool good = true;

	arena_init(&reading, (size_t)PAYER_FILE_MAX + (1 << 20));
	if (config->payer.n)
		good = file_bytes(config->payer, PAYER_FILE_MAX, "payer", &reading, &file, fault);
	if (good && !house_read(file, out, fault))
		good = fault_under(fault, text_lit("payer"), -1);
	arena_done(&reading);
	if (!good)
		return false;
	good = read_years(config, *out, fault);
	if (!good)
		house_free(*out);
	return good;
}

static bool payer_start(void *state, const struct role_setup *setup, struct now now, struct fault *fault)
{
	struct payer *payer = state;

	payer->config = setup->config;
	arena_init(&payer->arena, PAYER_MEMORY);
	return read_house(payer->config, &payer->house, fault);
}

/* The payer file and all: with one that cannot be read the earlier one holds, under the earlier configuration. */
static void take_config(struct payer *payer, const struct config *config, struct outbox *out)
{
	struct house *house = NULL;
	struct fault fault;

	out->kept = !read_house(config, &house, &fault);
	if (out->kept) {
		log_event(LEVEL_ERROR, "config.kept", log_word("fault", fault_row(fault.code)->name), log_path("path", fault.path));
		return;
	}
	house_free(payer->house);
	payer->house = house;
	payer->config = config;
}

static void payer_stop(void *state)
{
	struct payer *payer = state;

	house_free(payer->house);
	arena_done(&payer->arena);
}

/* since_ms: Unix time at which the message came that this answers. */
static void log_done(const char *event, const struct input *input, int64_t since_ms, struct now now, struct text track,
	const struct fault *fault)
{
	log_event(fault->code ? fault_row(fault->code)->level : LEVEL_INFO, event, log_id("trace", input->envelope->trace),
		log_id("track", text_there(track) ? track : text_lit("none")), log_word("fault", fault_row(fault->code)->name),
		log_path("path", fault->path), log_number("ms", now.wall_ms - since_ms));
}

/* -- real-time benefit -- */

static bool unpack(const struct record *record, void *rec, struct arena *arena, struct text bytes, const char *what,
	struct fault *fault)
{
	return record_unpack(record, rec, arena, bytes, fault) || fault_under(fault, text_of(what), -1);
}

static struct text reply_id(struct text trace, struct arena *arena)
{
	struct buffer id;

	buffer_init(&id, arena, trace.n + 2);
	buffer_add(&id, trace);
	buffer_lit(&id, ".0");
	return buffer_text(&id);
}

/* In the standard in which it was asked. */
static bool write_price(struct payer *payer, const struct input *input, struct now now, const struct price_question *question,
	const struct ncpdp_message *said, struct buffer *answer, struct fault *fault)
{
	const struct carin_answering how = { .id = input->envelope->trace, .public_url = payer->config->public_url, .wall_ms = now.wall_ms };
	struct carin_request asked;

	if (!text_there(question->asked))
		return ncpdp_write(said, TEXT_NONE, answer, fault);
	return carin_read(question->asked, &payer->arena, &asked, fault) && carin_answer(&asked, said->rtpb, &how, &payer->arena, answer, fault);
}

static bool price(struct payer *payer, const struct input *input, struct now now, struct price_question *question, struct rtpb_message *request,
	struct buffer *answer, struct text *track, struct fault *fault)
{
	struct arena *arena = &payer->arena;
	struct coverage coverage = { 0 };
	struct route_decision route = { 0 };
	struct ncpdp_message message = { .family = NCPDP_RTPB, .kind = NCPDP_RTPB_RESPONSE };
	struct house_case about;

	if (!unpack(&price_question_record, question, arena, input->payload, "PRICE", fault) ||
		!unpack(&rtpb_message_record, request, arena, question->request, "request", fault) ||
		!unpack(&route_decision_record, &route, arena, question->decision, "decision", fault))
		return false;
	if (text_there(question->coverage) &&
		!unpack(&coverage_record, &coverage, arena, question->coverage, "coverage", fault))
		return false;
	*track = route.track;
	about = (struct house_case){ .plan = question->plan, .coverage = text_there(question->coverage) ? &coverage : NULL,
		.track = route.track, .sentence = route.sentence, .policy = coverage.policy,
		.standings = question->standings, .standings_n = question->standings_n, .after_fill = text_there(question->asked),
		.reply_id = reply_id(input->envelope->trace, arena), .received_ms = input->envelope->received_ms,
		.wall_ms = now.wall_ms };
	message.rtpb = house_price(payer->house, request, &about, arena);
	if (!message.rtpb)
		return fault_set(fault, FAULT_TOO_LARGE, "RTPBResponse");
	return write_price(payer, input, now, question, &message, answer, fault);
}

/* Appends the refusal to a question that may not have been read, and says how it goes out. */
static struct price_refusal {
	int status;
	const char *media;
} refuse_price(struct payer *payer, const struct input *input, struct now now, const struct price_question *question, struct rtpb_message *request,
	const struct fault *fault, struct buffer *answer)
{
	const struct ncpdp_message asked = { .family = NCPDP_RTPB, .kind = NCPDP_RTPB_REQUEST, .rtpb = request->header ? request : NULL };
	struct ncpdp_sender sender;

	if (text_there(question->asked)) {
		fhir_outcome_write(fault, answer);
		return (struct price_refusal){ fault_row(fault->code)->http_status, MEDIA_FHIR };
	}
	ncpdp_sender(&asked, text_lit(""), &sender);
	ncpdp_write_refusal(NCPDP_RTPB, &sender, reply_id(input->envelope->trace, &payer->arena), now.wall_ms, fault, answer);
	return (struct price_refusal){ 200, MEDIA_RTPB };
}

static void do_price(struct payer *payer, const struct input *input, struct now now, struct outbox *out)
{
	struct price_question question = { 0 };
	struct rtpb_message request = { 0 };
	struct fault fault = { 0 };
	struct text track = TEXT_NONE;
	struct price_refusal as = { 200, MEDIA_RTPB };
	struct buffer answer;

	if (input->deadline_ms && now.mono_ms >= input->deadline_ms) {
		payer->counters.late++;
		return;
	}
	buffer_init(&answer, out->arena, 8192);
	if (!price(payer, input, now, &question, &request, &answer, &track, &fault)) {
		payer->counters.faults++;
		buffer_init(&answer, out->arena, 2048);
		as = refuse_price(payer, input, now, &question, &request, &fault, &answer);
	} else if (text_there(question.asked)) {
		as.media = MEDIA_FHIR;
	}
	outbox_answer(out, input, as.status, as.media, buffer_text(&answer), fault.code);
	log_done("price.done", input, input->envelope->received_ms, now, track, &fault);
}

/* -- questions -- */

/* DTR 2.2.0 spec-147: a response that does not fit its questions is 400. */
static int status_of(const struct form_question *question, const struct fault *fault)
{
	int status = fault_row(fault->code)->http_status;

	return text_is(question->operation, "NEXT") && status == 422 ? 400 : status;
}

static void do_preflight(struct payer *payer, const struct form_question *question, const struct input *input, struct now now,
	struct outbox *out, struct fault *fault)
{
	struct buffer event;

	buffer_init(&event, out->arena, question->body.n + 4096);
	if (payer_preflight(payer->house, question, now, &payer->arena, &event, fault)) {
		outbox_send(out, (struct peer){ ROLE_LEDGER, PEER_ANY }, TYPE_EVENT, input, buffer_text(&event));
		return;
	}
	payer->counters.faults++;
	buffer_init(&event, out->arena, 512);
	problem_write(fault, fault_row(fault->code)->http_status, input->envelope->trace, false, &event);
	outbox_answer(out, input, fault_row(fault->code)->http_status, MEDIA_PROBLEM, buffer_text(&event), fault->code);
}

static void do_form(struct payer *payer, const struct input *input, struct now now, struct outbox *out)
{
	struct form_question question = { 0 };
	struct fault fault = { 0 };
	struct buffer answer;
	bool good;

	if (input->deadline_ms && now.mono_ms >= input->deadline_ms) {
		payer->counters.late++;
		return;
	}
	buffer_init(&answer, out->arena, 8192);
	good = unpack(&form_question_record, &question, &payer->arena, input->payload, "FORM", &fault);
	if (good && text_is(question.operation, "PREFLIGHT")) {
		do_preflight(payer, &question, input, now, out, &fault);
		log_done("preflight.done", input, input->envelope->received_ms, now, TEXT_NONE, &fault);
		return;
	}
	good = good && payer_dtr(payer->house, payer->config, &question, reply_id(input->envelope->trace, &payer->arena), now, &payer->arena, &answer, &fault);
	if (!good) {
		payer->counters.faults++;
		buffer_init(&answer, out->arena, 1024);
		fhir_outcome_write(&fault, &answer);
	}
	outbox_answer(out, input, good ? 200 : status_of(&question, &fault), MEDIA_FHIR, buffer_text(&answer), fault.code);
	log_done("form.done", input, input->envelope->received_ms, now, TEXT_NONE, &fault);
}

/* -- members -- */

static void do_standing(struct payer *payer, const struct input *input, struct now now, struct outbox *out)
{
	struct standing standing = { .plan = TEXT_NONE };
	struct fault fault = { 0 };
	struct buffer told;

	if (input->deadline_ms && now.mono_ms >= input->deadline_ms) {
		payer->counters.late++;
		return;
	}
	buffer_init(&told, out->arena, 1024);
	if (unpack(&standing_record, &standing, &payer->arena, input->payload, "STANDING", &fault)) {
		payer_standing(payer->house, now.wall_ms, &payer->arena, &standing);
		record_pack(&standing_record, &standing, &told);
	}
	payer->counters.faults += fault.code != FAULT_NONE;
	outbox_answer(out, input, 200, MEDIA_JSON, told.failed ? text_lit("") : buffer_text(&told), fault.code);
	log_done("standing.done", input, input->envelope->received_ms, now, TEXT_NONE, &fault);
}

/* -- prior authorization -- */

static void initiate(const struct payer_case *pa, struct house_decision *decision)
{
	house_initiate(pa->house, &pa->about, pa->arena, decision);
}

static void submit(const struct payer_case *pa, struct house_decision *decision)
{
	struct house_answer *answers = NULL;
	size_t answers_n = house_answers_of(pa->request, pa->arena, &answers);

	house_decide(pa->house, &pa->about, answers, answers_n, pa->arena, decision);
}

static void appeal(const struct payer_case *pa, struct house_decision *decision)
{
	struct house_answer *answers = NULL;
	size_t answers_n = house_answers_of(pa->request, pa->arena, &answers);

	house_appeal(pa->house, &pa->about, answers, answers_n, pa->arena, decision);
}

static void cancel(const struct payer_case *pa, struct house_decision *decision)
{
	house_cancel(pa->house, &pa->about, decision);
}

/* Where another backend was asked first, that this is not our plan either is the other half of the same answer. */
void payer_not_mine(const struct house_decision *decision, struct text track, bool rerouted, struct arena *arena, struct case_decision *said)
{
	if (decision->not_mine || (rerouted && decision->outcome == HOUSE_CLOSED && not_mine_code(NOT_MINE_SCRIPT, decision->reason_code)))
		said->said_n = not_mine_said(track, arena, &said->said);
}

/* What the ledger asks, with the message it is asked by and the one that answers it. A PANotification is not among them: the house
   payer has nothing to say to it. */
static const struct case_asked {
	const char *event;
	enum ncpdp_kind by, answer;
	void (*decide)(const struct payer_case *pa, struct house_decision *decision);
} asked[] = {
	{ "INITIATE", NCPDP_PA_INITIATION_REQUEST, NCPDP_PA_INITIATION_RESPONSE, initiate },
	{ "SUBMIT", NCPDP_PA_REQUEST, NCPDP_PA_RESPONSE, submit },
	{ "APPEAL", NCPDP_PA_APPEAL_REQUEST, NCPDP_PA_APPEAL_RESPONSE, appeal },
	{ "CANCEL", NCPDP_PA_CANCEL_REQUEST, NCPDP_PA_CANCEL_RESPONSE, cancel },
};

/* NULL: it is none of them, or the message is not the one that asks for it. */
static const struct case_asked *asked_of(const struct case_work *work, const struct script_body *body)
{
	const void *const bodies[] = { body->pa_initiation_request, body->pa_request, body->pa_appeal_request, body->pa_cancel_request };

	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++)
		if (text_is(work->event, asked[i].event))
			return bodies[i] ? &asked[i] : NULL;
	return NULL;
}

/* Which questions are asked does not depend on the benefit; what is sent with the answers does. */
static bool decide_on_track(const struct payer_case *pa, struct house_decision *decision, struct loss *loss, struct fault *fault)
{
	if (!text_is(pa->about.track, "MEDICAL") || !text_is(pa->work->event, "SUBMIT")) {
		pa->asked->decide(pa, decision);
		return true;
	}
	if (!payer_medical(pa, decision, loss, fault))
		return false;
	if (loss->n)
		log_event(LEVEL_INFO, "claim.loss", log_id("case", pa->work->case_id), log_number("elements", (int64_t)loss->n));
	return true;
}

static bool read_case(struct payer *payer, struct now now, struct case_work *work, struct payer_case *pa, struct fault *fault)
{
	struct script_message *request = arena_new(&payer->arena, struct script_message);

	if (!request)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (!unpack(&script_message_record, request, &payer->arena, work->request, "request", fault))
		return false;
	*pa = (struct payer_case){ .house = payer->house, .work = work, .request = request, .arena = &payer->arena };
	if (text_there(work->decision) &&
		!unpack(&route_decision_record, &pa->route, &payer->arena, work->decision, "decision", fault))
		return false;
	pa->asked = request->body ? asked_of(work, request->body) : NULL;
	if (!pa->asked)
		return fault_set(fault, FAULT_UNKNOWN_MESSAGE, "WORK/request");
	pa->about = (struct house_case){ .plan = work->plan, .track = pa->route.track, .sentence = tell_track(TELL_SCRIPT, &pa->route, work->rerouted, &payer->arena),
		.policy = work->policy, .case_id = work->case_id, .reply_id = work->reply_id, .received_ms = work->received_ms,
		.wall_ms = now.wall_ms, .round = work->round, .state = work->state, .reply_by_ms = work->reply_by_ms,
		.appeal_by_ms = work->appeal_by_ms, .appeal_case_id = work->appeal_case_id, .meanwhile = work->note };
	house_read_request(request, &payer->arena, &pa->about);
	return true;
}

/* SCRIPT has no message that says of an appeal that it takes longer: the prescriber hears of it when it is decided. */
static bool is_told(const struct payer_case *pa, const struct house_decision *decision)
{
	return pa->asked->answer != NCPDP_PA_APPEAL_RESPONSE || decision->outcome != HOUSE_IN_PROCESS;
}

static bool write_answer(struct payer *payer, const struct payer_case *pa, const struct house_decision *decision,
	struct script_message **script, struct buffer *body, struct fault *fault)
{
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = pa->asked->answer };

	message.script = *script = house_answer_script(payer->house, pa->request, &pa->about, decision, pa->arena);
	if (!message.script)
		return fault_set(fault, FAULT_TOO_LARGE, ncpdp_kind_row(pa->asked->answer)->name);
	return ncpdp_write(&message, payer->config->script_version, body, fault);
}

/* Whether the prescriber can go on with a PAAppealRequest: once, and only if the policy takes it. */
static struct text e_appeal(const struct house_decision *decision)
{
	bool decided = decision->outcome == HOUSE_APPROVED || decision->outcome == HOUSE_DENIED || decision->outcome == HOUSE_PARTIALLY_DENIED;

	if (!decided || !decision->policy)
		return TEXT_NONE;
	return decision->policy->e_appeal && !text_there(decision->appeal_case_id) ? text_lit("Y") : text_lit("N");
}

static bool send_decision(const struct case_decision *said, const struct input *input, struct outbox *out, struct fault *fault)
{
	struct buffer payload;

	buffer_init(&payload, out->arena, said->message.n + 1024);
	record_pack(&case_decision_record, said, &payload);
	if (payload.failed)
		return fault_set(fault, FAULT_TOO_LARGE, "DECISION");
	outbox_send(out, input->peer, TYPE_DECISION, input, buffer_text(&payload));
	return true;
}

static bool answer_case(struct payer *payer, const struct payer_case *pa, struct outbox *out, const struct input *input,
	struct fault *fault)
{
	struct house_decision decision = { 0 };
	struct script_message *script = NULL;
	struct case_decision said;
	struct loss loss = { 0 };
	struct buffer body;

	if (!decide_on_track(pa, &decision, &loss, fault))
		return false;
	buffer_init(&body, pa->arena, 8192);
	if (is_told(pa, &decision) && !write_answer(payer, pa, &decision, &script, &body, fault))
		return false;
	said = (struct case_decision){ .row = pa->work->row, .case_id = pa->work->case_id,
		.outcome = text_of(house_outcome_name(decision.outcome)), .reason = decision.reason,
		.message = body.n ? buffer_text(&body) : TEXT_NONE, .again_ms = decision.again_ms, .reply_by_ms = decision.reply_by_ms,
		.appeal_by_ms = decision.appeal_by_ms, .appeal_case_id = decision.appeal_case_id, .e_appeal = e_appeal(&decision),
		.authorization = decision.authorization_number, .authorized_to = decision.expiration_date,
		.losses = loss.paths, .losses_n = loss.n };
	if (!payer_records(pa, &decision, script, &said, fault))
		return false;
	payer_not_mine(&decision, pa->about.track, pa->work->rerouted, pa->arena, &said);
	if (said.said_n)
		said.reason = decision.note;
	return !body.failed ? send_decision(&said, input, out, fault) : fault_set(fault, FAULT_TOO_LARGE, "DECISION");
}

/* Without a DECISION the ledger asks again later: nothing is lost, and an operator sees why. */
static void do_work(struct payer *payer, const struct input *input, struct now now, struct outbox *out)
{
	struct case_work work = { 0 };
	struct payer_case pa = { 0 };
	struct case_decision said;
	struct fault fault = { 0 };
	bool good = unpack(&case_work_record, &work, &payer->arena, input->payload, "WORK", &fault);

	if (good && text_is(work.standard, "PAS"))
		good = payer_pas(payer->house, &work, now, &payer->arena, &said, &pa.about.track, &fault) &&
			send_decision(&said, input, out, &fault);
	else if (good)
		good = read_case(payer, now, &work, &pa, &fault) && answer_case(payer, &pa, out, input, &fault);
	payer->counters.faults += !good;
	log_done("case.answer", input, work.received_ms ? work.received_ms : now.wall_ms, now, pa.about.track, &fault);
}

static void payer_step(void *state, const struct input *input, struct now now, struct outbox *out)
{
	struct payer *payer = state;

	arena_reset(&payer->arena);
	switch (input->kind) {
	case IN_MESSAGE:
		if (input->type == TYPE_PRICE)
			do_price(payer, input, now, out);
		else if (input->type == TYPE_FORM)
			do_form(payer, input, now, out);
		else if (input->type == TYPE_STANDING)
			do_standing(payer, input, now, out);
		else if (input->type == TYPE_WORK)
			do_work(payer, input, now, out);
		break;
	case IN_CONFIG:
		take_config(payer, input->config, out);
		break;
	case IN_STOP:
		payer->stopping = true;
		break;
	case IN_REQUEST:
	case IN_HANGUP:
	case IN_REFUSED:
	case IN_ANSWER:
	case IN_PEER_UP:
	case IN_PEER_GONE:
	case IN_CREDIT:
	case IN_TICK:
	case IN_DRAINED:
		break;
	}
	out->idle = payer->stopping;
}

static void payer_count(const void *state, struct counters *counters)
{
	const struct payer *payer = state;

	counters->faults = payer->counters.faults;
	counters->late = payer->counters.late;
}

const struct role payer_role = {
	.kind = ROLE_PAYER,
	.doc = "prices and decides, from the payer file",
	.size = sizeof(struct payer),
	.start = payer_start,
	.step = payer_step,
	.stop = payer_stop,
	.count = payer_count,
};
