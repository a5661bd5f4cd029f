/* SPDX-License-Identifier: Apache-2.0 */
/* dualtrack formulary load with what agencies and issuers publish: told by what it is, not by its name. */
#pragma once

#include "gateway/cli/cli.h"

/* Each: false when it is not of this format, and nothing was done. Else loads it into the directory, says how it went, and gives the exit status. */
bool cli_partd_load(const char *from, const char *into, const struct cli_load *options, int *code);
bool cli_qhp_load(const char *from, const char *into, const struct cli_load *options, int *code);
bool cli_pdex_load(const char *from, const char *into, const struct cli_load *options, int *code); /* cli_pdex.c */
/* Writes what is loaded as FHIR resources into a folder; gives the exit status. */
int cli_pdex_export(const char *in, const char *into);
bool cli_rxnorm_load(const char *from, const char *into, const struct cli_load *options, int *code);
bool cli_asp_load(const char *from, const char *into, const struct cli_load *options, int *code);

/* Shared by the formats: how far a load is, what a failure is to the shell, and how the generation differs from the one before. */
struct load_progress;
struct load_report;
void cli_load_progress(const struct load_progress *progress, void *arg); /* cli_progress.c: a bar, or a line every 5 s where nobody looks */
void cli_load_progress_over(void); /* after each load */
int cli_load_failed(const char *where, const struct fault *fault);
void cli_load_against(const struct load_report *report);
