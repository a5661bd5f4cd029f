/* SPDX-License-Identifier: Apache-2.0 */
/* Follows braces and strings through a window, and looks out for the entries of a Bundle on the way. */
#include "formulary/pdex/pdex_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 256 << 10 };

struct pdex_stream {
	int fd;
	char *window;
	size_t most, from, to;
	bool ended, in_bundle, entries; /* entries: one has been, so a comma may come */
	char *head; /* of the Bundle: all but its entries */
	size_t head_n;
	int64_t number, read;
};

/* How far the member "entry" of the outermost object has come. */
enum member { MEMBER_NAME, MEMBER_OTHER, MEMBER_ENTRY, MEMBER_ENTRY_VALUE };

struct scan {
	bool look; /* out for entries */
	int levels;
	bool string, escaped;
	enum member member;
	size_t name; /* where the name that is being read began */
};

bool pdex_stream_open(const char *file, size_t most, struct pdex_stream **out, struct fault *fault)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct pdex_stream *stream;

	if (fd < 0)
		return fault_set(fault, FAULT_FILE, "");
	stream = calloc(1, sizeof(*stream));
	if (!stream || !(stream->window = malloc(most + CHUNK)) || !(stream->head = malloc(most)))
		abort();
	stream->fd = fd;
	stream->most = most;
	*out = stream;
	return true;
}

void pdex_stream_close(struct pdex_stream *stream)
{
	if (!stream)
		return;
	close(stream->fd);
	free(stream->window);
	free(stream->head);
	free(stream);
}

int64_t pdex_stream_number(const struct pdex_stream *stream)
{
	return stream->number;
}

int64_t pdex_stream_bytes(const struct pdex_stream *stream)
{
	return stream->read;
}

/* More bytes behind those in the window; those before `from` are used up. */
static bool fill(struct pdex_stream *stream, struct fault *fault)
{
	size_t room;
	ssize_t got;

	memmove(stream->window, stream->window + stream->from, stream->to - stream->from);
	stream->to -= stream->from;
	stream->from = 0;
	room = stream->most + CHUNK - stream->to;
	do
		got = read(stream->fd, stream->window + stream->to, room < CHUNK ? room : CHUNK);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fault_set(fault, FAULT_FILE, "");
	stream->ended = got == 0;
	stream->to += (size_t)got;
	stream->read += got;
	return true;
}

/* The byte at `n` behind the window's beginning; FAULT_NOT_JSON at the end of the file. */
static bool byte_at(struct pdex_stream *stream, size_t n, char *c, struct fault *fault)
{
	if (n >= stream->most)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	if (stream->from + n == stream->to && !fill(stream, fault))
		return false;
	if (stream->from + n == stream->to)
		return fault_set(fault, FAULT_NOT_JSON, "");
	*c = stream->window[stream->from + n];
	return true;
}

/* The next byte that is not white space, not taken; 0 at the end of the file. */
static bool peek(struct pdex_stream *stream, char *c, struct fault *fault)
{
	for (;;) {
		while (stream->from < stream->to && strchr(" \t\r\n", stream->window[stream->from]) && stream->window[stream->from])
			stream->from++;
		if (stream->from < stream->to) {
			*c = stream->window[stream->from];
			return *c || fault_set(fault, FAULT_NOT_JSON, "");
		}
		*c = 0;
		if (stream->ended)
			return true;
		if (!fill(stream, fault))
			return false;
	}
}

/* Which member of the outermost object a byte outside strings leads to. */
static void follow_members(struct scan *scan, char c)
{
	if (c == ',')
		scan->member = MEMBER_NAME;
	else if (c == ':' && scan->member == MEMBER_ENTRY)
		scan->member = MEMBER_ENTRY_VALUE;
	else if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '"')
		scan->member = MEMBER_OTHER;
}

/* One more byte, the n-th of the object. True when the object ends with it, or when it opens the array "entry" of the outermost one. */
static bool step(struct scan *scan, const char *object, size_t n)
{
	char c = object[n];

	if (scan->string) {
		if (!scan->escaped && c == '"') {
			struct text name = { object + scan->name, n - scan->name };

			scan->string = false;
			if (scan->levels == 1 && scan->member != MEMBER_OTHER)
				scan->member = scan->member == MEMBER_NAME && text_is(name, "entry") ? MEMBER_ENTRY : MEMBER_OTHER;
		}
		scan->escaped = !scan->escaped && c == '\\';
		return false;
	}
	if (scan->look && scan->levels == 1 && c == '[' && scan->member == MEMBER_ENTRY_VALUE)
		return true;
	scan->string = c == '"';
	scan->name = n + 1;
	if (scan->levels == 1)
		follow_members(scan, c);
	scan->levels += c == '{' || c == '[';
	scan->levels -= c == '}' || c == ']';
	return scan->levels == 0;
}

/* From the brace at the window's beginning to the byte at which `step` stops. */
static bool scan_object(struct pdex_stream *stream, struct scan *scan, size_t *n, struct fault *fault)
{
	char c;

	for (*n = 0;; (*n)++) {
		if (!byte_at(stream, *n, &c, fault))
			return false;
		if (step(scan, stream->window + stream->from, *n))
			break;
	}
	(*n)++;
	return true;
}

static bool keep_head(struct pdex_stream *stream, size_t n, struct fault *fault)
{
	if (stream->head_n + n > stream->most)
		return fault_set(fault, FAULT_TOO_LARGE, "");
	memcpy(stream->head + stream->head_n, stream->window + stream->from, n);
	stream->head_n += n;
	stream->from += n;
	return true;
}

/* Behind the last entry: the rest of the Bundle. */
static bool end_bundle(struct pdex_stream *stream, struct text *object, struct fault *fault)
{
	struct scan scan = { .look = true, .levels = 2, .member = MEMBER_OTHER };
	size_t n;

	if (!scan_object(stream, &scan, &n, fault) || !keep_head(stream, n, fault))
		return false;
	if (scan.levels) /* a second "entry": json_read would say so of the whole, and so do we */
		return fault_set(fault, FAULT_REPEATED, "");
	stream->in_bundle = false;
	*object = (struct text){ stream->head, stream->head_n };
	return true;
}

static bool next_entry(struct pdex_stream *stream, enum pdex_part *part, struct text *object, struct fault *fault)
{
	struct scan scan = { 0 };
	size_t n;
	char c;

	if (!peek(stream, &c, fault))
		return false;
	if (c == ',' && stream->entries) {
		stream->from++;
		if (!peek(stream, &c, fault))
			return false;
		if (c != '{')
			return fault_set(fault, FAULT_NOT_JSON, "");
	} else if (c == ']') {
		*part = PDEX_BUNDLE;
		return end_bundle(stream, object, fault);
	} else if (c != '{' || stream->entries) {
		return fault_set(fault, FAULT_NOT_JSON, "");
	}
	if (!scan_object(stream, &scan, &n, fault))
		return false;
	*object = (struct text){ stream->window + stream->from, n };
	stream->from += n;
	stream->entries = true;
	*part = PDEX_ENTRY;
	stream->number++;
	return true;
}

bool pdex_stream_next(struct pdex_stream *stream, enum pdex_part *part, struct text *object, bool *there, struct fault *fault)
{
	struct scan scan = { .look = true };
	size_t n;
	char c;

	*there = true;
	if (stream->in_bundle)
		return next_entry(stream, part, object, fault);
	if (!peek(stream, &c, fault))
		return false;
	*there = c != 0;
	if (!*there)
		return true;
	if (c != '{')
		return fault_set(fault, FAULT_NOT_JSON, "");
	stream->number++;
	if (!scan_object(stream, &scan, &n, fault))
		return false;
	if (scan.levels == 0) {
		*part = PDEX_RESOURCE;
		*object = (struct text){ stream->window + stream->from, n };
		stream->from += n;
		return true;
	}
	stream->number--;
	stream->head_n = 0;
	stream->in_bundle = true;
	stream->entries = false;
	return keep_head(stream, n, fault) && next_entry(stream, part, object, fault);
}
