/* SPDX-License-Identifier: Apache-2.0 */
/* Follows braces and strings through a window that grows up to the largest object. */
#include "formulary/items.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 256 << 10 };

struct items {
	int fd;
	char *window;
	size_t most, from, to, room;
	bool begun, ended, done;
	int64_t number, read;
};

/* Where we are inside an object. */
struct depth {
	int levels;
	bool string, escaped;
};

/* One more byte; true when it closes the object. */
static bool step(struct depth *depth, char c)
{
	if (depth->string) {
		if (!depth->escaped && c == '"')
			depth->string = false;
		depth->escaped = !depth->escaped && c == '\\';
		return false;
	}
	depth->string = c == '"';
	depth->levels += c == '{' || c == '[';
	depth->levels -= c == '}' || c == ']';
	return depth->levels == 0;
}

static bool white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool items_open(const char *file, size_t most, struct items **out, struct fault *fault)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct items *items;

	if (fd < 0)
		return fault_set(fault, FAULT_FILE, "");
	items = calloc(1, sizeof(*items));
	if (!items || !(items->window = malloc(most + CHUNK)))
		abort();
	items->fd = fd;
	items->most = most;
	items->room = most + CHUNK;
	*out = items;
	return true;
}

void items_close(struct items *items)
{
	if (!items)
		return;
	close(items->fd);
	free(items->window);
	free(items);
}

int64_t items_number(const struct items *items)
{
	return items->number;
}

int64_t items_bytes_read(const struct items *items)
{
	return items->read;
}

/* More bytes behind those in the window. */
static bool fill(struct items *items, struct fault *fault)
{
	size_t room;
	ssize_t got;

	memmove(items->window, items->window + items->from, items->to - items->from);
	items->to -= items->from;
	items->from = 0;
	room = items->room - items->to;
	do
		got = read(items->fd, items->window + items->to, room < CHUNK ? room : CHUNK);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fault_set(fault, FAULT_FILE, "");
	items->ended = got == 0;
	items->to += (size_t)got;
	items->read += got;
	return true;
}

/* The next byte that is not white space, not taken; 0 at the end. */
static bool peek(struct items *items, char *c, struct fault *fault)
{
	for (;;) {
		while (items->from < items->to && white(items->window[items->from]))
			items->from++;
		if (items->from < items->to) {
			*c = items->window[items->from];
			return *c || fault_set(fault, FAULT_NOT_JSON, "");
		}
		*c = 0;
		if (items->ended)
			return true;
		if (!fill(items, fault))
			return false;
	}
}

/* Up to the next object, or past the end of the array. */
static bool before_item(struct items *items, bool *there, struct fault *fault)
{
	char c;

	if (!peek(items, &c, fault))
		return false;
	if (!items->begun && c == '[') {
		items->from++;
		items->begun = true;
		if (!peek(items, &c, fault))
			return false;
	} else if (items->number && c == ',') {
		items->from++;
		if (!peek(items, &c, fault))
			return false;
		*there = c == '{';
		return *there || fault_set(fault, FAULT_NOT_JSON, "");
	} else if (!items->number || c != ']') {
		return fault_set(fault, FAULT_NOT_JSON, "");
	}
	*there = c == '{';
	if (*there)
		return true;
	if (c != ']')
		return fault_set(fault, FAULT_NOT_JSON, "");
	items->from++;
	items->done = true;
	return peek(items, &c, fault) && (!c || fault_set(fault, FAULT_NOT_JSON, ""));
}

bool items_next(struct items *items, struct text *item, bool *there, struct fault *fault)
{
	struct depth depth = { 0 };
	size_t n = 0;

	*there = false;
	if (items->done)
		return true;
	if (!before_item(items, there, fault))
		return false;
	if (!*there)
		return true;
	items->number++;
	for (;;) {
		if (n == items->most)
			return fault_set(fault, FAULT_TOO_LARGE, "");
		if (items->from + n == items->to && !fill(items, fault))
			return false;
		if (items->from + n == items->to)
			return fault_set(fault, FAULT_NOT_JSON, "");
		if (step(&depth, items->window[items->from + n++]))
			break;
	}
	*item = (struct text){ items->window + items->from, n };
	items->from += n;
	return true;
}

bool items_cut(struct text *rest, struct text *item)
{
	const char *at = rest->at, *end = rest->at + rest->n;
	struct depth depth = { 0 };

	while (at < end && *at != '{')
		at++;
	*item = (struct text){ at, 0 };
	while (at < end && !step(&depth, *at++))
		;
	item->n = at && item->at ? (size_t)(at - item->at) : 0;
	*rest = (struct text){ at, (size_t)(end - at) };
	return item->n > 0;
}
