/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack: the gateway, its roles and its tools in one program. */
#include "gateway/cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct cli_command cli_commands[] = {
	{ "up", "[options]", "Runs all roles of a gateway on this host and keeps them running. Without a configuration it is the sandbox:\nmade-up plans, members and prices on 127.0.0.1:8080, with a store that goes when it ends.", cli_up },
	{ "role", "NAME --run DIR [options]", "Runs one role, such as worker.1: what `up` starts, or a role on another host.", cli_role },
	{ "reload", "--config FILE", "Has a running gateway take its changed configuration, without losing a request; with any mistake in it nothing changes.\nExit status 2: a mistake, which is named.", cli_reload },
	{ "send", "FILE [options]", "Posts a SCRIPT or RTPB message and prints the answer; or fetches what waits in a mailbox (--fetch).\nExit status 1 when the answer is a refusal.", cli_send },
	{ "check", "FILE... | clock FILE | config FILE | part-d FILE | fb-layout FILE [options]", "Says whether messages, a clock table, a configuration, what Part D fixes for each year or a layout of formulary and benefit files are right, and else what is wrong and where. Exit status 1 when one is wrong.", cli_check },
	{ "formulary", "load FILE|FOLDER --into DIR | show PLAN NDC|rxcui:N|\"WORDS\" | show NDC|HCPCS | sources | write FILE --in DIR --source NAME | export --pdex DIR --in DIR | rollback --in DIR", "Loads a plan file, a formulary and benefit file or a folder of public files into a new generation, writes the lists of a publisher to a formulary and benefit file or all that is loaded as FHIR resources, shows what a plan or a member's lists say about a product and who published them, or goes back to the generation before.\nWithout --in and --config, show and sources look into the sandbox's formulary.", cli_formulary },
	{ "payer", "check FILE", "Says whether a payer file is right, and else what is wrong and where. Exit status 1 when it is wrong.", cli_payer },
	{ "print", "messages|faults|config|states|rules|clock|formulary|route|part-d|pas|benefit-check|doors|says|map|selftest|fb-layout [VERSION]", "Prints the manual of the tables, in Markdown, or a layout of formulary and benefit files.", cli_print },
	{ "case", "list | show ID [options]", "Lists the cases of a store, or shows one with all that happened to it; also while the gateway runs.\nExit status 1 when there is no such case.", cli_case },
	{ "route", "explain FILE|WORDS... | lint [FILE] | test CASES... | diff OLD NEW [CASES...] | misses --in DIR | replay CASE --in DIR [options]", "Says which track an order takes and why: what is known and from whom, each rule that was tried and on what it failed.\nWORDS: member=value for what the order states, KIND:member=value@DAY for what another source says.\nlint: rows that never decide, overlaps, gaps. test: labelled cases, with the score of each programme. diff: which decisions change under new\nrules; OLD and NEW are files, or built-in. misses: the rules by which cases came to a backend that they were not for. replay: one stored case, decided once more. Exit status 1: a fault, a case that failed, a change.", cli_route },
	{ "selftest", "[URL --key FILE] [options]", "Walks what the public guides ask of a server of SMART Backend Services, Da Vinci PAS, CRD and DTR, and gives each requirement a verdict: passed,\nfailed and what was seen, skipped, or not to be checked from here. Without URL it starts a sandbox gateway of its own. Nothing leaves the host.\nExit status 1 when a requirement failed.", cli_selftest },
	{ "store", "check DIR", "Looks for contradictions in the case store of a gateway that is not running.", cli_store },
	{ "key", "FILE | client NAME [--rsa] | token FILE", "Makes a CURVE key pair for roles on several hosts: the secret key goes to FILE, the public key is printed.\nclient: the keys of a client of /fhir; NAME.pem is its secret, NAME.jwks.json what it is registered with.\ntoken: the key of access tokens, the same for all edges. No file that is there is written over.", cli_key },
	{ "token", "--key FILE [options]", "Gets an access token for /fhir as a client does, with a signed assertion, and prints it.\nExit status 1 when it is refused.", cli_token },
};
const size_t cli_commands_n = sizeof(cli_commands) / sizeof(*cli_commands);

static void help(FILE *out)
{
	fputs("usage: dualtrack COMMAND ...\n\n"
	      "A gateway for drug prior authorization and real-time prescription benefit.\n\ncommands:\n", out);
	for (size_t i = 0; i < cli_commands_n; i++)
		fprintf(out, "  %-10s %s\n", cli_commands[i].name, cli_commands[i].arguments);
	fputs("\n`dualtrack COMMAND --help` says more. Exit status: 0 good, 1 a message or case is wrong or refused,\n"
	      "2 wrong usage or configuration, 3 something needed cannot be reached or failed.\n", out);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		help(stdout);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("dualtrack " DUALTRACK_VERSION);
		return CLI_OK;
	}
	for (size_t i = 0; i < cli_commands_n; i++)
		if (strcmp(argv[1], cli_commands[i].name) == 0) {
			int code = cli_commands[i].run(&cli_commands[i], argc - 2, argv + 2);

			/* a full disk or closed pipe behind standard output must not look like success */
			return (fflush(stdout) || ferror(stdout)) && code == CLI_OK ? CLI_FAILED : code;
		}
	fprintf(stderr, "dualtrack: no command '%s' (see dualtrack --help)\n", argv[1]);
	return CLI_USAGE;
}
