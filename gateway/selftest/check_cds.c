/* SPDX-License-Identifier: Apache-2.0 */
/* x */
#include "gateway/selftest/run.h"

const struct check checks_cds[] = {
	{ 0 },
};
