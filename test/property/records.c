/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/records.h"

#include "adjudication/records.h"
#include "fhir-bridge/records.h"
#include "formulary/records.h"
#include "gateway/records.h"
#include "ncpdp/records.h"
#include "routing/records.h"
#include "test/base/sample.h"

const struct known_record known_records[] = {
	/* record                    XML root   JSON   new rows at the end: the corpus of fuzz_unpack picks by position */
	{ &sample_record,            "Sample",  false },
	{ &sample_resource_record,   NULL,      true },
	{ &script_message_record,    "Message", false },
	{ &rtpb_message_record,      "RTPBMessage", false },
	{ &coverage_record,          NULL,      true },
	{ &bin_line_record,          NULL,      true },
	{ &plan_file_line_record,    NULL,      true },
	{ &load_report_record,       NULL,      true },
	{ &route_question_record,    NULL,      true },
	{ &route_decision_record,    NULL,      true },
	{ &pa_case_record,           NULL,      true },
	{ &stored_reply_record,      NULL,      true },
	{ &outbox_row_record,        NULL,      true },
	{ &mailbox_item_record,      NULL,      true },
	{ &audit_entry_record,       NULL,      true },
	{ &envelope_record,          NULL,      true },
	{ &price_question_record,    NULL,      true },
	{ &case_message_record,      NULL,      true },
	{ &case_work_record,         NULL,      true },
	{ &case_decision_record,     NULL,      true },
	{ &delivery_record,          NULL,      true },
	{ &delivered_record,         NULL,      true },
	{ &counters_record,          NULL,      true },
	{ &config_record,            NULL,      true },
	{ &house_file_record,        NULL,      true },
	{ &fhir_document_record,     NULL,      true },
	{ &fhir_resource_record,     NULL,      true },
	{ &pa_initiation_request_record,  "PAInitiationRequest", false },
	{ &pa_initiation_response_record, "PAInitiationResponse", false },
	{ &pa_request_record,             "PARequest", false },
	{ &pa_response_record,            "PAResponse", false },
	{ &pa_appeal_request_record,      "PAAppealRequest", false },
	{ &pa_appeal_response_record,     "PAAppealResponse", false },
	{ &question_set_request_record,   "QuestionSet", false },
	{ &rtpb_request_record,           "RTPBRequest", false },
	{ &rtpb_response_record,          "RTPBResponse", false },
	{ &remote_question_record,        NULL,      true },
};
const size_t known_records_n = sizeof(known_records) / sizeof(known_records[0]);
