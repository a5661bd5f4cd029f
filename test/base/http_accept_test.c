/* SPDX-License-Identifier: Apache-2.0 */
/* Accept and If-None-Match. */
#include "base/http_accept.h"
#include "test/case.h"

CASE(http_accept, ranges)
{
	static const struct {
		const char *accept;
		bool json;
	} rows[] = {
		{ NULL, true },
		{ "", true },
		{ "*/*", true },
		{ "application/json", true },
		{ "Application/JSON", true },
		{ "application/*", true },
		{ "text/html, application/json;q=0.5", true },
		{ "text/html;q=0.9, */*;q=0.1", true },
		{ "*/*;q=0, application/json", true },
		{ "application/json; charset=utf-8", true },
		{ "application/json;q=0.001", true },
		{ "text/html", false },
		{ "text/*", false },
		{ "application/xml", false },
		{ "application/json;q=0", false },
		{ "application/json;q=0.000, */*", false },
		{ "application/*; q=0, */*", false },
		{ "*/*;q=0", false },
		{ "application/jsonx", false },
		{ "json", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_eq(http_accepts(text_of(rows[i].accept), "application/json"), rows[i].json, "%s", rows[i].accept);
}

CASE(http_accept, tags)
{
	static const struct {
		const char *value;
		bool listed;
	} rows[] = {
		{ "\"1-2\"", true }, { "W/\"1-2\"", true }, { "\"0\", \"1-2\"", true }, { "*", true }, { " * ", true }, { "1-2", false },
		{ "\"1-3\"", false }, { "", false }, { "\"1-2", false }, { "w/\"1-2\"", false }, { "\"*\"", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_eq(http_tag_listed(text_of(rows[i].value), text_lit("1-2")), rows[i].listed, "%s", rows[i].value);
	cr_expect(!http_tag_listed(TEXT_NONE, text_lit("1-2")));
}
