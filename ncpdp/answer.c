/* SPDX-License-Identifier: Apache-2.0 */
/* A payer's answer, begun: the head turned round and everything the standard wants repeated in its place, the decision left to
   whoever decides. */
#include "ncpdp/ncpdp.h"

#include <string.h>

/* Every message that begins with PACommon takes it over as one block (records.c asserts that they begin alike). */
static void *with_common(struct arena *arena, size_t size, const void *request)
{
	void *answer = arena_alloc(arena, size);

	if (answer)
		memcpy(answer, request, sizeof(struct pa_common));
	return answer;
}

static bool answer_body(const struct script_body *request, struct script_body *body, struct arena *arena)
{
	if (request->pa_initiation_request) {
		body->pa_initiation_response =
			with_common(arena, sizeof(*body->pa_initiation_response), request->pa_initiation_request);
		return body->pa_initiation_response;
	}
	if (request->pa_request) {
		body->pa_response = with_common(arena, sizeof(*body->pa_response), request->pa_request);
		return body->pa_response;
	}
	if (request->pa_appeal_request) {
		body->pa_appeal_response = with_common(arena, sizeof(*body->pa_appeal_response), request->pa_appeal_request);
		return body->pa_appeal_response;
	}
	if (request->pa_cancel_request) {
		const struct pa_cancel_request *cancel = request->pa_cancel_request;

		body->pa_cancel_response = arena_new(arena, struct pa_cancel_response);
		if (!body->pa_cancel_response)
			return false;
		*body->pa_cancel_response = (struct pa_cancel_response){
			.request_reference_number = cancel->request_reference_number,
			.pa_reference_id = cancel->pa_reference_id,
			.pa_priority_indicator = cancel->pa_priority_indicator,
		};
	}
	return true;
}

static struct sender_software *our_software(struct arena *arena)
{
	struct sender_software *software = arena_new(arena, struct sender_software);

	if (software)
		*software = (struct sender_software){ .developer = text_lit("dualtrack"),
			.product = text_lit("dualtrack"),
			.version = text_lit(DUALTRACK_VERSION) };
	return software;
}

struct script_message *ncpdp_script_answer(const struct script_message *request, struct text reply_id,
	int64_t wall_ms, struct arena *arena)
{
	struct script_message *answer = arena_new(arena, struct script_message);
	struct script_header *header = arena_new(arena, struct script_header);
	struct script_body *body = arena_new(arena, struct script_body);

	if (!answer || !header || !body || !answer_body(request->body, body, arena))
		return NULL;
	header->to = request->header->from;
	header->from = request->header->to;
	header->message_id = reply_id;
	header->relates_to_message_id = request->header->message_id;
	header->sent_time = clock_format(wall_ms, false, arena);
	header->sender_software = our_software(arena);
	header->test_message = request->header->test_message; /* the answer to a test is one */
	answer->datatypes_version = request->datatypes_version;
	answer->transport_version = request->transport_version;
	answer->transaction_version = request->transaction_version;
	answer->structures_version = request->structures_version;
	answer->ecl_version = request->ecl_version;
	answer->header = header;
	answer->body = body;
	return header->sender_software && text_there(header->sent_time) ? answer : NULL;
}

/* RTPBResponse/Patient repeats who it is about, and nothing else about them. */
static struct rtpb_patient *same_patient(const struct rtpb_patient *asked, struct arena *arena)
{
	struct rtpb_patient *patient = arena_new(arena, struct rtpb_patient);

	if (patient)
		*patient = (struct rtpb_patient){ .identification = asked->identification,
			.name = asked->name,
			.date_of_birth = asked->date_of_birth };
	return patient;
}

struct rtpb_message *ncpdp_rtpb_answer(const struct rtpb_message *request, struct text reply_id, int64_t wall_ms,
	struct arena *arena)
{
	struct rtpb_message *answer = arena_new(arena, struct rtpb_message);
	struct rtpb_header *header = arena_new(arena, struct rtpb_header);
	struct rtpb_body *body = arena_new(arena, struct rtpb_body);
	struct rtpb_response *response = arena_new(arena, struct rtpb_response);

	if (!answer || !header || !body || !response)
		return NULL;
	header->to = request->header->from;
	header->from = request->header->to;
	header->message_id = reply_id;
	header->relates_to_message_id = request->header->message_id;
	header->sent_time = clock_format(wall_ms, false, arena);
	if (request->body->request && request->body->request->patient) {
		response->patient = same_patient(request->body->request->patient, arena);
		if (!response->patient)
			return NULL;
	}
	body->response = response;
	answer->rtpb_version = request->rtpb_version;
	answer->header = header;
	answer->body = body;
	return text_there(header->sent_time) ? answer : NULL;
}
