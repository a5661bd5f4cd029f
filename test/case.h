/* SPDX-License-Identifier: Apache-2.0 */
/* CASE(suite, name) { ... } is a Criterion test that also fails on a leak, which Criterion alone lets pass. */
#pragma once

#include <criterion/criterion.h>

#if defined(__SANITIZE_ADDRESS__)
#define CASE_LEAKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CASE_LEAKS 1
#endif
#endif

#ifdef CASE_LEAKS
#include <sanitizer/lsan_interface.h>
#define CASE_END() cr_assert(!__lsan_do_recoverable_leak_check(), "memory was leaked")
#else
#define CASE_END() ((void)0)
#endif

#define CASE(suite, name)                                \
	static void suite##_##name##_body(void);         \
	Test(suite, name)                                \
	{                                                \
		suite##_##name##_body();                 \
		CASE_END();                              \
	}                                                \
	static void suite##_##name##_body(void)
