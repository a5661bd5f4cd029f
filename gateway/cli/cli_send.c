/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack send: posts a message as a vendor's system would, and prints the answer. */
#include "base/crypto.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/cli_message.h"
#include "gateway/cli/cli_post.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20, FILE_MAX_BYTES = 16 << 20, WAIT_MS = 100 };

static const char standard_url[] = "http://127.0.0.1:8080";

struct sending {
	const char *file;              /* NULL: a GetMessage */
	const char *from, *acknowledge; /* GetMessage: whose mailbox, and what of it is safely stored; NULL nothing */
	const char *to;
	int64_t wait_s;                /* GetMessage: how long to ask again while nothing is there */
	bool outline;
};

/* A GetMessage from a party such as "D:1999999001", about whatever waits for it. */
static bool get_message(const struct sending *sending, struct arena *arena, struct buffer *out)
{
	struct text id = text_of(sending->from), qualifier = text_cut(&id, ':');
	struct now now = clock_now();
	struct script_message *script = arena_new(arena, struct script_message);
	struct ncpdp_message message = { .family = NCPDP_SCRIPT, .kind = NCPDP_GET_MESSAGE, .script = script };
	struct script_header *header = arena_new(arena, struct script_header);
	struct fault fault;

	if (!text_there(id) || !id.n) {
		fprintf(stderr, "dualtrack send: --from takes qualifier:id, such as D:1999999001\n");
		return false;
	}
	script->transaction_domain = text_lit("SCRIPT");
	script->header = header;
	script->body = arena_new(arena, struct script_body);
	script->body->get_message = arena_new(arena, struct get_message);
	header->to = arena_new(arena, struct script_address);
	header->to->qualifier = text_lit("PY");
	header->to->id = text_lit("DUALTRACK");
	header->from = arena_new(arena, struct script_address);
	header->from->qualifier = qualifier;
	header->from->id = id;
	if (sending->acknowledge) {
		header->mailbox = arena_new(arena, struct mailbox);
		header->mailbox->acknowledgement_id = text_of(sending->acknowledge);
	}
	header->message_id = crypto_id(now.wall_ms, arena);
	header->sent_time = clock_format(now.wall_ms, false, arena);
	header->sender_software = arena_new(arena, struct sender_software);
	header->sender_software->developer = text_lit("dualtrack");
	header->sender_software->product = text_lit("dualtrack send");
	header->sender_software->version = text_lit(DUALTRACK_VERSION);
	if (ncpdp_write(&message, TEXT_NONE, out, &fault))
		return true;
	cli_complain("GetMessage", &fault);
	return false;
}

/* The whole address: --to as it is when it has a path, else with the one for this standard. */
static struct text address(const char *to, enum ncpdp_family family, struct arena *arena)
{
	const char *host = strstr(to, "://"), *path = host ? strchr(host + 3, '/') : NULL;
	struct buffer url;

	buffer_init(&url, arena, 128);
	buffer_add(&url, text_of(to));
	if (!path || !path[1])
		buffer_format(&url, "%sncpdp/%s", path ? "" : "/", ncpdp_family_name(family));
	return buffer_text(&url);
}

/* Prints the answer; CLI_WRONG when it refuses, CLI_GO_ON (and nothing is printed) when there is none yet and `more` may come. */
static int show(struct text answer, int status, enum ncpdp_family family, bool outline, bool more, struct arena *arena)
{
	struct xml_reader *reader = xml_reader_new();
	struct ncpdp_message message = { 0 };
	struct fault fault;
	int code = CLI_OK;

	if (!ncpdp_read(reader, family, answer, false, arena, &message, &fault)) {
		cli_put(answer);
		fprintf(stderr, "\ndualtrack send: HTTP %d, and the answer is no message that can be read\n", status);
		code = CLI_WRONG;
	} else if (more && message.kind == NCPDP_STATUS) {
		code = CLI_GO_ON;
	} else if (outline) {
		cli_outline(&message, arena);
	} else {
		cli_put(answer);
		putchar('\n');
	}
	if (message.kind == NCPDP_ERROR || status >= 400)
		code = CLI_WRONG;
	if (message.kind == NCPDP_RTPB_RESPONSE && message.rtpb->body->response->response &&
		message.rtpb->body->response->response->not_processed)
		code = CLI_WRONG;
	xml_reader_free(reader);
	return code;
}

static int send_file(const struct sending *sending, struct arena *arena)
{
	enum ncpdp_family family = NCPDP_SCRIPT;
	struct text body = cli_read(sending->file, FILE_MAX_BYTES, arena), answer;
	int status;

	if (!text_there(body))
		return CLI_FAILED;
	cli_family(body, &family); /* what names no message goes to the SCRIPT address, which says so */
	status = cli_post(address(sending->to, family, arena), NULL, body, arena, &answer);
	if (!status) {
		fprintf(stderr, "dualtrack send: no answer from %s\n", sending->to);
		return CLI_FAILED;
	}
	return show(answer, status, family, sending->outline, false, arena);
}

/* One item of the mailbox; when there is none, asks again until the time is up. */
static int fetch_message(const struct sending *sending, struct arena *arena)
{
	int64_t until_ms = clock_now().mono_ms + sending->wait_s * 1000;
	int code;

	do {
		bool more = clock_now().mono_ms < until_ms;
		struct buffer written;
		struct text answer;
		int status;

		arena_reset(arena);
		buffer_init(&written, arena, 4096);
		if (!get_message(sending, arena, &written))
			return CLI_USAGE;
		status = cli_post(address(sending->to, NCPDP_SCRIPT, arena), NULL, buffer_text(&written), arena, &answer);
		if (!status) {
			fprintf(stderr, "dualtrack send: no answer from %s\n", sending->to);
			return CLI_FAILED;
		}
		code = show(answer, status, NCPDP_SCRIPT, sending->outline, more, arena);
		if (code == CLI_GO_ON)
			poll(NULL, 0, WAIT_MS);
	} while (code == CLI_GO_ON);
	return code;
}

int cli_send(const struct cli_command *command, int argc, char **argv)
{
	struct sending sending = { .to = standard_url };
	const char *wait = NULL;
	bool fetch = false;
	const struct cli_option options[] = {
		{ "to", "URL", "gateway, with or without a path; default http://127.0.0.1:8080", &sending.to, NULL },
		{ "outline", NULL, "print the answer as an outline instead of XML", NULL, &sending.outline },
		{ "fetch", NULL, "send a GetMessage instead of a FILE", NULL, &fetch },
		{ "from", "Q:ID", "--fetch: whose mailbox, such as D:1999999001", &sending.from, NULL },
		{ "acknowledge", "ID", "--fetch: MessageID of the item before, which you have stored", &sending.acknowledge, NULL },
		{ "wait", "SECONDS", "--fetch: how long to ask again while nothing is there; default 0", &wait, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);
	struct arena arena;

	if (code != CLI_GO_ON)
		return code;
	if (fetch ? argc != 0 || !sending.from : argc != 1 || sending.from || sending.acknowledge || wait)
		return cli_misused(command, "one FILE, or --fetch --from Q:ID, is needed");
	if (wait && (!text_to_int(text_of(wait), &sending.wait_s) || sending.wait_s < 0 || sending.wait_s > 86400))
		return cli_misused(command, "--wait takes seconds, at most 86400");
	sending.file = fetch ? NULL : argv[0];
	arena_init(&arena, ARENA_MAX);
	code = fetch ? fetch_message(&sending, &arena) : send_file(&sending, &arena);
	arena_done(&arena);
	return code;
}
