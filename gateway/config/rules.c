/* SPDX-License-Identifier: Apache-2.0 */
/* Reads routing rules for the roles that ask the router. */
#include "gateway/config/rules.h"

#include "base/log.h"
#include "gateway/config/file.h"
#include "gateway/config/route.h"
#include "gateway/sandbox/sandbox.h"

/* Rules may name backends themselves; one that is not there would leave its members without an answer. */
static bool check_backends(const struct rules *rules, const struct config *config, int *line, struct fault *fault)
{
	struct text name;

	for (size_t i = 0; text_there(name = rules_backend(rules, i, line)); i++)
		if (!text_is(name, "house") && !text_is(name, "routed") && !backend_find(config, name))
			return fault_set(fault, FAULT_CONFIG, "backend");
	return true;
}

bool config_rules(const struct config *config, struct rules **out, struct fault *fault)
{
	struct text file = sandbox_rules();
	struct arena reading;
	int line = 0;
	bool good;

	*out = NULL;
	arena_init(&reading, 2 * RULES_BYTES_MAX);
	good = !config->rules.n || file_bytes(config->rules, RULES_BYTES_MAX, "rules", &reading, &file, fault);
	if (!good) {
		arena_done(&reading);
		return false;
	}
	good = rules_read(file, out, &line, fault) && check_backends(*out, config, &line, fault);
	arena_done(&reading);
	if (good)
		return true;
	log_event(LEVEL_ERROR, "rules.refused", log_number("line", line), log_word("fault", fault_row(fault->code)->name),
		log_path("path", fault->path));
	rules_free(*out);
	*out = NULL;
	return fault_under(fault, text_lit("rules"), line);
}
