/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the configuration: never a crash, and a refusal always names a line that is there. */
#include "base/config_file.h"
#include "gateway/records.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct config config = { 0 };
	struct config_file_report report;
	struct arena arena;
	int lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += data[i] == '\n';
	arena_init(&arena, 16 << 20);
	if (config_file_read(&config_record, &config, (struct text){ (const char *)data, n }, &arena, &report) != (report.problems_all == 0))
		abort();
	for (size_t i = 0; i < report.problems_n; i++)
		if (report.problems[i].code == FAULT_NONE || report.problems[i].line < 0 || report.problems[i].line > lines)
			abort();
	arena_done(&arena);
	return 0;
}
