/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are part of the program: the sandbox's plan and payer, and the routing rules, clock table and years of Part D used when none are configured. */
#pragma once

#include "base/text.h"

struct text sandbox_versions(void); /* gateway/sandbox/versions.conf: [version] rows of a configuration */
struct text sandbox_plan(void);  /* gateway/sandbox/plan.jsonl */
struct text sandbox_payer(void); /* gateway/sandbox/payer.json */
struct text sandbox_clock(void); /* gateway/sandbox/clock.txt */
struct text sandbox_part_d(void); /* gateway/sandbox/partd.txt */
struct text sandbox_rules(void); /* gateway/sandbox/rules.txt */
struct text sandbox_says(void);  /* gateway/sandbox/says.txt: what lists say of orders; a configured file counts beside it */
/* gateway/sandbox/fb30.txt, fb53.txt, fb60.txt: layouts of formulary and benefit files; TEXT_NONE after the last. */
struct text sandbox_fb_layout(size_t i);
