/* SPDX-License-Identifier: Apache-2.0 */
/* SCRIPT messages of this folder's tests, and walking a bundle by path. */
#pragma once

#include "fhir-bridge/fhir.h"
#include "test/case.h"

enum { MEMORY = 16 << 20, WALL = 1 };
#define WALL_MS INT64_C(1795339800123) /* 2026-11-22T09:30:00.123Z */

/* The message in message/<name>. */
struct script_message *sample_script(const char *name, struct arena *arena);
/* A claim bundle of it with identifier "trace-1". */
struct fhir_bundle *sample_claim(const char *name, struct arena *arena);
struct text sample_json(const struct fhir_bundle *bundle, struct arena *arena);
/* What bytes become when the first `find` in them is replaced; the test fails when it is not there. */
struct text sample_replaced(struct text bytes, const char *find, const char *with, struct arena *arena);
bool text_holds(struct text bytes, const char *find);
/* A PAS example by name, without the white space between its tokens. */
struct text sample_pas(const char *name, struct arena *arena);
/* One of docs/examples, likewise. */
struct text sample_example(const char *name, struct arena *arena);
