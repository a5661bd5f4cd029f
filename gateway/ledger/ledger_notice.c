/* SPDX-License-Identifier: Apache-2.0 */
/* What the gateway itself has to say to a prescriber when nobody else does: a decision is overdue, or the time to answer is over. */
#include "gateway/ledger/ledger.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

#define LAPSED_NOTE text_lit("The time to answer ended without an answer. A new request is possible.")

/* A message of `size` bytes that begins like `request` (records.c of ncpdp asserts that all do) and has nothing else. */
static void *beginning_of(const void *request, size_t size, struct arena *arena)
{
	void *out = arena_alloc(arena, size);

	if (out)
		memcpy(out, request, sizeof(struct pa_common));
	return out;
}

struct text ledger_shell(const struct script_message *request, struct arena *arena)
{
	const struct script_body *from = request->body;
	struct script_body body = { 0 };
	struct script_message shell = { .header = request->header, .body = &body };
	struct buffer packed;

	if (from->pa_initiation_request)
		body.pa_initiation_request =
			beginning_of(from->pa_initiation_request, sizeof(*body.pa_initiation_request), arena);
	else if (from->pa_request)
		body.pa_request = beginning_of(from->pa_request, sizeof(*body.pa_request), arena);
	else if (from->pa_appeal_request)
		body.pa_appeal_request = beginning_of(from->pa_appeal_request, sizeof(*body.pa_appeal_request), arena);
	else
		return TEXT_NONE;
	buffer_init(&packed, arena, 4096);
	record_pack(&script_message_record, &shell, &packed);
	return buffer_text(&packed);
}

/* The answer to what the row holds, begun; NULL when it holds no request. */
static struct script_message *begin(const struct outbox_row *row, struct now now, struct arena *arena)
{
	struct script_message *request = arena_new(arena, struct script_message);
	struct fault none;

	if (!request || !row->request.n || !record_unpack(&script_message_record, request, arena, row->request, &none) ||
		!request->header || !request->body)
		return NULL;
	return ncpdp_script_answer(request, row->reply_id, now.wall_ms, arena);
}

static struct text written(const struct ledger *ledger, struct script_message *script, struct arena *arena)
{
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .script = script };
	struct buffer body;
	struct fault why;

	buffer_init(&body, arena, 4096);
	if (ncpdp_write(&message, ledger->config->script_version, &body, &why))
		return buffer_text(&body);
	log_event(LEVEL_ERROR, "clock.notice", log_word("fault", fault_row(why.code)->name), log_path("at", why.path));
	return TEXT_NONE;
}

/* The case as the prescriber knows it: by the remote backend's number once that gave one. */
static struct text known_as(const struct pa_case *at)
{
	return at->backend_case_id.n ? at->backend_case_id : at->case_id;
}

struct text ledger_overdue(const struct ledger *ledger, const struct outbox_row *row, const struct pa_case *at, struct text supply,
	struct now now, struct arena *arena)
{
	struct script_message *answer = begin(row, now, arena);
	struct pa_in_process in_process = { .pa_case_id = known_as(at) };
	struct pa_response_status status = { .in_process = &in_process };
	struct pa_answer says = { .response_status = &status };
	struct text due = clock_format(at->due_ms, false, arena);
	struct buffer note;

	if (!answer || !answer->body->pa_response)
		return TEXT_NONE;
	buffer_init(&note, arena, 400);
	buffer_format(&note, "A decision was due by %.*s and has not been made yet.", TEXT_ARGS(due));
	if (text_there(supply)) {
		buffer_add_char(&note, ' ');
		buffer_add(&note, supply);
	}
	in_process.pa_note = buffer_text(&note);
	answer->body->pa_response->response = &says;
	return written(ledger, answer, arena);
}

struct text ledger_closed(const struct ledger *ledger, const struct outbox_row *row, const struct pa_case *at, const char *code, struct text note,
	struct now now, struct arena *arena)
{
	struct script_message *answer = begin(row, now, arena);
	struct text reason = text_of(code);
	struct pa_initiation_closed no_questions = { .pa_case_id = known_as(at), .reason_codes = &reason, .reason_codes_n = 1,
		.pa_note = note };
	struct pa_initiation_status initiation_status = { .closed = &no_questions };
	struct pa_initiation_answer initiation = { .response_status = &initiation_status };
	struct pa_closed closed = { .pa_case_id = known_as(at), .reason_codes = &reason, .reason_codes_n = 1, .pa_note = note };
	struct pa_response_status status = { .closed = &closed };
	struct pa_answer response = { .response_status = &status };
	struct pa_appeal_closed appeal_closed = { .pa_case_id = known_as(at), .reason_codes = &reason, .reason_codes_n = 1,
		.appeal_case_id = at->appeal_case_id.n ? at->appeal_case_id : TEXT_NONE, .pa_note = note };
	struct pa_appeal_status appeal_status = { .closed = &appeal_closed };
	struct pa_appeal_answer appeal = { .response_status = &appeal_status };

	if (!answer)
		return TEXT_NONE;
	if (answer->body->pa_initiation_response)
		answer->body->pa_initiation_response->response = &initiation;
	else if (answer->body->pa_response)
		answer->body->pa_response->response = &response;
	else if (answer->body->pa_appeal_response)
		answer->body->pa_appeal_response->response = &appeal;
	else
		return TEXT_NONE;
	return written(ledger, answer, arena);
}

struct text ledger_lapsed(const struct ledger *ledger, const struct outbox_row *row, const struct pa_case *at, struct now now,
	struct arena *arena)
{
	return ledger_closed(ledger, row, at, "FL", LAPSED_NOTE, now, arena); /* the deadline for the reply has passed */
}
