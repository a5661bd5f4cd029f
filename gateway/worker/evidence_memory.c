/* SPDX-License-Identifier: Apache-2.0 */
/* What backends said, remembered by a hash for a while: a table of fixed size, so that no traffic can make it grow. */
#include "gateway/worker/worker_evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 4096 /* packed; one answer says a handful of things */ };

struct remembered {
	unsigned char key[EVIDENCE_KEY_BYTES];
	int64_t until_ms; /* mono; 0: free */
	size_t n;
	char *bytes;
};

struct evidence_memory {
	struct remembered sets[EVIDENCE_SETS][EVIDENCE_WAYS];
};

struct evidence_memory *evidence_memory_new(void)
{
	struct evidence_memory *memory = calloc(1, sizeof(*memory));

	if (!memory) {
		fputs("dualtrack: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void evidence_memory_forget(struct evidence_memory *memory)
{
	for (size_t i = 0; i < EVIDENCE_SETS; i++)
		for (size_t k = 0; k < EVIDENCE_WAYS; k++)
			free(memory->sets[i][k].bytes);
	memset(memory, 0, sizeof(*memory));
}

void evidence_memory_free(struct evidence_memory *memory)
{
	if (memory)
		evidence_memory_forget(memory);
	free(memory);
}

/* The key is a hash: any bits of it are as good as others. */
static size_t set_of(const unsigned char *key)
{
	return ((size_t)key[0] << 8 | key[1]) % EVIDENCE_SETS;
}

void evidence_remember(struct evidence_memory *memory, const unsigned char key[EVIDENCE_KEY_BYTES], const struct route_question *answer, int64_t until_ms)
{
	struct remembered *set = memory->sets[set_of(key)], *to = &set[0];
	const struct route_question said = { .said = answer->said, .said_n = answer->said_n };
	struct arena arena;
	struct buffer bytes;

	for (size_t k = 0; k < EVIDENCE_WAYS; k++) {
		if (set[k].until_ms && memcmp(set[k].key, key, EVIDENCE_KEY_BYTES) == 0) {
			to = &set[k];
			break;
		}
		if (set[k].until_ms < to->until_ms)
			to = &set[k];
	}
	arena_init(&arena, 4 * ANSWER_BYTES_MAX);
	buffer_init(&bytes, &arena, 512);
	record_pack(&route_question_record, &said, &bytes);
	if (!bytes.failed && bytes.n <= ANSWER_BYTES_MAX) {
		free(to->bytes);
		*to = (struct remembered){ .until_ms = until_ms, .n = bytes.n, .bytes = malloc(bytes.n + 1) };
		memcpy(to->key, key, EVIDENCE_KEY_BYTES);
		if (to->bytes)
			memcpy(to->bytes, bytes.at, bytes.n);
		else
			to->until_ms = 0;
	}
	arena_done(&arena);
}

bool evidence_recall(const struct evidence_memory *memory, const unsigned char key[EVIDENCE_KEY_BYTES], int64_t now_ms, struct arena *arena,
	struct route_question *out)
{
	const struct remembered *set = memory->sets[set_of(key)];
	struct fault fault;

	for (size_t k = 0; k < EVIDENCE_WAYS; k++)
		if (set[k].until_ms > now_ms && memcmp(set[k].key, key, EVIDENCE_KEY_BYTES) == 0) {
			struct text bytes = arena_text(arena, (struct text){ set[k].bytes, set[k].n });

			return text_there(bytes) && record_unpack(&route_question_record, out, arena, bytes, &fault);
		}
	return false;
}
