/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack check: is a message right, and else what is wrong and where. */
#include "gateway/cli.h"
#include "gateway/cli_message.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20, FILE_MAX_BYTES = 16 << 20 };

bool cli_family(struct text body, enum ncpdp_family *family)
{
	for (size_t i = 0; i + 1 < body.n; i++) {
		struct text name = { body.at + i + 1, 0 };

		if (body.at[i] != '<')
			continue;
		while (i + 1 + name.n < body.n && !strchr(" \t\r\n/>", body.at[i + 1 + name.n])) {
			name.n++;
			if (name.at[name.n - 1] == ':') { /* a prefix: what follows is the name */
				i += name.n;
				name = (struct text){ body.at + i + 1, 0 };
			}
		}
		for (int kind = NCPDP_UNKNOWN + 1; kind < NCPDP_KINDS; kind++)
			if (text_is(name, ncpdp_kind_row((enum ncpdp_kind)kind)->name)) {
				*family = ncpdp_kind_row((enum ncpdp_kind)kind)->family;
				return true;
			}
	}
	return false;
}

void cli_outline(const struct ncpdp_message *message, struct arena *arena)
{
	struct buffer text;

	buffer_init(&text, arena, 4096);
	if (message->script)
		record_outline(&script_message_record, message->script, 0, &text);
	if (message->rtpb)
		record_outline(&rtpb_message_record, message->rtpb, 0, &text);
	cli_put(buffer_text(&text));
}

static void say_unknown(FILE *out, const struct xml_notes *notes)
{
	fprintf(out, "%zu unknown element%s passed over, the first below %s", notes->unknown, notes->unknown == 1 ? "" : "s",
		*notes->unknown_at ? notes->unknown_at : "the root");
}

/* What belongs there, and what was passed over on the way: a misspelt name shows as one that is missing. */
static void explain(const struct ncpdp_message *message, const struct fault *fault)
{
	cli_explain(message->family == NCPDP_RTPB ? &rtpb_message_record : &script_message_record, fault);
	if (message->notes.unknown) {
		fputs("  besides: ", stderr);
		say_unknown(stderr, &message->notes);
		fputc('\n', stderr);
	}
}

static int check(struct xml_reader *reader, const char *file, bool strict, bool outline, struct arena *arena)
{
	struct text body = cli_read(file, FILE_MAX_BYTES, arena);
	enum ncpdp_family family = NCPDP_SCRIPT;
	struct ncpdp_message message = { 0 };
	struct fault fault = { 0 };

	if (!text_there(body))
		return CLI_FAILED;
	cli_family(body, &family); /* what names no message is read as SCRIPT, which says what is wrong with it */
	if (!ncpdp_read(reader, family, body, strict, arena, &message, &fault)) {
		fflush(stdout);
		cli_complain(file, &fault);
		explain(&message, &fault);
		return CLI_WRONG;
	}
	printf("%s: good %s", file, ncpdp_kind_row(message.kind)->name);
	if (message.notes.unknown) {
		fputs(" (", stdout);
		say_unknown(stdout, &message.notes);
		putchar(')');
	}
	putchar('\n');
	if (outline)
		cli_outline(&message, arena);
	return CLI_OK;
}

int cli_check(const struct cli_command *command, int argc, char **argv)
{
	bool strict = false, outline = false;
	const struct cli_option options[] = {
		{ "strict", NULL, "also refuse elements that are not in the tables", NULL, &strict },
		{ "outline", NULL, "print what the message holds", NULL, &outline },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv), worst = CLI_OK;
	struct xml_reader *reader;
	struct arena arena;

	if (code != CLI_GO_ON)
		return code;
	if (argc == 0)
		return cli_misused(command, "at least one FILE is needed");
	if (argc == 2 && strcmp(argv[0], "clock") == 0)
		return cli_check_clock(argv[1]);
	reader = xml_reader_new();
	arena_init(&arena, ARENA_MAX);
	for (int i = 0; i < argc; i++) {
		code = check(reader, argv[i], strict, outline, &arena);
		worst = code > worst ? code : worst;
		arena_reset(&arena);
	}
	arena_done(&arena);
	xml_reader_free(reader);
	return worst;
}
