/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an RTPB message. */
#include "test/fuzz/ncpdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fuzz_ncpdp fuzz = { .family = NCPDP_RTPB };

	return fuzz_ncpdp(&fuzz, data, n);
}
