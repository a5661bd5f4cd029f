/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a client's keys and writes them where they belong. */
#include "gateway/access/client_keys.h"

#include "base/jose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool write_whole(const char *name, bool secret, struct text body)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644), error;
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, body.at, body.n) == (ssize_t)body.n && fsync(fd) == 0;
	error = errno;
	close(fd);
	errno = error;
	return good;
}

/* Under its name it is there whole or not at all: processes that start together find one key, and one that is killed here leaves no half of one. */
bool client_keys_write(const char *name, bool secret, struct text body)
{
	char aside[CLIENT_KEYS_NAME_MAX + 20];
	bool good;
	int error;

	snprintf(aside, sizeof(aside), "%s.%d", name, (int)getpid());
	unlink(aside); /* of an earlier process of this number */
	good = write_whole(aside, secret, body) && link(aside, name) == 0;
	error = errno;
	unlink(aside);
	errno = error;
	return good;
}

bool client_keys_make(const char *prefix, enum crypto_algorithm algorithm, char failed[CLIENT_KEYS_NAME_MAX])
{
	struct crypto_key *key = crypto_key_make(algorithm);
	struct arena arena;
	struct buffer jwks;
	struct text pem;
	bool good;

	arena_init(&arena, 1 << 20);
	pem = crypto_key_pem(key, &arena);
	buffer_init(&jwks, &arena, 1024);
	buffer_lit(&jwks, "{\"keys\":[");
	jose_key_write(key, jose_thumbprint(key, &arena), &jwks);
	buffer_lit(&jwks, "]}\n");
	snprintf(failed, CLIENT_KEYS_NAME_MAX, "%s.pem", prefix);
	good = client_keys_write(failed, true, pem);
	if (good) {
		snprintf(failed, CLIENT_KEYS_NAME_MAX, "%s.jwks.json", prefix);
		good = client_keys_write(failed, false, buffer_text(&jwks));
	}
	explicit_bzero((char *)(uintptr_t)pem.at, pem.n);
	crypto_key_free(key);
	arena_done(&arena);
	return good;
}
