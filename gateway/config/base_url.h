/* SPDX-License-Identifier: Apache-2.0 */
/* The address by which clients reach this gateway. */
#pragma once

#include "base/make.h"
#include "gateway/config/config.h"

/* public_url, else the address of the plain edge, with this path behind it. In make's arena. */
struct text config_base_url(const struct config *config, const char *path, struct make *make);
