/* SPDX-License-Identifier: Apache-2.0 */
/* The self-test: scenarios are played against a running gateway, and each requirement of the guides gets a verdict. */
#pragma once

#include "base/buffer.h"
#include "base/crypto_key.h"

enum selftest_group {
#define GROUP(key, name, title) SELFTEST_##key,
#define REQUIREMENT(group, id, reference, sentence)
#define CANNOT(group, id, reference, sentence, why)
#include "gateway/def/requirement.def"
#undef GROUP
#undef REQUIREMENT
#undef CANNOT
	SELFTEST_GROUPS
};

enum verdict {
	VERDICT_NONE,
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_SKIPPED, /* the gateway need not do it, and did not; or an earlier step was in vain */
	VERDICT_CANNOT,  /* not to be found out from here */
};

struct requirement {
	enum selftest_group group;
	const char *id;        /* "pas/approval/decision" */
	const char *reference; /* the test of the public kits that asks the same */
	const char *sentence;
	const char *cannot;    /* NULL: it can be checked here; else why not */
};
extern const struct requirement requirements[];
extern const size_t requirements_n;
const char *selftest_group_name(enum selftest_group group);  /* "pas" */
const char *selftest_group_title(enum selftest_group group); /* "PAS server" */
bool selftest_group_of(struct text name, enum selftest_group *group);
const char *verdict_name(enum verdict verdict);              /* "pass" */

/* A scenario file is played for a suite; one file may be for more than one. */
struct selftest_play {
	const char *file;
	enum selftest_group group;
	const char *fhir, *cds; /* {{fhir}} and {{cds}}: where they are served */
	bool older;             /* the 2.0.1 set of the guides */
};
extern const struct selftest_play selftest_plays[]; /* in their order */
extern const size_t selftest_plays_n;

/* What was found out about one requirement. */
struct found {
	enum verdict verdict;
	size_t held;           /* expectations that held */
	struct text seen;      /* what was seen instead, or why not: names and codes, never a patient's values */
	struct text scenario;  /* that showed it */
	int line;              /* of its file */
	struct text file;
};

struct selftest {
	struct text url;                /* of the gateway, without a slash at its end */
	struct text audience;           /* address clients know it by; the same, unless it stands behind another one */
	struct text client;             /* client id */
	const struct crypto_key *key;   /* of the client; NULL: no tokens */
	const char *listen;             /* where notifications are waited for, "127.0.0.1:0"; NULL: nowhere */
	struct text listen_url;         /* how the gateway reaches it; TEXT_NONE: where it listens */
	unsigned groups;                /* 1u << enum selftest_group */
	const char *payloads;           /* folder whose files take the place of ours; NULL: none */
	struct text values;             /* "name = value" lines that take the place of ours */
	bool progress;                  /* scenarios are told on standard error as they are played */
	/* filled in */
	struct found *found;            /* one for each of `requirements` */
	size_t exchanges, notifications;
};

/* Opens the place where notifications arrive; -1: cannot (said on standard error). The address it got goes to out. */
int selftest_listen(const char *address, char *out, size_t size);
/* Plays all scenarios of the chosen groups. listener: what selftest_listen gave, or -1. False when a scenario itself cannot be played (said on
   standard error): a mistake of ours, or of who wrote values or payloads. What is found lives in the arena. */
bool selftest_run(struct selftest *selftest, int listener, struct arena *arena);

/* -- telling -- */

/* One line for each requirement, by group, and the counts. */
void selftest_print(const struct selftest *selftest, bool only_bad, struct buffer *out);
void selftest_json(const struct selftest *selftest, struct buffer *out);
void selftest_junit(const struct selftest *selftest, struct buffer *out);
size_t selftest_count(const struct selftest *selftest, int group, enum verdict verdict); /* group -1: all that were played */
/* The manual of the requirements, in Markdown. */
void selftest_document(struct buffer *out);
