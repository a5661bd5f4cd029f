/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces the head of a message and nothing else. */
#include "ncpdp/envelope.h"

#include <assert.h>
#include <string.h>

/* -- finding the head -- */

/* An element right below the root. */
struct child {
	const char *from, *open_end, *close, *end; /* of its start tag, of its content, of itself */
	struct text prefix, name;
};

static const char *behind(const char *at, const char *end, const char *z)
{
	const char *hit = at < end ? memmem(at, (size_t)(end - at), z, strlen(z)) : NULL;

	return hit ? hit + strlen(z) : end;
}

static bool here(const char *at, const char *end, const char *z)
{
	size_t n = strlen(z);

	return (size_t)(end - at) >= n && memcmp(at, z, n) == 0;
}

/* Behind the '>' of the tag that begins at `at`; quoted values may hold one. */
static const char *behind_tag(const char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at == '>')
			return at + 1;
		if (*at == '"' || *at == '\'') {
			at = memchr(at + 1, *at, (size_t)(end - at - 1));
			if (!at)
				return end;
		}
	}
	return end;
}

static void name_of(const char *at, const char *end, struct text *prefix, struct text *local)
{
	const char *from = at, *to = at;

	while (to < end && !strchr(" \t\r\n/>", *to))
		if (*to++ == ':')
			from = to;
	*prefix = (struct text){ at, (size_t)(from - at) };
	*local = (struct text){ from, (size_t)(to - from) };
}

/* The next element below the root, from *at on, which is behind the root's start tag or behind such an element. The pre-scan has found
   that tags nest. */
static bool next_child(const char **at, const char *end, struct child *out)
{
	const char *open, *next;
	int depth = 0;

	*out = (struct child){ 0 };
	for (; (open = memchr(*at, '<', (size_t)(end - *at))); *at = next) {
		bool ends = here(open, end, "</"), empty;

		if (here(open, end, "<!--")) {
			next = behind(open + 4, end, "-->");
			continue;
		}
		next = behind_tag(open, end);
		empty = !ends && next - open > 2 && next[-2] == '/';
		if (ends && depth == 0)
			return false; /* the root's own end tag */
		if (!ends && depth == 0) {
			out->from = open;
			out->open_end = out->close = next;
			name_of(open + 1, end, &out->prefix, &out->name);
		}
		depth += ends ? -1 : !empty;
		if (depth == 0) {
			if (ends)
				out->close = open;
			*at = out->end = next;
			return true;
		}
	}
	return false;
}

/* Behind the root's start tag. */
static const char *into_root(struct text message)
{
	const char *at = message.at, *end = at + message.n;

	for (;;) {
		at = memchr(at, '<', (size_t)(end - at));
		assert(at); /* the pre-scan found a root */
		if (here(at, end, "<?"))
			at = behind(at, end, "?>");
		else if (here(at, end, "<!--"))
			at = behind(at + 4, end, "-->");
		else
			return behind_tag(at, end);
	}
}

bool envelope_split(struct text message, struct envelope_parts *out, struct fault *fault)
{
	const char *at, *end = message.at + message.n;
	struct child child, head = { 0 };
	bool body = false;

	*out = (struct envelope_parts){ 0 };
	if (!xml_prescan(message, fault))
		return false;
	at = into_root(message);
	if (at[-2] == '/')
		return fault_set(fault, FAULT_MISSING, "Header");
	while (next_child(&at, end, &child)) {
		if (text_is(child.name, "Header") || text_is(child.name, "RTPBHeader")) {
			if (head.from)
				return fault_set(fault, FAULT_REPEATED, "Header");
			head = child;
		} else if (text_is(child.name, "Body") || text_is(child.name, "RTPBBody")) {
			if (body)
				return fault_set(fault, FAULT_REPEATED, "Body");
			body = true;
		}
	}
	if (!head.from || head.close == head.end)
		return fault_set(fault, FAULT_MISSING, "Header");
	if (!body)
		return fault_set(fault, FAULT_MISSING, "Body");
	*out = (struct envelope_parts){
		.before = { message.at, (size_t)(head.from - message.at) },
		.open = { head.from, (size_t)(head.open_end - head.from) },
		.head = { head.open_end, (size_t)(head.close - head.open_end) },
		.close = { head.close, (size_t)(head.end - head.close) },
		.after = { head.end, (size_t)(end - head.end) },
		.prefix = head.prefix,
	};
	return true;
}

/* -- writing another -- */

/* The children of a head as xml_write gives them, each name with the prefix that the head's own name has in this message. Values are
   escaped, so every '<' begins a tag. */
static void write_children(const struct record *record, const void *head, struct text prefix, struct buffer *out)
{
	struct text plain, piece;
	struct buffer whole;
	const char *from, *to;

	buffer_init(&whole, out->arena, 1024);
	xml_write(record, head, "H", "", &whole);
	plain = buffer_text(&whole);
	if (!plain.n) {
		out->failed = true;
		return;
	}
	from = behind(plain.at, plain.at + plain.n, "<H>");
	to = plain.at + plain.n - strlen("</H>");
	assert(from < to); /* a head that passed its check has children */
	plain = (struct text){ from, (size_t)(to - from) };
	while (text_there(plain)) {
		piece = text_cut(&plain, '<');
		buffer_add(out, piece);
		if (!text_there(plain))
			break;
		buffer_add_char(out, '<');
		if (plain.n && plain.at[0] == '/') {
			buffer_add_char(out, '/');
			plain = (struct text){ plain.at + 1, plain.n - 1 };
		}
		buffer_add(out, prefix);
	}
}

bool envelope_write(enum ncpdp_family family, struct text message, const void *head, struct buffer *out, struct fault *fault)
{
	const struct record *record = family == NCPDP_SCRIPT ? &script_header_record : &rtpb_header_record;
	struct envelope_parts parts;
	struct text inner;

	if (!record_check(record, head, fault))
		return fault_under(fault, text_lit("Header"), -1);
	if (!xml_unwrap(message, out->arena, &inner, fault) || !envelope_split(inner, &parts, fault))
		return false;
	buffer_add(out, parts.before);
	buffer_add(out, parts.open);
	write_children(record, head, parts.prefix, out);
	buffer_add(out, parts.close);
	buffer_add(out, parts.after);
	return !out->failed || fault_set(fault, FAULT_TOO_LARGE, "");
}

/* -- heads -- */

struct envelope_party envelope_party(struct text qualified)
{
	struct text rest = qualified, qualifier = text_cut(&rest, ':');

	return text_there(rest) ? (struct envelope_party){ qualifier, rest } : (struct envelope_party){ TEXT_NONE, qualified };
}

static struct sender_software *our_software(struct arena *arena)
{
	struct sender_software *software = arena_new(arena, struct sender_software);

	if (software)
		*software = (struct sender_software){ .developer = text_lit("dualtrack"), .product = text_lit("dualtrack"),
			.version = text_lit(DUALTRACK_VERSION) };
	return software;
}

static struct script_address *address(struct text qualified, struct arena *arena)
{
	struct script_address *out = arena_new(arena, struct script_address);
	struct envelope_party party = envelope_party(qualified);

	if (out)
		*out = (struct script_address){ .qualifier = party.qualifier, .id = party.id };
	return out;
}

struct script_header *envelope_script_question(const struct script_header *received, struct text to, struct text from,
	struct text message_id, int64_t wall_ms, struct arena *arena)
{
	struct script_header *head = arena_new(arena, struct script_header);

	if (!head)
		return NULL;
	*head = (struct script_header){ .to = address(to, arena), .from = address(from, arena), .message_id = message_id,
		.sent_time = clock_format(wall_ms, false, arena), .sender_software = our_software(arena),
		.test_message = received->test_message, .rx_reference_number = received->rx_reference_number,
		.prescriber_order_number = received->prescriber_order_number,
		.prescriber_order_group = received->prescriber_order_group,
		.rx_reference_order_group = received->rx_reference_order_group };
	return head->to && head->from && head->sender_software && text_there(head->sent_time) ? head : NULL;
}

struct script_header *envelope_script_answer(const struct script_header *asked, struct text reply_id, int64_t wall_ms,
	struct arena *arena)
{
	struct script_header *head = arena_new(arena, struct script_header);

	if (!head)
		return NULL;
	*head = (struct script_header){ .to = asked->from, .from = asked->to, .message_id = reply_id,
		.relates_to_message_id = asked->message_id, .sent_time = clock_format(wall_ms, false, arena),
		.sender_software = our_software(arena), .test_message = asked->test_message };
	return head->sender_software && text_there(head->sent_time) ? head : NULL;
}

static struct rtpb_party *rtpb_address(struct text qualified, struct arena *arena)
{
	struct rtpb_party *party = arena_new(arena, struct rtpb_party);
	struct rtpb_identification *primary = arena_new(arena, struct rtpb_identification);
	struct envelope_party parts = envelope_party(qualified);

	if (!party || !primary)
		return NULL;
	*primary = (struct rtpb_identification){ .identification = parts.id, .qualifier = parts.qualifier };
	party->primary = primary;
	return party;
}

struct rtpb_header *envelope_rtpb_question(const struct rtpb_header *received, struct text to, struct text from,
	struct text message_id, int64_t wall_ms, struct arena *arena)
{
	struct rtpb_header *head = arena_new(arena, struct rtpb_header);
	bool by_bin = text_is(received->to->primary->qualifier, "IIN");

	if (!head)
		return NULL;
	*head = (struct rtpb_header){ .to = by_bin ? received->to : rtpb_address(to, arena), .from = rtpb_address(from, arena),
		.message_id = message_id, .sent_time = clock_format(wall_ms, false, arena),
		.software_sender_certification_id = received->software_sender_certification_id };
	return head->to && head->from && text_there(head->sent_time) ? head : NULL;
}

struct rtpb_header *envelope_rtpb_answer(const struct rtpb_header *asked, struct text reply_id, int64_t wall_ms,
	struct arena *arena)
{
	struct rtpb_header *head = arena_new(arena, struct rtpb_header);

	if (!head)
		return NULL;
	*head = (struct rtpb_header){ .to = asked->from, .from = asked->to, .message_id = reply_id,
		.relates_to_message_id = asked->message_id, .sent_time = clock_format(wall_ms, false, arena) };
	return text_there(head->sent_time) ? head : NULL;
}
