/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the row macros away after the .def files. */
#undef RECORD_CAT_
#undef RECORD_CAT
#undef RECORD_STR_
#undef RECORD_STR
#undef RECORD
#undef END
#undef ROW
#undef ROW_ITEMS
#undef TEXT
#undef CODE
#undef DIGITS
#undef DECIMAL
#undef DATE
#undef TIME
#undef FLAG
#undef COUNT
#undef GROUP
#undef LIST
#undef TEXTS
#undef CODES
#undef RAW
#undef ATTRIBUTE
#undef CONTENT
