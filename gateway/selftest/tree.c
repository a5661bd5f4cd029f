/* SPDX-License-Identifier: Apache-2.0 */
/* Reading any JSON into a tree and writing it back. */
#include "gateway/selftest/tree.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 100 }; /* levels; the deepest resource of the guides has a third of them */

struct reading {
	const char *at, *end;
	struct arena *arena;
	int depth;
};

static void skip_space(struct reading *reading)
{
	while (reading->at < reading->end && (*reading->at == ' ' || *reading->at == '\t' || *reading->at == '\n' || *reading->at == '\r'))
		reading->at++;
}

static bool take(struct reading *reading, char c)
{
	skip_space(reading);
	if (reading->at == reading->end || *reading->at != c)
		return false;
	reading->at++;
	return true;
}

static bool read_hex(struct reading *reading, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, reading->at++) {
		const char *digits = "0123456789abcdef", *found;

		if (reading->at == reading->end || !*reading->at)
			return false;
		found = strchr(digits, *reading->at >= 'A' && *reading->at <= 'F' ? *reading->at + ('a' - 'A') : *reading->at);
		if (!found)
			return false;
		*out = *out << 4 | (uint32_t)(found - digits);
	}
	return true;
}

/* After the backslash. */
static bool read_escape(struct reading *reading, struct buffer *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t high, low;
	const char *found;
	char utf8[4];
	char c;

	if (reading->at == reading->end || !*reading->at)
		return false;
	c = *reading->at++;
	found = strchr(from, c);
	if (found) {
		buffer_add_char(out, to[found - from]);
		return true;
	}
	if (c != 'u' || !read_hex(reading, &high))
		return false;
	if (high >= 0xD800 && high < 0xDC00) {
		if (reading->end - reading->at < 6 || reading->at[0] != '\\' || reading->at[1] != 'u')
			return false;
		reading->at += 2;
		if (!read_hex(reading, &low) || low < 0xDC00 || low > 0xDFFF)
			return false;
		high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
	}
	buffer_add(out, (struct text){ utf8, text_put_utf8(utf8, high) });
	return true;
}

static bool read_string(struct reading *reading, struct text *out)
{
	const char *start;
	struct buffer plain;

	if (!take(reading, '"'))
		return false;
	for (start = reading->at; reading->at < reading->end && *reading->at != '"' && *reading->at != '\\';)
		reading->at++;
	if (reading->at == reading->end)
		return false;
	if (*reading->at == '"') {
		*out = (struct text){ start, (size_t)(reading->at++ - start) };
		return true;
	}
	buffer_init(&plain, reading->arena, 64);
	buffer_add(&plain, (struct text){ start, (size_t)(reading->at - start) });
	while (reading->at < reading->end && *reading->at != '"') {
		char c = *reading->at++;

		if (c != '\\')
			buffer_add_char(&plain, c);
		else if (!read_escape(reading, &plain))
			return false;
	}
	*out = buffer_text(&plain);
	return reading->at++ < reading->end && text_there(*out);
}

static void append(struct tree *parent, struct tree *child)
{
	child->up = parent;
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static struct tree *read_value(struct reading *reading);

static bool read_children(struct reading *reading, struct tree *parent, char end)
{
	struct text name = TEXT_NONE;
	struct tree *child;

	if (take(reading, end))
		return true;
	do {
		if (parent->kind == TREE_OBJECT && (!read_string(reading, &name) || !take(reading, ':')))
			return false;
		child = read_value(reading);
		if (!child)
			return false;
		child->name = name;
		append(parent, child);
	} while (take(reading, ','));
	return take(reading, end);
}

static bool read_word(struct reading *reading, struct tree *tree)
{
	static const struct {
		const char *word;
		enum tree_kind kind;
	} words[] = { { "true", TREE_FLAG }, { "false", TREE_FLAG }, { "null", TREE_NULL } };
	const char *start = reading->at;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (text_starts((struct text){ start, (size_t)(reading->end - start) }, words[i].word)) {
			tree->kind = words[i].kind;
			tree->value = text_of(words[i].word);
			reading->at += tree->value.n;
			return true;
		}
	tree->kind = TREE_NUMBER;
	while (reading->at < reading->end && *reading->at && strchr("+-.0123456789eE", *reading->at))
		reading->at++;
	tree->value = (struct text){ start, (size_t)(reading->at - start) };
	return tree->value.n > 0;
}

static struct tree *read_value(struct reading *reading)
{
	struct tree *tree = arena_new(reading->arena, struct tree);
	bool good;

	skip_space(reading);
	if (!tree || reading->at == reading->end || reading->depth >= DEPTH_MAX)
		return NULL;
	reading->depth++;
	if (*reading->at == '"') {
		tree->kind = TREE_STRING;
		good = read_string(reading, &tree->value);
	} else if (*reading->at == '{' || *reading->at == '[') {
		tree->kind = *reading->at == '{' ? TREE_OBJECT : TREE_LIST;
		good = read_children(reading, tree, *reading->at++ == '{' ? '}' : ']');
	} else {
		good = read_word(reading, tree);
	}
	reading->depth--;
	return good ? tree : NULL;
}

struct tree *tree_read(struct text body, struct arena *arena)
{
	struct reading reading;
	struct tree *tree;

	if (!body.n)
		return NULL;
	reading = (struct reading){ .at = body.at, .end = body.at + body.n, .arena = arena };
	tree = read_value(&reading);
	skip_space(&reading);
	return tree && reading.at == reading.end ? tree : NULL;
}

static void write_string(struct text t, struct buffer *out)
{
	buffer_add_char(out, '"');
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.at[i];

		if (c == '"' || c == '\\')
			buffer_add_char(out, '\\');
		if (c < ' ')
			buffer_format(out, "\\u%04x", c);
		else
			buffer_add_char(out, (char)c);
	}
	buffer_add_char(out, '"');
}

void tree_write(const struct tree *tree, struct buffer *out)
{
	bool object = tree->kind == TREE_OBJECT;

	if (tree->kind == TREE_STRING) {
		write_string(tree->value, out);
		return;
	}
	if (!object && tree->kind != TREE_LIST) {
		buffer_add(out, tree->value);
		return;
	}
	buffer_add_char(out, object ? '{' : '[');
	for (const struct tree *child = tree->first; child; child = child->next) {
		if (object) {
			write_string(child->name, out);
			buffer_add_char(out, ':');
		}
		tree_write(child, out);
		if (child->next)
			buffer_add_char(out, ',');
	}
	buffer_add_char(out, object ? '}' : ']');
}

struct tree *tree_member(const struct tree *object, const char *name)
{
	if (!object || object->kind != TREE_OBJECT)
		return NULL;
	for (struct tree *child = object->first; child; child = child->next)
		if (text_is(child->name, name))
			return child;
	return NULL;
}

struct text tree_value(const struct tree *tree)
{
	return tree && (tree->kind == TREE_STRING || tree->kind == TREE_NUMBER || tree->kind == TREE_FLAG) ? tree->value : TEXT_NONE;
}

struct text tree_word(const struct tree *object, const char *name)
{
	const struct tree *member = tree_member(object, name);

	return member && member->kind == TREE_STRING ? member->value : TEXT_NONE;
}

size_t tree_count(const struct tree *tree)
{
	size_t n = 0;

	for (const struct tree *child = tree ? tree->first : NULL; child; child = child->next)
		n++;
	return n;
}

/* The index among the items of a list; -1 of anything else. */
static int index_of(const struct tree *tree)
{
	int index = 0;

	if (!tree->up || tree->up->kind != TREE_LIST)
		return -1;
	for (const struct tree *child = tree->up->first; child != tree; child = child->next)
		index++;
	return index;
}

void tree_where(const struct tree *tree, struct buffer *out)
{
	int index = index_of(tree);

	if (!tree->up) {
		struct text type = tree_word(tree, "resourceType");

		buffer_add(out, type.n ? type : text_lit("$this"));
		return;
	}
	tree_where(tree->up, out);
	if (index >= 0) {
		buffer_format(out, "[%d]", index);
		return;
	}
	buffer_add_char(out, '.');
	buffer_add(out, tree->name);
}
