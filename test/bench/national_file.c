/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a plan file of national size: the lines of another plan file first (the sandbox's, so that its examples still work), then
   the made-up plans of test/bench/national.h.

	national_file PLAN-FILE OUT-FILE [ROWS] */
#include "test/bench/national.h"

#include <stdlib.h>

static int give_up(const char *what)
{
	perror(what);
	return 1;
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
