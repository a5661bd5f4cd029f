/* SPDX-License-Identifier: Apache-2.0 */
/* The routing rules that the configuration names. */
#pragma once

#include "gateway/records.h"
#include "routing/routing.h"

/* Reads the file, or those that are built in when none is named, and sees to it that each backend in them exists. The caller frees *out. On failure
   *out is NULL, the log says where, and the fault's path begins with "rules". */
bool config_rules(const struct config *config, struct rules **out, struct fault *fault) fault_check;
