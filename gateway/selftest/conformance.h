/* SPDX-License-Identifier: Apache-2.0 */
/* The scenarios and payloads of test/conformance, as bytes of the program. */
#pragma once

#include "base/arena.h"

struct conformance_file {
	const char *name; /* "pas.scenario" */
	const char *at, *end;
};
extern const struct conformance_file conformance_files[];
extern const size_t conformance_files_n;

/* A file by name, from `folder` if it has one of that name (NULL: no folder). TEXT_NONE: there is none. */
struct text conformance_file(struct text name, const char *folder, struct arena *arena);
