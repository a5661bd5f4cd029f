/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9457: without "type" the problem is just what its status says; "code" is ours, for programs. */
#include "gateway/edge/problem.h"

#include "base/http.h"

void problem_write(const struct fault *fault, int status, struct text trace, struct buffer *out)
{
	const struct fault_row *row = fault_row(fault->code);

	/* Names and sentences are our own and hold nothing that JSON would have to escape. */
	buffer_format(out, "{\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"detail\":\"%s\"", http_reason(status), status, row->name,
		row->sentence);
	if (*fault->path)
		buffer_format(out, ",\"at\":\"%s\"", fault->path);
	buffer_lit(out, ",\"trace\":\"");
	buffer_add(out, trace);
	buffer_lit(out, "\"}\n");
}
