/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a small file whole. */
#include "gateway/config/file.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

static bool read_file(struct text path, size_t max, bool secret, const char *where, struct arena *arena, struct text *out, struct fault *fault)
{
	struct stat about;
	char name[PATH_MAX];
	char *bytes;
	size_t n;
	FILE *in;
	bool whole;

	if (path.n >= sizeof(name))
		return fault_set(fault, FAULT_FILE, where);
	in = fopen(text_to_z(path, name, sizeof(name)), "re");
	if (!in)
		return fault_set(fault, FAULT_FILE, where);
	if (secret && (fstat(fileno(in), &about) || (about.st_mode & 077))) {
		fclose(in);
		return fault_set(fault, FAULT_FILE, where);
	}
	bytes = arena_alloc(arena, max + 1);
	n = bytes ? fread(bytes, 1, max + 1, in) : 0;
	whole = !ferror(in);
	fclose(in);
	if (!bytes || n > max)
		return fault_set(fault, FAULT_TOO_LARGE, where);
	if (!whole)
		return fault_set(fault, FAULT_FILE, where);
	*out = (struct text){ bytes, n };
	return true;
}

bool file_bytes(struct text path, size_t max, const char *where, struct arena *arena, struct text *out, struct fault *fault)
{
	return read_file(path, max, false, where, arena, out, fault);
}

bool file_secret(struct text path, size_t max, const char *where, struct arena *arena, struct text *out, struct fault *fault)
{
	return read_file(path, max, true, where, arena, out, fault);
}
