/* SPDX-License-Identifier: Apache-2.0 */
/* The rule table once it is read: what rules_read makes and route_decide walks. Nobody else needs it. */
#pragma once

#include "routing/routing.h"

struct rule_condition {
	const struct field *field;  /* row of route_question */
	const struct text *values;  /* one of these; none: any value will do, as long as it is known */
	size_t values_n;
};

enum rule_prior_auth { PRIOR_AUTH_NO, PRIOR_AUTH_YES, PRIOR_AUTH_FORMULARY };

struct rule {
	struct text id;
	const struct rule_condition *conditions; /* all of them; none: always */
	size_t conditions_n;
	struct text track, backend;
	bool routed; /* backend is the one the question names */
	enum rule_prior_auth prior_auth;
	struct text citation, sentence;
	int line;
};

struct rules {
	struct arena arena; /* holds a copy of the file and everything below */
	struct rule *rows;
	size_t n;
	struct text version; /* 16 hexadecimal digits: hash of the file */
};
