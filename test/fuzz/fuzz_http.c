/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP requests: however the bytes are cut, the verdict must be the one for the whole. */
#include "base/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4096, PIECE_MAX = 24 };

struct verdict {
	enum http_progress progress;
	struct fault fault;
	struct http_request request;
	size_t used;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Feeds pieces whose lengths come from `seed` (0: whole). Each call sees a buffer of exactly the bytes so far, at another
   address, so that a read beyond them or a stale pointer is an error. The last buffer is left in *held. */
static struct verdict feed(const uint8_t *data, size_t n, uint64_t seed, char **held)
{
	struct verdict verdict = { .progress = HTTP_MORE };
	struct http_reading reading = { 0 };
	size_t have = 0, need = 0;

	*held = NULL;
	while (verdict.progress == HTTP_MORE && have < n) {
		size_t piece = n - have;
		char *bigger;

		if (seed) {
			seed = seed * 6364136223846793005u | 1;
			piece = 1 + (seed >> 33) % (piece < PIECE_MAX ? piece : PIECE_MAX);
		}
		bigger = malloc(have + piece);
		if (!bigger)
			abort();
		if (have)
			memcpy(bigger, *held, have);
		memcpy(bigger + have, data + have, piece);
		free(*held);
		*held = bigger;
		have += piece;
		verdict.progress = http_read_request(*held, have, BODY_MAX, &reading, &verdict.request, &need, &verdict.used,
			&verdict.fault);
		assert(verdict.progress != HTTP_MORE || need > have);
	}
	assert(verdict.progress != HTTP_DONE || verdict.used <= n);
	return verdict;
}

static void same(const struct verdict *a, const struct verdict *b)
{
	assert(a->progress == b->progress);
	if (a->progress == HTTP_BAD)
		assert(a->fault.code == b->fault.code && strcmp(a->fault.path, b->fault.path) == 0);
	if (a->progress != HTTP_DONE)
		return;
	assert(a->used == b->used && text_equal(a->request.body, b->request.body));
	assert(text_equal(a->request.method, b->request.method) && text_equal(a->request.target, b->request.target));
	assert(text_equal(a->request.query, b->request.query) && a->request.headers_n == b->request.headers_n);
	assert(a->request.keep_alive == b->request.keep_alive);
	for (size_t i = 0; i < a->request.headers_n; i++)
		assert(text_equal(a->request.headers[i].name, b->request.headers[i].name)
			&& text_equal(a->request.headers[i].value, b->request.headers[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint64_t seed = n;
	char *held, *held_pieces;
	struct verdict whole, pieces;

	if (n > 32 * 1024)
		return 0;
	for (size_t i = 0; i < n && i < 64; i++)
		seed = seed * 31 + data[i];
	whole = feed(data, n, 0, &held);
	pieces = feed(data, n, seed | 1, &held_pieces);
	same(&whole, &pieces);
	free(held);
	free(held_pieces);
	return 0;
}
