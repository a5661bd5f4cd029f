/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of NCPDP as tables. */
#include "ncpdp/records.h"

#include "base/record_table.h"
#include "ncpdp/def/script_envelope.def"
#include "ncpdp/def/script_parties.def"
#include "ncpdp/def/script_drug.def"
#include "ncpdp/def/script_questions.def"
#include "ncpdp/def/script_pa.def"
#include "ncpdp/def/rtpb.def"
#include "base/record_end.h"

/* Messages that begin with the same rows begin with the same members: ncpdp_pa_common and the question walker read them through the
   one struct (the project is built with -fno-strict-aliasing, which makes that defined). */
#define SAME_PLACE(whole, part, member)                                                  \
	_Static_assert(offsetof(struct whole, member) == offsetof(struct part, member), \
		#whole " does not begin like " #part);
#define TEXT(member, ...) SAME(member)
#define CODE(member, ...) SAME(member)
#define DIGITS(member, ...) SAME(member)
#define GROUP(member, ...) SAME(member)
#define LIST(member, ...) SAME(member) SAME(member##_n)

#define SAME(member)                                          \
	SAME_PLACE(pa_initiation_request, pa_common, member)  \
	SAME_PLACE(pa_initiation_response, pa_common, member) \
	SAME_PLACE(pa_request, pa_common, member)             \
	SAME_PLACE(pa_response, pa_common, member)            \
	SAME_PLACE(pa_appeal_request, pa_common, member)      \
	SAME_PLACE(pa_appeal_response, pa_common, member)     \
	SAME_PLACE(pa_cancel_request, pa_common, member)
#include "ncpdp/def/pa_common_rows.def"
#undef SAME

#define SAME(member) SAME_PLACE(answered_question, question, member)
#include "ncpdp/def/question_rows.def"
#undef SAME

#define SAME(member) SAME_PLACE(answered_set_header, question_set_header, member)
#include "ncpdp/def/question_header_rows.def"
#undef SAME
