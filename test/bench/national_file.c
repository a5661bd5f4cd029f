/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a plan file of national size: the lines of another plan file first (the sandbox's, so that its examples still work), then
   the made-up plans of test/bench/national.h.

	national_file PLAN-FILE OUT-FILE [ROWS]
	national_file lists OUT-FILE FAMILIES       the formulary and benefit file of test/bench/national_lists.h instead */
#include "test/bench/national.h"
#include "test/bench/national_lists.h"

#include <stdlib.h>
#include <string.h>

static int give_up(const char *what)
{
	perror(what);
	return 1;
}

static int write_lists(const char *path, const char *families)
{
	FILE *out = fopen(path, "we");

	return out && national_lists_write(out, (uint32_t)strtoul(families, NULL, 10)) && !fclose(out) ? 0 : give_up(path);
}

int main(int argc, char **argv)
{
	uint32_t rows = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : NATIONAL_ROWS;
	char bytes[65536];
	FILE *in, *out;
	size_t n;

	if (argc < 3) {
		fputs("usage: national_file PLAN-FILE OUT-FILE [ROWS]\n", stderr);
		return 2;
	}
	if (argc == 4 && strcmp(argv[1], "lists") == 0)
		return write_lists(argv[2], argv[3]);
	if (!(in = fopen(argv[1], "re")))
		return give_up(argv[1]);
	if (!(out = fopen(argv[2], "we")))
		return give_up(argv[2]);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		fwrite(bytes, 1, n, out);
	if (ferror(in) || !national_write(out, rows) || fclose(out))
		return give_up(argv[2]);
	fclose(in);
	return 0;
}
