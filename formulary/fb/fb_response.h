/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a formulary and benefit file: what was taken of it and what was refused, line and field. docs/formulary-fb.md has its
   columns. The form is our own: that of NCPDP's Response file is not public. Made of names from our tables and ids of the file. */
#pragma once

#include "formulary/fb/fb.h"

#include <stdio.h>

enum { FB_RESPONSE_EACH = 10000 }; /* refused details that are told one by one, and unknown records that are kept; all are counted */

struct fb_response {
	FILE *out; /* NULL: nobody wants to know */
	int64_t details, unknown;
};

/* FAULT_FILE. */
bool fb_response_open(struct fb_response *response, const char *file, struct fault *fault) fault_check;
void fb_response_file(struct fb_response *response, const struct fb_file *file);
/* why NULL: it was taken. */
void fb_response_list(struct fb_response *response, int64_t line, const char *kind, const struct fb_list *list, int64_t rows,
	int64_t refused, const struct fault *why);
void fb_response_detail(struct fb_response *response, int64_t line, const struct fault *why);
void fb_response_repeat(struct fb_response *response, int64_t line, int64_t first_line);
void fb_response_unknown(struct fb_response *response, int64_t line, struct text record);
/* why NULL: the file was taken. FAULT_FILE when something could not be written. */
bool fb_response_close(struct fb_response *response, const struct fb_report *report, int64_t line, const struct fault *why,
	struct fault *fault) fault_check;
