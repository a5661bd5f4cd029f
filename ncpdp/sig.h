/* SPDX-License-Identifier: Apache-2.0 */
/* The directions of an order in words, out of the Sig of a SCRIPT message, which is carried untouched otherwise. */
#pragma once

#include "base/make.h"

/* The words of its SigText, in make's arena where they had to be put together; TEXT_NONE when there are none. *alone: it has no coded directions beside them. */
struct text sig_words(struct text sig, struct make *make, bool *alone);
/* A Sig of these words alone. */
struct text sig_of(struct text words, struct make *make);
