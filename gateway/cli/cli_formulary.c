/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary: load a file or folder of any format, show what is loaded, go back to the generation before. */
#include "gateway/cli/cli_formulary.h"
#include "gateway/cli/cli_public.h"

#include <stdio.h>
#include <string.h>

static int rollback(const char *in)
{
	struct fault fault;
	int number;

	if (!formulary_rollback(in, &number, &fault)) {
		cli_complain(in, &fault);
		if (fault.code == FAULT_NO_FORMULARY && strcmp(fault.path, "formulary") == 0)
			fprintf(stderr, "  there is no generation before the one in use\n");
		return CLI_FAILED;
	}
	printf("generation %06d is in use again\n", number);
	return CLI_OK;
}

int cli_formulary(const struct cli_command *command, int argc, char **argv)
{
	const char *into = NULL, *source = NULL, *pdex = NULL;
	struct cli_load load = { 0 };
	struct cli_show show = { 0 };
	const struct cli_option options[] = {
		{ "into", "DIR", "load: directory of the generations", &into, NULL },
		{ "in", "DIR", "show, sources, write, export, rollback: directory of the generations (show, sources: else the one of the configuration, else the sandbox's)", &show.in, NULL },
		{ "config", "FILE", "show, sources: the configuration", &show.config, NULL },
		{ "lists", "IDS", "show: instead of a plan, lists as a 271 names them: fo=ID,als=ID,cli=ID,ig=ID, with --source", &show.lists, NULL },
		{ "source", "NAME", "show --lists, write: whose lists, the sender of the file", &source, NULL },
		{ "day", "CCYYMMDD", "show: on this day; default today", &show.day, NULL },
		{ "json", NULL, "show, sources: as JSON", NULL, &show.json },
		{ "layout", "FILE", "load, write, formulary and benefit file: its layout table (else the built-in one of its version)", &load.fb.layout, NULL },
		{ "response", "FILE", "load, formulary and benefit file: where to say what was taken and refused (else FILE.response)", &load.fb.response, NULL },
		{ "take-test", NULL, "load, formulary and benefit file: also one that says it is a test", NULL, &load.fb.take_test },
		{ "pdex", "DIR", "export: where to write FHIR resources (PDex US Drug Formulary), one file a kind", &pdex, NULL },
		{ "without", "WHAT", "load, Part D files: leave out networks, prices, or networks,prices", &load.without, NULL },
	};
	int code = cli_parse(command, options, sizeof(options) / sizeof(*options), &argc, argv);

	if (code != CLI_GO_ON)
		return code;
	show.source = source;
	if (argc == 2 && strcmp(argv[0], "load") == 0 && into)
		return cli_load(argv[1], into, &load);
	if (argc == 2 && strcmp(argv[0], "write") == 0 && show.in && source)
		return cli_fb_write(argv[1], show.in, source, &load.fb);
	if (argc == 3 && strcmp(argv[0], "show") == 0 && !show.lists) {
		show.plan = argv[1];
		return cli_formulary_show(&show, argv[2]);
	}
	if (argc == 2 && strcmp(argv[0], "show") == 0 && show.lists && source)
		return cli_formulary_show(&show, argv[1]);
	if (argc == 2 && strcmp(argv[0], "show") == 0 && !show.lists)
		return cli_formulary_hcpcs(&show, argv[1]);
	if (argc == 1 && strcmp(argv[0], "sources") == 0)
		return cli_formulary_sources(show.in, show.config, show.json);
	if (argc == 1 && strcmp(argv[0], "export") == 0 && show.in && pdex)
		return cli_pdex_export(show.in, pdex);
	if (argc == 1 && strcmp(argv[0], "rollback") == 0 && show.in)
		return rollback(show.in);
	return cli_misused(command,
		"load FILE|FOLDER --into DIR, write FILE --in DIR --source NAME, export --pdex DIR --in DIR, show PLAN NDC|rxcui:N|\"WORDS\", show NDC|HCPCS, show NDC|rxcui:N|\"WORDS\" --lists IDS --source NAME, sources, or rollback --in DIR");
}
