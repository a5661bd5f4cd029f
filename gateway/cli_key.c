/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack key: a CURVE key pair for a host of the bus. */
#include "gateway/cli.h"
#include "gateway/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cli_key(const struct cli_command *command, int argc, char **argv)
{
	char public_key[WIRE_KEY], secret_key[WIRE_KEY + 1];
	int code = cli_parse(command, NULL, 0, &argc, argv), fd;
	bool good;

	if (code != CLI_GO_ON)
		return code;
	if (argc != 1)
		return cli_misused(command, "one FILE is needed");
	fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); /* never over a key in use */
	if (fd < 0) {
		fprintf(stderr, "dualtrack: %s: %s\n", argv[0], strerror(errno));
		return CLI_FAILED;
	}
	wire_key_pair(public_key, secret_key);
	secret_key[WIRE_KEY - 1] = '\n';
	good = write(fd, secret_key, WIRE_KEY) == WIRE_KEY && fsync(fd) == 0;
	explicit_bzero(secret_key, sizeof(secret_key));
	close(fd);
	if (!good) {
		fprintf(stderr, "dualtrack: %s: %s\n", argv[0], strerror(errno));
		return CLI_FAILED;
	}
	puts(public_key);
	return CLI_OK;
}
