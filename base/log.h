/* SPDX-License-Identifier: Apache-2.0 */
/* One event, one line of key=value on stderr: time=... level=... role=... event=... then ids, counts, fault codes and
   paths. Never a field's value: the only texts it takes are words from our own tables and ids that it checks to be made of
   [A-Za-z0-9._:-]. */
#pragma once

#include "base/fault.h"

enum { LOG_FIELDS_MAX = 12 };

struct log_field {
	const char *key; /* a literal */
	enum { LOG_WORD, LOG_ID, LOG_NUMBER, LOG_PATH } kind;
	const char *word;  /* LOG_WORD, LOG_PATH: from our own tables */
	struct text id;    /* LOG_ID: written as '?' when it has any other character or is longer than 64 */
	int64_t number;
};

#define log_word(k, w) { .key = (k), .kind = LOG_WORD, .word = (w) }
#define log_path(k, p) { .key = (k), .kind = LOG_PATH, .word = (p) }
#define log_id(k, t) { .key = (k), .kind = LOG_ID, .id = (t) }
#define log_number(k, v) { .key = (k), .kind = LOG_NUMBER, .number = (v) }

/* Says who speaks in every later line ("worker.1"); the word is kept, not copied. */
void log_open(const char *role, enum fault_level least);
/* Writes the line with one write(2). event is a literal such as "request.done". */
void log_fields(enum fault_level level, const char *event, const struct log_field *fields, size_t n);
#define log_event(level, event, ...)                                                   \
	log_fields((level), (event), (const struct log_field[]){ __VA_ARGS__ },         \
		sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
/* Last line written, for tests; NULL before the first. */
const char *log_last(void);
