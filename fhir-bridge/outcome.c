/* SPDX-License-Identifier: Apache-2.0 */
/* Telling a FHIR client what is wrong with what it sent, and where, in a form its own tools can follow. */
#include "fhir-bridge/outcome.h"

#include "base/json.h"
#include "fhir-bridge/records.h"
#include "fhir-bridge/systems.h"

#include <stdio.h>

/* True when `name` is one of the resources in our tables. */
static bool is_resource(struct text name)
{
	const struct record *const tables[] = { &fhir_document_record, &fhir_resource_record };

	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (size_t i = 0; i < tables[t]->n; i++)
			if (field_named(&tables[t]->fields[i], name))
				return true;
	return false;
}

static bool ends_in_resource(struct text step)
{
	return text_is(step, "resource") || text_is(step, "contained") || text_starts(step, "contained[");
}

void fhir_expression(const struct fault *fault, char out[FHIR_EXPRESSION_MAX])
{
	struct text rest = text_of(fault->path), before = TEXT_NONE;
	size_t n = 0;

	out[0] = '\0';
	if (strstr(fault->path, "://")) { /* names an extension by its URL, so it is FHIRPath already */
		snprintf(out, FHIR_EXPRESSION_MAX, "%s", fault->path);
		return;
	}
	while (text_there(rest) && n < FHIR_EXPRESSION_MAX) {
		struct text step = text_cut(&rest, '/');

		if (!(ends_in_resource(before) && is_resource(step)))
			n += (size_t)snprintf(out + n, FHIR_EXPRESSION_MAX - n, "%s%.*s", n ? "." : "", TEXT_ARGS(step));
		before = step;
	}
}

/* "Bundle.entry[0]" and "Claim" lead into a resource, "Authorization" does not. */
static bool leads_into_resource(struct text expression)
{
	struct text first = text_cut(&expression, '.');

	return is_resource(text_cut(&first, '['));
}

void fhir_outcome_write(const struct fault *fault, struct buffer *out)
{
	const struct fault_row *row = fault_row(fault->code);
	struct fhir_coding coding = { .system = text_lit(SYSTEM_OURS "fault"), .code = text_of(row->name), .display = text_of(row->sentence) };
	struct fhir_concept details = { .coding = &coding, .coding_n = 1, .text = coding.display }; /* CARIN OP-6 asks for code and display */
	char where[FHIR_EXPRESSION_MAX];
	struct text expression;
	struct fhir_outcome_issue issue = { .severity = text_lit("error"), .code = text_of(row->fhir_issue), .details = &details };
	struct fhir_operation_outcome outcome = { .issue = &issue, .issue_n = 1 };
	struct fhir_document document = { .operation_outcome = &outcome };

	fhir_expression(fault, where);
	expression = text_of(where);
	if (row->mend == MEND_SENDER && expression.n && leads_into_resource(expression)) {
		issue.expression = &expression;
		issue.expression_n = 1;
	} else if (row->mend == MEND_SENDER && expression.n) {
		issue.diagnostics = expression;
	}
	json_write(&fhir_document_record, &document, out);
}
