/* SPDX-License-Identifier: Apache-2.0 */
/* What a payer's answer means for the case. */
#include "ncpdp/outcome.h"

#include <assert.h>

enum { LAST_MS_OF_DAY = 24 * 60 * 60 * 1000 - 1 };

static const char *const names[NCPDP_SAYINGS] = {
	[NCPDP_SAID_NOTHING] = "",
	[NCPDP_SAID_OPEN] = "OPEN",
	[NCPDP_SAID_MORE_INFORMATION] = "MORE_INFORMATION",
	[NCPDP_SAID_IN_PROCESS] = "IN_PROCESS",
	[NCPDP_SAID_APPROVED] = "APPROVED",
	[NCPDP_SAID_DENIED] = "DENIED",
	[NCPDP_SAID_PARTIALLY_DENIED] = "PARTIALLY_DENIED",
	[NCPDP_SAID_CLOSED] = "CLOSED",
	[NCPDP_SAID_CANCELLED] = "CANCELLED",
	[NCPDP_SAID_CANCEL_REFUSED] = "CANCEL_REFUSED",
};

const char *ncpdp_said_name(enum ncpdp_said said)
{
	assert((unsigned)said < NCPDP_SAYINGS);
	return names[said];
}

/* The tables have held dates to their form, so one that is there can be read. A deadline that is a day is
 * kept on that day. */
static int64_t until(const struct date_or_time *when)
{
	struct fault ignored;
	int64_t ms = 0;

	if (!when || !clock_parse(text_there(when->date) ? when->date : when->date_time, &ms, &ignored))
		return 0;
	return text_there(when->date) ? ms + LAST_MS_OF_DAY : ms;
}

static void appealable(const struct pa_appeal *appeal, struct ncpdp_outcome *out)
{
	if (!appeal)
		return;
	out->e_appeal = text_is(appeal->is_e_appeal_supported, "Y");
	out->appeal_by_ms = until(appeal->expiration_date);
}

/* The members that answers have under the same name. */
#define SAID(what, part)                                                                                     \
	(out->said = NCPDP_SAID_##what, out->reason = (part)->pa_note, out->pa_case_id = (part)->pa_case_id)
#define AUTHORIZED(part)                                                                                     \
	(out->authorization_number = (part)->authorization_number,                                           \
		out->authorization_period = (part)->authorization_period)
#define CODED(part) (out->reason_codes = (part)->reason_codes, out->reason_codes_n = (part)->reason_codes_n)

static void of_initiation(const struct pa_initiation_status *status, struct ncpdp_outcome *out)
{
	if (status->open) {
		SAID(OPEN, status->open);
		out->reply_by_ms = until(status->open->deadline_for_reply);
	} else if (status->closed) {
		SAID(CLOSED, status->closed);
		CODED(status->closed);
		AUTHORIZED(status->closed);
	}
}

static void of_request(const struct pa_response_status *status, struct ncpdp_outcome *out)
{
	if (status->approved) {
		SAID(APPROVED, status->approved);
		AUTHORIZED(status->approved);
		appealable(status->approved->appeal, out);
	} else if (status->denied) {
		SAID(DENIED, status->denied);
		appealable(status->denied->appeal, out);
	} else if (status->in_process) {
		SAID(IN_PROCESS, status->in_process);
		out->expected_ms = until(status->in_process->expected_response_date);
	} else if (status->open) {
		SAID(MORE_INFORMATION, status->open);
		out->reply_by_ms = until(status->open->more_information_required->deadline_for_reply);
	} else if (status->closed) {
		SAID(CLOSED, status->closed);
		CODED(status->closed);
		AUTHORIZED(status->closed);
	} else if (status->partially_denied) {
		SAID(PARTIALLY_DENIED, status->partially_denied);
		AUTHORIZED(status->partially_denied);
		appealable(status->partially_denied->appeal, out);
	}
}

#define APPEALED(part) (out->appeal_case_id = (part)->appeal_case_id)

static void of_appeal(const struct pa_appeal_status *status, struct ncpdp_outcome *out)
{
	if (status->approved) {
		SAID(APPROVED, status->approved);
		AUTHORIZED(status->approved);
		APPEALED(status->approved);
		appealable(status->approved->appeal, out);
	} else if (status->denied) {
		SAID(DENIED, status->denied);
		APPEALED(status->denied);
		appealable(status->denied->appeal, out);
	} else if (status->open) {
		SAID(MORE_INFORMATION, status->open);
		APPEALED(status->open);
		out->reply_by_ms = until(status->open->more_information_required->deadline_for_reply);
	} else if (status->closed) {
		SAID(CLOSED, status->closed);
		CODED(status->closed);
		AUTHORIZED(status->closed);
		APPEALED(status->closed);
	} else if (status->partially_denied) {
		SAID(PARTIALLY_DENIED, status->partially_denied);
		AUTHORIZED(status->partially_denied);
		APPEALED(status->partially_denied);
		appealable(status->partially_denied->appeal, out);
	}
}

static void of_cancel(const struct pa_cancel_answer *answer, struct ncpdp_outcome *out)
{
	const struct pa_cancel_status *status = answer->response_status;

	out->pa_case_id = answer->pa_case_id;
	if (status->approved) {
		out->said = NCPDP_SAID_CANCELLED;
		out->reason = status->approved->pa_note;
	} else if (status->denied) {
		out->said = NCPDP_SAID_CANCEL_REFUSED;
		out->reason = status->denied->pa_note;
		out->reason_codes = &status->denied->reason_code;
		out->reason_codes_n = text_there(status->denied->reason_code);
	}
}

bool ncpdp_outcome(const struct ncpdp_message *message, struct ncpdp_outcome *out)
{
	const struct script_body *body = message->script ? message->script->body : NULL;

	*out = (struct ncpdp_outcome){0};
	if (body && body->pa_initiation_response) {
		out->kind = NCPDP_PA_INITIATION_RESPONSE;
		out->pa_reference_id = body->pa_initiation_response->pa_reference_id;
		of_initiation(body->pa_initiation_response->response->response_status, out);
	} else if (body && body->pa_response) {
		out->kind = NCPDP_PA_RESPONSE;
		out->pa_reference_id = body->pa_response->pa_reference_id;
		of_request(body->pa_response->response->response_status, out);
	} else if (body && body->pa_appeal_response) {
		out->kind = NCPDP_PA_APPEAL_RESPONSE;
		out->pa_reference_id = body->pa_appeal_response->pa_reference_id;
		of_appeal(body->pa_appeal_response->response->response_status, out);
	} else if (body && body->pa_cancel_response) {
		out->kind = NCPDP_PA_CANCEL_RESPONSE;
		out->pa_reference_id = body->pa_cancel_response->pa_reference_id;
		of_cancel(body->pa_cancel_response->response, out);
	}
	if (out->said == NCPDP_SAID_NOTHING)
		*out = (struct ncpdp_outcome){0};
	return out->said != NCPDP_SAID_NOTHING;
}
