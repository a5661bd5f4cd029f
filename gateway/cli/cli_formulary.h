/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of `dualtrack formulary` share. */
#pragma once

#include "formulary/formulary.h"
#include "gateway/cli/cli.h"

/* The generations that a command looks into. */
struct cli_generations {
	struct formulary *formulary;
	struct arena arena;
	char directory[1024];
	bool goes; /* it is the sandbox's, loaded for this command alone, and removed afterwards */
};
/* Those in the directory `in`; else those that the configuration file `config` names; else the sandbox's, so that a first look needs
   nothing. False: it was said why on stderr. */
bool cli_generations_open(struct cli_generations *generations, const char *in, const char *config);
void cli_generations_close(struct cli_generations *generations);

/* NULL: not given. */
struct cli_show {
	const char *plan, *lists, *source, *day, *in, *config;
	bool json;
};
int cli_formulary_show(const struct cli_show *show, const char *product);
/* Which products a HCPCS code is for, or which codes an NDC has. */
int cli_formulary_hcpcs(const struct cli_show *show, const char *word);
int cli_formulary_sources(const char *in, const char *config, bool json);
