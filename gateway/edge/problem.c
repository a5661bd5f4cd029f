/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9457: without "type" the problem is just what its status says; "code" is ours, for programs. */
#include "gateway/edge/problem.h"

#include "base/http.h"

/* "order/diagnosis[2]" is "#/order/diagnosis/2". Names of our tables hold nothing that a pointer or a URI would have to escape. */
static void write_pointer(const char *path, struct buffer *out)
{
	buffer_lit(out, ",\"pointer\":\"#");
	if (*path && *path != '[')
		buffer_add_char(out, '/');
	for (const char *at = path; *at; at++)
		if (*at != ']')
			buffer_add_char(out, *at == '[' ? '/' : *at);
	buffer_add_char(out, '"');
}

void problem_write(const struct fault *fault, int status, struct text trace, bool in_body, struct buffer *out)
{
	const struct fault_row *row = fault_row(fault->code);

	/* Names and sentences are our own and hold nothing that JSON would have to escape. */
	buffer_format(out, "{\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"detail\":\"%s\"", http_reason(status), status, row->name,
		row->sentence);
	if (*fault->path)
		buffer_format(out, ",\"at\":\"%s\"", fault->path);
	if (in_body)
		write_pointer(fault->path, out);
	buffer_lit(out, ",\"trace\":\"");
	buffer_add(out, trace);
	buffer_lit(out, "\"}\n");
}
