/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of test/ncpdp/good and bad, and a reader to read them with. */
#pragma once

#include "ncpdp/ncpdp.h"

enum { FIXTURES_MAX = 200, FIXTURE_NAME_MAX = 80 };

/* Names of the .xml files of a directory below test/ncpdp ("good/script"), without the ending, in order. */
struct fixtures {
	char names[FIXTURES_MAX][FIXTURE_NAME_MAX];
	size_t n;
};
void fixtures_of(const char *directory, struct fixtures *out);

/* A file below test/ncpdp in the arena; ends the test when there is none. */
struct text fixture(const char *directory, const char *name, const char *ending, struct arena *arena);

/* The text without white space between a tag's end and the next tag. */
struct text fixture_packed(struct text body, struct arena *arena);

/* What a test that reads messages needs; give it back with reading_done. */
struct reading {
	struct xml_reader *reader;
	struct arena arena;
	struct ncpdp_message message;
	struct fault fault;
};
void reading_init(struct reading *reading);
void reading_done(struct reading *reading);
/* Reads leniently. */
bool reading_of(struct reading *reading, enum ncpdp_family family, struct text body);
/* Reads an accepted message of good/; ends the test when it is refused. */
const struct ncpdp_message *reading_good(struct reading *reading, enum ncpdp_family family, const char *name);

/* The table and the struct of a message, by family. */
const struct record *message_record(enum ncpdp_family family);
const void *message_struct(const struct ncpdp_message *message);
