/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, defaulting and checking the configuration. */
#include "gateway/config.h"

#include "base/config_file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4 << 20 /* bytes; ten thousand partners with long addresses */ };

static const char environment[] = "environment";

/* -- the file and the environment -- */

static bool read_whole(const char *name, struct arena *arena, struct text *out)
{
	FILE *in = fopen(name, "re");
	struct stat about;
	char *bytes;
	size_t n;

	if (!in)
		return false;
	if (fstat(fileno(in), &about) || !S_ISREG(about.st_mode) || about.st_size > FILE_MAX) {
		fclose(in);
		return false;
	}
	bytes = arena_alloc(arena, (size_t)about.st_size + 1);
	n = bytes ? fread(bytes, 1, (size_t)about.st_size, in) : 0;
	fclose(in);
	*out = (struct text){ bytes, n };
	return bytes && n == (size_t)about.st_size;
}

bool config_single(const struct field *field)
{
	return field->kind != FIELD_LIST && field->kind != FIELD_GROUP;
}

void config_variable(const struct field *field, char *out, size_t size)
{
	int n = snprintf(out, size, "DUALTRACK_%.*s", TEXT_ARGS(field_name(field)));

	for (int i = 0; i < n && (size_t)i < size; i++)
		out[i] = (char)toupper((unsigned char)out[i]);
}

static bool read_environment(struct config *config, struct arena *arena, struct config_problem *problem)
{
	for (size_t i = 0; i < config_record.n; i++) {
		const struct field *field = &config_record.fields[i];
		bool number = field->kind == FIELD_COUNT || field->kind == FIELD_FLAG, good = true;
		struct text value;
		struct fault fault;
		char name[80];

		if (!config_single(field))
			continue;
		config_variable(field, name, sizeof(name));
		value = arena_text(arena, text_of(getenv(name)));
		if (!text_there(value))
			continue;
		if (number)
			good = field_parse_number(field, value, field_at(field, config), &fault);
		else if (value.n) /* empty means none, as in the file */
			good = field_check_text(field, value, &fault);
		if (!number)
			*(struct text *)field_at(field, config) = value;
		if (!good) {
			problem->from = environment;
			snprintf(problem->key, sizeof(problem->key), "%s", name);
			problem->sentence = fault_row(fault.code)->sentence;
			return false;
		}
	}
	return true;
}

/* -- defaults -- */

static void fill(struct config *config)
{
	if (!text_there(config->listen))
		config->listen = text_lit("127.0.0.1:8080");
	if (!config->rtpb_ms)
		config->rtpb_ms = 3000;
	if (!config->script_ms)
		config->script_ms = 10000;
	if (!config->connections)
		config->connections = 4000;
	if (!config->log.n)
		config->log = text_lit("info");
	if (!config->script_version.n)
		config->script_version = text_lit("20170715");
	if (!config->workers)
		config->workers = sysconf(_SC_NPROCESSORS_ONLN);
	if (config->workers > PEERS_MAX)
		config->workers = PEERS_MAX;
}

/* -- what the tables cannot say -- */

static bool address(struct text t)
{
	const char *colon = t.n ? memrchr(t.at, ':', t.n) : NULL;
	int64_t port;

	return !t.n || (colon && colon > t.at && text_to_int((struct text){ colon + 1, (size_t)(t.at + t.n - colon - 1) }, &port) &&
			       port >= 0 && port <= 65535);
}

static bool readable(struct text file)
{
	char name[1024];

	return !file.n || access(text_to_z(file, name, sizeof(name)), R_OK) == 0;
}

static bool qualified(struct text id)
{
	struct text rest = id, qualifier = text_cut(&rest, ':');

	return qualifier.n > 0 && text_there(rest) && rest.n > 0;
}

static bool good_listen(const struct config *c)
{
	return address(c->listen);
}
static bool good_listen_tls(const struct config *c)
{
	return address(c->listen_tls);
}
static bool good_any_listen(const struct config *c)
{
	return c->listen.n || c->listen_tls.n;
}
static bool good_certificate(const struct config *c)
{
	return !c->listen_tls.n || (c->certificate.n && readable(c->certificate));
}
static bool good_key(const struct config *c)
{
	return !c->listen_tls.n || (c->key.n && readable(c->key));
}
static bool good_rules(const struct config *c)
{
	return readable(c->rules);
}
static bool good_clock(const struct config *c)
{
	return readable(c->clock);
}
static bool good_payer(const struct config *c)
{
	return readable(c->payer);
}
static bool good_receiver(const struct config *c)
{
	return !c->receiver_id.n || qualified(c->receiver_id);
}
static bool good_known(const struct config *c)
{
	return !c->known_only || c->partners_n > 0;
}
static bool good_log(const struct config *c)
{
	return text_in_list(c->log, "info warn error");
}
static bool good_version(const struct config *c)
{
	int64_t number;

	return c->script_version.n == 8 && text_to_int(c->script_version, &number) && number > 0;
}
static bool good_secret(const struct config *c)
{
	return !c->hosts_n || (c->curve_secret.n && readable(c->curve_secret));
}

static const struct {
	const char *key, *sentence;
	bool (*good)(const struct config *config);
} checks[] = {
	{ "listen", "must be address:port, such as 127.0.0.1:8080", good_listen },
	{ "listen_tls", "must be address:port, such as 0.0.0.0:8443", good_listen_tls },
	{ "listen", "there must be an address to listen on, here or in listen_tls", good_any_listen },
	{ "certificate", "listen_tls needs a readable PEM certificate file", good_certificate },
	{ "key", "listen_tls needs a readable PEM key file", good_key },
	{ "rules", "the file cannot be read", good_rules },
	{ "clock", "the file cannot be read", good_clock },
	{ "payer", "the file cannot be read", good_payer },
	{ "receiver_id", "must be qualifier:id, such as PY:DUALTRACK", good_receiver },
	{ "known_only", "nobody could send anything: no [partner] is listed", good_known },
	{ "log", "must be info, warn or error", good_log },
	{ "script_version", "must be a date stamp of eight digits, such as 20170715", good_version },
	{ "curve_secret", "roles on other hosts need a readable key file", good_secret },
};

static bool partner_id(const struct config *c, size_t i)
{
	return qualified(c->partners[i].id);
}
static bool partner_once(const struct config *c, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (text_equal(c->partners[i].id, c->partners[j].id))
			return false;
	return true;
}
/* Answers hold patient data: they leave this host only over TLS. */
static bool partner_callback(const struct config *c, size_t i)
{
	static const char *const starts[] = { "https://", "http://127.0.0.1:", "http://127.0.0.1/", "http://localhost:",
		"http://localhost/", "http://[::1]:", "http://[::1]/" };
	struct text callback = c->partners[i].callback;

	for (size_t j = 0; j < sizeof(starts) / sizeof(*starts); j++)
		if (text_starts(callback, starts[j]) && callback.n > strlen(starts[j]))
			return memchr(callback.at, '@', callback.n) == NULL;
	return !callback.n;
}
static bool host_role(const struct config *c, size_t i)
{
	struct peer peer;

	return peer_of(c->hosts[i].role, &peer);
}
static bool host_once(const struct config *c, size_t i)
{
	struct peer a, b;

	for (size_t j = 0; j < i; j++)
		if (peer_of(c->hosts[i].role, &a) && peer_of(c->hosts[j].role, &b) && a.kind == b.kind && a.index == b.index)
			return false;
	return true;
}
static bool host_endpoint(const struct config *c, size_t i)
{
	struct text endpoint = c->hosts[i].endpoint;

	if (!endpoint.n)
		return true; /* nobody on another host connects to it */
	return text_starts(endpoint, "tcp://") &&
		address((struct text){ endpoint.at + strlen("tcp://"), endpoint.n - strlen("tcp://") }) &&
		endpoint.n > strlen("tcp://");
}
static bool host_key(const struct config *c, size_t i)
{
	return c->hosts[i].public_key.n == 40;
}

static const struct {
	const char *list, *key, *sentence;
	bool (*good)(const struct config *config, size_t i);
} item_checks[] = {
	{ "partner", "id", "must be qualifier:id, such as D:1999999001", partner_id },
	{ "partner", "id", "another partner has the same id", partner_once },
	{ "partner", "callback", "must be an https:// address (http:// on this host only) without a user name", partner_callback },
	{ "host", "role", "must be a role, such as ledger or worker.1", host_role },
	{ "host", "role", "the role is listed twice", host_once },
	{ "host", "endpoint", "must be tcp://address:port", host_endpoint },
	{ "host", "public_key", "must be a CURVE key of 40 characters; `dualtrack key` makes one", host_key },
};

static bool check(const struct config *config, struct config_problem *problem)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
		if (!checks[i].good(config)) {
			snprintf(problem->key, sizeof(problem->key), "%s", checks[i].key);
			problem->sentence = checks[i].sentence;
			return false;
		}
	for (size_t i = 0; i < sizeof(item_checks) / sizeof(*item_checks); i++) {
		size_t n = strcmp(item_checks[i].list, "host") == 0 ? config->hosts_n : config->partners_n;

		for (size_t j = 0; j < n; j++)
			if (!item_checks[i].good(config, j)) {
				snprintf(problem->key, sizeof(problem->key), "%s[%zu]/%s", item_checks[i].list, j + 1,
					item_checks[i].key);
				problem->sentence = item_checks[i].sentence;
				return false;
			}
	}
	return true;
}

bool config_load(const char *file, struct arena *arena, struct config **out, struct config_problem *problem)
{
	struct config *config = arena_new(arena, struct config);
	struct text body;
	struct fault fault;

	*problem = (struct config_problem){ .from = file ? file : environment };
	if (!config) {
		problem->sentence = fault_row(FAULT_TOO_LARGE)->sentence;
		return false;
	}
	if (file && !read_whole(file, arena, &body)) {
		problem->sentence = "the file cannot be read";
		return false;
	}
	if (file && !config_file_read(&config_record, config, body, arena, &problem->line, &fault)) {
		snprintf(problem->key, sizeof(problem->key), "%s", fault.path);
		problem->sentence = fault.code == FAULT_UNKNOWN_ELEMENT ? "no such key; `dualtrack print config` tells them all" :
									  fault_row(fault.code)->sentence;
		return false;
	}
	if (!read_environment(config, arena, problem))
		return false;
	fill(config);
	if (!check(config, problem))
		return false;
	*out = config;
	return true;
}

void config_complain(const struct config_problem *problem)
{
	fprintf(stderr, "dualtrack: %s", problem->from);
	if (problem->line)
		fprintf(stderr, ":%d", problem->line);
	fprintf(stderr, ": %s%s%s\n", problem->key, *problem->key ? ": " : "", problem->sentence);
}

enum fault_level config_log_level(const struct config *config)
{
	return text_is(config->log, "error") ? LEVEL_ERROR : text_is(config->log, "warn") ? LEVEL_WARN : LEVEL_INFO;
}
