/* SPDX-License-Identifier: Apache-2.0 */
/* Options, help and small helpers of the command line. */
#include "gateway/cli/cli.h"

#include "base/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void help(const struct cli_command *command, const struct cli_option *options, size_t n)
{
	printf("usage: dualtrack %s %s\n\n%s\n\noptions:\n", command->name, command->arguments, command->doc);
	for (size_t i = 0; i < n; i++) {
		char left[60];

		snprintf(left, sizeof(left), "--%s%s%s", options[i].name, options[i].value ? " " : "",
			options[i].value ? options[i].value : "");
		printf("  %-28s %s\n", left, options[i].doc);
	}
	printf("  %-28s %s\n  %-28s %s\n", "--help", "this", "--version", "which version this is");
}

int cli_misused(const struct cli_command *command, const char *what)
{
	fprintf(stderr, "dualtrack %s: %s (see dualtrack %s --help)\n", command->name, what, command->name);
	return CLI_USAGE;
}

static const struct cli_option *option_of(const struct cli_option *options, size_t n, struct text name)
{
	for (size_t i = 0; i < n; i++)
		if (text_is(name, options[i].name))
			return &options[i];
	return NULL;
}

int cli_parse(const struct cli_command *command, const struct cli_option *options, size_t n, int *argc, char **argv)
{
	int kept = 0;
	bool all_words = false;

	for (int i = 0; i < *argc; i++) {
		struct text rest = text_of(argv[i] + 2), name;
		const struct cli_option *option;
		char what[120];

		if (all_words || strncmp(argv[i], "--", 2) != 0) {
			argv[kept++] = argv[i];
			continue;
		}
		if (!argv[i][2]) {
			all_words = true;
			continue;
		}
		name = text_cut(&rest, '=');
		if (text_is(name, "help")) {
			help(command, options, n);
			return CLI_OK;
		}
		if (text_is(name, "version")) {
			puts("dualtrack " DUALTRACK_VERSION);
			return CLI_OK;
		}
		option = option_of(options, n, name);
		if (!option || (!option->value && text_there(rest)) ||
			(option->value && !text_there(rest) && i + 1 == *argc)) {
			snprintf(what, sizeof(what), "%s --%.*s", !option ? "unknown option" : option->value ? "no value for" : "no value wanted by",
				TEXT_ARGS(name));
			return cli_misused(command, what);
		}
		if (!option->value)
			*option->flag = true;
		else
			*option->text = text_there(rest) ? rest.at : argv[++i];
	}
	*argc = kept;
	return CLI_GO_ON;
}

struct text cli_read(const char *file, size_t max, struct arena *arena)
{
	bool standard = strcmp(file, "-") == 0;
	FILE *in = standard ? stdin : fopen(file, "re");
	struct buffer buffer;
	bool good = in != NULL;

	buffer_init(&buffer, arena, 65536);
	while (good) {
		char part[16384];
		size_t n = fread(part, 1, sizeof(part), in);

		buffer_add(&buffer, (struct text){ part, n });
		if (n == 0)
			break;
		good = buffer.n <= max;
	}
	good = good && !ferror(in) && !buffer.failed;
	if (!good)
		fprintf(stderr, "dualtrack: %s: %s\n", file, in && buffer.n > max ? "too large" : strerror(errno ? errno : EIO));
	if (in && !standard)
		fclose(in);
	return good ? buffer_text(&buffer) : TEXT_NONE;
}

void cli_put(struct text t)
{
	fwrite(t.at, 1, t.n, stdout);
}

void cli_complain(const char *what, const struct fault *fault)
{
	const struct fault_row *row = fault_row(fault->code);

	fprintf(stderr, "%s: %s%s%s: %s\n", what, row->name, *fault->path ? " at " : "", fault->path, row->sentence);
}

void cli_explain(const struct record *record, const struct fault *fault)
{
	bool unknown = fault->code == FAULT_UNKNOWN_ELEMENT;
	struct arena arena;
	struct buffer text;

	arena_init(&arena, 1 << 20);
	buffer_init(&text, &arena, 256);
	if (fault->code != FAULT_NOT_XML && fault->code != FAULT_NOT_JSON &&
		(unknown ? record_names : record_expected)(record, fault->path, &text))
		fprintf(stderr, "  %s: %.*s\n", unknown ? "known here" : "expected", TEXT_ARGS(buffer_text(&text)));
	arena_done(&arena);
}
