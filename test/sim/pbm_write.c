/* SPDX-License-Identifier: Apache-2.0 */
/* What the remote PBM of the simulator writes: its answers begin with what stood in the question, and say one thing. */
#include "test/sim/outer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
	enum ncpdp_kind asks;
	const char *question, *answer;
} names[] = {
	{ NCPDP_PA_INITIATION_REQUEST, "PAInitiationRequest", "PAInitiationResponse" },
	{ NCPDP_PA_REQUEST, "PARequest", "PAResponse" },
	{ NCPDP_PA_APPEAL_REQUEST, "PAAppealRequest", "PAAppealResponse" },
	{ NCPDP_PA_CANCEL_REQUEST, "PACancelRequest", "PACancelResponse" },
};

static struct text part(struct text body, const char *from, const char *to)
{
	const char *begin = memmem(body.at, body.n, from, strlen(from)), *end;

	assert(begin);
	end = memmem(begin, (size_t)(body.at + body.n - begin), to, strlen(to));
	assert(end);
	return (struct text){ begin, (size_t)(end - begin) };
}

static void begin(struct text question, bool box, const char *id, const char *relates, int64_t now_ms, struct buffer *out)
{
	struct text root = part(question, "<Message", ">");
	char stamp[CLOCK_ROOM];

	clock_print(now_ms, false, stamp);
	buffer_add(out, root);
	buffer_format(out, "><Header><To Qualifier=\"ZZZ\">FRONT</To><From Qualifier=\"PY\">%s</From><MessageID>%s</MessageID>",
		box ? "BOX" : "REMOTE", id);
	if (*relates)
		buffer_format(out, "<RelatesToMessageID>%s</RelatesToMessageID>", relates);
	buffer_format(out, "<SentTime>%s</SentTime><SenderSoftware><SenderSoftwareDeveloper>EXAMPLE PBM</SenderSoftwareDeveloper>"
		"<SenderSoftwareProduct>EXAMPLE PBM</SenderSoftwareProduct><SenderSoftwareVersionRelease>2</SenderSoftwareVersionRelease>"
		"</SenderSoftware></Header><Body>", stamp);
}

static void add_questions(int64_t reply_by_ms, bool deadline_inside, struct buffer *out)
{
	char stamp[CLOCK_ROOM];

	clock_print(reply_by_ms, false, stamp);
	if (!deadline_inside)
		buffer_format(out, "<DeadlineForReply><DateTime>%s</DateTime></DeadlineForReply><QuestionSet>", stamp);
	buffer_lit(out, "<Header><QuestionSetID>PBM-1</QuestionSetID><QuestionSetTitle>Questions of the PBM</QuestionSetTitle>"
		"<QuestionSetDescription>One of two kinds.</QuestionSetDescription><QuestionSetContactCommunicationNumber><PrimaryTelephone>"
		"<Number>5555550199</Number></PrimaryTelephone></QuestionSetContactCommunicationNumber><AttachementRequired>N"
		"</AttachementRequired></Header><Question><QuestionID>WEEKS</QuestionID><SequenceNumber>1</SequenceNumber><QuestionText>For how "
		"many weeks?</QuestionText><DefaultNextQuestionID>REMARK</DefaultNextQuestionID><QuestionType><Numeric><IsNumeric>Y</IsNumeric>"
		"</Numeric></QuestionType></Question><Question><QuestionID>REMARK</QuestionID><SequenceNumber>2</SequenceNumber><QuestionText>"
		"Anything else?</QuestionText><DefaultNextQuestionID>END</DefaultNextQuestionID><QuestionType><FreeText><IsFreeText>Y"
		"</IsFreeText></FreeText></QuestionType></Question>");
	if (deadline_inside)
		buffer_format(out, "<DeadlineForReply><DateTime>%s</DateTime></DeadlineForReply>", stamp);
	else
		buffer_lit(out, "</QuestionSet>");
}

static void add_status(const struct asked *asked, enum ncpdp_said said, bool reason, int64_t reply_by_ms, struct buffer *out)
{
	bool appeal = asked->kind == NCPDP_PA_APPEAL_REQUEST, opening = asked->kind == NCPDP_PA_INITIATION_REQUEST;
	const char *why = reason ? "<PANote>Not shown that another drug was tried first (criterion 2).</PANote>" : "";
	const char *more = appeal ? "<AppealCaseID>RX-A</AppealCaseID>" : "";
	char number[OUTER_ID + 40];

	snprintf(number, sizeof(number), "<PACaseID>RX-%d</PACaseID>", asked->life);
	switch (said) {
	case NCPDP_SAID_APPROVED:
		buffer_format(out, "<Approved>%s<AuthorizationNumber>AUTH</AuthorizationNumber><Appeal><IsEAppealSupported>N</IsEAppealSupported>"
			"</Appeal>%s</Approved>", number, more);
		return;
	case NCPDP_SAID_PARTIALLY_DENIED:
		buffer_format(out, "<PartiallyDenied>%s<AuthorizationNumber>AUTH</AuthorizationNumber><Appeal><IsEAppealSupported>Y"
			"</IsEAppealSupported></Appeal>%s%s</PartiallyDenied>", number, why, more);
		return;
	case NCPDP_SAID_DENIED:
		buffer_format(out, "<Denied>%s<Appeal><IsEAppealSupported>Y</IsEAppealSupported></Appeal>%s%s</Denied>", number, why, more);
		return;
	case NCPDP_SAID_IN_PROCESS:
		buffer_format(out, "<InProcess>%s<PANote>It takes longer.</PANote></InProcess>", number);
		return;
	case NCPDP_SAID_CLOSED:
		buffer_format(out, "<Closed>%s<%s>%s</%s>%s</Closed>", number, opening ? "ReasonCode" : "ClosedReasonCode", asked->not_mine ? "CP" : "CF",
			opening ? "ReasonCode" : "ClosedReasonCode", appeal ? more : "<PANote>Nothing to decide.</PANote>");
		return;
	case NCPDP_SAID_OPEN:
	case NCPDP_SAID_MORE_INFORMATION:
		buffer_format(out, "<Open>%s%s", number, opening ? "" : "<MoreInformationRequired>");
		add_questions(reply_by_ms, !opening, out);
		buffer_format(out, "%s%s</Open>", opening ? "" : "</MoreInformationRequired>", more);
		return;
	case NCPDP_SAID_CANCELLED:
		buffer_lit(out, "<Approved><PANote>Cancelled.</PANote></Approved>");
		return;
	case NCPDP_SAID_CANCEL_REFUSED:
		buffer_lit(out, "<Denied><ReasonCode>CB</ReasonCode></Denied>");
		return;
	case NCPDP_SAID_NOTHING:
	case NCPDP_SAYINGS:
		break;
	}
	assert(!"the PBM says something");
}

struct text write_said(const struct asked *asked, enum ncpdp_said said, bool reason, const char *id, const char *relates,
	int64_t now_ms, int64_t reply_by_ms, struct arena *arena)
{
	struct text body = { asked->body, asked->body_n };
	const char *answer = NULL, *question = NULL;
	char open[64], close[64];
	struct buffer out;
	struct text common;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].asks == asked->kind)
			question = names[i].question, answer = names[i].answer;
	assert(answer);
	buffer_init(&out, arena, asked->body_n + 4096);
	begin(body, asked->box, id, relates, now_ms, &out);
	snprintf(open, sizeof(open), "<%s>", question);
	snprintf(close, sizeof(close), "</%s>", question);
	common = part(body, open, asked->kind == NCPDP_PA_INITIATION_REQUEST ? close : "<Request>");
	if (asked->kind == NCPDP_PA_CANCEL_REQUEST) /* it has only the head of what all messages have in common */
		common = part(common, open, "<BenefitsCoordination>");
	buffer_format(&out, "<%s>", answer);
	buffer_add(&out, (struct text){ common.at + strlen(open), common.n - strlen(open) });
	buffer_lit(&out, "<Response>");
	if (asked->kind == NCPDP_PA_CANCEL_REQUEST)
		buffer_format(&out, "<PACaseID>RX-%d</PACaseID>", asked->life);
	buffer_lit(&out, "<ResponseStatus>");
	add_status(asked, said, reason, reply_by_ms, &out);
	buffer_format(&out, "</ResponseStatus></Response></%s></Body></Message>", answer);
	return buffer_text(&out);
}

struct text write_status(struct text question, bool box, const char *id, int64_t now_ms, const char *code, const char *error,
	struct arena *arena)
{
	char relates[OUTER_ID];
	struct buffer out;

	text_to_z(xml_peek(question, "MessageID", 35), relates, sizeof(relates));
	buffer_init(&out, arena, 2048);
	begin(question, box, id, relates, now_ms, &out);
	if (error)
		buffer_format(&out, "<Error><Code>%s</Code><Description>%s</Description></Error>", code, error);
	else
		buffer_format(&out, "<Status><Code>%s</Code></Status>", code);
	buffer_lit(&out, "</Body></Message>");
	return buffer_text(&out);
}
