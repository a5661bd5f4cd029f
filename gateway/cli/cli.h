/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of commands, one way to read options. */
#pragma once

#include "base/arena.h"
#include "base/record.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_WRONG = 1,  /* the message or case is wrong, refused or not found */
	CLI_USAGE = 2,  /* the command line or the configuration is wrong */
	CLI_FAILED = 3, /* what is needed cannot be reached or did not work */
};

struct cli_option {
	const char *name;   /* "config" for --config */
	const char *value;  /* what its value is, such as "FILE"; NULL: a switch */
	const char *doc;
	const char **text;  /* where the value goes */
	bool *flag;         /* where a switch goes */
};

struct cli_command {
	const char *name, *arguments, *doc;
	int (*run)(const struct cli_command *command, int argc, char **argv); /* argv[0] is the first word after the name */
};
extern const struct cli_command cli_commands[];
extern const size_t cli_commands_n;

enum { CLI_GO_ON = -1 };
/* Reads options anywhere among the words; --help and --version are answered. Leaves the other words in argv[0..*argc).
   CLI_GO_ON, or the exit code to end with. */
int cli_parse(const struct cli_command *command, const struct cli_option *options, size_t n, int *argc, char **argv);
/* "dualtrack NAME: what" on stderr; returns CLI_USAGE. */
int cli_misused(const struct cli_command *command, const char *what);
/* A whole file, or "-" for standard input; TEXT_NONE when it cannot be read (said on stderr). */
struct text cli_read(const char *file, size_t max, struct arena *arena);
/* Writes all of it to standard output. */
void cli_put(struct text t);
/* "what: CODE at path: sentence" on stderr. */
void cli_complain(const char *what, const struct fault *fault);
/* What belongs where a fault's path points, on stderr; nothing when the record's tables do not know. */
void cli_explain(const struct record *record, const struct fault *fault);

/* `dualtrack check config FILE` */
int cli_check_config(const char *file);

int cli_up(const struct cli_command *command, int argc, char **argv);
int cli_role(const struct cli_command *command, int argc, char **argv);
int cli_send(const struct cli_command *command, int argc, char **argv);
int cli_check(const struct cli_command *command, int argc, char **argv);
int cli_formulary(const struct cli_command *command, int argc, char **argv);
int cli_payer(const struct cli_command *command, int argc, char **argv);
int cli_check_part_d(const char *file); /* cli_clock.c: `check part-d FILE` */
int cli_check_clock(const char *file); /* cli_clock.c: `check clock FILE` */
/* cli_fb.c: formulary and benefit files */
struct cli_fb {
	const char *layout, *response; /* NULL: built in; FILE.response */
	bool take_test;
};
/* True when the file is one of these; it has then been loaded, and *code is how that went. */
bool cli_fb_load(const char *file, const char *into, const struct cli_fb *options, int *code);
int cli_fb_write(const char *file, const char *in, const char *source, const struct cli_fb *options); /* `formulary write FILE` */
/* cli_load.c: `formulary load` */
struct cli_load {
	struct cli_fb fb;
	const char *without; /* Part D: "networks", "prices" or "networks,prices"; NULL: nothing is left out */
};
int cli_load(const char *from, const char *into, const struct cli_load *options);
int cli_check_fb_layout(const char *file); /* `check fb-layout FILE` */
int cli_print_fb_layout(const char *version); /* `print fb-layout [VERSION]` */
int cli_print(const struct cli_command *command, int argc, char **argv);
int cli_case(const struct cli_command *command, int argc, char **argv);
int cli_store(const struct cli_command *command, int argc, char **argv);
int cli_reload(const struct cli_command *command, int argc, char **argv);
int cli_key(const struct cli_command *command, int argc, char **argv);
int cli_token(const struct cli_command *command, int argc, char **argv);
int cli_selftest(const struct cli_command *command, int argc, char **argv);
int cli_route(const struct cli_command *command, int argc, char **argv);
