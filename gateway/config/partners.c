/* SPDX-License-Identifier: Apache-2.0 */
/* Partners by id: one hash table, made once for a configuration. */
#include "gateway/config/partners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct text id;
	const struct partner *partner; /* NULL: empty */
};

struct partner_book {
	struct entry *entries; /* a power of two, at most half of them taken: a search ends at the first empty one */
	size_t mask;
	struct ncpdp_version_row *rows;
	struct ncpdp_versions versions;
};

/* -- versions -- */

static int64_t day_ms(struct text date)
{
	struct fault fault;
	int64_t ms = 0;

	return date.n && clock_parse(date, &ms, &fault) ? ms : 0;
}

int64_t version_from_ms(const struct standard_version *version)
{
	return day_ms(version->valid_from);
}

int64_t version_until_ms(const struct standard_version *version)
{
	int64_t ms = day_ms(version->expires_on);

	return ms ? ms + INT64_C(12) * 3600 * 1000 : 0; /* UTC-12 is the last place where a day begins */
}

const struct ncpdp_versions *partner_versions(const struct partner_book *book)
{
	return &book->versions;
}

void partner_version_fault(const struct partner_book *book, const struct script_message *script, int64_t wall_ms, struct fault *fault)
{
	const char *name;

	if (fault->code != FAULT_VERSION || strcmp(fault->path, "TransactionVersion") != 0 || !script)
		return;
	name = ncpdp_version_name(ncpdp_version_of(&book->versions, script->transaction_version));
	for (size_t i = 0; *name && i < book->versions.n; i++) {
		const struct ncpdp_version_row *row = &book->rows[i];
		const char *why = row->until_ms && wall_ms >= row->until_ms ? "expired" : wall_ms < row->from_ms ? "not-yet-valid" : NULL;
		char path[80];

		if (!why || !text_is(row->id, name) || !text_is(row->standard, "script"))
			continue;
		snprintf(path, sizeof(path), "TransactionVersion/%s/%s", name, why);
		fault_set(fault, FAULT_VERSION, path);
		return;
	}
}

bool partner_may_send(const struct partner *partner, enum ncpdp_version version)
{
	for (size_t i = 0; i < partner->versions_n; i++)
		if (text_is(partner->versions[i], ncpdp_version_name(version)))
			return true;
	return partner->versions_n == 0;
}

/* -- partners -- */

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
	book->rows = calloc(config->versions_n + 1, sizeof(*book->rows));
	if (!book->rows)
		abort();
	for (size_t i = 0; i < config->versions_n; i++) {
		const struct standard_version *version = &config->versions[i];

		book->rows[i] = (struct ncpdp_version_row){ version->standard, version->id, version->stamp, version_from_ms(version),
			version_until_ms(version) };
	}
	book->versions = (struct ncpdp_versions){ book->rows, config->versions_n };
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
	free(book->rows);
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
