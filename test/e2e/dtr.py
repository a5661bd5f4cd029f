#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A provider's system that asks for the payer's questions (Da Vinci DTR), answers them, and sends the answers with a prior authorization.
usage: dtr.py DUALTRACK"""
import copy
import json
import os
import sys
import tempfile

from gateway import Failed, Gateway, check, fresh_id
from pas_bundle import ROOT, actions, call, request, resource_of, submit

DTR = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/"
with open(os.path.join(ROOT, "docs", "examples", "dtr-package.json"), encoding="utf-8") as source:
    EXAMPLE = json.load(source)


def operation(port, name, body, wanted=200):
    status, answer, _ = call(port, "POST", f"/fhir/Questionnaire/${name}", body)
    check(status == wanted, f"${name}: {wanted}, not {status}: {json.dumps(answer)[:500]}")
    if wanted != 200:
        check(answer["resourceType"] == "OperationOutcome", "a refusal is an OperationOutcome")
    return answer


def asked_with(*parameters):
    body = copy.deepcopy(EXAMPLE)
    body["parameter"] = body["parameter"][:1] + list(parameters)
    return body


def order(ndc):
    parameter = copy.deepcopy(EXAMPLE["parameter"][1])
    parameter["resource"]["medicationCodeableConcept"] = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": ndc}]} if ndc else {"text": "a drug"}
    return parameter


def package(answer):
    """The questions and the empty response of the first package."""
    bundle = answer["parameter"][0]["resource"]
    questionnaire, response = (entry["resource"] for entry in bundle["entry"])
    check(questionnaire["resourceType"] == "Questionnaire" and response["resourceType"] == "QuestionnaireResponse", "the Questionnaire comes first")
    check(response["questionnaire"] == f"{questionnaire['url']}|{questionnaire['version']}", "the response is to these questions")
    check({e["url"] for e in response["extension"]} >= {DTR + "qr-coverage", DTR + "qr-context", DTR + "intendedUse"}, "it says what it is about")
    return questionnaire, response


def said(answer):
    outcome = next((p["resource"] for p in answer["parameter"] if p["name"] == "outcome"), {"issue": []})
    return [(issue["severity"], issue["code"]) for issue in outcome["issue"]]


def answered(link, **value):
    author = {"url": "author", "extension": [{"url": "practitioner", "valueReference": {"reference": "Practitioner/d1"}}]}
    origin = {"url": DTR + "information-origin", "extension": [{"url": "source", "valueCode": "manual"}, author]}
    return {"linkId": link, "answer": [{"extension": [origin], **value}]}


def packages(port):
    by_order = operation(port, "questionnaire-package", EXAMPLE)
    questionnaire, response = package(by_order)
    check(said(by_order) == [], "nothing is to be said beside")
    by_name = operation(port, "questionnaire-package", asked_with({"name": "questionnaire", "valueCanonical": response["questionnaire"]}))
    check(by_name["parameter"][0]["resource"]["entry"][0]["resource"]["item"] == questionnaire["item"], "the same questions by their name")
    check(said(operation(port, "questionnaire-package", asked_with({"name": "questionnaire", "valueCanonical": questionnaire["url"] + "|0"}))) ==
          [("warning", "not-found")], "another version is not known, and that is said")
    check(said(operation(port, "questionnaire-package", asked_with(order("99999000000")))) == [("warning", "not-found")], "a drug that is not listed")
    check(said(operation(port, "questionnaire-package", asked_with(order(None)))) == [("warning", "not-supported")], "an order without an NDC")
    both = operation(port, "questionnaire-package", asked_with(order("99999020201"), order("99999020201"), order("99999010101")))
    check(len(both["parameter"]) == 2, "one package for each policy")
    return questionnaire, response


def refused(port):
    operation(port, "questionnaire-package", asked_with(), 422)
    operation(port, "questionnaire-package", {"resourceType": "Parameters", "parameter": EXAMPLE["parameter"][1:]}, 422)
    operation(port, "questionnaire-package", asked_with({"name": "context", "valueString": "nobody-knows"}), 404)
    stranger = copy.deepcopy(EXAMPLE)
    stranger["parameter"][0]["resource"]["class"][0]["value"] = "NO-SUCH-PLAN"
    operation(port, "questionnaire-package", stranger, 404)
    operation(port, "questionnaire-package", {"resourceType": "Patient"}, 400)
    operation(port, "next-question", EXAMPLE, 400)
    errors = {"resourceType": "Parameters", "parameter": [
        {"name": "questionnaire", "valueCanonical": "urn:example:q|1"},
        {"name": "operationOutcome", "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}}]}
    operation(port, "log-questionnaire-errors", errors)
    del errors["parameter"][1]
    operation(port, "log-questionnaire-errors", errors, 422)


def one_by_one(port, response):
    """The same questions asked one at a time, and their answers sent with a Claim."""
    answers = {
        "SITE": {"valueCoding": {"system": "urn:dualtrack:QuestionSet:INFUSAMAB-1", "code": "OFFICE"}},
        "INFUSIONS": {"valueDecimal": 6},
        "DOCUMENTED": {"valueCoding": {"system": "urn:dualtrack:QuestionSet:INFUSAMAB-1", "code": "DIAGNOSIS"}},
    }
    asked = []
    response = operation(port, "next-question", response)
    while response["status"] == "in-progress":
        question = response["contained"][0]["item"][-1]["linkId"]
        asked.append(question)
        check(len(asked) < 10, "the questions come to an end")
        bad = copy.deepcopy(response)
        bad.setdefault("item", []).append(answered(question, valueBoolean=True))
        operation(port, "next-question", bad, 400)
        response.setdefault("item", []).append(answered(question, **answers[question]))
        wrapped = {"resourceType": "Parameters", "parameter": [{"name": "questionnaire-response", "resource": response}]}
        response = operation(port, "next-question", wrapped)["parameter"][0]["resource"]
    check(asked == list(answers), f"each question once, in order, not {asked}")
    check(response["status"] == "completed" and len(response["item"]) == 3, "the last answer completes it")
    for grouped in (False, True):
        bundle = request(fresh_id())
        doctor = next(entry["fullUrl"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Practitioner")
        items = json.loads(json.dumps(response["item"]).replace("Practitioner/d1", doctor))
        resource_of(bundle, "QuestionnaireResponse")["item"] = [{"linkId": "SITE/when1", "item": items}] if grouped else items
        status, decided = submit(port, bundle)[:2]
        check(status == 200 and actions(decided) == ["A1"], f"the answers decide, {grouped=}: {json.dumps(decided)[:300]}")


def branching(folder):
    """A payer file with a question from which so many numbers lead elsewhere that a form which says so would be one that nobody checks."""
    with open(os.path.join(ROOT, "gateway", "sandbox", "payer.json"), encoding="utf-8") as source:
        payer = json.load(source)
    stage = next(policy for policy in payer["policies"] if policy["id"] == "INFUSAMAB-PA")["stages"][0]
    infusions = next(question for question in stage["questions"] if question["id"] == "INFUSIONS")
    infusions["branches"] = [{"is": "EQ", "number": str(number), "next": "END"} for number in range(1001, 1020)]
    with open(os.path.join(folder, "payer.json"), "w", encoding="utf-8") as out:
        json.dump(payer, out)
    return f"payer = {folder}/payer.json\n"


def adaptive(port):
    questionnaire, response = package(operation(port, "questionnaire-package", EXAMPLE))
    check("item" not in questionnaire and any("Adaptive" in e["url"] for e in questionnaire["extension"]), "it is asked one by one")
    one_by_one(port, response)


def main():
    try:
        with Gateway(os.path.abspath(sys.argv[1]), "open = true\n") as gateway:
            _, response = packages(gateway.port)
            refused(gateway.port)
            one_by_one(gateway.port, response)
            check(gateway.stop() == 0, "it ends as it should")
        with tempfile.TemporaryDirectory() as folder, Gateway(os.path.abspath(sys.argv[1]), "open = true\n" + branching(folder)) as gateway:
            adaptive(gateway.port)
    except Failed as fault:
        print(f"not ok {fault}")
        return 1
    print("ok DTR: packages by order and by name, questions one by one, answers that decide, refusals")
    return 0


if __name__ == "__main__":
    sys.exit(main())
