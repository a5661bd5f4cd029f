/* SPDX-License-Identifier: Apache-2.0 */
/* Ids that may be used once, such as the jti of an assertion, kept until what they name has ended: in memory, and in a small file so that
   a process that is started again still knows them. */
#pragma once

#include "base/text.h"

enum {
	SEEN_MAX = 1 << 16,        /* ids at a time; the longest life is six minutes, so 180 a second */
	SEEN_OF_ONE_MAX = 1 << 12, /* of one owner: one client cannot use up the room of all */
};

struct seen;

/* file NULL: memory only. A file that is missing is made (mode 0600); what is damaged or over in it is left out. NULL when the file cannot
   be read or written (errno). */
struct seen *seen_new(const char *file, int64_t wall_ms);
/* Takes NULL. */
void seen_free(struct seen *seen);

enum seen_answer { SEEN_NEW, SEEN_BEFORE, SEEN_FULL /* also: could not be written down */ };
/* Notes owner's id until `until_ms` (Unix time). */
enum seen_answer seen_note(struct seen *seen, struct text owner, struct text id, int64_t until_ms, int64_t wall_ms);
size_t seen_count(const struct seen *seen);
