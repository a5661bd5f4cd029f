/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and reading the messages the tests are about. */
#include "test/ncpdp/fixtures.h"

#include "test/case.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void fixtures_of(const char *directory, struct fixtures *out)
{
	char path[1000];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", FIXTURES, directory);
	dir = opendir(path);
	cr_assert(dir, "no directory %s", path);
	out->n = 0;
	while ((entry = readdir(dir))) {
		size_t n = strlen(entry->d_name);

		if (n <= 4 || strcmp(entry->d_name + n - 4, ".xml") != 0)
			continue;
		cr_assert(out->n < FIXTURES_MAX && n < FIXTURE_NAME_MAX);
		snprintf(out->names[out->n++], FIXTURE_NAME_MAX, "%.*s", (int)n - 4, entry->d_name);
	}
	closedir(dir);
	qsort(out->names, out->n, FIXTURE_NAME_MAX, by_name);
}

struct text fixture(const char *directory, const char *name, const char *ending, struct arena *arena)
{
	char path[1000], *at;
	size_t n, room = 1 << 20;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s/%s.%s", FIXTURES, directory, name, ending);
	in = fopen(path, "re");
	cr_assert(in, "no file %s", path);
	at = arena_alloc(arena, room);
	cr_assert(at);
	n = fread(at, 1, room, in);
	fclose(in);
	return (struct text){ at, n };
}

struct text fixture_packed(struct text body, struct arena *arena)
{
	char *to = arena_alloc(arena, body.n + 1);
	size_t n = 0, white = 0;

	cr_assert(to);
	for (size_t i = 0; i < body.n; i++) {
		char c = body.at[i];
		bool is_white = c == ' ' || c == '\t' || c == '\n' || c == '\r';

		if (c == '<' && n > white && to[n - white - 1] == '>')
			n -= white;
		white = is_white ? white + 1 : 0;
		to[n++] = c;
	}
	return (struct text){ to, n };
}

void reading_init(struct reading *reading)
{
	*reading = (struct reading){ .reader = xml_reader_new() };
	arena_init(&reading->arena, (size_t)64 << 20);
}

void reading_done(struct reading *reading)
{
	xml_reader_free(reading->reader);
	arena_done(&reading->arena);
}

bool reading_of(struct reading *reading, enum ncpdp_family family, struct text body)
{
	reading->fault = (struct fault){ 0 };
	return ncpdp_read(reading->reader, family, body, false, &reading->arena, &reading->message, &reading->fault);
}

const struct ncpdp_message *reading_good(struct reading *reading, enum ncpdp_family family, const char *name)
{
	char directory[40];

	snprintf(directory, sizeof(directory), "good/%s", ncpdp_family_name(family));
	cr_assert(reading_of(reading, family, fixture(directory, name, "xml", &reading->arena)), "%s: %s at %s", name,
		fault_row(reading->fault.code)->name, reading->fault.path);
	return &reading->message;
}

const struct record *message_record(enum ncpdp_family family)
{
	return family == NCPDP_SCRIPT ? &script_message_record : &rtpb_message_record;
}

const void *message_struct(const struct ncpdp_message *message)
{
	return message->family == NCPDP_SCRIPT ? (const void *)message->script : message->rtpb;
}
