/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack check: is a message right, and else what is wrong and where. */
#include "gateway/cli/cli.h"
#include "gateway/cli/cli_message.h"
#include "ncpdp/attachment.h"

#include "base/xml_schema.h"

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
	cli_explain(ncpdp_table(message->family, message->version), fault);
	if (message->notes.unknown) {
		fputs("  besides: ", stderr);
		say_unknown(stderr, &message->notes);
		fputc('\n', stderr);
	}
}

/* The documents that came with it: what each is, how large, and its hash, by which its sender can tell it. Never what is in it. */
static void say_attachments(const struct script_message *script, struct arena *arena)
{
	struct attachment_found *found;
	size_t n;

	if (!script || !attachments_of(script, arena, &found, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct attachment_content *content = &found[i].content;
		struct text hash = crypto_hex(content->sha256, sizeof(content->sha256), arena);

		printf("  attachment %zu: %.*s, %zu bytes, SHA-256 %.*s\n", i + 1, TEXT_ARGS(found[i].attachment->mime_type),
			content->bytes, TEXT_ARGS(hash));
	}
}

/* By the gateway's own tables. */
static int check(struct xml_reader *reader, const char *file, struct text body, bool strict, bool outline, struct arena *arena)
{
	enum ncpdp_family family = NCPDP_SCRIPT;
	struct ncpdp_message message = { 0 };
	struct fault fault = { 0 };

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
	say_attachments(message.script, arena);
	if (outline)
		cli_outline(&message, arena);
	return CLI_OK;
}

/* By the operator's schema. */
static int check_schema(struct xml_schema *schema, const char *file, struct text body, struct arena *arena)
{
	struct xml_differences found;
	struct fault fault = { 0 };

	if (!xml_unwrap(body, arena, &body, &fault) || !xml_schema_check(schema, body, arena, &found, &fault)) {
		fflush(stdout);
		cli_complain(file, &fault);
		return CLI_WRONG;
	}
	if (found.n == 0) {
		printf("%s: fits %s\n", file, xml_schema_root(schema));
		return CLI_OK;
	}
	fflush(stdout);
	for (size_t i = 0; i < found.n; i++) {
		const struct xml_difference *d = &found.items[i];

		fprintf(stderr, "%s:%u: %.*s %s", file, d->line, TEXT_ARGS(d->path), d->rule);
		if (d->expected.n)
			fprintf(stderr, " (wanted: %.*s)", TEXT_ARGS(d->expected));
		fputc('\n', stderr);
	}
	if (found.more)
		fprintf(stderr, "%s: and %zu more\n", file, found.more);
	return CLI_WRONG;
}

struct xml_schema *cli_schema(const char *folder, const char *root)
{
	struct xml_schema *schema;
	struct fault fault = { 0 };
	struct arena arena;
	struct buffer why;

	arena_init(&arena, ARENA_MAX);
	buffer_init(&why, &arena, 256);
	schema = xml_schema_load(folder, root, &why, &fault);
	if (!schema) {
		cli_complain(folder, &fault);
		fprintf(stderr, "%.*s", TEXT_ARGS(buffer_text(&why)));
	}
	arena_done(&arena);
	return schema;
}

int cli_check(const struct cli_command *command, int argc, char **argv)
{
	bool strict = false, outline = false;
	const char *folder = NULL, *root = NULL;
	const struct cli_option options[] = {
		{ "strict", NULL, "also refuse elements that are not in the tables", NULL, &strict },
		{ "outline", NULL, "print what the message holds", NULL, &outline },
		{ "xsd", "DIR", "also hold it to the XML Schema files in DIR", &folder, NULL },
		{ "root", "NAME", "which of them is the root (else transport.xsd)", &root, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv), worst = CLI_OK;
	struct xml_schema *schema = NULL;
	struct xml_reader *reader;
	struct arena arena;

	if (code != CLI_GO_ON)
		return code;
	if (argc == 0)
		return cli_misused(command, "at least one FILE is needed");
	if (argc == 2 && strcmp(argv[0], "config") == 0)
		return cli_check_config(argv[1]);
	if (argc == 2 && strcmp(argv[0], "clock") == 0)
		return cli_check_clock(argv[1]);
	if (argc == 2 && strcmp(argv[0], "part-d") == 0)
		return cli_check_part_d(argv[1]);
	if (argc == 2 && strcmp(argv[0], "fb-layout") == 0)
		return cli_check_fb_layout(argv[1]);
	if (root && !folder)
		return cli_misused(command, "--root needs --xsd");
	reader = xml_reader_new();
	if (folder && !(schema = cli_schema(folder, root))) {
		xml_reader_free(reader);
		return CLI_USAGE;
	}
	arena_init(&arena, ARENA_MAX);
	for (int i = 0; i < argc; i++) {
		struct text body = cli_read(argv[i], FILE_MAX_BYTES, &arena);

		code = text_there(body) ? check(reader, argv[i], body, strict, outline, &arena) : CLI_FAILED;
		worst = code > worst ? code : worst;
		code = schema && text_there(body) ? check_schema(schema, argv[i], body, &arena) : CLI_OK;
		worst = code > worst ? code : worst;
		arena_reset(&arena);
	}
	arena_done(&arena);
	xml_schema_free(schema);
	xml_reader_free(reader);
	return worst;
}
