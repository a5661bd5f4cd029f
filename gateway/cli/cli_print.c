/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack print: the manual, straight from the tables. */
#include "fhir-bridge/carin/carin.h"
#include "fhir-bridge/script/map.h"
#include "fhir-bridge/pas/pas.h"
#include "formulary/records.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/cli_against.h"
#include "gateway/bus/role.h"
#include "gateway/sandbox/sandbox.h"
#include "gateway/selftest/selftest.h"
#include "gateway/worker/order_facts.h"
#include "ncpdp/ncpdp.h"
#include "ncpdp/profile.h"
#include "routing/case.h"
#include "routing/clock.h"

#include <assert.h>
#include <string.h>

enum { RECORDS_MAX = 512 }; /* records reachable from one message; SCRIPT has about 120 */

/* Records and all that they are made of, each once, in the order in which a reader meets them. */
static void document_all(const struct record *const *roots, size_t n, struct buffer *out)
{
	const struct record *met[RECORDS_MAX];

	memcpy(met, roots, n * sizeof(*roots));
	for (size_t at = 0; at < n; at++) {
		record_document(met[at], out);
		for (size_t i = 0; i < met[at]->n; i++) {
			const struct record *of = met[at]->fields[i].of;
			size_t k = 0;

			while (of && k < n && met[k] != of)
				k++;
			if (of && k == n && n < RECORDS_MAX)
				met[n++] = of;
		}
	}
}

static void document(const struct record *root, struct buffer *out)
{
	document_all(&root, 1, out);
}

/* "Names/Name", the name or the codes that a row of the profile puts in the place of 2017071's. */
static void profile(struct buffer *out)
{
	buffer_lit(out, "\n## How SCRIPT 2023011 differs\n\nUnverified: the prior authorization part of 2023011 is not public. The records below have the form of\n"
			"2017071; a message of 2023011 is read and written with these changes, and read in either form.\n\n"
			"| record | row | change | becomes | why | source |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < profile_rows(NCPDP_2023011); i++) {
		const struct profile_row *row = profile_row(i);

		buffer_format(out, "| %s | %s | %s | %s%s%s %s | %s | %s |\n", row->record, row->member, row->how, row->wire,
			*row->inner ? "/" : "", row->inner, row->codes, row->doc, row->source);
	}
}

static void messages(struct buffer *out)
{
	buffer_lit(out, "# Messages\n\nUnverified against the licensed NCPDP specifications.\n\n"
			"| body | standard | only in | sent by | read here | what it is |\n|---|---|---|---|---|---|\n");
	for (int kind = NCPDP_UNKNOWN + 1; kind < NCPDP_KINDS; kind++) {
		const struct ncpdp_kind_row *row = ncpdp_kind_row((enum ncpdp_kind)kind);

		buffer_format(out, "| %s | %s | %s | %s | %s | %s |\n", row->name, ncpdp_family_name(row->family),
			ncpdp_version_name(row->only), row->comes_from, row->served ? "yes" : "no", row->doc);
	}
	profile(out);
	buffer_lit(out, "\n## Rules across fields\n\n| rule | says | source |\n|---|---|---|\n");
	for (const struct ncpdp_rule *rule = ncpdp_rules(), *before = NULL; rule->id; before = rule++)
		if (!before || strcmp(before->id, rule->id)) /* the same rule stands once for each record it looks at */
			buffer_format(out, "| %s | %s | %s |\n", rule->id, rule->sentence, rule->source);
	buffer_lit(out, "\n## SCRIPT\n\n");
	document(&script_message_record, out);
	buffer_lit(out, "\n## RTPB\n\n");
	document(&rtpb_message_record, out);
}

static void faults(struct buffer *out)
{
	static const char *const menders[] = { [MEND_SENDER] = "sender", [MEND_OPERATOR] = "operator", [MEND_PEER] = "peer" };

	buffer_lit(out, "# Faults\n\n| fault | mended by | SCRIPT | RTPB | FHIR | HTTP | again later | says |\n"
			"|---|---|---|---|---|---|---|---|\n");
	for (int code = FAULT_NONE + 1; code < FAULT_CODES; code++) {
		const struct fault_row *row = fault_row((enum fault_code)code);

		buffer_format(out, "| %s | %s | %s %s | %s | %s | %d | %s | %s |\n", row->name, menders[row->mend],
			row->script_code, row->script_detail, row->rtpb_reject, row->fhir_issue, row->http_status,
			row->retry ? "yes" : "no", row->sentence);
	}
}

static void config(struct buffer *out)
{
	buffer_lit(out, "# Configuration\n\n`key = value` lines; `[partner]`, `[version]`, `[backend]`, `[route]`, `[host]`, `[client]` and `[crd_answer]` begin\n"
			"another item of those lists; `#` begins a comment. A key outside the lists can also be set as `DUALTRACK_<KEY>` in the environment, which wins.\n\n");
	document(&config_record, out);
}

static void states(struct buffer *out)
{
	static const char *const acts[] = { [ACT_ASK] = "ask", [ACT_DELIVER] = "deliver", [ACT_DEFER] = "deliver, ask later",
		[ACT_WAIT] = "ask later", [ACT_FORWARD] = "forward", [ACT_REFUSE] = "refuse", [ACT_IGNORE] = "ignore" };

	buffer_lit(out, "# States of a case\n\n| state | whose turn | meaning |\n|---|---|---|\n");
#define STATE(state, turn, meaning) buffer_lit(out, "| " #state " | " #turn " | " meaning " |\n");
#include "routing/def/states.def"
#undef STATE
	buffer_lit(out, "\n| event | from | meaning |\n|---|---|---|\n");
#define EVENT(event, from, meaning) buffer_lit(out, "| " #event " | " #from " | " meaning " |\n");
#include "routing/def/events.def"
#undef EVENT
	buffer_lit(out, "\n| state | event | next | does | why |\n|---|---|---|---|---|\n");
	for (int state = 0; state < CASE_STATES; state++)
		for (int event = 0; event < CASE_EVENTS; event++) {
			const struct case_step *step = case_step((enum case_state)state, (enum case_event)event);

			buffer_format(out, "| %s | %s | %s | %s | %s |\n", case_state_name(step->in), case_event_name(step->when),
				case_state_name(step->next), acts[step->act], step->why);
		}
}

static void rules(struct buffer *out)
{
	buffer_lit(out, "# Routing rules\n\nUsed when no file is configured.\n\n```\n");
	buffer_add(out, sandbox_rules());
	buffer_lit(out, "```\n");
}

static void says(struct buffer *out)
{
	buffer_lit(out, "# What lists say of orders\n\nBeside what a file of the operator says (`says` in the configuration).\n\n```\n");
	buffer_add(out, sandbox_says());
	buffer_lit(out, "```\n");
}

/* What binds, what is only proposed, and what was chosen here stand apart. */
static void clock(struct buffer *out)
{
	static const struct {
		const char *status, *title;
	} parts[] = {
		{ "LAW", "In the law" },
		{ "HOUSE", "Chosen here, where no law is known" },
		{ "PROPOSED", "Proposed, and binding nobody yet" },
	};
	struct clocks *clocks;
	struct fault fault;
	int line;

	if (!clocks_read(sandbox_clock(), &clocks, &line, &fault))
		assert(!"the built-in table is good: clock_test.c reads it");
	buffer_lit(out, "# Clocks\n\nHow long a decision may take: the table used when no file is configured "
			"(`gateway/sandbox/clock.txt`). Citations were\ngathered from public material and not checked by counsel.\n");
	for (size_t part = 0; part < sizeof(parts) / sizeof(*parts); part++) {
		buffer_format(out, "\n## %s\n\n| clock | for | programme | benefit | drug | urgency | time | pauses | in use | from | basis | comment |\n"
				"|---|---|---|---|---|---|---|---|---|---|---|---|\n", parts[part].title);
		for (size_t i = 0; i < clocks_n(clocks); i++) {
			const struct clock_row *row = &clocks_row(clocks, i)->row;

			if (text_is(row->status, parts[part].status))
				buffer_format(out, "| %.*s | %.*s | %.*s | %.*s | %.*s | %.*s | %.*s | %.*s | %s | %.*s | %.*s | %.*s |\n",
					TEXT_ARGS(row->id), TEXT_ARGS(row->runs_for), TEXT_ARGS(row->programme), TEXT_ARGS(row->benefit),
					TEXT_ARGS(row->drug), TEXT_ARGS(row->urgency), TEXT_ARGS(row->duration), TEXT_ARGS(row->pauses),
					text_is(row->use, "in_force") ? "yes" : "no", TEXT_ARGS(row->effective_from), TEXT_ARGS(row->basis),
					TEXT_ARGS(row->comment));
		}
	}
	buffer_lit(out, "\n## Columns\n\n");
	record_document(&clock_row_record, out);
	clocks_free(clocks);
}

/* What /formulary/v1 and `formulary show` answer. */
static void formulary(struct buffer *out)
{
	static const struct record *const records[] = { &coverage_answer_record, &product_matches_record, &plan_page_record, &plan_contents_record,
		&list_page_record, &formulary_contents_record };

	buffer_lit(out, "# Answers about the formulary\n\nWhat /formulary/v1 and `dualtrack formulary show --json` answer: see [formulary-api.md](../formulary-api.md).\n\n");
	document_all(records, sizeof(records) / sizeof(*records), out);
}

/* What /route takes and answers. */
static void route(struct buffer *out)
{
	static const struct record *const records[] = { &order_request_record, &order_answer_record };

	buffer_lit(out, "# Orders at /route\n\nWhat POST /route and POST /route/preflight take and answer: see [route-api.md](../route-api.md).\n\n");
	document_all(records, sizeof(records) / sizeof(*records), out);
}

/* As it is read: to be corrected in a copy. */
static void part_d(struct buffer *out)
{
	buffer_add(out, sandbox_part_d());
}

static const struct {
	const char *name;
	void (*print)(struct buffer *out);
} manuals[] = {
	{ "messages", messages }, { "faults", faults }, { "config", config }, { "states", states }, { "rules", rules },
	{ "clock", clock }, { "formulary", formulary }, { "route", route }, { "part-d", part_d }, { "pas", pas_document }, { "benefit-check", carin_document }, { "doors", facts_document }, { "says", says },
	{ "map", map_document }, { "selftest", selftest_document },
};

int cli_print(const struct cli_command *command, int argc, char **argv)
{
	const char *against = NULL, *root = NULL;
	bool json = false;
	const struct cli_option options[] = {
		{ "against", "DIR", "with messages: how the tables differ from the XML Schema files in DIR", &against, NULL },
		{ "root", "NAME", "which of them is the root (else transport.xsd)", &root, NULL },
		{ "json", NULL, "the differences as JSON", NULL, &json },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);
	struct arena arena;
	struct buffer out;

	if (code != CLI_GO_ON)
		return code;
	if (against && argc == 1 && strcmp(argv[0], "messages") == 0)
		return cli_against(against, root, json);
	if (against || root || json)
		return cli_misused(command, "--against is for messages, and --root and --json for --against");
	if (argc >= 1 && argc <= 2 && strcmp(argv[0], "fb-layout") == 0)
		return cli_print_fb_layout(argc == 2 ? argv[1] : "30");
	for (size_t i = 0; argc == 1 && i < sizeof(manuals) / sizeof(*manuals); i++)
		if (strcmp(argv[0], manuals[i].name) == 0) {
			arena_init(&arena, 64 << 20);
			buffer_init(&out, &arena, 65536);
			manuals[i].print(&out);
			cli_put(buffer_text(&out));
			arena_done(&arena);
			return CLI_OK;
		}
	return cli_misused(command, "one of messages, faults, config, states, rules, clock, formulary, route, part-d, pas, benefit-check, doors, says, map, selftest, fb-layout is needed");
}
