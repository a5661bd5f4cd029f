/* SPDX-License-Identifier: Apache-2.0 */
/* The one question set in two standards: asked as a SCRIPT QuestionSet and as a FHIR Questionnaire (Da Vinci DTR 2.2.0), and answers to it
   from either to the other. What one of them has no place for is named in a loss report. */
#pragma once

#include "base/make.h"
#include "fhir-bridge/dtr/enabled.h"
#include "fhir-bridge/script/loss.h"
#include "fhir-bridge/records.h"

/* A code under which a record system may know the answer to a question of ours. */
struct form_fill {
	struct text loinc; /* TEXT_NONE: none */
	struct text unit;  /* UCUM, of a number; TEXT_NONE: none */
};

/* A question set: what SCRIPT says of it, and what only its payer knows. It has passed questions_check. Borrowed. */
struct question_form {
	const struct question_set_header *header;
	const struct question *questions;
	size_t n;
	const bool *optional;  /* by question: it may be left unanswered; NULL: none may */
	const struct form_fill *fills; /* by question: how a record system may fill it in beforehand; NULL: none is */
	struct text url;       /* canonical URL, without version */
	struct text deadline;  /* day or moment until which answers are taken; TEXT_NONE: not known */
};

/* 16 hexadecimal digits of a hash over all that is asked: another as soon as a word of it changes. */
struct text form_version(const struct question_form *form, struct make *make);
/* "url|version". */
struct text form_canonical(const struct question_form *form, struct make *make);
/* prefix and the id, percent-encoded outside RFC 3986 2.3. */
struct text form_uri(struct make *make, const char *prefix, struct text id);

/* The set as a Questionnaire: every question with what enables it (dtr-std-questionnaire); where its ways cannot be told so, an adaptive one
   without questions (dtr-questionnaire-adapt-search), which are then asked one after the other at `adaptive_url`. *adaptive says which. */
struct fhir_questionnaire *form_questionnaire(const struct question_form *form, struct text adaptive_url, struct make *make, bool *adaptive,
	struct loss *loss);
/* How clients fill in beforehand what their records know, as a library that the Questionnaire names: CQL, and the same as ELM (DTR 2.2.0
   oper-13). NULL: no question of the set can be. */
struct fhir_library *form_library(const struct question_form *form, struct make *make);
/* The Questionnaire that an adaptive response contains (dtr-questionnaire-adapt): the questions asked so far, by index. */
struct fhir_questionnaire *form_asked(const struct question_form *form, const size_t *asked, size_t asked_n, struct text adaptive_url,
	struct make *make, struct loss *loss);
/* Question by the linkId of its item; QUESTION_END when it is none. */
int form_question(const struct question_form *form, struct text link_id);
/* The code that stands for a choice: its ChoiceID, or another word where that is no FHIR code. */
struct text form_choice_code(const struct choice *choices, size_t n, size_t index, struct make *make);

/* linkId of the document that must come with the answers; with "+" behind it where a question is called so. */
#define FORM_DOCUMENT "document"

/* -- answers -- */

/* Where an answer comes from (DTR informationOrigins). */
enum form_origin { ORIGIN_MANUAL, ORIGIN_OVERRIDE, ORIGIN_AUTO_CLIENT, ORIGIN_AUTO_SERVER };

/* One answer; several choices of a question are several of these. */
struct form_answer {
	struct text question; /* QuestionID */
	struct question_answer given;
	enum form_origin origin;
};
struct form_answers {
	struct form_answer *at;
	size_t n;
	struct text *documents; /* MIME types of documents that came with them; TEXT_NONE: not said */
	size_t documents_n;
};
/* What was answered to one question, in make's arena. */
struct question_given form_given(const struct form_answers *answers, struct text question, struct make *make);

/* Whom and what the answers are about. */
/* The versions of Da Vinci DTR that are spoken. */
enum dtr_version { DTR_2_0_1 = 1, DTR_2_2_0 = 2 };

struct form_context {
	enum dtr_version version;
	struct text id;              /* of the resource; TEXT_NONE: none */
	struct text subject, author; /* references; author may be TEXT_NONE */
	struct text coverage;        /* reference (qr-coverage) */
	const struct text *orders;   /* references (qr-context) */
	size_t orders_n;
	const char *status;          /* "in-progress", "completed" */
	int64_t wall_ms;
};

/* The answers as a QuestionnaireResponse, in the shape of `questionnaire`, which was made of the same form. */
struct fhir_questionnaire_response *form_response(const struct question_form *form, const struct fhir_questionnaire *questionnaire,
	const struct form_answers *answers, const struct form_context *context, struct make *make, struct loss *loss);
/* Reads a response to it: every item is one of the form's, every answer is what its question wants. What is answered off the way that the
   answers lead is named in *loss and kept: who walks does not look at it. Faults with the FHIRPath from "QuestionnaireResponse" on: RULE, CHOICE,
   REPEATED, BAD_CODE, BAD_DATE, BAD_NUMBER, TOO_LONG. */
bool form_read(const struct question_form *form, const struct fhir_questionnaire_response *response, struct make *make,
	struct form_answers *out, struct loss *loss, struct fault *fault) fault_check;

/* The answers as SCRIPT takes them: all questions of the set, with what was answered. */
struct question_set_request *form_script(const struct question_form *form, const struct form_answers *answers, struct make *make,
	struct loss *loss);
/* And out of such a set. */
void form_of_script(const struct question_set_request *set, struct make *make, struct form_answers *out, struct loss *loss);

/* The way from the first question on as the answers lead: indices of the questions on it. *whole: it reached the end; else the last one has
   no answer and needs one, or one that does not fit. */
size_t *form_walk(const struct question_form *form, const struct form_answers *answers, struct make *make, size_t *n, bool *whole);
