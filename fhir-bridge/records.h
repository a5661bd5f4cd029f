/* SPDX-License-Identifier: Apache-2.0 */
/* The records of this folder as structs. */
#pragma once

#include "base/record_struct.h"
#include "fhir-bridge/def/types.def"
#include "fhir-bridge/def/claim.def"
#include "fhir-bridge/def/claim_response.def"
#include "fhir-bridge/def/parties.def"
#include "fhir-bridge/def/order.def"
#include "fhir-bridge/def/services.def"
#include "fhir-bridge/def/workflow.def"
#include "fhir-bridge/def/message.def"
#include "fhir-bridge/def/questionnaire.def"
#include "fhir-bridge/def/bundle.def"
#include "fhir-bridge/def/cds.def"
#include "fhir-bridge/def/cds_order.def"
#include "base/record_end.h"
