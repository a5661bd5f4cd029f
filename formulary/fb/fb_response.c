/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the response file. */
#include "formulary/fb/fb_response.h"

bool fb_response_open(struct fb_response *response, const char *file, struct fault *fault)
{
	*response = (struct fb_response){ 0 };
	if (!file)
		return true;
	response->out = fopen(file, "wbe");
	return response->out || fault_set(fault, FAULT_FILE, "response");
}

static void say_why(FILE *out, const struct fault *why)
{
	const struct fault_row *row = fault_row(why->code);

	fprintf(out, "|%s|%s|%s", row->name, why->path, row->sentence);
}

void fb_response_file(struct fb_response *response, const struct fb_file *file)
{
	if (response->out)
		fprintf(response->out, "FILE|%.*s|%.*s|%.*s|%.*s|%.*s\n", TEXT_ARGS(file->version), TEXT_ARGS(file->sender),
			TEXT_ARGS(file->control), TEXT_ARGS(file->action), TEXT_ARGS(file->extract_date));
}

void fb_response_list(struct fb_response *response, int64_t line, const char *kind, const struct fb_list *list, int64_t rows,
	int64_t refused, const struct fault *why)
{
	FILE *out = response->out;

	if (!out)
		return;
	fprintf(out, "LIST|%lld|%s|%s|%.*s|%.*s|%.*s|%lld|%lld", (long long)line, why ? "REFUSED" : "TAKEN", kind, TEXT_ARGS(list->subtype),
		TEXT_ARGS(list->list_id), TEXT_ARGS(list->effective_date), (long long)rows, (long long)refused);
	if (why)
		say_why(out, why);
	fputc('\n', out);
}

void fb_response_detail(struct fb_response *response, int64_t line, const struct fault *why)
{
	if (!response->out || response->details++ >= FB_RESPONSE_EACH)
		return;
	fprintf(response->out, "DETAIL|%lld|REFUSED", (long long)line);
	say_why(response->out, why);
	fputc('\n', response->out);
}

void fb_response_repeat(struct fb_response *response, int64_t line, int64_t first_line)
{
	if (response->out && response->details++ < FB_RESPONSE_EACH)
		fprintf(response->out, "DETAIL|%lld|REFUSED|REPEATED|product|says again what line %lld says\n", (long long)line,
			(long long)first_line);
}

void fb_response_unknown(struct fb_response *response, int64_t line, struct text record)
{
	if (response->out && response->unknown++ < FB_RESPONSE_EACH)
		fprintf(response->out, "UNKNOWN|%lld|%.*s\n", (long long)line, TEXT_ARGS(record));
}

bool fb_response_close(struct fb_response *response, const struct fb_report *report, int64_t line, const struct fault *why,
	struct fault *fault)
{
	FILE *out = response->out;
	bool ok;

	if (!out)
		return true;
	response->out = NULL;
	fprintf(out, "END|%s|%lld|%lld|%lld|%lld|%lld", why ? "REFUSED" : "TAKEN", (long long)report->lists, (long long)report->lists_refused,
		(long long)report->rows, (long long)report->rows_refused, (long long)report->unknown);
	if (why) {
		fprintf(out, "|%lld", (long long)line);
		say_why(out, why);
	}
	fputc('\n', out);
	ok = !ferror(out);
	ok = fclose(out) == 0 && ok;
	return ok || fault_set(fault, FAULT_FILE, "response");
}
