/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a configuration right beyond its tables: the forms of addresses and ids, files that are there, and keys that need or
   exclude each other. */
#include "gateway/config/config_check.h"
#include "ncpdp/version.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- saying where -- */

static const struct field *row_of(const struct record *record, const char *wire)
{
	for (size_t i = 0; i < record->n; i++)
		if (text_is(field_name(&record->fields[i]), wire))
			return &record->fields[i];
	abort(); /* a name in the tables below that config.def does not have */
}

int config_line(const struct checking *c, const char *list, size_t item, const char *key, size_t time)
{
	const struct field *row = list ? row_of(&config_record, list) : NULL;

	return c->file ? config_file_line(c->report, row, item, row_of(row ? row->of : &config_record, key), time) : 0;
}

void config_say(struct checking *c, const char *list, size_t item, const char *key, size_t time, const char *what)
{
	char name[80];

	snprintf(name, sizeof(name), "%s%s%s%s", list ? "[" : "", list ? list : "", list ? "] " : "", key);
	config_problem(c->problems, c->file ? c->file : "environment", config_line(c, list, item, key, time), name, "%s", what);
}

/* -- forms of single values -- */

static bool address(struct text t)
{
	const char *colon = memrchr(t.at, ':', t.n);
	int64_t port;

	return colon && colon > t.at && text_to_int((struct text){ colon + 1, (size_t)(t.at + t.n - colon - 1) }, &port) && port >= 0 &&
		port <= 65535;
}

static bool readable(struct text file)
{
	char name[1024];

	return access(text_to_z(file, name, sizeof(name)), R_OK) == 0;
}

static bool qualified(struct text id)
{
	struct text rest = id, qualifier = text_cut(&rest, ':');

	return qualifier.n > 0 && text_there(rest) && rest.n > 0;
}

static bool level(struct text t)
{
	return text_in_list(t, "info warn error");
}

static bool stamp(struct text t)
{
	int64_t number;

	return t.n == 8 && text_to_int(t, &number) && number > 0;
}

/* Answers hold patient data: they leave this host only over TLS. */
bool config_url(struct text t)
{
	static const char *const starts[] = { "https://", "http://127.0.0.1:", "http://127.0.0.1/", "http://localhost:",
		"http://localhost/", "http://[::1]:", "http://[::1]/" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (text_starts(t, starts[i]) && t.n > strlen(starts[i]))
			return memchr(t.at, '@', t.n) == NULL;
	return false;
}

static bool digits(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.n > 0;
}

static bool bin(struct text t)
{
	return digits(t) && (t.n == 6 || t.n == 8); /* eight: IIN (ISO/IEC 7812-1) */
}

/* A BIN, and a PCN of up to 35 characters */
static bool plan(struct text t)
{
	struct text pcn = t, iin = text_cut(&pcn, '/');

	return bin(iin) && (!text_there(pcn) || (pcn.n > 0 && pcn.n <= 35));
}

static bool version(struct text t)
{
	return ncpdp_version_named(t) != NCPDP_NO_VERSION;
}

/* What may stand in To and From of a SCRIPT message. */
static bool party(struct text t)
{
	struct text id = t, qualifier = text_cut(&id, ':');
	struct fault ignored;

	return qualified(t) && field_check_text(record_field(&script_address_record, "qualifier"), qualifier, &ignored);
}

static bool role(struct text t)
{
	struct peer peer;

	return peer_of(t, &peer);
}

static bool endpoint(struct text t)
{
	size_t n = strlen("tcp://");

	return text_starts(t, "tcp://") && t.n > n && address((struct text){ t.at + n, t.n - n });
}

static bool curve_key(struct text t)
{
	return t.n == 40;
}

static bool script_version(struct text t)
{
	return ncpdp_version_named(t) != NCPDP_NO_VERSION;
}

/* Every value that is there; an empty one means none. */
static const struct {
	const char *list, *key;
	bool (*good)(struct text value);
	const char *right;
} forms[] = {
	{ NULL, "listen", address, "must be address:port, such as 127.0.0.1:8080" },
	{ NULL, "listen_tls", address, "must be address:port, such as 0.0.0.0:8443" },
	{ NULL, "rules", readable, "the file cannot be read" },
	{ NULL, "says", readable, "the file cannot be read" },
	{ NULL, "clock", readable, "the file cannot be read" },
	{ NULL, "part_d", readable, "the file cannot be read" },
	{ NULL, "payer", readable, "the file cannot be read" },
	{ NULL, "token_key", readable, "the file cannot be read" },
	{ NULL, "signing_key", readable, "the file cannot be read" },
	{ NULL, "receiver_id", qualified, "must be qualifier:id, such as PY:DUALTRACK" },
	{ NULL, "log", level, "must be info, warn or error" },
	{ NULL, "script_version", stamp, "must be a date stamp of eight digits, such as 20170715" },
	{ "partner", "id", qualified, "must be qualifier:id, such as D:1999999001" },
	{ "partner", "also", qualified, "must be qualifier:id, such as D:1999999001" },
	{ "partner", "receiver", qualified, "must be qualifier:id, such as PY:DUALTRACK" },
	{ "partner", "callback", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "partner", "version", script_version, "must be a version of SCRIPT that is spoken here: 2017071 or 2023011" },
	{ "partner", "plan", plan, "must be a BIN of 6 or 8 digits, or BIN/PCN, such as 999999/EXPCN" },
	{ "backend", "script", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "backend", "rtpb", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "backend", "fhir", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "backend", "cds", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "backend", "token", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "backend", "id", party, "must be qualifier:id with a SCRIPT qualifier, such as PY:EXAMPLE" },
	{ "backend", "our_id", party, "must be qualifier:id with a SCRIPT qualifier, such as ZZZ:DUALTRACK" },
	{ "backend", "version", version, "must be a version of SCRIPT, 2017071 or 2023011" },
	{ "route", "bin", bin, "must be 6 or 8 digits" },
	{ "client", "endpoint", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "client", "jwks_url", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "client", "fhir_server", config_url, "must be an https:// address (http:// on this host only) without a user name" },
	{ "host", "role", role, "must be a role, such as ledger or worker.1" },
	{ "host", "endpoint", endpoint, "must be tcp://address:port" },
	{ "host", "public_key", curve_key, "must be a CURVE key of 40 characters; `dualtrack key` makes one" },
};

static void check_form(struct checking *c, size_t form, const struct field *field, const void *rec, size_t item)
{
	bool several = field->kind == FIELD_TEXTS;
	const struct text *texts = several ? *(const struct text *const *)field_at(field, rec) : field_at(field, rec);
	size_t n = several ? *field_count_at(field, rec) : 1;

	for (size_t i = 0; i < n; i++)
		if (texts[i].n && !forms[form].good(texts[i]))
			config_say(c, forms[form].list, item, forms[form].key, i, forms[form].right);
}

static void check_forms(struct checking *c)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		const struct field *list = forms[i].list ? row_of(&config_record, forms[i].list) : NULL;
		const struct field *field = row_of(list ? list->of : &config_record, forms[i].key);
		const char *items = list ? *(const char *const *)field_at(list, c->config) : (const char *)c->config;
		size_t n = list ? *field_count_at(list, c->config) : 1;

		for (size_t j = 0; j < n; j++)
			check_form(c, i, field, items + j * (list ? list->of->size : 0), j);
	}
}

/* -- keys of the whole file that need each other -- */

static bool any_listen(const struct config *c)
{
	return c->listen.n || c->listen_tls.n;
}
static bool certificate(const struct config *c)
{
	return !c->listen_tls.n || (c->certificate.n && readable(c->certificate));
}
static bool key(const struct config *c)
{
	return !c->listen_tls.n || (c->key.n && readable(c->key));
}
static bool known(const struct config *c)
{
	return !c->known_only || c->partners_n > 0;
}
static bool secret(const struct config *c)
{
	return !c->hosts_n || (c->curve_secret.n && readable(c->curve_secret));
}

static const struct {
	const char *key, *sentence;
	bool (*good)(const struct config *config);
} needs[] = {
	{ "listen", "there must be an address to listen on, here or in listen_tls", any_listen },
	{ "certificate", "listen_tls needs a readable PEM certificate file", certificate },
	{ "key", "listen_tls needs a readable PEM key file", key },
	{ "known_only", "nobody could send anything: no [partner] is listed", known },
	{ "curve_secret", "roles on other hosts need a readable key file", secret },
};

/* -- what must be there once -- */

struct partner_id {
	struct text value;
	size_t item, time; /* where it stands: id, or the time-th `also`, of which item */
	const char *key;
};

static int by_value(const void *a, const void *b)
{
	const struct partner_id *x = a, *y = b;
	int order = text_compare(x->value, y->value);

	if (order)
		return order;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	if (strcmp(x->key, y->key) != 0)
		return strcmp(y->key, x->key); /* "id" stands before "also" */
	return x->time < y->time ? -1 : x->time > y->time;
}

/* An id belongs to one partner: else it would be luck whose rules hold. */
static void check_partners(struct checking *c)
{
	const struct config *config = c->config;
	size_t room = 1, n = 0;
	struct partner_id *ids;

	for (size_t i = 0; i < config->partners_n; i++)
		room += 1 + config->partners[i].also_n;
	ids = calloc(room, sizeof(*ids));
	if (!ids)
		abort();
	for (size_t i = 0; i < config->partners_n; i++) {
		const struct partner *partner = &config->partners[i];

		if (partner->id.n) /* else it is missing, which was said */
			ids[n++] = (struct partner_id){ partner->id, i, 0, "id" };
		for (size_t j = 0; j < partner->also_n; j++)
			ids[n++] = (struct partner_id){ partner->also[j], i, j, "also" };
	}
	qsort(ids, n, sizeof(*ids), by_value);
	for (size_t i = 1; i < n; i++) {
		char what[80];

		if (!text_equal(ids[i].value, ids[i - 1].value))
			continue;
		snprintf(what, sizeof(what), "line %d has the same id", config_line(c, "partner", ids[i - 1].item, ids[i - 1].key, ids[i - 1].time));
		config_say(c, "partner", ids[i].item, ids[i].key, ids[i].time, what);
	}
	free(ids);
}

/* "ledger" is "ledger.0" */
static void check_hosts(struct checking *c)
{
	const struct config *config = c->config;

	for (size_t i = 0; i < config->hosts_n; i++)
		for (size_t j = 0; j < i; j++) {
			struct peer a, b;
			char what[80];

			if (!peer_of(config->hosts[i].role, &a) || !peer_of(config->hosts[j].role, &b) || a.kind != b.kind || a.index != b.index)
				continue;
			snprintf(what, sizeof(what), "line %d places the same role", config_line(c, "host", j, "role", 0));
			config_say(c, "host", i, "role", 0, what);
		}
}

/* The built-in rows come last and have no line; they are right. */
static void check_versions(struct checking *c)
{
	for (size_t i = 0; i < c->config->versions_n; i++) {
		const struct standard_version *version = &c->config->versions[i];

		if (text_is(version->standard, "script") && version->id.n && !script_version(version->id))
			config_say(c, "version", i, "id", 0, "must be a version of SCRIPT that is spoken here: 2017071 or 2023011");
		if (version->valid_from.n && version->expires_on.n && text_compare(version->valid_from, version->expires_on) >= 0)
			config_say(c, "version", i, "expires_on", 0, "must be after valid_from");
	}
}

void config_check(const struct config *config, const char *file, const struct config_file_report *report,
	struct config_problems *problems)
{
	struct checking c = { config, file, report, problems };

	check_forms(&c);
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (!needs[i].good(config))
			config_say(&c, NULL, 0, needs[i].key, 0, needs[i].sentence);
	check_partners(&c);
	check_hosts(&c);
	config_check_backends(&c);
	config_check_clients(&c);
	check_versions(&c);
}
