/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over its corpus as an ordinary test: every file as it is, cut short, and with single bytes changed, always
   in the same way. Arguments: files or folders. With libFuzzer this file is left out. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum {
	CUTS = 48,          /* lengths tried per file */
	CHANGES = 300,      /* single changes tried per file */
	FILE_MAX = 1 << 20, /* bytes; a corpus is of small files */
};

static size_t files;

/* In a block of its exact size, so that AddressSanitizer sees a byte read beyond it. */
static void run(const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static void run_changed(uint8_t *data, size_t n)
{
	static const char odd[] = "<>&\"'{}[]:,\\/=#\n\x00\x01\x7F\x80\xC0\xC1\xDD\xFF" "09-.eE";
	uint64_t state = n;

	for (size_t i = 0; i < CUTS; i++)
		run(data, n * i / CUTS);
	for (size_t i = 0; i < CHANGES && n; i++) {
		size_t at;
		uint8_t kept;

		state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
		at = (size_t)(state >> 33) % n;
		kept = data[at];
		data[at] = i % 2 ? (uint8_t)odd[(state >> 16) % (sizeof(odd) - 1)] : (uint8_t)(kept ^ 1u << (state >> 16) % 8);
		run(data, n);
		data[at] = kept;
	}
}

static void run_file(const char *path)
{
	FILE *in = fopen(path, "rbe");
	uint8_t *data = malloc(FILE_MAX);
	size_t n;

	if (!in || !data) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	n = fread(data, 1, FILE_MAX, in);
	fclose(in);
	fprintf(stderr, "%s\n", path);
	run(data, n);
	run_changed(data, n);
	free(data);
	files++;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, visible, alphasort);

	if (n < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		char file[4096];

		if (snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name) < (int)sizeof(file))
			run_file(file);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat what;

		if (stat(argv[i], &what) == 0 && S_ISDIR(what.st_mode))
			run_folder(argv[i]);
		else
			run_file(argv[i]);
	}
	if (!files)
		fprintf(stderr, "no file was replayed\n");
	return files ? 0 : 1;
}
