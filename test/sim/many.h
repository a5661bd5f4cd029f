/* SPDX-License-Identifier: Apache-2.0 */
/* Cases by the thousand. */
#pragma once

#include "test/sim/outer.h"

/* Runs so many cases in worlds seeded from `first` on, and prints how they ended. `directory` takes small files. False when a promise was
   broken; each broken world was named by its seed. */
bool many_run(const char *examples, const char *directory, const struct config *base, uint64_t first, uint64_t cases);
