/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack send: posts a message as a vendor's system would, and prints the answer. */
#include "base/crypto.h"
#include "gateway/call.h"
#include "gateway/cli.h"
#include "gateway/cli_message.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MS = 30000, ARENA_MAX = 64 << 20, FILE_MAX_BYTES = 16 << 20, WAIT_MS = 100 };

static const char standard_url[] = "http://127.0.0.1:8080";

/* Posts and waits; the answer's bytes live in the arena. Status 0: nobody there. */
static int post(struct text url, struct text body, struct arena *arena, struct text *answer)
{
	struct calls *calls = calls_new();
	struct now now = clock_now();
	struct out out = { .kind = OUT_CALL, .call = 1, .url = url, .payload = body, .deadline_ms = now.mono_ms + ANSWER_MS };
	struct input input;

	calls_start(calls, &out, now);
	while (!calls_next(calls, clock_now(), &input)) {
		struct pollfd fd = { .fd = calls_fd(calls), .events = POLLIN };
		int64_t wait = calls_tick(calls, now = clock_now());

		wait = !wait || wait - now.mono_ms > WAIT_MS ? WAIT_MS : wait - now.mono_ms;
		poll(&fd, 1, wait > 0 ? (int)wait : 0);
	}
	*answer = arena_text(arena, input.payload);
	calls_free(calls);
	return input.status;
}

/* A GetMessage from this party, "D:1999999001", about whatever waits for it. */
static bool get_message(const char *from, struct arena *arena, struct buffer *out)
{
	struct text id = text_of(from), qualifier = text_cut(&id, ':');
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

/* Prints the answer; CLI_WRONG when it refuses. */
static int show(struct text answer, int status, enum ncpdp_family family, bool outline, struct arena *arena)
{
	struct xml_reader *reader = xml_reader_new();
	struct ncpdp_message message = { 0 };
	struct fault fault;
	int code = CLI_OK;

	if (!ncpdp_read(reader, family, answer, false, arena, &message, &fault)) {
		cli_put(answer);
		fprintf(stderr, "\ndualtrack send: HTTP %d, and the answer is no message that can be read\n", status);
		code = CLI_WRONG;
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

static int send_message(const char *file, const char *from, const char *to, bool outline, struct arena *arena)
{
	enum ncpdp_family family = NCPDP_SCRIPT;
	struct buffer written;
	struct text body, answer;
	int status;

	if (file) {
		body = cli_read(file, FILE_MAX_BYTES, arena);
		if (!text_there(body))
			return CLI_FAILED;
		cli_family(body, &family); /* what names no message goes to the SCRIPT address, which says so */
	} else {
		buffer_init(&written, arena, 4096);
		if (!get_message(from, arena, &written))
			return CLI_USAGE;
		body = buffer_text(&written);
	}
	status = post(address(to, family, arena), body, arena, &answer);
	if (!status) {
		fprintf(stderr, "dualtrack send: no answer from %s\n", to);
		return CLI_FAILED;
	}
	return show(answer, status, family, outline, arena);
}

int cli_send(const struct cli_command *command, int argc, char **argv)
{
	const char *to = standard_url, *from = NULL;
	bool fetch = false, outline = false;
	const struct cli_option options[] = {
		{ "to", "URL", "gateway, with or without a path; default http://127.0.0.1:8080", &to, NULL },
		{ "outline", NULL, "print the answer as an outline instead of XML", NULL, &outline },
		{ "fetch", NULL, "send a GetMessage instead of a FILE", NULL, &fetch },
		{ "from", "Q:ID", "--fetch: whose mailbox, such as D:1999999001", &from, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);
	struct arena arena;

	if (code != CLI_GO_ON)
		return code;
	if (fetch ? argc != 0 || !from : argc != 1)
		return cli_misused(command, "one FILE, or --fetch --from Q:ID, is needed");
	arena_init(&arena, ARENA_MAX);
	code = send_message(fetch ? NULL : argv[0], from, to, outline, &arena);
	arena_done(&arena);
	return code;
}
