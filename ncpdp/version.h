/* SPDX-License-Identifier: Apache-2.0 */
/* Which version of SCRIPT a message is, and which one we write. */
#pragma once

#include "ncpdp/ncpdp.h"

/* What the version attributes say when we write: the stamp of the 2017071 schema set, and RTPB's thirteenth version. */
#define SCRIPT_VERSION_DEFAULT "20170715"
#define RTPB_VERSION_DEFAULT "013"

/* True for a message of SCRIPT 2017071; FAULT_VERSION, with the attribute that says otherwise, for any other. 10.6 and 2013101
   have other attributes; 2023011 is refused too, as what it changed in prior authorization is not public. */
bool version_check(const struct script_message *script, struct fault *fault) fault_check;

/* Puts the stamp into the version attributes: into all when there is one, else the default into those that are empty. */
void version_stamp_script(struct script_message *script, struct text version);
void version_stamp_rtpb(struct rtpb_message *rtpb, struct text version);
