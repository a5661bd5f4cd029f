/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a file into lines through a window of fixed size. */
#include "formulary/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lines {
	int fd;
	char *window; /* bytes read and not yet used up */
	size_t most, from, to;
	bool ended;
	int64_t number, read, total;
};

bool lines_open(const char *file, size_t most, struct lines **out, struct fault *fault)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct lines *lines;
	struct stat about;

	if (fd < 0 || fstat(fd, &about)) {
		if (fd >= 0)
			close(fd);
		return fault_set(fault, FAULT_FILE, "");
	}
	lines = calloc(1, sizeof(*lines));
	if (!lines || !(lines->window = malloc(most + 1)))
		abort();
	lines->fd = fd;
	lines->most = most + 1; /* its LF too */
	lines->total = about.st_size;
	*out = lines;
	return true;
}

void lines_close(struct lines *lines)
{
	if (!lines)
		return;
	close(lines->fd);
	free(lines->window);
	free(lines);
}

/* More bytes behind those in the window. */
static bool fill(struct lines *lines, struct fault *fault)
{
	ssize_t got;

	memmove(lines->window, lines->window + lines->from, lines->to - lines->from);
	lines->to -= lines->from;
	lines->from = 0;
	do
		got = read(lines->fd, lines->window + lines->to, lines->most - lines->to);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fault_set(fault, FAULT_FILE, "");
	lines->ended = got == 0;
	lines->to += (size_t)got;
	lines->read += got;
	return true;
}

/* A line that does not fit is passed over to its end, so that the one after it can be read. */
static bool pass_over(struct lines *lines, struct fault *fault)
{
	lines->number++;
	for (;;) {
		char *end = memchr(lines->window + lines->from, '\n', lines->to - lines->from);

		if (end) {
			lines->from = (size_t)(end - lines->window) + 1;
			break;
		}
		lines->from = lines->to;
		if (lines->ended)
			break;
		if (!fill(lines, fault))
			return false;
	}
	return fault_set(fault, FAULT_TOO_LARGE, "");
}

bool lines_next(struct lines *lines, struct text *line, bool *there, struct fault *fault)
{
	size_t looked = 0;

	for (;;) {
		size_t n = lines->to - lines->from;
		char *at = lines->window + lines->from, *end = memchr(at + looked, '\n', n - looked);

		if (end || (lines->ended && n)) {
			*line = (struct text){ at, end ? (size_t)(end - at) : n };
			lines->from += line->n + (end != NULL);
			if (line->n && line->at[line->n - 1] == '\r')
				line->n--;
			lines->number++;
			*there = true;
			return true;
		}
		*there = false;
		if (lines->ended)
			return true;
		if (n == lines->most)
			return pass_over(lines, fault);
		looked = n;
		if (!fill(lines, fault))
			return false;
	}
}

int64_t lines_number(const struct lines *lines)
{
	return lines->number;
}

int64_t lines_bytes_read(const struct lines *lines)
{
	return lines->read;
}

int64_t lines_bytes_total(const struct lines *lines)
{
	return lines->total;
}
