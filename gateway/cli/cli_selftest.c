/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack selftest: walks what the public guides ask of a server, against a gateway that runs, or one of its own. */
#include "gateway/cli/cli_selftest.h"

#include "gateway/cli/cli.h"
#include "gateway/selftest/selftest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MEMORY = 1 << 30, KEY_MAX = 1 << 16, VALUES_MAX = 1 << 20, URL_BYTES = 200 };

struct wish {
	const char *url, *key, *client, *audience, *listen, *listen_url, *only, *json, *junit, *values, *payloads;
	bool open, quiet, brief;
};

static bool choose_groups(const struct cli_command *command, const char *only, unsigned *groups)
{
	struct text rest = only ? text_of(only) : TEXT_NONE;
	char what[200] = "";

	*groups = only ? 0 : (1u << SELFTEST_GROUPS) - 1;
	while (text_there(rest)) {
		enum selftest_group group;

		if (selftest_group_of(text_trim(text_cut(&rest, ',')), &group)) {
			*groups |= 1u << group;
			continue;
		}
		strcpy(what, "--only takes");
		for (int i = 0; i < SELFTEST_GROUPS; i++)
			snprintf(what + strlen(what), sizeof(what) - strlen(what), "%s %s", i ? "," : "", selftest_group_name((enum selftest_group)i));
		cli_misused(command, what);
		return false;
	}
	return true;
}

static bool write_file(const char *name, struct text content)
{
	FILE *out = strcmp(name, "-") == 0 ? stdout : fopen(name, "we");
	bool good = out && fwrite(content.at, 1, content.n, out) == content.n;

	good = (out && out != stdout ? fclose(out) == 0 : out != NULL) && good;
	if (!good)
		fprintf(stderr, "dualtrack selftest: %s: %s\n", name, strerror(errno));
	return good;
}

/* What was found, wherever it is wanted. */
static int tell(const struct selftest *selftest, const struct wish *wish, struct arena *arena)
{
	struct buffer out;
	bool good = true;

	buffer_init(&out, arena, 65536);
	if (wish->json) {
		selftest_json(selftest, &out);
		good = write_file(wish->json, buffer_text(&out));
		out.n = 0;
	}
	if (wish->junit) {
		selftest_junit(selftest, &out);
		good = write_file(wish->junit, buffer_text(&out)) && good;
		out.n = 0;
	}
	if (!(wish->json && strcmp(wish->json, "-") == 0) && !(wish->junit && strcmp(wish->junit, "-") == 0)) {
		selftest_print(selftest, wish->brief, &out);
		cli_put(buffer_text(&out));
	}
	if (!good || out.failed)
		return CLI_FAILED;
	return selftest_count(selftest, -1, VERDICT_FAIL) ? CLI_WRONG : CLI_OK;
}

static int walk(struct selftest *selftest, const struct wish *wish, const char *key_file, int listener, struct arena *arena)
{
	struct text pem = key_file ? cli_read(key_file, KEY_MAX, arena) : TEXT_NONE;
	struct crypto_key *key = text_there(pem) ? crypto_key_read(pem) : NULL;
	int code = CLI_FAILED;

	if (key_file && !text_there(pem))
		return CLI_FAILED;
	if (key_file && !key) {
		fprintf(stderr, "dualtrack: %s: no private RSA key of 2048 to 4096 bits and none on P-384\n", key_file);
		return CLI_USAGE;
	}
	selftest->key = wish->open ? NULL : key;
	selftest->values = wish->values ? cli_read(wish->values, VALUES_MAX, arena) : TEXT_NONE;
	if ((!wish->values || text_there(selftest->values)) && selftest_run(selftest, listener, arena))
		code = tell(selftest, wish, arena);
	crypto_key_free(key);
	return code;
}

/* "http://127.0.0.1:8080/" is the same gateway as without the slash. */
static struct text without_slash(const char *url)
{
	struct text t = text_of(url);

	while (t.n && t.at[t.n - 1] == '/')
		t.n--;
	return t;
}

static int run(const struct wish *wish, unsigned groups, struct arena *arena)
{
	struct selftest selftest = { .client = text_of(wish->client), .groups = groups, .payloads = wish->payloads, .progress = !wish->quiet };
	struct selftest_sandbox sandbox = { .pid = 0 };
	char listening[160] = "", hook[URL_BYTES] = "";
	const char *listen = wish->listen ? wish->listen : wish->url ? NULL : "127.0.0.1:0";
	int listener = listen ? selftest_listen(listen, listening, sizeof(listening)) : -1, code = CLI_FAILED;

	if (listen && listener < 0)
		return CLI_FAILED;
	if (listen)
		snprintf(hook, sizeof(hook), wish->listen_url ? "%s" : "http://%s/selftest", wish->listen_url ? wish->listen_url : listening);
	selftest.listen_url = text_of(hook);
	if (wish->url) {
		selftest.url = without_slash(wish->url);
		selftest.audience = wish->audience ? without_slash(wish->audience) : selftest.url;
		code = walk(&selftest, wish, wish->key, listener, arena);
	} else if (selftest_sandbox_start(&sandbox, hook, wish->open)) {
		if (selftest.progress)
			fprintf(stderr, "a sandbox gateway of its own at %s\n", sandbox.url);
		selftest.url = selftest.audience = text_of(sandbox.url);
		code = walk(&selftest, wish, sandbox.key, listener, arena);
	}
	selftest_sandbox_stop(&sandbox);
	return code;
}

int cli_selftest(const struct cli_command *command, int argc, char **argv)
{
	struct wish wish = { .client = "sandbox" };
	const struct cli_option options[] = {
		{ "key", "FILE", "with URL: PEM file with the secret key of a client that is registered there", &wish.key, NULL },
		{ "client", "ID", "its client id; default sandbox", &wish.client, NULL },
		{ "audience", "URL", "the gateway's public_url, when that is not URL", &wish.audience, NULL },
		{ "open", NULL, "without tokens, of a gateway that was started so", NULL, &wish.open },
		{ "listen", "ADDRESS", "with URL: where notifications are waited for, such as 127.0.0.1:9000; below the client's endpoint", &wish.listen, NULL },
		{ "listen-url", "URL", "how the gateway reaches that; default http://ADDRESS/selftest", &wish.listen_url, NULL },
		{ "only", "GROUPS", "smart, pas, pas-2.0, crd, crd-2.0, dtr, dtr-2.0, with commas between them; default all", &wish.only, NULL },
		{ "values", "FILE", "members, drugs and answers of yours: `name = value` lines (docs/selftest.md)", &wish.values, NULL },
		{ "payloads", "FOLDER", "files there take the place of payloads of the same name", &wish.payloads, NULL },
		{ "json", "FILE", "write all verdicts as JSON; - is standard output", &wish.json, NULL },
		{ "junit", "FILE", "likewise as JUnit XML", &wish.junit, NULL },
		{ "brief", NULL, "print no requirement that passed", NULL, &wish.brief },
		{ "quiet", NULL, "do not tell what is being played", NULL, &wish.quiet },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);
	struct arena arena;
	unsigned groups;

	if (code != CLI_GO_ON)
		return code;
	wish.url = argc == 1 ? argv[0] : NULL;
	if (argc > 1 || (wish.url && !wish.open && !wish.key) || (!wish.url && (wish.key || wish.listen || wish.listen_url || wish.audience)))
		return cli_misused(command, "one URL with --key FILE or --open, or none for a gateway of its own");
	if (!choose_groups(command, wish.only, &groups))
		return CLI_USAGE;
	arena_init(&arena, MEMORY);
	code = run(&wish, groups, &arena);
	arena_done(&arena);
	return code;
}
