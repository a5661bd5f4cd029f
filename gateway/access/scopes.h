/* SPDX-License-Identifier: Apache-2.0 */
/* What a client may do, as SMART App Launch 2 writes it: "system/Claim.cu system/Questionnaire.rs", a resource and which of create, read,
   update, delete, search. */
#pragma once

#include "base/buffer.h"

enum {
	SCOPES_MAX = 64,
	SCOPES_TEXT_MAX = 2000,  /* bytes */
	SCOPE_RESOURCE_MAX = 48, /* bytes; the longest name of R4 has 37 */
};

enum scope_act { SCOPE_CREATE = 1, SCOPE_READ = 2, SCOPE_UPDATE = 4, SCOPE_DELETE = 8, SCOPE_SEARCH = 16 };

struct scopes {
	struct scope {
		struct text resource; /* "*": any */
		unsigned acts;        /* of enum scope_act */
	} items[SCOPES_MAX];
	size_t n;
};

/* Words between single spaces; texts stay in `list`. False when there is none, too many, or one that is not written as above: acts in the
   order of "cruds", each once. */
bool scopes_read(struct text list, struct scopes *out);
/* What of the wish `asked` (as a client sends it; words that are no scopes of ours are passed over) is within `registered`. "*" is
   narrowed to what is registered. May be nothing, and is when the wish has more than SCOPES_TEXT_MAX bytes. */
void scopes_grant(struct text asked, const struct scopes *registered, struct scopes *out);
/* What is in both. */
void scopes_both(const struct scopes *a, const struct scopes *b, struct scopes *out);
/* True when they allow all of `need`, such as "Claim.c". */
bool scopes_allow(const struct scopes *scopes, const char *need);
/* Appends them as they are read. */
void scopes_write(const struct scopes *scopes, struct buffer *out);
