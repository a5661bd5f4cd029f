/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that are right, and each with a twin that is wrong for one reason. */
#include "gateway/config/config.h"
#include "test/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;
static struct config *config;
static struct config_problems problems;
static const struct config_problem *const problem = &problems.items[0];

static bool load(const char *body)
{
	char file[] = "/tmp/dt-config.XXXXXX";
	int fd = mkstemp(file);
	bool good;

	cr_assert(fd >= 0 && write(fd, body, strlen(body)) == (ssize_t)strlen(body));
	close(fd);
	arena_init(&arena, 8 << 20);
	good = config_load(file, NULL, &arena, &config, &problems);
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

#define ANSWER "[crd_answer]\nwhen = PHARMACY\n"
#define CLIENT "[client]\nid = a\njwks = /dev/null\n"
#define PARTNER "[partner]\nname = A\nid = D:1\n"
#define HOST "curve_secret = /dev/null\n[host]\n"
#define BACKEND "[backend]\nname = R\nid = PY:R\nour_id = PY:US\nscript = https://r.example/script\n"
#define BACKEND_2 "[backend]\nname = S\nid = PY:S\nour_id = PY:US\nscript = https://s.example/script\n"
#define PAYER "[backend]\nname = P\nid = PY:P\nour_id = PY:US\nfhir = https://p.example/fhir\n"
#define SIGNED "signing_key = /dev/null\npublic_url = https://g.example\n" PAYER
#define NOTIFY "organizations = EX1\nnotify_key = abcdefghijklmnopqrstuv"
#define VERSION "[version]\nstandard = script\nstamp = 201707\n"
#define KEY "0123456789012345678901234567890123456789"

CASE(config, each_wrong_key_is_named)
{
	static const struct {
		const char *good, *bad, *key;
		int line;
	} rows[] = {
		{ "listen = 127.0.0.1:0", "listen = 127.0.0.1", "listen", 1 },
		{ "listen = [::1]:8080", "listen = :8080", "listen", 1 },
		{ "listen = 0.0.0.0:8080", "listen = 0.0.0.0:99999", "listen", 1 },
		{ "listen = 0.0.0.0:80", "listen =", "listen", 1 },
		{ "workers = 3", "workers = 65", "workers", 1 },
		{ "\nworkers = 3", "\nworkers = many", "workers", 2 },
		{ "listen = 1.2.3.4:5", "lissten = 1.2.3.4:5", "", 1 },
		{ "strict = true", "strict = perhaps", "strict", 1 },
		{ "listen_tls =", "listen_tls = 0.0.0.0:1\ncertificate = /nowhere\nkey = /dev/null", "certificate", 2 },
		{ "rules = /dev/null", "rules = /nowhere", "rules", 1 },
		{ "clock = /dev/null", "clock = /nowhere", "clock", 1 },
		{ "payer = /dev/null", "payer = /nowhere", "payer", 1 },
		{ "receiver_id = PY:X", "receiver_id = X", "receiver_id", 1 },
		{ "log = warn", "log = loud", "log", 1 },
		{ "script_version = 20170715", "script_version = 10.6", "script_version", 1 },
		{ "known_only = false", "known_only = true", "known_only", 1 },
		{ "token_key = /dev/null", "token_key = /nowhere", "token_key", 1 },
		{ "signing_key = /dev/null", "signing_key = /nowhere", "signing_key", 1 },
		{ "public_url = https://g.example", "public_url = https://g.example/", "public_url", 1 },
		{ "public_url = https://g.example:8443", "public_url = https://g.example:8443/fhir", "public_url", 1 },
		{ "public_url = http://127.0.0.1:1", "public_url = http://g.example", "public_url", 1 },
		{ "open = true", "open = true\nlisten = 0.0.0.0:80", "open", 1 },
		{ "open = true\nlisten = 127.1.2.3:80", "open = true\nlisten = 127.example.org:80", "open", 1 },
		{ "open = true\nlisten = [::1]:80", "open = true\nlisten = [::]:80", "open", 1 },
		{ CLIENT, "[client]\nid = a b\njwks = /dev/null\n", "[client] id", 2 },
		{ CLIENT, "[client]\nid = open\njwks = /dev/null\n", "[client] id", 2 },
		{ CLIENT, "[client]\njwks = /dev/null\n", "[client] id", 1 },
		{ CLIENT, "[client]\nid = a\n", "[client] jwks", 1 },
		{ CLIENT, "[client]\nid = a\njwks = /nowhere\n", "[client] jwks", 3 },
		{ CLIENT "scopes = system/Claim.cu system/*.rs", CLIENT "scopes = system/Claim.uc", "[client] scopes", 4 },
		{ CLIENT "scopes = system/Claim.cu", CLIENT "scopes = system/Claim.cu, system/*.rs", "[client] scopes", 4 },
		{ CLIENT "endpoint = https://e.example/n", CLIENT "endpoint = http://e.example/n", "[client] endpoint", 4 },
		{ CLIENT "fhir_server = https://e.example/r4", CLIENT "fhir_server = https://user@e.example/r4", "[client] fhir_server", 4 },
		{ ANSWER, "[crd_answer]\nwhen = MEDICAL\n", "[crd_answer] when", 2 },
		{ ANSWER "covered = conditional\ninfo_needed = OTH", ANSWER "covered = not-covered\ninfo_needed = OTH", "[crd_answer] info_needed", 4 },
		{ ANSWER "reason_system = https://e.example\nreason_code = rx", ANSWER "reason_code = rx", "[crd_answer] reason_code", 3 },
		{ ANSWER "[crd_answer]\nwhen = PHARMACY_APPROVED", ANSWER ANSWER, "[crd_answer] when", 4 },
		{ CLIENT "jwks_url = https://e.example/n", CLIENT "jwks_url = file:///etc/passwd", "[client] jwks_url", 4 },
		{ CLIENT "[client]\nid = b\njwks = /dev/null", CLIENT "[client]\nid = a\njwks = /dev/null", "[client] id", 5 },
		{ CLIENT "cds_issuer = https://e.example\n[client]\nid = b\njwks = /dev/null", CLIENT "cds_issuer = b\n[client]\nid = b\njwks = /dev/null",
			"[client] cds_issuer", 5 },
		{ "listen = 0.0.0.0:80\npublic_url = https://g.example\n" CLIENT, "listen = 0.0.0.0:80\n" CLIENT, "public_url", 0 },
		{ PARTNER, "[partner]\nname = A\nid = 1", "[partner] id", 3 },
		{ PARTNER, "[partner]\nname = A", "[partner] id", 1 },
		{ PARTNER "[partner]\nname = B\nid = D:2", PARTNER "\n[partner]\nname = B\nid = D:1", "[partner] id", 7 },
		{ PARTNER "also = D:2", PARTNER "also = D:2\nalso = D:1", "[partner] also", 5 },
		{ PARTNER "also = D:2", PARTNER "also = D:2\nalso = 2", "[partner] also", 5 },
		{ PARTNER "callback = https://a.example/x", PARTNER "callback = http://a.example/x", "[partner] callback", 4 },
		{ PARTNER "callback = http://127.0.0.1:9/x", PARTNER "callback = http://127.0.0.1:9@a.example/x", "[partner] callback", 4 },
		{ PARTNER "version = 2017071\nversion = 2023011", PARTNER "version = 2017071\nversion = 10.6", "[partner] version", 5 },
		{ VERSION "id = 2017071", VERSION "id = 2013101", "[version] id", 4 },
		{ VERSION "id = 2017071\nvalid_from = 2026-01-01\nexpires_on = 2026-01-02", VERSION "id = 2017071\nvalid_from = 2026-01-02\nexpires_on = 2026-01-02",
			"[version] expires_on", 6 },
		{ VERSION "id = 2017071\nvalid_from = 2026-01-01", VERSION "id = 2017071\nvalid_from = 1.1.2026", "[version] valid_from", 5 },
		{ PARTNER "plan = 999999/EXPCN", PARTNER "plan = 999999/", "[partner] plan", 4 },
		{ PARTNER "plan = 999999", PARTNER "plan = 99999", "[partner] plan", 4 },
		{ PARTNER "plan = 99999901\nplan = 999999", PARTNER "plan = 99999901\nplan = EXPCN", "[partner] plan", 5 },
		{ PARTNER "accepted = 000", PARTNER "accepted = 900", "[partner] accepted", 4 },
		{ PARTNER "receiver = PY:X", PARTNER "receiver = X", "[partner] receiver", 4 },
		{ BACKEND, "[backend]\nname = R\nid = PY:R\nour_id = PY:US\nscript = http://r.example/script\n", "[backend] script", 5 },
		{ BACKEND "rtpb = http://localhost:1/rtpb", BACKEND "rtpb = http://10.0.0.1/rtpb", "[backend] rtpb", 6 },
		{ BACKEND, "[backend]\nname = R\nid = PY:R\nour_id = PY:US\n", "[backend] script", 1 },
		{ BACKEND, "[backend]\nname = R\nid = PY:R\nscript = https://r.example/script\n", "[backend] our_id", 1 },
		{ BACKEND, "[backend]\nname = R\nid = PY:R\nour_id = PY:R\nscript = https://r.example/script\n", "[backend] our_id", 4 },
		{ BACKEND, "[backend]\nname = R\nid = R\nour_id = PY:US\nscript = https://r.example/script\n", "[backend] id", 3 },
		{ BACKEND, "[backend]\nname = R\nid = PBM:R\nour_id = PY:US\nscript = https://r.example/script\n", "[backend] id", 3 },
		{ BACKEND, "[backend]\nname = house\nid = PY:R\nour_id = PY:US\nscript = https://r.example/script\n", "[backend] name", 2 },
		{ BACKEND "version = 2017071", BACKEND "version = 10.6", "[backend] version", 6 },
		{ BACKEND "mailbox = true", "[backend]\nname = R\nid = PY:R\nour_id = PY:US\nrtpb = https://r.example/x\nmailbox = true", "[backend] mailbox", 6 },
		{ BACKEND "timeout_ms = 25000", BACKEND "timeout_ms = 25001", "[backend] timeout_ms", 6 },
		{ BACKEND BACKEND_2, BACKEND BACKEND, "[backend] name", 7 },
		{ PAYER, "[backend]\nname = P\nid = PY:P\nour_id = PY:US\nfhir = http://p.example/fhir\n", "[backend] fhir", 5 },
		{ PAYER, "[backend]\nname = P\nid = PY:P\nour_id = PY:US\nfhir = https://p.example/\"fhir\n", "[backend] fhir", 5 },
		{ PAYER "fhir_version = 2.0.1", PAYER "fhir_version = 2.1.0", "[backend] fhir_version", 6 },
		{ PAYER "fhir_version = 2.0.1", BACKEND "fhir_version = 2.0.1", "[backend] fhir_version", 6 },
		{ PAYER "cds = https://p.example/cds-services", PAYER "cds = p.example", "[backend] cds", 6 },
		{ PAYER "cds = https://p.example/cds\ncds_service = x", PAYER "cds_service = x", "[backend] cds_service", 6 },
		{ SIGNED "client_id = us", PAYER "client_id = us", "[backend] client_id", 6 },
		{ SIGNED "client_id = us", SIGNED "client_id = u s", "[backend] client_id", 8 },
		{ SIGNED "client_id = us\ntoken = https://p.example/token", SIGNED "token = https://p.example/token", "[backend] token", 8 },
		{ SIGNED "client_id = us\nscope = system/Claim.cru", SIGNED "scope = system/Claim.cru", "[backend] scope", 8 },
		{ SIGNED NOTIFY, PAYER NOTIFY, "[backend] notify_key", 7 },
		{ SIGNED NOTIFY, SIGNED "notify_key = abcdefghijklmnopqrstuv", "[backend] notify_key", 8 },
		{ SIGNED NOTIFY, SIGNED "organizations = EX1\nnotify_key = tooshort", "[backend] notify_key", 9 },
		{ SIGNED NOTIFY, SIGNED "organizations = EX1\nnotify_key = abcdefghijklmnopqrst/v", "[backend] notify_key", 9 },
		{ SIGNED NOTIFY "\n" BACKEND, SIGNED NOTIFY "\n[backend]\nname = Q\nid = PY:Q\nour_id = PY:US\nfhir = https://q.example/fhir\n" NOTIFY,
			"[backend] notify_key", 16 },
		{ PAYER "second = R\n" BACKEND, PAYER "second = Q\n[backend]\nname = Q\nid = PY:Q\nour_id = PY:US\nfhir = https://q.example/fhir\nfhir_version = 2.0.1",
			"[backend] second", 6 },
		{ PAYER "[route]\nbenefit = MEDICAL\nbackend = P", PAYER "[route]\nbin = 999999\nbackend = P", "[route] backend", 8 },
		{ PAYER "[route]\nbenefit = MEDICAL\nbackend = P", BACKEND "[route]\nbenefit = MEDICAL\nbackend = R", "[route] backend", 8 },
		{ PAYER "[route]\nbenefit = MEDICAL\npayer = urn:x|1\nbackend = P", PAYER BACKEND "[route]\npayer = urn:x|1\nbackend = R", "[route] payer", 12 },
		{ PAYER "[route]\nbenefit = MEDICAL\nprogramme = part_d\nbackend = P", PAYER "[route]\nbenefit = MEDICAL\nprogramme = part_e\nbackend = P",
			"[route] programme", 8 },
		{ PAYER "[route]\nbenefit = MEDICAL\nbackend = P\n[route]\nbenefit = MEDICAL\nplan = X\nbackend = house",
			PAYER "[route]\nbenefit = MEDICAL\nbackend = P\n[route]\nbenefit = MEDICAL\nbackend = house", "[route] backend", 11 },
		{ BACKEND "second = S\n" BACKEND_2, BACKEND "second = T\n" BACKEND_2, "[backend] second", 6 },
		{ BACKEND_2, BACKEND_2 "second = S\n", "[backend] second", 6 },
		{ BACKEND "version = 2017071\nsecond = S\n" BACKEND_2 "version = 2017071\n", BACKEND "version = 2017071\nsecond = S\n" BACKEND_2 "version = 2023011\n",
			"[backend] second", 7 },
		{ BACKEND "version = 2017071\nsecond = S\n" BACKEND_2, BACKEND "second = S\n" BACKEND_2 "version = 2017071\n", "[backend] second", 6 },
		{ BACKEND "second = S\n" BACKEND_2, BACKEND "second = S\n" BACKEND_2 "second = R", "[backend] second", 6 },
		{ BACKEND "[route]\nbin = 999998\nbackend = R", BACKEND "[route]\nbin = 999998\nbackend = Q", "[route] backend", 8 },
		{ "[route]\nbin = 999998\nbackend = house", "[route]\nbin = 99999\nbackend = house", "[route] bin", 2 },
		{ BACKEND "[route]\nbin = 999998\npcn = P\nbackend = R", BACKEND "[route]\npcn = P\nbackend = R", "[route] bin", 6 },
		{ BACKEND "[route]\nmessage = NewRx\nbackend = R", BACKEND "[route]\nmessage = NewRx\nbin = 999998\nbackend = R", "[route] message", 7 },
		{ BACKEND "[route]\nmessage = RxChangeRequest\nbackend = R", BACKEND "[route]\nmessage = PARequest\nbackend = R", "[route] message", 7 },
		{ BACKEND "[route]\nmessage = RxChangeRequest\nbackend = R", BACKEND "[route]\nmessage = OldRx\nbackend = R", "[route] message", 7 },
		{ BACKEND "[route]\nmessage = NewRx\nbackend = R", BACKEND "[route]\nmessage = NewRx\nbackend = house", "[route] backend", 8 },
		{ BACKEND "[route]\nbin = 999998\nbackend = R\n[route]\nbin = 999998\npcn = A\nbackend = house",
			BACKEND "[route]\nbin = 999998\nbackend = R\n[route]\nbin = 999998\nbackend = house", "[route] backend", 11 },
		{ "log = info", "[host]\nrole = worker.1\nendpoint = tcp://h:1\npublic_key = " KEY, "curve_secret", 0 },
		{ HOST "role = payer\nendpoint = tcp://h:1\npublic_key = " KEY, HOST "role = clerk\nendpoint = tcp://h:1\npublic_key = " KEY, "[host] role", 3 },
		{ HOST "role = payer\nendpoint = tcp://h:1\npublic_key = " KEY, HOST "role = payer\nendpoint = ipc://h\npublic_key = " KEY, "[host] endpoint", 4 },
		{ HOST "role = worker.2\npublic_key = " KEY, HOST "role = worker.2\npublic_key = short", "[host] public_key", 4 },
		{ HOST "role = ledger\npublic_key = " KEY, HOST "role = ledger\npublic_key = " KEY "\n[host]\nrole = ledger.0\npublic_key = " KEY, "[host] role", 6 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect(load(rows[i].good), "row %zu: %s %s", i, problem->key, problem->what);
		arena_done(&arena);
		cr_expect(!load(rows[i].bad), "row %zu was taken", i);
		cr_expect_eq(problems.all, 1, "row %zu: one mistake, and %zu were named", i, problems.all);
		cr_expect_str_eq(problem->key, rows[i].key, "row %zu: %s", i, problem->key);
		cr_expect_eq(problem->line, rows[i].line, "row %zu: line %d", i, problem->line);
		cr_expect(*problem->what);
		arena_done(&arena);
	}
}

CASE(config, two_routes_for_one_coverage_are_both_named)
{
	cr_assert(!load(BACKEND "[route]\nbin = 999998\npcn =\nbackend = R\n[route]\nbin = 999998\nbackend = house"));
	cr_expect_str_eq(problem->what, "says house, and the [route] of line 9 says R for the same coverage");
	arena_done(&arena);
	cr_assert(load(BACKEND "[route]\nbin = 999998\nbackend = R\n[route]\nbin = 999998\nbackend = R"), "the same twice is no harm");
	arena_done(&arena);
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
	cr_expect_str_eq(problem->key, "DUALTRACK_WORKERS");
	arena_done(&arena);
}

CASE(config, a_file_that_is_not_there_is_no_sandbox)
{
	arena_init(&arena, 1 << 20);
	cr_expect(!config_load("/nowhere/dualtrack.conf", NULL, &arena, &config, &problems));
	cr_expect_str_eq(problem->from, "/nowhere/dualtrack.conf");
	arena_done(&arena);
}

/* The text for the operator: the line, what is wrong and what would be right, for all mistakes at once. */
CASE(config, says_all_that_is_wrong_and_what_would_be_right)
{
	static const char body[] = "lissten = 1.2.3.4:5\nworkers = many\nworkers = 2\n[partners]\nname = X\n[partner]\nname = B\ncalback = https://a.example\n"
				   "strict = true\n[partner]\nname = A\nid = D:1\ncallback = http://a.example/x\naccepted = 900\n[partner]\nname = C\nid = D:1\nwhat is this\n";
	static const struct {
		int line;
		const char *key, *what;
	} want[] = {
		{ 1, "", "there is no key 'lissten' here; did you mean listen?" },
		{ 2, "workers", "a value is not a number of the expected form; right would be" },
		{ 3, "workers", "is said twice; it was said in line 2 before" },
		{ 4, "", "there is no [partners]; did you mean [partner]?" },
		{ 8, "[partner]", "there is no key 'calback' here; did you mean callback?" },
		{ 9, "[partner]", "'strict' is a key of the whole file and belongs above the first [section]" },
		{ 6, "[partner] id", "this key is needed here; right would be" },
		{ 14, "[partner] accepted", "a value is not in its code list; right would be one of 000, 001, 010" },
		{ 18, "[partner]", "is neither `key = value` nor a [section]" },
		{ 13, "[partner] callback", "must be an https:// address" },
		{ 17, "[partner] id", "line 12 has the same id" },
	};
	enum { N = sizeof(want) / sizeof(*want) };

	cr_expect(!load(body));
	cr_expect_eq(problems.n, N, "%zu", problems.n);
	for (size_t i = 0; i < N && i < problems.n; i++) {
		const struct config_problem *p = &problems.items[i];

		cr_expect(p->line == want[i].line && strcmp(p->key, want[i].key) == 0 && strncmp(p->what, want[i].what, strlen(want[i].what)) == 0,
			"%zu: line %d: %s: %s", i, p->line, p->key, p->what);
	}
	arena_done(&arena);
}

CASE(config, an_unknown_word_reaches_the_terminal_as_text_only)
{
	cr_expect(!load("x\033[2Jy = 1"));
	cr_expect(strchr(problem->what, '\033') == NULL && strstr(problem->what, "x?[2Jy"));
	arena_done(&arena);
}

static const struct standard_version *version_of(const char *id)
{
	for (size_t i = 0; i < config->versions_n; i++)
		if (text_is(config->versions[i].id, id))
			return &config->versions[i];
	return NULL;
}

static const char *warnings(int64_t wall_ms)
{
	static char said[1000];
	FILE *out = fmemopen(said, sizeof(said), "w");

	memset(said, 0, sizeof(said));
	cr_assert_not_null(out);
	config_warn(out, config, wall_ms);
	fclose(out);
	return said;
}

#define BEFORE_2028 INT64_C(1830297600000) /* 2028-01-01T00:00:00Z */

CASE(config, versions_are_built_in_until_the_file_says_otherwise)
{
	cr_assert(load(""));
	cr_expect_eq(config->versions_n, 2);
	cr_expect(text_is(version_of("2017071")->expires_on, "2028-01-01") && text_is(version_of("2023011")->valid_from, "2024-07-17"));
	cr_expect_str_eq(warnings(BEFORE_2028 - INT64_C(91) * 86400000), "");
	cr_expect(strstr(warnings(BEFORE_2028 - INT64_C(89) * 86400000), "2017071 expires on 2028-01-01: its messages are refused then, in 89 days"));
	cr_expect(strstr(warnings(BEFORE_2028 + 86400000), "refused now\n"));
	arena_done(&arena);
	cr_assert(load(VERSION "id = 2017071\nexpires_on = 2029-01-01\n[version]\nstandard = rtpb\nid = 13\nstamp = 013\n"));
	cr_expect_eq(config->versions_n, 3);
	cr_expect(text_is(version_of("2017071")->expires_on, "2029-01-01") && version_of("2023011") && version_of("13"));
	arena_done(&arena);
}
