/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a decision as the SCRIPT message that answers the prescriber: each of the four requests by its own response. */
#include "adjudication/script_parts.h"
#include "adjudication/stage.h"

#include <assert.h>

/* -- PAInitiationResponse -- */

static struct text number_on_file(struct writing *w)
{
	return w->decision->on_file ? w->decision->on_file->number : TEXT_NONE;
}

static struct pa_initiation_answer *initiation_answer(struct writing *w)
{
	struct pa_initiation_answer *answer = make_new(&w->make, struct pa_initiation_answer);
	struct pa_initiation_status *status = make_new(&w->make, struct pa_initiation_status);

	answer->response_status = status;
	answer->payer_contact = part_contact(w);
	if (w->decision->outcome == HOUSE_OPEN) {
		struct pa_open *open = status->open = make_new(&w->make, struct pa_open);

		open->pa_case_id = w->about->case_id;
		if (w->decision->on_file) {
			open->expiring_pa_case_id = w->decision->on_file->case_id;
			open->expiration_date = part_day(w, w->decision->on_file->expires);
		}
		open->deadline_for_reply = part_moment(w, w->decision->reply_by_ms);
		open->question_set = make_new(&w->make, struct question_set);
		open->question_set->header = part_set_header(w);
		open->question_set->questions = stage_questions(w->decision->stage, &w->make, &open->question_set->questions_n);
		open->pa_note = part_note(w);
	} else {
		struct pa_initiation_closed *closed = status->closed = make_new(&w->make, struct pa_initiation_closed);

		/* an initiation is asked or closed, nothing else: see house_initiate */
		assert(w->decision->outcome == HOUSE_CLOSED);
		closed->pa_case_id = w->about->case_id;
		*make_push(&w->make, closed->reason_codes, closed->reason_codes_n) = w->decision->reason_code;
		closed->authorization_number = number_on_file(w);
		closed->authorization_period = part_period_on_file(w);
		closed->pa_note = part_note(w);
	}
	return answer;
}

/* -- PAResponse -- */

static void say_approved(struct writing *w, struct pa_response_status *status)
{
	struct pa_approved *out = status->approved = make_new(&w->make, struct pa_approved);

	out->pa_case_id = w->about->case_id;
	out->authorization_number = w->decision->authorization_number;
	out->authorization_period = part_period(w);
	out->appeal = part_appeal(w);
	out->pa_note = part_note(w);
}

static void say_denied(struct writing *w, struct pa_response_status *status)
{
	struct pa_denied *out = status->denied = make_new(&w->make, struct pa_denied);

	/* 42 CFR 438.210(c), 422.568(e): payer_check_policy lets no rule deny without a reason */
	assert(w->decision->reason.n);
	out->pa_case_id = w->about->case_id;
	out->appeal = part_appeal(w);
	out->pa_note = part_note(w);
}

static void say_partly(struct writing *w, struct pa_response_status *status)
{
	struct pa_partially_denied *out = status->partially_denied = make_new(&w->make, struct pa_partially_denied);

	assert(w->decision->reason.n);
	out->pa_case_id = w->about->case_id;
	out->authorization_number = w->decision->authorization_number;
	out->authorization_period = part_period(w);
	out->appeal = part_appeal(w);
	out->pa_note = part_note(w);
}

static void say_in_process(struct writing *w, struct pa_response_status *status)
{
	struct pa_in_process *out = status->in_process = make_new(&w->make, struct pa_in_process);

	out->pa_case_id = w->about->case_id;
	out->expected_response_date = part_moment(w, w->about->wall_ms + w->decision->again_ms);
	out->pa_note = part_note(w);
}

static void say_more(struct writing *w, struct pa_response_status *status)
{
	struct pa_more_information *out = status->open = make_new(&w->make, struct pa_more_information);

	out->pa_case_id = w->about->case_id;
	out->more_information_required = part_more(w);
	out->pa_note = part_note(w);
}

static void say_closed(struct writing *w, struct pa_response_status *status)
{
	struct pa_closed *out = status->closed = make_new(&w->make, struct pa_closed);

	out->pa_case_id = w->about->case_id;
	*make_push(&w->make, out->reason_codes, out->reason_codes_n) = w->decision->reason_code;
	out->authorization_number = number_on_file(w);
	out->authorization_period = part_period_on_file(w);
	out->pa_note = part_note(w);
}

/* An initiation and a request are never answered with a cancellation, nor an appeal with a word that it takes longer. */
static void say_nothing(struct writing *w, struct pa_response_status *status)
{
	assert(!"an outcome of another message");
}

static struct pa_answer *response_answer(struct writing *w)
{
	static void (*const says[])(struct writing *w, struct pa_response_status *status) = {
		[HOUSE_OPEN] = say_more,
		[HOUSE_APPROVED] = say_approved,
		[HOUSE_DENIED] = say_denied,
		[HOUSE_PARTIALLY_DENIED] = say_partly,
		[HOUSE_IN_PROCESS] = say_in_process,
		[HOUSE_MORE_INFORMATION] = say_more,
		[HOUSE_CLOSED] = say_closed,
		[HOUSE_CANCELLED] = say_nothing,
		[HOUSE_CANCEL_REFUSED] = say_nothing,
	};
	struct pa_answer *answer = make_new(&w->make, struct pa_answer);

	assert((size_t)w->decision->outcome < sizeof(says) / sizeof(says[0]));
	answer->response_status = make_new(&w->make, struct pa_response_status);
	answer->payer_contact = part_contact(w);
	says[w->decision->outcome](w, answer->response_status);
	return answer;
}

/* -- PAAppealResponse -- */

static struct pa_appeal_approved *appeal_granted(struct writing *w)
{
	struct pa_appeal_approved *out = make_new(&w->make, struct pa_appeal_approved);

	out->pa_case_id = w->about->case_id;
	out->authorization_number = w->decision->authorization_number;
	out->authorization_period = part_period(w);
	out->appeal = part_appeal(w);
	out->pa_note = part_note(w);
	out->appeal_case_id = w->decision->appeal_case_id;
	return out;
}

static void appeal_approved(struct writing *w, struct pa_appeal_status *status)
{
	status->approved = appeal_granted(w);
}

static void appeal_partly(struct writing *w, struct pa_appeal_status *status)
{
	assert(w->decision->reason.n);
	status->partially_denied = appeal_granted(w);
}

static void appeal_denied(struct writing *w, struct pa_appeal_status *status)
{
	struct pa_appeal_denied *out = status->denied = make_new(&w->make, struct pa_appeal_denied);

	assert(w->decision->reason.n);
	out->pa_case_id = w->about->case_id;
	out->appeal = part_appeal(w);
	out->pa_note = part_note(w);
	out->appeal_case_id = w->decision->appeal_case_id;
}

static void appeal_more(struct writing *w, struct pa_appeal_status *status)
{
	struct pa_appeal_open *out = status->open = make_new(&w->make, struct pa_appeal_open);

	out->pa_case_id = w->about->case_id;
	out->more_information_required = part_more(w);
	out->pa_note = part_note(w);
	out->appeal_case_id = w->decision->appeal_case_id;
}

static void appeal_closed(struct writing *w, struct pa_appeal_status *status)
{
	struct pa_appeal_closed *out = status->closed = make_new(&w->make, struct pa_appeal_closed);

	out->pa_case_id = w->about->case_id;
	*make_push(&w->make, out->reason_codes, out->reason_codes_n) = w->decision->reason_code;
	out->appeal_case_id = w->decision->appeal_case_id;
	out->pa_note = part_note(w);
}

static void appeal_nothing(struct writing *w, struct pa_appeal_status *status)
{
	assert(!"an outcome that an appeal is not answered with");
}

static struct pa_appeal_answer *appeal_answer(struct writing *w)
{
	static void (*const says[])(struct writing *w, struct pa_appeal_status *status) = {
		[HOUSE_OPEN] = appeal_nothing,
		[HOUSE_APPROVED] = appeal_approved,
		[HOUSE_DENIED] = appeal_denied,
		[HOUSE_PARTIALLY_DENIED] = appeal_partly,
		[HOUSE_IN_PROCESS] = appeal_nothing,
		[HOUSE_MORE_INFORMATION] = appeal_more,
		[HOUSE_CLOSED] = appeal_closed,
		[HOUSE_CANCELLED] = appeal_nothing,
		[HOUSE_CANCEL_REFUSED] = appeal_nothing,
	};
	struct pa_appeal_answer *answer = make_new(&w->make, struct pa_appeal_answer);

	assert((size_t)w->decision->outcome < sizeof(says) / sizeof(says[0]));
	answer->response_status = make_new(&w->make, struct pa_appeal_status);
	answer->payer_contact = part_contact(w);
	says[w->decision->outcome](w, answer->response_status);
	return answer;
}

/* -- PACancelResponse -- */

static struct pa_cancel_answer *cancel_answer(struct writing *w)
{
	struct pa_cancel_answer *answer = make_new(&w->make, struct pa_cancel_answer);
	struct pa_cancel_status *status = answer->response_status = make_new(&w->make, struct pa_cancel_status);

	/* the case that was asked about, also when there is none of that name */
	answer->pa_case_id = text_there(w->about->named_case_id) ? w->about->named_case_id : w->about->case_id;
	answer->payer_contact = part_contact(w);
	if (w->decision->outcome == HOUSE_CANCELLED) {
		status->approved = make_new(&w->make, struct pa_cancel_approved);
		status->approved->pa_note = w->decision->note;
	} else {
		assert(w->decision->outcome == HOUSE_CANCEL_REFUSED);
		status->denied = make_new(&w->make, struct pa_cancel_denied);
		status->denied->reason_code = w->decision->reason_code;
		status->denied->pa_note = w->decision->note;
	}
	return answer;
}

struct script_message *house_answer_script(const struct house *house, const struct script_message *request,
	const struct house_case *about, const struct house_decision *decision, struct arena *arena)
{
	struct writing w = { .house = house, .about = about, .decision = decision };
	struct script_message *answer = ncpdp_script_answer(request, about->reply_id, about->wall_ms, arena);

	if (!answer)
		return NULL;
	make_init(&w.make, arena);
	if (answer->body->pa_initiation_response)
		answer->body->pa_initiation_response->response = initiation_answer(&w);
	else if (answer->body->pa_response)
		answer->body->pa_response->response = response_answer(&w);
	else if (answer->body->pa_appeal_response)
		answer->body->pa_appeal_response->response = appeal_answer(&w);
	else if (answer->body->pa_cancel_response)
		answer->body->pa_cancel_response->response = cancel_answer(&w);
	else
		assert(!"only these four are decided here");
	return make_done(&w.make) ? answer : NULL;
}
