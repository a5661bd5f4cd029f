/* SPDX-License-Identifier: Apache-2.0 */
/* The rule table once it is read, and the index it is compiled into: what rules_read makes, route_decide asks and `route lint` looks
   through. Nobody else needs it. */
#pragma once

#include "routing/evidence.h"
#include "routing/routing.h"

struct rule_condition {
	const struct field *field;  /* row of route_question */
	const struct text *values;  /* one of these, or with a trailing '*' what begins so; none: any value will do, as long as it is known */
	size_t values_n;
};

enum rule_prior_auth { PRIOR_AUTH_NO, PRIOR_AUTH_YES, PRIOR_AUTH_FORMULARY };

struct rule {
	struct text id;
	const struct rule_condition *conditions; /* all of them */
	size_t conditions_n;
	struct text from, until; /* first and last day in force; a row with either needs the date to be known */
	struct text track, backend;
	bool routed; /* backend is the one the question names */
	enum rule_prior_auth prior_auth;
	bool ask; /* a presumption: who can tell is asked first */
	struct text citation, sentence;
	int line;
};

/* A value that conditions name: the rows that it meets. */
struct rule_value {
	struct text value; /* without the '*' */
	uint8_t member;
	bool begins;       /* any value that begins so */
	uint32_t *rows;    /* in order */
	size_t rows_n;
	uint64_t *bits;    /* the same as bits when there are many; NULL: few */
};

struct rule_index {
	size_t words;                   /* of 64 rows */
	struct {
		uint64_t *absent, *any; /* rows that hold when the member is not known, and when it has a value nobody names; NULL: no row asks */
		bool begins;            /* some condition asks how it begins */
	} of[FACTS_MAX];
	struct rule_value **slots;      /* by member and value */
	size_t mask;
	uint64_t *none;                 /* no row */
};

struct rules {
	struct arena arena; /* holds a copy of the file and everything below */
	struct rule *rows;
	size_t n;
	struct text version; /* 16 hexadecimal digits: hash of the file */
	struct rule_index index;
};

/* Without conditions and dates. */
static inline bool rule_always(const struct rule *rule)
{
	return !rule->conditions_n && !text_there(rule->from) && !text_there(rule->until);
}

/* Reads "key=value1,value2 ... from=DAY until=DAY", or *, into the row. */
bool rule_read_conditions(struct text cell, struct arena *arena, struct rule *rule, struct fault *fault) fault_check;
/* Does a condition's value, "C*" or "C50911", fit what is known? */
bool rule_value_fits(struct text wanted, struct text known);
/* Is the row in force on that day? A row without dates always is. */
bool rule_in_force(const struct rule *rule, struct text date);
bool rule_condition_holds(const struct rule_condition *condition, const struct fact *fact);
/* Makes the index of rules->rows in its arena; false when it does not fit. */
bool rules_compile(struct rules *rules);
/* The first row at `from` or after it whose conditions the facts meet, or NULL. `arena` is for the work of it. */
const struct rule *rules_match(const struct rules *rules, const struct facts *facts, struct text date, size_t from, struct arena *arena);
/* The decision of a row that these facts meet. */
void route_decide_from(const struct rules *rules, const struct facts *facts, const struct route_question *question,
	const struct rule *rule, struct arena *arena, struct route_decision *out);
/* The member that the nearest row with a track waits for, among rows before `before`; NULL: none waits for just what is not known. */
const struct field *rules_waiting(const struct rules *rules, const struct facts *facts, struct text date, size_t before);
