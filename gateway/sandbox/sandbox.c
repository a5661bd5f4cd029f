/* SPDX-License-Identifier: Apache-2.0 */
/* Where the files in the program stand; gateway/sandbox/sandbox.S puts them there. */
#include "gateway/sandbox/sandbox.h"

extern const char sandbox_plan_at[], sandbox_plan_end[];
extern const char sandbox_payer_at[], sandbox_payer_end[];
extern const char sandbox_rules_at[], sandbox_rules_end[];
extern const char sandbox_clock_at[], sandbox_clock_end[];
extern const char sandbox_says_at[], sandbox_says_end[];

extern const char sandbox_versions_at[], sandbox_versions_end[];

struct text sandbox_versions(void)
{
	return (struct text){ sandbox_versions_at, (size_t)(sandbox_versions_end - sandbox_versions_at) };
}

struct text sandbox_plan(void)
{
	return (struct text){ sandbox_plan_at, (size_t)(sandbox_plan_end - sandbox_plan_at) };
}

struct text sandbox_payer(void)
{
	return (struct text){ sandbox_payer_at, (size_t)(sandbox_payer_end - sandbox_payer_at) };
}

struct text sandbox_rules(void)
{
	return (struct text){ sandbox_rules_at, (size_t)(sandbox_rules_end - sandbox_rules_at) };
}

struct text sandbox_says(void)
{
	return (struct text){ sandbox_says_at, (size_t)(sandbox_says_end - sandbox_says_at) };
}

struct text sandbox_clock(void)
{
	return (struct text){ sandbox_clock_at, (size_t)(sandbox_clock_end - sandbox_clock_at) };
}

extern const char sandbox_part_d_at[], sandbox_part_d_end[];

struct text sandbox_part_d(void)
{
	return (struct text){ sandbox_part_d_at, (size_t)(sandbox_part_d_end - sandbox_part_d_at) };
}

extern const char sandbox_fb30_at[], sandbox_fb30_end[], sandbox_fb53_at[], sandbox_fb53_end[], sandbox_fb60_at[], sandbox_fb60_end[];

struct text sandbox_fb_layout(size_t i)
{
	const struct {
		const char *at, *end;
	} layouts[] = { { sandbox_fb30_at, sandbox_fb30_end }, { sandbox_fb53_at, sandbox_fb53_end }, { sandbox_fb60_at, sandbox_fb60_end } };

	if (i >= sizeof(layouts) / sizeof(*layouts))
		return TEXT_NONE;
	return (struct text){ layouts[i].at, (size_t)(layouts[i].end - layouts[i].at) };
}
