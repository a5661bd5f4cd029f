/* SPDX-License-Identifier: Apache-2.0 */
/* One line per event, written in one piece so that the lines of many processes do not mix. */
#include "base/log.h"

#include "base/clock.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 2048, /* twelve fields of the longest path fit twice over in a pipe's atomic 4096 */
	ID_MAX = 64,           /* bytes; our own ids have 32 */
};

/* A process has one stderr and one name, so these are its only state outside a struct. */
static const char *speaker = "-";
static enum fault_level least_level = LEVEL_INFO;
static char last[LINE_MAX_BYTES];

void log_open(const char *role, enum fault_level least)
{
	speaker = role;
	least_level = least;
}

const char *log_last(void)
{
	return last[0] ? last : NULL;
}

static bool safe(struct text t)
{
	if (t.n == 0 || t.n > ID_MAX)
		return false;
	for (size_t i = 0; i < t.n; i++) {
		char c = t.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("._:-", c)) || !c)
			return false;
	}
	return true;
}

struct line {
	char at[LINE_MAX_BYTES];
	size_t n;
};

static void __attribute__((format(printf, 2, 3))) put(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->at) - 1 - line->n; /* one byte is kept for the line break */
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->at + line->n, room, format, args);
	va_end(args);
	if (n > 0)
		line->n += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_field(struct line *line, const struct log_field *field)
{
	switch (field->kind) {
	case LOG_WORD:
	case LOG_PATH:
		put(line, " %s=%s", field->key, field->word && *field->word ? field->word : "-");
		return;
	case LOG_ID:
		if (safe(field->id))
			put(line, " %s=%.*s", field->key, TEXT_ARGS(field->id));
		else
			put(line, " %s=%s", field->key, field->id.n ? "?" : "-");
		return;
	case LOG_NUMBER:
		put(line, " %s=%lld", field->key, (long long)field->number);
		return;
	}
	__builtin_unreachable();
}

void log_fields(enum fault_level level, const char *event, const struct log_field *fields, size_t n)
{
	static const char *const names[] = { [LEVEL_INFO] = "info", [LEVEL_WARN] = "warn", [LEVEL_ERROR] = "error" };
	char time[CLOCK_ROOM];
	struct line line;

	assert(n <= LOG_FIELDS_MAX);
	if (level < least_level)
		return;
	line.n = 0;
	clock_print(clock_now().wall_ms, true, time);
	put(&line, "time=%s level=%s role=%s event=%s", time, names[level], speaker, event);
	for (size_t i = 0; i < n; i++)
		put_field(&line, &fields[i]);
	memcpy(last, line.at, line.n);
	last[line.n] = '\0';
	line.at[line.n++] = '\n';
	if (write(STDERR_FILENO, line.at, line.n) < 0)
		return; /* nobody to tell */
}
