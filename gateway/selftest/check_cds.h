/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of coverage information in the system actions of an answer, as checks. */
#pragma once

#include "gateway/selftest/run.h"

enum held coverage_given(struct run *run, struct text args, struct buffer *seen);
enum held coverage_valid(struct run *run, struct text args, struct buffer *seen);
enum held coverage_for_all(struct run *run, struct text args, struct buffer *seen);
enum held coverage_absent(struct run *run, struct text args, struct buffer *seen);
enum held coverage_reason(struct run *run, struct text args, struct buffer *seen);
enum held coverage_no_card(struct run *run, struct text args, struct buffer *seen);
