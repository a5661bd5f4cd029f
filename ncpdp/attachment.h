/* SPDX-License-Identifier: Apache-2.0 */
/* The documents that come with a message: for the whole of it, or as the answer to a question. They stay base64 in the message's
   own bytes; looking into one decodes it piece by piece and keeps nothing. */
#pragma once

#include "base/crypto.h"
#include "ncpdp/records.h"

/* Decoded bytes. A body of 1 MiB carries at most 768 KiB in base64; these leave room for line breaks and for a hundred questions with
   their answers, and a sender can be told them. */
enum {
	ATTACHMENT_BYTES_MAX = 640 << 10,  /* one attachment: a dozen pages of a black and white scan, or a typed note of many more */
	ATTACHMENTS_BYTES_MAX = 700 << 10, /* all of a message together */
};

struct attachment_content {
	size_t bytes;
	unsigned char sha256[SHA256_BYTES]; /* of the document, as its sender and its receiver would compute it */
};

/* Decodes one attachment, which has passed record_check, and gives what it holds (out may be NULL: then nothing is hashed). Fails with
     BAD_TEXT at AttachmentData   not base64 (RFC 4648 4, white space between as XML Schema allows; bits left over must be 0), or empty
     TOO_LARGE at AttachmentData  more than ATTACHMENT_BYTES_MAX
     RULE at MIMEType             plainly something else: a PDF, PNG, TIFF or JPEG without its signature, or XML with one of theirs */
bool attachment_check(const struct attachment *attachment, struct attachment_content *out, struct fault *fault) fault_check;

/* Holds the attachments of a question set, and own, the message's own one, against each other; either may be NULL. Paths are from the
   parent of the set.
     RULE at SeeTransactionLevelAttachmentControlNumber  it is not the number of `own`
     TOO_LARGE at Attachment                             this one makes all together more than ATTACHMENTS_BYTES_MAX */
bool attachments_check(const struct attachment *own, const struct question_set_request *set, struct fault *fault) fault_check;

/* One attachment of a message and where it stands. */
struct attachment_found {
	const struct attachment *attachment;
	struct text question_id; /* whose answer it is; TEXT_NONE: it is the message's own */
	struct attachment_content content;
};
/* All attachments of a message that has passed ncpdp_read, in order, in the arena. False past the arena's limit. */
bool attachments_of(const struct script_message *script, struct arena *arena, struct attachment_found **out, size_t *n);
