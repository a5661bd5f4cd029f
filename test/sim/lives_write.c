/* SPDX-License-Identifier: Apache-2.0 */
/* What the prescribers' systems of the simulator write. Every request carries its own MessageID also as RequestReferenceNumber, which goes
   on to the remote PBM in the untouched body: so it can be told there which message it was. */
#include "test/sim/outer.h"

#include "test/sim/answering.h"

#include <assert.h>
#include <string.h>

/* Text between the first `open` and the `close` after it, both left out. */
static struct text between(struct text body, const char *open, const char *close)
{
	const char *from = memmem(body.at, body.n, open, strlen(open)), *to;

	assert(from);
	from += strlen(open);
	to = memmem(from, (size_t)(body.at + body.n - from), close, strlen(close));
	assert(to);
	return (struct text){ from, (size_t)(to - from) };
}

static void add_until(struct buffer *out, struct text *rest, const char *mark)
{
	const char *at = memmem(rest->at, rest->n, mark, strlen(mark));

	assert(at);
	buffer_add(out, (struct text){ rest->at, (size_t)(at - rest->at) });
	rest->n -= (size_t)(at - rest->at);
	rest->at = at;
}

/* Copies up to and with `open`, then `value` instead of what stands there. */
static void put(struct buffer *out, struct text *rest, const char *open, const char *value)
{
	const char *end;

	add_until(out, rest, open);
	buffer_add(out, (struct text){ rest->at, strlen(open) });
	buffer_add(out, text_of(value));
	end = memchr(rest->at + strlen(open), '<', rest->n - strlen(open));
	assert(end);
	rest->n -= (size_t)(end - rest->at);
	rest->at = end;
}

static void begin(const struct life *life, const char *id, const char *acknowledge, struct buffer *out)
{
	const char *stamp = life->newer ? "20230115" : "20170715";

	buffer_format(out, "<Message DatatypesVersion=\"%s\" TransportVersion=\"%s\" TransactionDomain=\"SCRIPT\" TransactionVersion=\"%s\" "
		"StructuresVersion=\"%s\" ECLVersion=\"%s\"><Header><To Qualifier=\"PY\">DUALTRACK</To><From Qualifier=\"D\">%s</From>"
		"<MessageID>%s</MessageID><SentTime>2026-11-22T09:30:00Z</SentTime><SenderSoftware><SenderSoftwareDeveloper>EXAMPLE VENDOR"
		"</SenderSoftwareDeveloper><SenderSoftwareProduct>EXAMPLE EHR</SenderSoftwareProduct><SenderSoftwareVersionRelease>1.0"
		"</SenderSoftwareVersionRelease></SenderSoftware>", stamp, stamp, stamp, stamp, stamp, life->sender, id);
	if (*acknowledge)
		buffer_format(out, "<Mailbox><AcknowledgementID>%s</AcknowledgementID></Mailbox>", acknowledge);
	buffer_lit(out, "</Header><Body>");
}

static void add_common(const struct outer *outer, const struct life *life, const char *id, struct buffer *out)
{
	struct text rest = life->medical ? between(outer->medical, "<PARequest>", "<Request>") :
		between(outer->initiation, "<PAInitiationRequest>", "</PAInitiationRequest>");

	buffer_format(out, "<RequestReferenceNumber>%s</RequestReferenceNumber>", id);
	put(out, &rest, "<PAReferenceID>", life->reference);
	put(out, &rest, "<PAPriorityIndicator>", life->expedited ? "X" : "S");
	put(out, &rest, "<ProcessorIdentificationNumber>", life->box ? "EXPCNBOX" : "EXPCN");
	put(out, &rest, "<IINNumber>", life->remote ? "999998" : "999999");
	buffer_add(out, rest);
}

static struct text end(struct buffer *out, const char *name)
{
	buffer_format(out, "</%s></Body></Message>", name);
	return buffer_text(out);
}

struct text write_opening(const struct outer *outer, const struct life *life, const char *id, bool ask_first, struct arena *arena)
{
	static const char *const sites[] = { "OFFICE", "HOME", "HOSPITAL" }; /* the last one is looked at longer and approved in part */
	const char *name = life->medical && !ask_first ? "PARequest" : "PAInitiationRequest";
	struct buffer out;

	buffer_init(&out, arena, 8192);
	begin(life, id, "", &out);
	buffer_format(&out, "<%s>", name);
	add_common(outer, life, id, &out);
	if (life->medical && !ask_first) {
		struct text questions = between(outer->medical, "<Request>", "</Request>");

		buffer_lit(&out, "<Request>");
		add_until(&out, &questions, "<PrescriberProvidedAnswer>");
		put(&out, &questions, "<ChoiceID>", sites[life->number % 3]);
		buffer_add(&out, questions);
		buffer_lit(&out, "</Request>");
	}
	return end(&out, name);
}

struct text write_fetch(const struct outer *outer, const struct life *life, const char *id, struct arena *arena)
{
	struct buffer out;

	(void)outer;
	buffer_init(&out, arena, 2048);
	begin(life, id, life->last_item, &out);
	buffer_lit(&out, "<GetMessage></GetMessage></Body></Message>");
	return buffer_text(&out);
}

struct text write_cancel(const struct outer *outer, const struct life *life, const char *id, const char *case_id, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 8192);
	begin(life, id, "", &out);
	buffer_lit(&out, "<PACancelRequest>");
	add_common(outer, life, id, &out);
	buffer_format(&out, "<Request><PACaseID>%s</PACaseID><CancelReasonCode>BW</CancelReasonCode></Request>", case_id);
	return end(&out, "PACancelRequest");
}

struct text write_appeal(const struct outer *outer, const struct life *life, const char *id, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 8192);
	begin(life, id, "", &out);
	buffer_lit(&out, "<PAAppealRequest>");
	add_common(outer, life, id, &out);
	buffer_format(&out, "<Request><PACaseID>%s</PACaseID>", life->case_id);
	if (*life->appeal_case_id)
		buffer_format(&out, "<AppealCaseID>%s</AppealCaseID>", life->appeal_case_id);
	buffer_lit(&out, "<PANote>Please look at it again.</PANote></Request>");
	return end(&out, "PAAppealRequest");
}

struct text write_notice(const struct outer *outer, const struct life *life, const char *id, struct arena *arena)
{
	struct buffer out;

	buffer_init(&out, arena, 8192);
	begin(life, id, "", &out);
	buffer_lit(&out, "<PANotification>");
	add_common(outer, life, id, &out);
	buffer_format(&out, "<Request><PACaseID>%s</PACaseID><PANote>For your records.</PANote></Request>", life->case_id);
	return end(&out, "PANotification");
}

/* The document that must come with the answers; one time in four it is forgotten. */
static struct attachment *some_document(struct world *world, const struct question_set_header *asks, struct arena *arena)
{
	struct attachment *out;

	if (!text_is(asks->attachment_required, "Y") || outer_chance(world, 4))
		return NULL;
	out = arena_new(arena, struct attachment);
	*out = (struct attachment){ .control_number = text_lit("ATT1"), .source = text_lit("EXAMPLE EHR"),
		.data = text_lit("JVBERi0xLjQgRXhhbXBsZSBub3Rl"), .mime_type = text_lit("application/pdf") };
	return out;
}

struct text write_answer(const struct outer *outer, struct world *world, const struct life *life, const char *id, struct arena *arena)
{
	struct ncpdp_message asked, message = { .family = NCPDP_SCRIPT };
	const struct pa_open *open = NULL;
	const struct pa_more_information *more = NULL;
	const struct pa_appeal_open *appeal = NULL;
	struct question_set_request *set = arena_new(arena, struct question_set_request);
	const struct question_set_response *further = NULL;
	struct script_body *body = arena_new(arena, struct script_body);
	struct attachment *document;
	struct date_or_time *deadline;
	struct buffer out;
	struct fault fault;
	struct text mine = arena_text(arena, text_of(id)), reference = arena_text(arena, text_of(life->reference));

	if (!life->asked || !ncpdp_read(outer->reader, NCPDP_SCRIPT, (struct text){ life->asked, life->asked_n }, false, arena, &asked, &fault))
		return TEXT_NONE;
	if (asked.kind == NCPDP_PA_INITIATION_RESPONSE)
		open = asked.script->body->pa_initiation_response->response->response_status->open;
	else if (asked.kind == NCPDP_PA_RESPONSE)
		more = asked.script->body->pa_response->response->response_status->open;
	else
		appeal = asked.script->body->pa_appeal_response->response->response_status->open;
	further = more ? more->more_information_required : appeal ? appeal->more_information_required : NULL;
	if (open)
		answering_fill(world, open->question_set->header, open->question_set->questions, open->question_set->questions_n, set, arena);
	else
		answering_fill(world, further->header, further->questions, further->questions_n, set, arena);
	document = some_document(world, open ? open->question_set->header : further->header, arena);
	deadline = open ? open->deadline_for_reply : further->deadline_for_reply;
	message.script = ncpdp_script_answer(asked.script, mine, world_now(world).wall_ms, arena);
	message.script->header->relates_to_message_id = TEXT_NONE;
	message.script->body = body;
	if (appeal) {
		struct pa_appeal_request *request = arena_new(arena, struct pa_appeal_request);

		memcpy(request, ncpdp_pa_common(asked.script), sizeof(struct pa_common));
		request->request = arena_new(arena, struct pa_appeal_details);
		*request->request = (struct pa_appeal_details){ .pa_case_id = appeal->pa_case_id, .appeal_case_id = appeal->appeal_case_id,
			.deadline_for_reply = deadline, .question_set = set };
		request->request_reference_number = mine;
		request->pa_reference_id = reference;
		request->attachment = document;
		body->pa_appeal_request = request;
		message.kind = NCPDP_PA_APPEAL_REQUEST;
	} else {
		struct pa_request *request = arena_new(arena, struct pa_request);

		memcpy(request, ncpdp_pa_common(asked.script), sizeof(struct pa_common));
		request->request = arena_new(arena, struct pa_model);
		request->request->solicited = arena_new(arena, struct pa_solicited);
		*request->request->solicited = (struct pa_solicited){ .pa_case_id = open ? open->pa_case_id : more->pa_case_id,
			.deadline_for_reply = deadline, .question_set = set };
		request->request_reference_number = mine;
		request->pa_reference_id = reference;
		request->attachment = document;
		body->pa_request = request;
		message.kind = NCPDP_PA_REQUEST;
	}
	buffer_init(&out, arena, 8192);
	if (!ncpdp_write(&message, TEXT_NONE, &out, &fault)) {
		world_break(world, "a question set can be answered", life->number);
		return TEXT_NONE;
	}
	return buffer_text(&out);
}
