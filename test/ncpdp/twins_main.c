/* SPDX-License-Identifier: Apache-2.0 */
/* Writes every bad twin as a file, <family>/<good name>.<what is wrong>.xml, and the fault each is refused with into a file named faults.
   Argument: the directory. */
#include "test/ncpdp/fixtures.h"
#include "test/ncpdp/twins.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static FILE *open_file(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return out;
}

static bool write_file(const char *directory, const struct twin *twin, FILE *faults)
{
	char name[300], path[1000], good[40];
	struct arena arena;
	struct text body;
	FILE *out;
	bool written;

	snprintf(name, sizeof(name), "%s/%s.%s.xml", ncpdp_family_name(twin->family), twin->of, twin->name);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	out = open_file(path);
	if (!out)
		return false;
	arena_init(&arena, (size_t)16 << 20);
	snprintf(good, sizeof(good), "good/%s", ncpdp_family_name(twin->family));
	body = twin_body(twin, fixture_packed(fixture(good, twin->of, "xml", &arena), &arena), &arena);
	written = fwrite(body.at, 1, body.n, out) == body.n;
	written &= fclose(out) == 0;
	arena_done(&arena);
	fprintf(faults, "%s %s %s\n", name, twin->code, twin->path);
	return written;
}

int main(int argc, char **argv)
{
	char path[1000];
	FILE *faults;
	bool good = true;

	if (argc != 2) {
		fputs("give the directory to write to\n", stderr);
		return 2;
	}
	mkdir(argv[1], 0777);
	for (int family = 0; family < NCPDP_FAMILIES; family++) {
		snprintf(path, sizeof(path), "%s/%s", argv[1], ncpdp_family_name((enum ncpdp_family)family));
		mkdir(path, 0777);
	}
	snprintf(path, sizeof(path), "%s/faults", argv[1]);
	faults = open_file(path);
	if (!faults)
		return 1;
	for (size_t i = 0; i < twins_n; i++)
		good &= write_file(argv[1], &twins[i], faults);
	good &= fclose(faults) == 0;
	printf("%zu twins in %s\n", twins_n, argv[1]);
	return good ? 0 : 1;
}
