/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of NCPDP as structs. */
#pragma once

#include "base/record_struct.h"
#include "ncpdp/def/script_envelope.def"
#include "ncpdp/def/script_parties.def"
#include "ncpdp/def/script_drug.def"
#include "ncpdp/def/script_questions.def"
#include "ncpdp/def/script_pa.def"
#include "ncpdp/def/rtpb.def"
#include "base/record_end.h"
