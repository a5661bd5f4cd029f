#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A provider's system that asks in Da Vinci PAS for a drug of the pharmacy benefit: its payer is asked in SCRIPT, what that wants to know comes as a
Questionnaire, and its decision as a ClaimResponse.
usage: pas_pharmacy.py DUALTRACK"""
import copy
import datetime
import json
import os
import sys

from gateway import Failed, Gateway, check, fresh_id, wait_for
from pas_bundle import ROOT, actions, call, claim_of, inquiry, resource_of, submit, update

OPEN = "open = true\n"
URL = "urn:dualtrack:Questionnaire:EXAMPLUMAB-PA:EXAMPLUMAB-1"

with open(os.path.join(ROOT, "docs", "examples", "pas-submit-pharmacy.json"), encoding="utf-8") as source:
    EXAMPLE = json.load(source)


def days_ago(days):
    return (datetime.date.today() - datetime.timedelta(days=days)).isoformat()


def coding(question_set, code):
    return {"valueCoding": {"system": "urn:dualtrack:QuestionSet:" + question_set, "code": code}}


def answers(weeks=20, tested=30, diagnosis="RA"):
    """Those that are approved, unless told otherwise."""
    return [{"linkId": "DIAGNOSIS", "answer": [coding("EXAMPLUMAB-1", diagnosis)]}, {"linkId": "WEEKS", "answer": [{"valueDecimal": weeks}]},
            {"linkId": "TB-TEST", "answer": [{"valueDate": days_ago(tested)}]}]


def request(name, items=None, questionnaire=URL):
    bundle = copy.deepcopy(EXAMPLE)
    bundle["identifier"]["value"] = name
    claim_of(bundle)["identifier"][0]["value"] = name + "-claim"
    if items is not None:
        add_answers(bundle, items, questionnaire)
    return bundle


def add_answers(bundle, items, questionnaire, number=1):
    url = f"urn:uuid:68c31a6a-5739-864d-8523-19e083798c3{number}"
    claim = claim_of(bundle)
    bundle["entry"].append({"fullUrl": url, "resource": {
        "resourceType": "QuestionnaireResponse", "id": url[9:], "questionnaire": questionnaire, "status": "completed",
        "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-questionnaireresponse"]},
        "subject": claim["patient"], "authored": "2026-11-22T09:30:00Z", "item": items}})
    with open(os.path.join(ROOT, "docs", "examples", "pas-submit.json"), encoding="utf-8") as source:
        info = json.load(source)["entry"][0]["resource"]["supportingInfo"][0]
    claim.setdefault("supportingInfo", []).append(dict(copy.deepcopy(info), sequence=number, valueReference={"reference": url}))
    claim["item"][0].setdefault("informationSequence", []).append(number)


def changed(name, prior, items=None, questionnaire=URL, cancel=False):
    """`prior` anew, with these answers."""
    before = update(name, prior, cancel=cancel)
    bundle = request(name, items, questionnaire)
    for key in ("meta", "related"):
        claim_of(bundle)[key] = claim_of(before)[key]
    claim_of(bundle)["item"][0]["extension"] = claim_of(before)["item"][0]["extension"]
    if cancel:
        claim_of(bundle)["item"][0]["modifierExtension"] = claim_of(before)["item"][0]["modifierExtension"]
    bundle["entry"].append(before["entry"][-1])
    return bundle


def expect(answer, *wanted):
    check(answer[0] == 200 and actions(answer[1]) == list(wanted), f"{wanted}, not {answer[0]}: {json.dumps(answer[1])[:900]}")
    return answer[1]


def wants(bundle):
    """The LOINC codes of what is asked for."""
    return [payload["contentString"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "CommunicationRequest"
            for payload in entry["resource"]["payload"]]


def number_of(bundle):
    return next(e["valueString"] for e in claim_of(bundle)["item"][0]["extension"] if e["url"].endswith("administrationReferenceNumber"))


def deciding(port):
    """Asked, answered, decided; and at once when the answers are there."""
    first = request(fresh_id())
    asked = expect(submit(port, first), "A4")
    check(wants(asked) == ["102089-0"], f"the answers to a questionnaire are wanted: {wants(asked)}")
    check(expect(submit(port, first), "A4") == asked, "the same bundle gets the same answer")
    expect(submit(port, changed(fresh_id(), first, answers())), "A1")
    whole = request(fresh_id(), answers())
    approved = expect(submit(port, whole), "A1")
    check(not wants(approved), "nothing is asked twice")
    check(expect(submit(port, whole), "A1") == approved, "it is decided once")
    denied = expect(submit(port, request(fresh_id(), answers(weeks=2)[:2] + [
        {"linkId": "WHY-SHORT", "answer": [coding("EXAMPLUMAB-1", "NONE")]}, answers()[2]])), "A3")
    check("less than 12 weeks" in claim_of(denied)["processNote"][0]["text"], "a denial says why")


def main():
    program = os.path.abspath(sys.argv[1])
    try:
        with Gateway(program, OPEN) as gateway:
            deciding(gateway.port)
            check(gateway.stop() == 0, "it ends as it should")
    except Failed as fault:
        print(f"not ok {fault}")
        return 1
    print("ok PAS for the pharmacy benefit: asked in SCRIPT, answered, decided")
    return 0


if __name__ == "__main__":
    sys.exit(main())
