/* SPDX-License-Identifier: Apache-2.0 */
/* A run of the self-test as its parts share it. */
#pragma once

#include "base/clock.h"
#include "fhir-bridge/pas/pas.h"
#include "gateway/courier/call.h"
#include "gateway/selftest/listener.h"
#include "gateway/selftest/selftest.h"
#include "gateway/selftest/tree.h"

/* A request and what came back; or a notification, of which there is only an answer. */
struct exchange {
	struct exchange *next;
	struct text tag;       /* by which scenarios and checks over the whole run find it; TEXT_NONE: none */
	struct text method, path;
	struct text request, answer, media;
	struct tree *request_tree, *answer_tree; /* NULL: no JSON */
	int status;            /* 0: no answer */
	int64_t took_ms;
};

struct variable {
	struct text name, value;
};

struct run {
	struct selftest *selftest;
	struct arena *arena;
	struct calls *calls;
	struct listener *listener; /* NULL: none */
	struct exchange *all, *last;
	struct exchange *exchange; /* that is looked at; NULL: none yet */
	struct variable *variables;
	size_t variables_n;
	struct text token, token_scheme; /* what goes with the next request */
	/* the request that is being put together */
	struct tree *body;
	struct text raw;           /* TEXT_NONE: the body */
	struct text media;
	struct buffer headers;
	/* where we are */
	enum selftest_group group;
	enum pas_version version;
	struct text file, scenario;
	int line;
	bool off; /* this scenario is not for this run */
	struct text off_why;
};

/* Says on standard error what is wrong with the scenario; false. */
bool run_wrong(const struct run *run, const char *what, struct text about);
/* A copy with {{name}} replaced. TEXT_NONE: a name is not known (said). */
struct text run_fill(struct run *run, struct text line);
struct text run_value(const struct run *run, const char *name);
void run_set(struct run *run, struct text name, struct text value);

/* exchange.c */
/* Sends what was put together; run->exchange is then the exchange. */
void exchange_send(struct run *run, struct text method, struct text path, struct text tag);
/* Waits for a notification of this type ("handshake"); false: none came in time. run->exchange is then the notification. */
bool exchange_await(struct run *run, const char *type, int64_t wait_ms, struct text tag);
/* Gets an access token; false when there was none. The exchange is kept, tagged "token". */
bool exchange_token(struct run *run, struct text scope);

/* -- checks -- */

enum held { HELD, NOT_HELD, NOT_HERE /* nothing to look at: skipped */ };
/* args: the rest of the line. Whatever is worth saying goes to seen. */
struct check {
	const char *name;
	enum held (*holds)(struct run *run, struct text args, struct buffer *seen);
};
extern const struct check checks_plain[], checks_pas[], checks_cds[], checks_dtr[]; /* each ends with a NULL name */
/* The check must_support PROFILE TAG. */
enum held must_support(struct run *run, struct text args, struct buffer *seen);

/* Says what does not hold; returns NOT_HELD. */
enum held not_held(struct buffer *seen, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum held not_here(struct buffer *seen, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "CODE at path". */
enum held fault_held(struct buffer *seen, const struct fault *fault);
/* The value, where it is a word of a standard; what could be of a person is not told. */
void add_seen(struct buffer *seen, const struct tree *tree);

/* scenario.c */
bool scenario_play(struct run *run, struct text file, struct text content);
