/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what lists say of orders, for whoever asks the router. */
#include "gateway/config/says.h"

#include "base/log.h"
#include "gateway/config/file.h"
#include "gateway/sandbox/sandbox.h"

enum { FILE_BYTES_MAX = 4 << 20 };

static bool read_one(struct text file, struct sayings **out, struct fault *fault)
{
	int line = 0;

	if (sayings_read(file, out, &line, fault))
		return true;
	log_event(LEVEL_ERROR, "says.refused", log_number("line", line), log_word("fault", fault_row(fault->code)->name), log_path("path", fault->path));
	return fault_under(fault, text_lit("says"), line);
}

static bool read_named(const struct config *config, struct sayings **out, struct fault *fault)
{
	struct arena arena;
	struct text file;
	bool good;

	if (!config->says.n)
		return true;
	arena_init(&arena, FILE_BYTES_MAX + 4096);
	good = file_bytes(config->says, FILE_BYTES_MAX, "says", &arena, &file, fault) && read_one(file, out, fault);
	arena_done(&arena);
	return good;
}

bool config_says(const struct config *config, struct sayings *out[SAYS], struct fault *fault)
{
	out[0] = out[1] = NULL;
	if (read_one(sandbox_says(), &out[0], fault) && read_named(config, &out[1], fault))
		return true;
	config_says_free(out);
	return false;
}

void config_says_free(struct sayings *says[SAYS])
{
	for (int i = 0; i < SAYS; i++) {
		sayings_free(says[i]);
		says[i] = NULL;
	}
}

/* Each by what was known before: what one list says is nothing that another rests on. */
bool config_says_say(struct sayings *const says[SAYS], struct route_question *question, struct arena *arena)
{
	struct route_question before = *question;

	for (int i = 0; i < SAYS; i++)
		if (says[i] && !sayings_say(says[i], &before, question, arena))
			return false;
	return true;
}
