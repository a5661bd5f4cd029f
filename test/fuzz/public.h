/* SPDX-License-Identifier: Apache-2.0 */
/* For readers of public files: bytes as a file that is nowhere, and a builder of a formulary that is never finished. */
#pragma once

#include "formulary/builder.h"
#include "test/scratch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The name under which the bytes can be opened until the next call. */
static inline const char *bytes_file(const uint8_t *data, size_t n)
{
	static char path[40];
	static int fd = -1;

	if (fd < 0 && (fd = memfd_create("bytes", MFD_CLOEXEC)) < 0)
		abort();
	if (ftruncate(fd, 0) || pwrite(fd, data, n, 0) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static struct scratch builder_scratch;

static inline void builder_scratch_done(void)
{
	scratch_done(&builder_scratch);
}

/* A builder of this source; what is put into it lives for a thousand inputs, since beginning one costs as much as those. */
static inline struct builder *any_builder(const char *source)
{
	enum { INPUTS = 1000 };
	static struct builder *builder;
	static int inputs;
	struct builder_setup setup = { .action = BUILDER_FULL, .source = { .source = text_of(source), .format = text_lit("PARTD") } };
	struct fault fault;

	if (builder && ++inputs % INPUTS)
		return builder;
	builder_free(builder);
	if (!builder_scratch.at[0]) {
		builder_scratch = scratch_new();
		atexit(builder_scratch_done);
	}
	setup.directory = builder_scratch.at;
	if (!builder_begin(&setup, &builder, &fault))
		abort();
	return builder;
}
