/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON as a tree, and paths through it: how the self-test looks at answers without the tables that made them. */
#pragma once

#include "base/buffer.h"

enum tree_kind { TREE_NULL, TREE_FLAG, TREE_NUMBER, TREE_STRING, TREE_LIST, TREE_OBJECT };

struct tree {
	enum tree_kind kind;
	struct text name;         /* of a member of an object; TEXT_NONE else */
	struct text value;        /* string without its escapes, number or flag as it was written */
	struct tree *first, *last; /* items or members */
	struct tree *next, *up;
};

/* NULL when it is no JSON, or nested too deep. Everything lives in the arena or points into body. */
struct tree *tree_read(struct text body, struct arena *arena);
void tree_write(const struct tree *tree, struct buffer *out);
/* A member of an object; NULL: there is none, or it is no object. */
struct tree *tree_member(const struct tree *object, const char *name);
/* What a string, number or flag says; TEXT_NONE of NULL and of anything else. */
struct text tree_value(const struct tree *tree);
/* The string of a member; TEXT_NONE: none. */
struct text tree_word(const struct tree *object, const char *name);
/* Items of a list, members of an object. */
size_t tree_count(const struct tree *tree);

/* -- paths -- */

struct tree_set {
	struct tree **at;
	size_t n;
};

/* Every place that a path leads to, lists gone into on the way. Its steps are joined by '.':
     name              a member               name[2]           an item of it, from 0
     name[x]           whichever member begins with name          name{type:MB}     only items whose member is, or is a concept with, this code
     extension(url)    extensions of this URL, or whose URL ends in /url; modifierExtension(url) likewise
     resolve()         what a reference in `root` leads to        ofType(Claim)     only resources of this type
   False when the path cannot be understood. */
bool tree_find(const struct tree *root, struct text path, struct arena *arena, struct tree_set *out);
/* The value at the first of them; TEXT_NONE: there is none. */
struct text tree_at(const struct tree *root, const char *path, struct arena *arena);
/* The resource that a reference means: by fullUrl, as Type/id, or contained ("#id"); NULL: not in this tree. */
struct tree *tree_resolve(const struct tree *root, struct text reference);
/* How many resources the reference means. */
size_t tree_resolves(const struct tree *root, struct text reference);
/* Where something stands, as FHIRPath. */
void tree_where(const struct tree *tree, struct buffer *out);

/* -- changing -- */

/* Takes out what the path leads to; how many that was. */
size_t tree_drop(struct tree *root, struct text path, struct arena *arena);
/* Puts `value` at the path: in place of what is there, else as a new member of each parent that is there, or, where the path ends in "[]", as
   one more item of the list. False when there is no such parent. */
bool tree_put(struct tree *root, struct text path, const struct tree *value, struct arena *arena);
