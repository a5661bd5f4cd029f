/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a configuration names, read as the roles will read them; and what of a configuration a running gateway cannot change. */
#include "adjudication/house.h"
#include "adjudication/part_d.h"
#include "gateway/config/config.h"
#include "gateway/config/file.h"
#include "gateway/access/registry.h"
#include "gateway/config/schemas.h"
#include "gateway/access/token.h"
#include "routing/clock.h"
#include "routing/routing.h"
#include "routing/says.h"

#include <string.h>

/* -- files -- */

static bool read_rules(struct text body, int *line, struct fault *fault)
{
	struct rules *rules = NULL;
	bool good = rules_read(body, &rules, line, fault);

	if (good)
		rules_free(rules);
	return good;
}

static bool read_sayings(struct text body, int *line, struct fault *fault)
{
	struct sayings *sayings = NULL;
	bool good = sayings_read(body, &sayings, line, fault);

	if (good)
		sayings_free(sayings);
	return good;
}

static bool read_clocks(struct text body, int *line, struct fault *fault)
{
	struct clocks *clocks = NULL;
	bool good = clocks_read(body, &clocks, line, fault);

	if (good)
		clocks_free(clocks);
	return good;
}

static bool read_payer(struct text body, int *line, struct fault *fault)
{
	struct house *house = NULL;
	bool good = house_read(body, &house, fault);

	*line = 0;
	if (good)
		house_free(house);
	return good;
}

static bool read_part_d(struct text body, int *line, struct fault *fault)
{
	struct part_d_years *years = NULL;
	bool good = part_d_read(body, &years, line, fault);

	if (good)
		part_d_free(years);
	return good;
}

static const struct {
	const char *member;
	size_t max; /* bytes */
	bool (*read)(struct text body, int *line, struct fault *fault);
	const char *help;
} files[] = {
	{ "rules", RULES_BYTES_MAX, read_rules, "`dualtrack print rules` shows how they are written" },
	{ "says", 4 << 20, read_sayings, "`dualtrack print says` shows how they are written" },
	{ "clock", 1 << 20, read_clocks, "`dualtrack check clock FILE` says more" },
	{ "part_d", 1 << 18, read_part_d, "`dualtrack check part-d FILE` says more" },
	{ "payer", 256 << 20, read_payer, "`dualtrack payer check FILE` says more" },
};

/* The schemas that partners are held to; what is wrong in a folder stands in the operator's own file, so it may be said. */
static void check_schemas(const struct config *config, struct config_problems *problems)
{
	struct schemas *schemas;
	struct arena arena;
	struct buffer why;
	struct fault fault;

	arena_init(&arena, 1 << 20);
	buffer_init(&why, &arena, 256);
	if (schemas_read(config, &schemas, &why, &fault))
		schemas_free(schemas);
	else
		config_problem(problems, "[partner]", 0, "xsd", "%s: %.*s", fault_row(fault.code)->sentence,
			TEXT_ARGS(text_trim(buffer_text(&why))));
	arena_done(&arena);
}

/* Keys of clients and of our own; the files are the operator's, so where they are wrong may be said. */
static void check_keys(const struct config *config, struct config_problems *problems)
{
	struct registry *registry;
	struct token_keys keys;
	struct crypto_key *key;
	struct arena arena;
	struct text body;
	struct fault fault;
	size_t which = 0;
	char name[1024];

	if (registry_new(config, &registry, &which, &fault))
		registry_free(registry);
	else
		config_problem(problems, text_to_z(config->clients[which].jwks, name, sizeof(name)), 0, "jwks", "%s%s%s; a JWK set of RSA (RS384) or P-384 (ES384) public keys is needed, each with a kid",
			fault_row(fault.code)->sentence, *fault.path ? " at " : "", fault.path);
	arena_init(&arena, 1 << 20);
	if (config->token_key.n && (!file_secret(config->token_key, 1 << 16, "", &arena, &body, &fault) || !token_keys_read(body, &keys, &fault)))
		config_problem(problems, text_to_z(config->token_key, name, sizeof(name)), 0, "token_key", "one or two lines of 64 hexadecimal digits are needed, in a file for its owner alone; `dualtrack key token FILE` makes one");
	if (config->signing_key.n) {
		key = file_secret(config->signing_key, 1 << 16, "", &arena, &body, &fault) ? crypto_key_read(body) : NULL;
		if (!key)
			config_problem(problems, text_to_z(config->signing_key, name, sizeof(name)), 0, "signing_key", "a private RSA key of 2048 to 4096 bits, or one on P-384, is needed, in PEM without a password, in a file for its owner alone");
		crypto_key_free(key);
	}
	arena_done(&arena);
}

void config_check_files(const struct config *config, struct config_problems *problems)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const struct field *field = record_field(&config_record, files[i].member);
		struct text name = *(const struct text *)field_at(field, config), body;
		struct arena arena;
		struct fault fault = { 0 };
		char from[1024];
		int line = 0;

		if (!name.n)
			continue;
		arena_init(&arena, files[i].max + (1 << 20));
		if (!file_bytes(name, files[i].max, "", &arena, &body, &fault) || !files[i].read(body, &line, &fault)) {
			text_to_z(name, from, sizeof(from));
			config_problem(problems, from, line, field->member, "%s%s%s; %s", fault_row(fault.code)->sentence,
				*fault.path ? " at " : "", fault.path, files[i].help);
		}
		arena_done(&arena);
	}
	check_schemas(config, problems);
	check_keys(config, problems);
}

/* -- what cannot change -- */

/* Sockets are open, processes run, and the store and the formulary belong to them; that nobody is asked for a token is said at a start. */
static const char *const fixed[] = { "listen", "listen_tls", "certificate", "key", "workers", "store", "formulary", "connections",
	"curve_secret", "open" };

static bool same(const struct field *field, const struct config *a, const struct config *b)
{
	if (field->kind == FIELD_COUNT || field->kind == FIELD_FLAG)
		return *(const int64_t *)field_at(field, a) == *(const int64_t *)field_at(field, b);
	return text_equal(*(const struct text *)field_at(field, a), *(const struct text *)field_at(field, b));
}

void config_check_change(const struct config *from, const struct config *to, const char *file, struct config_problems *problems)
{
	static const char what[] = "cannot change while the gateway runs: it needs a restart";
	bool hosts = from->hosts_n == to->hosts_n;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (!same(record_field(&config_record, fixed[i]), from, to))
			config_problem(problems, file, 0, fixed[i], "%s", what);
	for (size_t i = 0; hosts && i < from->hosts_n; i++)
		hosts = record_equal(&host_record, &from->hosts[i], &to->hosts[i]);
	if (!hosts)
		config_problem(problems, file, 0, "[host]", "%s", what);
}
