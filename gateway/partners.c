/* SPDX-License-Identifier: Apache-2.0 */
/* Partners by id: one hash table, made once for a configuration. */
#include "gateway/partners.h"

#include <stdlib.h>

struct entry {
	struct text id;
	const struct partner *partner; /* NULL: empty */
};

struct partner_book {
	struct entry *entries; /* a power of two, at most half of them taken: a search ends at the first empty one */
	size_t mask;
};

static void put(struct partner_book *book, struct text id, const struct partner *partner)
{
	size_t i = text_hash(id) & book->mask;

	while (book->entries[i].partner)
		i = (i + 1) & book->mask;
	book->entries[i] = (struct entry){ id, partner };
}

struct partner_book *partner_book_new(const struct config *config)
{
	struct partner_book *book = calloc(1, sizeof(*book));
	size_t ids = 0, room = 2;

	for (size_t i = 0; i < config->partners_n; i++)
		ids += 1 + config->partners[i].also_n;
	while (room < 2 * ids)
		room *= 2;
	if (book)
		book->entries = calloc(room, sizeof(*book->entries));
	if (!book || !book->entries)
		abort();
	book->mask = room - 1;
	for (size_t i = 0; i < config->partners_n; i++) {
		const struct partner *partner = &config->partners[i];

		put(book, partner->id, partner);
		for (size_t j = 0; j < partner->also_n; j++)
			put(book, partner->also[j], partner);
	}
	return book;
}

void partner_book_free(struct partner_book *book)
{
	if (!book)
		return;
	free(book->entries);
	free(book);
}

const struct partner *partner_of(const struct partner_book *book, struct text id)
{
	for (size_t i = text_hash(id) & book->mask; book->entries[i].partner; i = (i + 1) & book->mask)
		if (text_equal(book->entries[i].id, id))
			return book->entries[i].partner;
	return NULL;
}

bool partner_may_use(const struct partner *partner, struct text bin, struct text pcn)
{
	for (size_t i = 0; i < partner->plans_n; i++) {
		struct text rest = partner->plans[i], agreed = text_cut(&rest, '/');

		if (text_equal(agreed, bin) && (!text_there(rest) || text_equal(rest, pcn)))
			return true;
	}
	return partner->plans_n == 0;
}
