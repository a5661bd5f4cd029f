/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that are right, and each with a twin that is wrong for one reason. */
#include "gateway/config.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;
static struct config *config;
static struct config_problem problem;

static bool load(const char *body)
{
	char file[] = "/tmp/dt-config.XXXXXX";
	int fd = mkstemp(file);
	bool good;

	cr_assert(fd >= 0 && write(fd, body, strlen(body)) == (ssize_t)strlen(body));
	close(fd);
	arena_init(&arena, 8 << 20);
	good = config_load(file, &arena, &config, &problem);
	unlink(file);
	return good;
}

CASE(config, nothing_is_a_sandbox)
{
	cr_assert(load(""));
	cr_expect(text_is(config->listen, "127.0.0.1:8080") && config->rtpb_ms == 3000 && config->script_ms == 10000);
	cr_expect(config->workers >= 1 && config->connections == 4000 && text_is(config->script_version, "20170715"));
	cr_expect(!config->store.n && !config->partners_n && config_log_level(config) == LEVEL_INFO);
	arena_done(&arena);
}

CASE(config, each_wrong_key_is_named)
{
	static const struct {
		const char *good, *bad, *key;
		int line;
	} rows[] = {
		{ "listen = 127.0.0.1:0", "listen = 127.0.0.1", "listen", 0 },
		{ "listen = [::1]:8080", "listen = :8080", "listen", 0 },
		{ "listen = 0.0.0.0:8080", "listen = 0.0.0.0:99999", "listen", 0 },
		{ "listen = 0.0.0.0:80", "listen =", "listen", 0 },
		{ "workers = 3", "workers = 65", "workers", 1 },
		{ "\nworkers = 3", "\nworkers = many", "workers", 2 },
		{ "listen = 1.2.3.4:5", "lissten = 1.2.3.4:5", "", 1 },
		{ "strict = true", "strict = perhaps", "strict", 1 },
		{ "listen_tls =", "listen_tls = 0.0.0.0:1\ncertificate = /nowhere", "certificate", 0 },
		{ "rules = /dev/null", "rules = /nowhere", "rules", 0 },
		{ "payer = /dev/null", "payer = /nowhere", "payer", 0 },
		{ "receiver_id = PY:X", "receiver_id = X", "receiver_id", 0 },
		{ "log = warn", "log = loud", "log", 0 },
		{ "script_version = 20170715", "script_version = 10.6", "script_version", 0 },
		{ "known_only = false", "known_only = true", "known_only", 0 },
		{ "[partner]\nname = A\nid = D:1", "[partner]\nname = A\nid = 1", "partner[1]/id", 0 },
		{ "[partner]\nname = A\nid = D:1", "[partner]\nname = A", "partner[0]/id", 1 },
		{ "[partner]\nname = A\nid = D:1\n[partner]\nname = B\nid = D:2",
			"[partner]\nname = A\nid = D:1\n[partner]\nname = B\nid = D:1", "partner[2]/id", 0 },
		{ "[partner]\nname = A\nid = D:1\ncallback = https://a.example/x",
			"[partner]\nname = A\nid = D:1\ncallback = http://a.example/x", "partner[1]/callback", 0 },
		{ "[partner]\nname = A\nid = D:1\ncallback = http://127.0.0.1:9/x",
			"[partner]\nname = A\nid = D:1\ncallback = http://127.0.0.1:9@a.example/x", "partner[1]/callback", 0 },
		{ "log = info", "[host]\nrole = clerk.1\nendpoint = tcp://h:1\npublic_key = k", "curve_secret", 0 },
		{ "curve_secret = /dev/null\n[host]\nrole = payer\nendpoint = tcp://h:1\npublic_key = 0123456789012345678901234567890123456789",
			"curve_secret = /dev/null\n[host]\nrole = payer\nendpoint = ipc://h\npublic_key = 0123456789012345678901234567890123456789",
			"host[1]/endpoint", 0 },
		{ "curve_secret = /dev/null\n[host]\nrole = worker.2\npublic_key = 0123456789012345678901234567890123456789",
			"curve_secret = /dev/null\n[host]\nrole = worker.2\npublic_key = short", "host[1]/public_key", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect(load(rows[i].good), "row %zu: %s %s", i, problem.key, problem.sentence);
		arena_done(&arena);
		cr_expect(!load(rows[i].bad), "row %zu was taken", i);
		cr_expect_str_eq(problem.key, rows[i].key, "row %zu: %s", i, problem.key);
		cr_expect_eq(problem.line, rows[i].line, "row %zu: line %d", i, problem.line);
		cr_expect(problem.sentence && *problem.sentence);
		arena_done(&arena);
	}
}

CASE(config, the_environment_wins)
{
	setenv("DUALTRACK_WORKERS", "5", 1);
	setenv("DUALTRACK_LISTEN", "127.0.0.1:0", 1);
	cr_assert(load("workers = 2\nlisten = 1.2.3.4:5"));
	cr_expect(config->workers == 5 && text_is(config->listen, "127.0.0.1:0"));
	arena_done(&arena);
	setenv("DUALTRACK_WORKERS", "none", 1);
	cr_expect(!load("workers = 2"));
	cr_expect_str_eq(problem.key, "DUALTRACK_WORKERS");
	arena_done(&arena);
}

CASE(config, a_file_that_is_not_there_is_no_sandbox)
{
	arena_init(&arena, 1 << 20);
	cr_expect(!config_load("/nowhere/dualtrack.conf", &arena, &config, &problem));
	cr_expect_str_eq(problem.from, "/nowhere/dualtrack.conf");
	arena_done(&arena);
}
