/* SPDX-License-Identifier: Apache-2.0 */
/* The URIs by which FHIR names code systems, profiles and extensions. */
#pragma once

#define PAS "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
#define PAS_TEMP_CODES "http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes"
#define X12(element) "https://codesystem.x12.org/005010/" element
#define X12_REASONS "https://codesystem.x12.org/external/886"
#define HL7_CODES "http://terminology.hl7.org/CodeSystem/"

#define BACKPORT "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
#define PAS_TOPIC "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic"

#define SYSTEM_NAIC "urn:oid:2.16.840.1.113883.6.300"
#define SYSTEM_NPI "http://hl7.org/fhir/sid/us-npi"
#define SYSTEM_NDC "http://hl7.org/fhir/sid/ndc"
#define SYSTEM_RXNORM "http://www.nlm.nih.gov/research/umls/rxnorm"
#define SYSTEM_ICD10 "http://hl7.org/fhir/sid/icd-10-cm"
#define SYSTEM_HCPCS "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
#define SYSTEM_PLACE_OF_SERVICE "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
#define SYSTEM_UCUM "http://unitsofmeasure.org"
#define SYSTEM_NCIT "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
#define SYSTEM_URI "urn:ietf:rfc:3986"

/* Namespaces of numbers that NCPDP gives no URI: ours. */
#define SYSTEM_OURS "urn:dualtrack:"
