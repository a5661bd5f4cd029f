/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a crosswalk or payment limit file: never a crash, no cell outside of what was read, and what is taken has a code that could be one. */
#include "formulary/asp/asp_file.h"
#include "test/fuzz/public.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void take(const struct asp_file *file, const struct csv_row *cells, struct arena *arena)
{
	struct asp_row row;
	enum asp_column wrong;
	struct fault fault;

	arena_reset(arena);
	if (asp_row_read(file, cells, arena, &row, &wrong) != ASP_PAIR)
		return;
	row.row.other = text_of(row.code);
	if (strlen(row.code) != 6 || row.code[0] != 'H' || (file->kind == ASP_CROSSWALK && (strlen(row.product) != 12 || row.product[0] != 'N')) ||
		!record_check(&hcpcs_row_record, &row.row, &fault))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct asp_file file;
	struct csv_row cells;
	struct arena arena;
	struct fault fault;
	bool is, there;

	arena_init(&arena, 1 << 20);
	if (asp_file_open(bytes_file(data, n), &file, &is, &fault) && is) {
		while (csv_next(file.csv, &cells, &there, &fault) && there) {
			for (size_t i = 0; i < cells.n; i++)
				if (!text_there(cells.cell[i]))
					abort();
			take(&file, &cells, &arena);
		}
		asp_file_close(&file);
	}
	arena_done(&arena);
	return 0;
}
