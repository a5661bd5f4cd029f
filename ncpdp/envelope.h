/* SPDX-License-Identifier: Apache-2.0 */
/* A message goes on under another head while its body stays as it came, byte for byte: what is forwarded for somebody else
   is not typed anew. */
#pragma once

#include "ncpdp/ncpdp.h"

/* Where the head stands in a message. The texts are parts of the message and together, in this order, all of it. */
struct envelope_parts {
	struct text before; /* up to the head: declaration, root tag */
	struct text open;   /* the head's start tag, with the namespaces it declares */
	struct text head;   /* what is in it */
	struct text close;  /* its end tag */
	struct text after;  /* the body and the end of the root */
	struct text prefix; /* namespace prefix of the head's name with its colon, "" for none; part of `open` */
};

/* Finds the one head and the one body below the root of a message that is not wrapped. Any bytes may be given: fails as xml_prescan
   does, and with MISSING or REPEATED. */
bool envelope_split(struct text message, struct envelope_parts *out, struct fault *fault) fault_check;

/* Appends `message` with the head replaced by this one, a script_header or an rtpb_header by family, after checking that. The root
   with its version attributes and namespaces and the body are the bytes of `message`. Unwraps as ncpdp_read does. */
bool envelope_write(enum ncpdp_family family, struct text message, const void *head, struct buffer *out, struct fault *fault)
	fault_check;

/* A party as qualifier and id: "PY:EXAMPLE". Without ':' all of it is the id. */
struct envelope_party {
	struct text qualifier, id;
};
struct envelope_party envelope_party(struct text qualified);

/* The head under which a message received from a prescriber is asked of a backend: other parties, our MessageID, time and software;
   what belongs to the order (TestMessage, order numbers and groups) is kept. Credentials, mailbox numbers and a signature over the
   message as it was are not. NULL past the arena's limit. */
struct script_header *envelope_script_question(const struct script_header *received, struct text to, struct text from,
	struct text message_id, int64_t wall_ms, struct arena *arena);
/* Likewise; To stays when it names the payer by BIN, because that is the member's coverage. */
struct rtpb_header *envelope_rtpb_question(const struct rtpb_header *received, struct text to, struct text from,
	struct text message_id, int64_t wall_ms, struct arena *arena);

/* The head under which a backend's answer goes to whoever asked: `asked` turned round, as ncpdp_script_answer does. */
struct script_header *envelope_script_answer(const struct script_header *asked, struct text reply_id, int64_t wall_ms,
	struct arena *arena);
struct rtpb_header *envelope_rtpb_answer(const struct rtpb_header *asked, struct text reply_id, int64_t wall_ms,
	struct arena *arena);
