/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack key: a CURVE key pair for a host of the bus, the keys of a client, the key of access tokens. */
#include "gateway/cli/cli.h"
#include "gateway/access/client_keys.h"
#include "gateway/access/token.h"
#include "gateway/bus/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int cannot_write(const char *name)
{
	fprintf(stderr, "dualtrack: %s: %s\n", name, strerror(errno));
	return CLI_FAILED;
}

static int host_key(const char *file)
{
	char public_key[WIRE_KEY], secret_key[WIRE_KEY + 1];
	bool good;

	wire_key_pair(public_key, secret_key);
	secret_key[WIRE_KEY - 1] = '\n';
	good = client_keys_write(file, true, (struct text){ secret_key, WIRE_KEY });
	explicit_bzero(secret_key, sizeof(secret_key));
	if (!good)
		return cannot_write(file);
	puts(public_key);
	return CLI_OK;
}

static int client_key(const char *name, bool rsa)
{
	const char *slash = strrchr(name, '/'), *id = slash ? slash + 1 : name;
	char failed[CLIENT_KEYS_NAME_MAX];

	if (!client_keys_make(name, rsa ? CRYPTO_RS384 : CRYPTO_ES384, failed))
		return cannot_write(failed);
	printf("[client]\nid = %s\njwks = %s.jwks.json\nscopes = system/Claim.cru system/Subscription.crud system/Questionnaire.r\n", id, name);
	fprintf(stderr, "dualtrack: %s.pem is the secret of the client; the lines above belong into the configuration of the gateway\n", name);
	return CLI_OK;
}

static int token_key(const char *file)
{
	if (access(file, F_OK) == 0) {
		errno = EEXIST;
		return cannot_write(file);
	}
	return token_keys_new_file(file) ? CLI_OK : cannot_write(file);
}

int cli_key(const struct cli_command *command, int argc, char **argv)
{
	bool rsa = false;
	const struct cli_option options[] = { { "rsa", NULL, "client: an RSA key (RS384) instead of one on P-384 (ES384)", NULL, &rsa } };
	int code = cli_parse(command, options, 1, &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	if (argc == 2 && strcmp(argv[0], "client") == 0 && strlen(argv[1]) < CLIENT_KEYS_NAME_MAX - 20)
		return client_key(argv[1], rsa);
	if (argc == 2 && strcmp(argv[0], "token") == 0 && !rsa)
		return token_key(argv[1]);
	if (argc != 1 || rsa || strcmp(argv[0], "client") == 0 || strcmp(argv[0], "token") == 0)
		return cli_misused(command, "one FILE, client NAME or token FILE is needed");
	return host_key(argv[0]);
}
