/* SPDX-License-Identifier: Apache-2.0 */
/* Registers a client of the sandbox's own. */
#include "gateway/cli/sandbox_client.h"

#include "base/buffer.h"
#include "gateway/access/client_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool sandbox_client(const char *folder, char *config, char *key, size_t size)
{
	char failed[CLIENT_KEYS_NAME_MAX], prefix[CLIENT_KEYS_NAME_MAX - 20];
	struct arena arena;
	struct buffer lines;
	bool good;

	snprintf(prefix, sizeof(prefix), "%s/client", folder);
	snprintf(key, size, "%s/client.pem", folder);
	snprintf(config, size, "%s/sandbox.conf", folder);
	arena_init(&arena, 1 << 16);
	buffer_init(&lines, &arena, 512);
	buffer_format(&lines, "[client]\nid = sandbox\njwks = %s/client.jwks.json\nscopes = system/*.cruds\norganization = EXAMPLE\n", folder);
	good = client_keys_make(prefix, CRYPTO_ES384, failed);
	if (good) {
		snprintf(failed, sizeof(failed), "%s", config);
		good = client_keys_write(config, true, buffer_text(&lines));
	}
	if (!good)
		fprintf(stderr, "dualtrack: %s: %s\n", failed, strerror(errno));
	arena_done(&arena);
	return good;
}
