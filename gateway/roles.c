/* SPDX-License-Identifier: Apache-2.0 */
/* The roles of this program. */
#include "gateway/bus/role.h"

#include <stddef.h>

static const struct role *const roles[ROLE_KINDS] = {
	[ROLE_EDGE] = &edge_role,
	[ROLE_WORKER] = &worker_role,
	[ROLE_LEDGER] = &ledger_role,
	[ROLE_PAYER] = &payer_role,
	[ROLE_COURIER] = &courier_role,
};

const struct role *role_of(enum role_kind kind)
{
	return (unsigned)kind < ROLE_KINDS ? roles[kind] : NULL;
}
