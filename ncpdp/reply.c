/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of our own that need no payer: that a message was taken, or why not. They must come out right whatever came in. */
#include "ncpdp/ncpdp.h"

#include <assert.h>
#include <stdio.h>

enum {
	ID_MAX = 255,       /* bytes of a party's id that is repeated: a Direct address is the longest */
	MESSAGE_ID_MAX = 35 /* characters, SCRIPT an1..35 */
};

/* -- who we answer -- */

/* The value when it may stand in that row of an answer, else `instead`: what we could not accept we do not repeat. */
static struct text fit(const struct record *record, const char *member, struct text value, struct text instead)
{
	struct fault ignored;

	if (!value.n || value.n > ID_MAX || !field_check_text(record_field(record, member), value, &ignored))
		return instead;
	return value;
}

static struct text fit_id(struct text value, struct text instead)
{
	return fit(&script_address_record, "id", value, instead);
}

static struct text fit_qualifier(struct text value)
{
	return fit(&script_address_record, "qualifier", value, TEXT_NONE);
}

static void from_script(const struct script_header *header, struct ncpdp_sender *out)
{
	if (header->to) {
		out->to = header->to->id;
		out->to_qualifier = fit_qualifier(header->to->qualifier);
	}
	if (header->from) {
		out->from = header->from->id;
		out->from_qualifier = fit_qualifier(header->from->qualifier);
	}
	out->message_id = header->message_id;
}

static void from_rtpb(const struct rtpb_header *header, struct ncpdp_sender *out)
{
	if (header->to && header->to->primary) {
		out->to = header->to->primary->identification;
		out->to_qualifier = fit_id(header->to->primary->qualifier, TEXT_NONE);
	}
	if (header->to && header->to->secondary) {
		out->to_second = fit_id(header->to->secondary->identification, TEXT_NONE);
		out->to_second_qualifier = fit_id(header->to->secondary->qualifier, TEXT_NONE);
	}
	if (header->from && header->from->primary) {
		out->from = header->from->primary->identification;
		out->from_qualifier = fit_id(header->from->primary->qualifier, TEXT_NONE);
	}
	out->message_id = header->message_id;
}

static struct text or_peek(struct text value, struct text body, const char *element, size_t max)
{
	return text_there(value) ? value : xml_peek(body, element, max);
}

/* A stamp that stands for none of our versions, such as that of 10.6, is not repeated. */
static void version_of_sender(const struct ncpdp_message *message, struct text body, struct ncpdp_sender *out)
{
	if (message && message->rtpb) {
		out->stamp = fit(&rtpb_message_record, "rtpb_version", message->rtpb->rtpb_version, TEXT_NONE);
		return;
	}
	out->stamp = message && message->script ? message->script->transaction_version : version_peek(body);
	out->version = message ? message->version : NCPDP_NO_VERSION;
	if (out->version == NCPDP_NO_VERSION)
		out->version = ncpdp_version_of(NULL, out->stamp);
	if (out->version == NCPDP_NO_VERSION)
		out->stamp = TEXT_NONE;
}

void ncpdp_sender(const struct ncpdp_message *message, struct text body, struct ncpdp_sender *out)
{
	*out = (struct ncpdp_sender){ 0 };
	if (message && message->script && message->script->header)
		from_script(message->script->header, out);
	if (message && message->rtpb && message->rtpb->header)
		from_rtpb(message->rtpb->header, out);
	out->to = fit_id(or_peek(out->to, body, "To", ID_MAX), text_lit("Unknown"));
	out->from = fit_id(or_peek(out->from, body, "From", ID_MAX), text_lit("Unknown"));
	out->message_id = fit(&script_header_record, "message_id",
		or_peek(out->message_id, body, "MessageID", (size_t)MESSAGE_ID_MAX * 4), text_lit("0"));
	version_of_sender(message, body, out);
}

/* -- what we answer -- */

/* Our own answers keep our own rules; the arena's limit is the one thing that may stop them, and the buffer then says so. */
static void write_own(const struct ncpdp_message *message, struct buffer *out)
{
	struct fault fault;

	if (!ncpdp_write(message, TEXT_NONE, out, &fault)) {
		assert(fault.code == FAULT_TOO_LARGE || fault.code == FAULT_MISSING);
		out->failed = true;
	}
}

static void write_script(const struct ncpdp_sender *sender, struct text reply_id, int64_t wall_ms,
	struct script_body *body, struct buffer *out)
{
	struct sender_software software = { .developer = text_lit("dualtrack"),
		.product = text_lit("dualtrack"),
		.version = text_lit(DUALTRACK_VERSION) };
	struct script_address to = { .id = sender->from, .qualifier = sender->from_qualifier };
	struct script_address from = { .id = sender->to, .qualifier = sender->to_qualifier };
	struct script_header header = { .to = &to,
		.from = &from,
		.message_id = reply_id,
		.relates_to_message_id = sender->message_id,
		.sent_time = clock_format(wall_ms, false, out->arena),
		.sender_software = &software };
	struct script_message script = { .datatypes_version = sender->stamp,
		.transport_version = sender->stamp,
		.transaction_version = sender->stamp,
		.structures_version = sender->stamp,
		.ecl_version = sender->stamp,
		.header = &header,
		.body = body };

	write_own(&(struct ncpdp_message){ .family = NCPDP_SCRIPT, .version = sender->version, .script = &script }, out);
}

void ncpdp_write_status(const struct ncpdp_sender *sender, struct text reply_id, int64_t wall_ms, const char *code,
	struct buffer *out)
{
	struct script_status status = { .code = text_of(code) };
	struct script_body body = { .status = &status };

	write_script(sender, reply_id, wall_ms, &body, out);
}

/* The fault in words: what, and where by the names of our tables. */
static struct text describe(const struct fault *fault, char *room, size_t size)
{
	int n = snprintf(room, size, *fault->path ? "%s (%s)" : "%s", fault_row(fault->code)->sentence, fault->path);

	assert(n > 0 && (size_t)n < size);
	return (struct text){ room, (size_t)n };
}

enum { DESCRIPTION_MAX = FAULT_PATH_MAX + 300 }; /* bytes; the longest sentence has about 140 */

static void refuse_script(const struct ncpdp_sender *sender, struct text reply_id, int64_t wall_ms,
	const struct fault *fault, struct buffer *out)
{
	char room[DESCRIPTION_MAX];
	const struct fault_row *row = fault_row(fault->code);
	struct text detail = text_of(row->script_detail);
	struct script_error error = { .code = text_of(row->script_code),
		.description_codes = &detail,
		.description_codes_n = detail.n ? 1 : 0,
		.description = describe(fault, room, sizeof(room)) };
	struct script_body body = { .error = &error };

	write_script(sender, reply_id, wall_ms, &body, out);
}

static void refuse_rtpb(const struct ncpdp_sender *sender, struct text reply_id, int64_t wall_ms,
	const struct fault *fault, struct buffer *out)
{
	char room[DESCRIPTION_MAX];
	struct text reject = text_of(fault_row(fault->code)->rtpb_reject);
	struct rtpb_not_processed refusal = { .reject_codes = &reject,
		.reject_codes_n = 1,
		.note = describe(fault, room, sizeof(room)) };
	struct rtpb_outcome outcome = { .not_processed = &refusal };
	struct rtpb_response response = { .response = &outcome };
	struct rtpb_body body = { .response = &response };
	struct rtpb_identification to_first = { sender->from, sender->from_qualifier };
	struct rtpb_identification from_first = { sender->to, sender->to_qualifier };
	struct rtpb_identification from_second = { sender->to_second, sender->to_second_qualifier };
	struct rtpb_party to = { .primary = &to_first };
	struct rtpb_party from = { .primary = &from_first, .secondary = text_there(sender->to_second) ? &from_second : NULL };
	struct rtpb_header header = { .to = &to,
		.from = &from,
		.message_id = reply_id,
		.relates_to_message_id = sender->message_id,
		.sent_time = clock_format(wall_ms, false, out->arena) };
	struct rtpb_message rtpb = { .rtpb_version = sender->stamp, .header = &header, .body = &body };

	write_own(&(struct ncpdp_message){ .family = NCPDP_RTPB, .rtpb = &rtpb }, out);
}

void ncpdp_write_refusal(enum ncpdp_family family, const struct ncpdp_sender *sender, struct text reply_id,
	int64_t wall_ms, const struct fault *fault, struct buffer *out)
{
	switch (family) {
	case NCPDP_SCRIPT:
		refuse_script(sender, reply_id, wall_ms, fault, out);
		return;
	case NCPDP_RTPB:
		refuse_rtpb(sender, reply_id, wall_ms, fault, out);
		return;
	case NCPDP_FAMILIES:
		break;
	}
	__builtin_unreachable();
}
