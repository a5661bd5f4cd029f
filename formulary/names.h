/* SPDX-License-Identifier: Apache-2.0 */
/* Names met during a load, each with a word to remember about it. */
#pragma once

#include "base/arena.h"

struct name {
	struct text name, about;
};

struct names {
	struct arena arena;
	struct name *slots; /* name absent: free */
	size_t slots_n, used;
};

/* limit: bytes of all names and words. */
void names_init(struct names *names, size_t limit);
void names_done(struct names *names);
/* The name as it stands there; NULL when it does not. Lives until the next names_add. */
struct name *names_find(const struct names *names, struct text name);
/* Finds or adds it; *fresh says which. Texts are copied. NULL past the limit. */
struct name *names_add(struct names *names, struct text name, struct text about, bool *fresh);
