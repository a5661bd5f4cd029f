/* SPDX-License-Identifier: Apache-2.0 */
/* The message tables beside an operator's schema: what a licensed copy says otherwise than the public facts our tables come from. */
#include "gateway/cli/cli_against.h"
#include "gateway/cli/cli_message.h"

#include "base/json.h"
#include "base/xsd.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/record_struct.h"
#include "gateway/def/against.def"
#include "base/record_end.h"

#include "base/record_table.h"
#include "gateway/def/against.def"
#include "base/record_end.h"

enum { AGAINST_MAX = 512 << 20 }; /* bytes; a whole SCRIPT schema takes a tenth */

/* The message that a path is in. */
static struct text message_of(struct text path)
{
	struct text rest = path, step = text_cut(&rest, '/');

	if (!text_is(step, "Body") && !text_is(step, "RTPBBody"))
		return text_lit("Message");
	step = text_cut(&rest, '/');
	return text_there(step) ? step : text_lit("Message");
}

static void keep(struct make *make, const struct xsd_difference *d, struct schema_differences *out)
{
	struct schema_difference *one = make_push(make, out->differences, out->differences_n);

	*one = (struct schema_difference){ .message = message_of(d->path), .kind = text_of(xsd_kind_words(d->kind)), .path = d->path, .here = d->here,
		.there = d->there, .file = text_of(d->file), .line = d->line };
	out->count += d->kind != XSD_NOT_COMPARED;
	out->not_compared += d->kind == XSD_NOT_COMPARED;
}

static void print_one(const struct schema_difference *d)
{
	printf("%.*s: %.*s", TEXT_ARGS(d->kind), TEXT_ARGS(d->path));
	if (d->here.n)
		printf(", here %.*s", TEXT_ARGS(d->here));
	if (d->there.n)
		printf(", there %.*s", TEXT_ARGS(d->there));
	if (d->line)
		printf(" (%.*s:%" PRId64 ")", TEXT_ARGS(d->file), d->line);
	putchar('\n');
}

/* Grouped by message, in the order in which they were met. */
static void print_all(const struct schema_differences *all)
{
	size_t messages = 0;

	for (size_t i = 0; i < all->differences_n; i++) {
		struct text message = all->differences[i].message;
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again = again || text_equal(all->differences[k].message, message);
		if (again)
			continue;
		printf("%s## %.*s\n\n", messages++ ? "\n" : "", TEXT_ARGS(message));
		for (size_t k = i; k < all->differences_n; k++)
			if (text_equal(all->differences[k].message, message))
				print_one(&all->differences[k]);
	}
	printf("%s%" PRId64 " tables against %.*s: %" PRId64 " differences, %" PRId64 " not compared\n", messages ? "\n" : "", all->records,
		TEXT_ARGS(all->schema), all->count, all->not_compared);
}

static int compare(const struct xml_schema *schema, const char *folder, bool json, struct make *make)
{
	struct xsd *xsd = xsd_new(schema, make);
	bool rtpb = xsd_declares(xsd, text_lit("RTPBRequest"));
	const struct xml_element *message = xsd_element(xsd, text_lit("Message"));
	struct xsd_differences found;
	struct schema_differences all = { .schema = text_of(xml_schema_root(schema)) };
	struct buffer out;
	bool whole;

	if (rtpb && !message)
		message = xsd_element(xsd, text_lit("RTPBMessage"));
	if (!message) {
		fprintf(stderr, "dualtrack: %s declares no element Message\n", folder);
		return CLI_USAGE;
	}
	xsd_compare(xsd, message, rtpb ? &rtpb_message_record : &script_message_record, make, &found);
	all.records = (int64_t)found.records;
	for (size_t i = 0; i < found.n; i++)
		keep(make, &found.items[i], &all);
	buffer_init(&out, make->arena, 4096);
	if (json)
		json_write(&schema_differences_record, &all, &out);
	whole = make_done(make) && !out.failed;
	if (!whole) {
		fprintf(stderr, "dualtrack: %s is too large\n", folder);
		return CLI_FAILED;
	}
	if (json) {
		cli_put(buffer_text(&out));
		putchar('\n');
	} else {
		print_all(&all);
	}
	return all.count ? CLI_WRONG : CLI_OK;
}

int cli_against(const char *folder, const char *root, bool json)
{
	struct xml_schema *schema = cli_schema(folder, root);
	struct arena arena;
	struct make make;
	int code;

	if (!schema)
		return CLI_USAGE;
	arena_init(&arena, AGAINST_MAX);
	make_init(&make, &arena);
	code = compare(schema, folder, json, &make);
	arena_done(&arena);
	xml_schema_free(schema);
	return code;
}
