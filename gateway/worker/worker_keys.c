/* SPDX-License-Identifier: Apache-2.0 */
/* Digests under which the ledger finds cases again by what a message says of a member, an orderer and a drug, and which say nothing of them. */
#include "gateway/worker/worker.h"

#include "base/crypto.h"

enum {
	DIGEST_CHARACTERS = 34, /* of SHA-256 as hexadecimal, behind a letter: what fits a MessageID of 35 */
	PRODUCT_DIGITS = 9,     /* of an NDC: labeler and product, without the package */
	KEYS_MAX = 2,
};

struct text worker_digest(struct work *work, char kind, struct text a, struct text b)
{
	struct arena *arena = &work->worker->arena;
	unsigned char hash[SHA256_BYTES], first[SHA256_BYTES];
	struct buffer name;
	struct text hex;

	crypto_sha256(a, first);
	crypto_sha256_chain(first, b, hash); /* so that "ab" and "c" are not "a" and "bc" */
	hex = crypto_hex(hash, sizeof(hash), arena);
	buffer_init(&name, arena, 40);
	buffer_add_char(&name, kind);
	if (text_there(hex))
		buffer_add(&name, (struct text){ hex.at, DIGEST_CHARACTERS });
	work->full |= !text_there(hex);
	return buffer_text(&name);
}

void worker_drug_keys(struct work *work, struct text member, const struct route_question *question, struct case_message *message)
{
	struct text *keys = arena_alloc(&work->worker->arena, sizeof(*keys) * KEYS_MAX);

	work->full |= !keys;
	if (!keys || !member.n || !question)
		return;
	message->drug_keys = keys;
	if (question->ndc.n > PRODUCT_DIGITS)
		keys[message->drug_keys_n++] = worker_digest(work, 'N', member, (struct text){ question->ndc.at, PRODUCT_DIGITS });
	if (question->rxcui.n)
		keys[message->drug_keys_n++] = worker_digest(work, 'R', member, question->rxcui);
}

void worker_person_key(struct work *work, struct text member, struct text npi, struct case_message *message)
{
	struct text *key = arena_new(&work->worker->arena, struct text);

	work->full |= !key;
	if (!key || !member.n || !npi.n)
		return;
	*key = worker_digest(work, 'Q', member, npi);
	message->inquiry_keys = key;
	message->inquiry_keys_n = 1;
}
