/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a decision as the SCRIPT message that answers the prescriber: PAInitiationResponse or PAResponse. */
#include "adjudication/house.h"
#include "adjudication/make.h"
#include "adjudication/payer.h"
#include "adjudication/stage.h"

#include "base/clock.h"

#include <assert.h>

enum { NOTE_MAX = 2000 }; /* characters of PANote, an1..2000 */

#define DAY_MS INT64_C(86400000)

struct writing {
	struct make make;
	const struct house *house;
	const struct house_case *about;
	const struct house_decision *decision;
};

/* -- small parts -- */

static struct contact_numbers *contact(struct writing *w)
{
	struct contact_numbers *numbers = make_new(&w->make, struct contact_numbers);

	numbers->primary_telephone = make_new(&w->make, struct telephone);
	numbers->primary_telephone->number = w->house->file.telephone;
	return numbers;
}

static struct date_or_time *day(struct writing *w, struct text date)
{
	struct date_or_time *out = make_new(&w->make, struct date_or_time);

	out->date = date;
	return out;
}

static struct date_or_time *moment(struct writing *w, int64_t wall_ms)
{
	struct date_or_time *out = make_new(&w->make, struct date_or_time);

	out->date_time = clock_format(wall_ms, false, w->make.arena);
	w->make.failed |= !text_there(out->date_time);
	return out;
}

/* Why, then what is to be said of it, then how it was routed: what matters most is first and is never what the limit cuts off. */
static struct text note(struct writing *w)
{
	const struct text parts[] = { w->decision->reason, w->decision->note, w->about->sentence };
	struct buffer out;

	buffer_init(&out, w->make.arena, 512);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].n)
			continue;
		if (out.n)
			buffer_add_char(&out, ' ');
		buffer_add(&out, parts[i]);
	}
	return out.n ? make_cut(&w->make, make_written(&w->make, &out), NOTE_MAX) : TEXT_NONE;
}

static struct pa_appeal *appeal(struct writing *w)
{
	const struct house_policy *policy = w->decision->policy;
	struct pa_appeal *out = make_new(&w->make, struct pa_appeal);

	out->is_e_appeal_supported = policy->e_appeal ? text_lit("Y") : text_lit("N");
	out->expiration_date =
		day(w, clock_format_date(w->about->wall_ms + policy->appeal_days * DAY_MS, w->make.arena));
	return out;
}

static struct authorization_period *period(struct writing *w)
{
	struct authorization_period *out = make_new(&w->make, struct authorization_period);

	out->effective_date = day(w, w->decision->effective_date);
	out->expiration_date = day(w, w->decision->expiration_date);
	return out;
}

/* -- questions -- */

static struct question_set_header *set_header(struct writing *w)
{
	const struct house_stage *stage = w->decision->stage;
	struct question_set_header *out = make_new(&w->make, struct question_set_header);

	out->question_set_id = stage->id;
	out->title = stage->title;
	out->description = stage->description;
	out->contact = contact(w);
	out->attachment_required = text_lit("N");
	return out;
}

/* -- PAInitiationResponse -- */

static struct pa_initiation_answer *initiation_answer(struct writing *w)
{
	struct pa_initiation_answer *answer = make_new(&w->make, struct pa_initiation_answer);
	struct pa_initiation_status *status = make_new(&w->make, struct pa_initiation_status);

	answer->response_status = status;
	answer->payer_contact = contact(w);
	if (w->decision->outcome == HOUSE_OPEN) {
		struct pa_open *open = status->open = make_new(&w->make, struct pa_open);

		open->pa_case_id = w->about->case_id;
		open->deadline_for_reply = moment(w, w->decision->reply_by_ms);
		open->question_set = make_new(&w->make, struct question_set);
		open->question_set->header = set_header(w);
		open->question_set->questions = stage_questions(w->decision->stage, &w->make, &open->question_set->questions_n);
		open->pa_note = note(w);
	} else {
		struct pa_initiation_closed *closed = status->closed = make_new(&w->make, struct pa_initiation_closed);

		/* an initiation is asked or closed, nothing else: see house_initiate */
		assert(w->decision->outcome == HOUSE_CLOSED);
		closed->pa_case_id = w->about->case_id;
		*make_push(&w->make, closed->reason_codes, closed->reason_codes_n) = w->decision->reason_code;
		closed->pa_note = note(w);
	}
	return answer;
}

/* -- PAResponse -- */

static void say_approved(struct writing *w, struct pa_response_status *status)
{
	struct pa_approved *out = status->approved = make_new(&w->make, struct pa_approved);

	out->pa_case_id = w->about->case_id;
	out->authorization_number = w->decision->authorization_number;
	out->authorization_period = period(w);
	out->appeal = appeal(w);
	out->pa_note = note(w);
}

static void say_denied(struct writing *w, struct pa_response_status *status)
{
	struct pa_denied *out = status->denied = make_new(&w->make, struct pa_denied);

	/* 42 CFR 438.210(c), 422.568(e): payer_check_policy lets no rule deny without a reason */
	assert(w->decision->reason.n);
	out->pa_case_id = w->about->case_id;
	out->appeal = appeal(w);
	out->pa_note = note(w);
}

static void say_partly(struct writing *w, struct pa_response_status *status)
{
	struct pa_partially_denied *out = status->partially_denied = make_new(&w->make, struct pa_partially_denied);

	assert(w->decision->reason.n);
	out->pa_case_id = w->about->case_id;
	out->authorization_number = w->decision->authorization_number;
	out->authorization_period = period(w);
	out->appeal = appeal(w);
	out->pa_note = note(w);
}

static void say_in_process(struct writing *w, struct pa_response_status *status)
{
	struct pa_in_process *out = status->in_process = make_new(&w->make, struct pa_in_process);

	out->pa_case_id = w->about->case_id;
	out->expected_response_date = moment(w, w->about->wall_ms + w->decision->again_ms);
	out->pa_note = note(w);
}

static void say_more(struct writing *w, struct pa_response_status *status)
{
	struct pa_more_information *out = status->open = make_new(&w->make, struct pa_more_information);
	struct question_set_response *set = make_new(&w->make, struct question_set_response);

	out->pa_case_id = w->about->case_id;
	out->more_information_required = set;
	set->header = set_header(w);
	set->questions = stage_questions(w->decision->stage, &w->make, &set->questions_n);
	set->deadline_for_reply = moment(w, w->decision->reply_by_ms);
	out->pa_note = note(w);
}

static void say_closed(struct writing *w, struct pa_response_status *status)
{
	struct pa_closed *out = status->closed = make_new(&w->make, struct pa_closed);

	out->pa_case_id = w->about->case_id;
	*make_push(&w->make, out->reason_codes, out->reason_codes_n) = w->decision->reason_code;
	out->pa_note = note(w);
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
	};
	struct pa_answer *answer = make_new(&w->make, struct pa_answer);

	assert((size_t)w->decision->outcome < sizeof(says) / sizeof(says[0]));
	answer->response_status = make_new(&w->make, struct pa_response_status);
	answer->payer_contact = contact(w);
	says[w->decision->outcome](w, answer->response_status);
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
	if (answer->body->pa_initiation_response) {
		answer->body->pa_initiation_response->response = initiation_answer(&w);
	} else {
		assert(answer->body->pa_response); /* only these two are decided here */
		answer->body->pa_response->response = response_answer(&w);
	}
	return make_done(&w.make) ? answer : NULL;
}
