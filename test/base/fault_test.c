/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"
#include "test/case.h"

#include <string.h>

CASE(fault, path_grows_from_below)
{
	struct fault fault;

	cr_expect(!fault_set(&fault, FAULT_MISSING, "Gender"));
	fault_under(&fault, text_lit("Patient"), -1);
	fault_under(&fault, text_lit("Item"), 2);
	cr_expect_str_eq(fault.path, "Item[2]/Patient/Gender");
}

CASE(fault, an_overlong_path_is_cut_not_overrun)
{
	struct fault fault;

	fault_set(&fault, FAULT_MISSING, "x");
	for (int i = 0; i < 100; i++)
		fault_under(&fault, text_lit("AVeryLongElementName"), -1);
	cr_expect_eq(strlen(fault.path), FAULT_PATH_MAX - 1);
}

CASE(fault, every_row_says_what_it_becomes)
{
	for (int code = FAULT_NONE + 1; code < FAULT_CODES; code++) {
		const struct fault_row *row = fault_row((enum fault_code)code);

		cr_expect(row == fault_find(row->name));
		cr_expect(*row->sentence && *row->script_code && *row->rtpb_reject && *row->fhir_issue);
		cr_expect(row->http_status >= 400 && row->http_status < 600);
		/* SCRIPT 600 and 602 ask the sender to try again, 601 and 900 not to */
		if (row->retry) /* 900 and 601 would tell the sender not to try again */
			cr_expect(strcmp(row->script_code, "600") == 0 || strcmp(row->script_code, "602") == 0);
	}
	cr_expect_null(fault_find("NO_SUCH_FAULT"));
}
