#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same order by SCRIPT, by RTPB, as order-sign, by PAS and at /route: the same track, by the same rule, for the same reason, for each programme.
usage: same_track.py DUALTRACK"""
import copy
import json
import os
import re
import sys
import urllib.error
import urllib.request
import uuid

from gateway import EXAMPLES, Failed, Gateway, Message, check, example, fresh_id, wait_for
from pas_bundle import EXAMPLE as PAS, call, claim_of, resource_of, submit

PEN, INFUSION, EITHER, PLAIN = "99999010101", "99999020201", "99999070701", "99999090901"
EXCLUDED, UNLISTED = "99999030301", "99999999999"
PLANS = {"commercial": ("EXPCN", "EXGRP"), "medicaid": ("EXMCD", None), "part D": ("EXPTD", None)}
# plan, NDC, place of service, expected track
ORDERS = [(plan, ndc, place, track) for plan in PLANS for ndc, place, track in (
    (PEN, "11", "PHARMACY"), (INFUSION, "11", "MEDICAL"), (EITHER, "11", "MEDICAL"), (EITHER, "12", None), (EITHER, None, None),
    (PLAIN, "11", "PHARMACY"), (EXCLUDED, "11", "NOT_COVERED"), (UNLISTED, "11", None))]
with open(os.path.join(EXAMPLES, "crd-order-sign.json"), encoding="utf-8") as source:
    CRD = json.load(source)
with open(os.path.join(EXAMPLES, "rtpb-request.xml"), encoding="utf-8") as source:
    RTPB = source.read()


def put(text, pattern, value, what):
    text, count = re.subn(pattern, value, text, count=1)
    check(count == 1, f"the example has {what}")
    return text


def by_script(gateway, plan, ndc, place):
    pcn, group = PLANS[plan]
    text = example("pa-initiation-request", reference=fresh_id("R"))
    text = put(text, r"<Code>\d{11}</Code>", f"<Code>{ndc}</Code>", "an NDC")
    text = put(text, "<ProcessorIdentificationNumber>[^<]*<", f"<ProcessorIdentificationNumber>{pcn}<", "a PCN")
    text = put(text, "<GroupID>[^<]*</GroupID>", f"<GroupID>{group}</GroupID>" if group else "", "a group")
    text = put(text, "<PrescriberPlaceOfService>[^<]*</PrescriberPlaceOfService>",
               f"<PrescriberPlaceOfService>{place}</PrescriberPlaceOfService>" if place else "", "a place")
    text = put(text, "<PayerType>[^<]*</PayerType>", "", "a payer type")
    return posted(gateway, "/ncpdp/script", text, "application/xml")


def by_rtpb(gateway, plan, ndc, place):
    pcn, group = PLANS[plan]
    text = put(RTPB, "<MessageID>[^<]*<", f"<MessageID>{fresh_id('T')}<", "a MessageID")
    text = put(text, r"<NDC>\d{11}</NDC>", f"<NDC>{ndc}</NDC>", "an NDC")
    text = put(text, "EXPCN", pcn, "a PCN")
    text = put(text, "<GroupID>[^<]*</GroupID>", f"<GroupID>{group}</GroupID>" if group else "", "a group")
    if place:
        text = put(text, "</DateOfBirth>", f"</DateOfBirth><PlaceOfService>{place}</PlaceOfService>", "a birth date")
    return posted(gateway, "/ncpdp/rtpb", text, "application/xml")


def put_coverage(coverage, plan):
    pcn, group = PLANS[plan]
    coverage["class"] = [c for c in coverage["class"] if group or c["type"]["coding"][0]["code"] not in ("group", "rxgroup")]
    for part in coverage["class"]:
        if part["type"]["coding"][0]["code"] == "rxpcn":
            part["value"] = pcn


def by_pas(gateway, plan, ndc, place):
    bundle = copy.deepcopy(PAS)
    bundle["identifier"]["value"] = claim_of(bundle)["identifier"][0]["value"] = fresh_id("P")
    resource_of(bundle, "MedicationRequest")["medicationCodeableConcept"]["coding"][0]["code"] = ndc
    put_coverage(resource_of(bundle, "Coverage"), plan)
    item = claim_of(bundle)["item"][0]
    item["locationCodeableConcept"]["coding"][0]["code"] = place
    return posted(gateway, "/fhir/Claim/$submit", json.dumps(bundle), "application/fhir+json")


def by_cds(gateway, plan, ndc, place):
    hook = copy.deepcopy(CRD)
    hook["hookInstance"] = str(uuid.uuid4())
    entries = hook["context"]["draftOrders"]["entry"]
    del entries[1:]
    order = entries[0]["resource"]
    order["medicationCodeableConcept"] = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": ndc}]}
    put_coverage(hook["prefetch"]["coverage"]["entry"][0]["resource"], plan)
    hook["prefetch"]["patient"]["gender"] = "female"
    if place:
        where = {"resourceType": "Location", "id": "where", "status": "active", "type": [{"coding": [
            {"system": "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set", "code": place}]}]}
        visit = {"resourceType": "Encounter", "id": "visit", "status": "in-progress", "location": [{"location": {"reference": "Location/where"}}]}
        order["encounter"] = {"reference": "Encounter/visit"}
        hook["prefetch"]["organizations"] = {"resourceType": "Bundle", "type": "searchset", "entry": [
            {"fullUrl": f"https://ehr.example/fhir/{one['resourceType']}/{one['id']}", "resource": one} for one in (visit, where)]}
    return posted(gateway, "/cds-services/order-sign", json.dumps(hook), "application/json")


def posted(gateway, path, body, media):
    """The answer, and the trace under which the log has it."""
    request = urllib.request.Request(f"http://127.0.0.1:{gateway.port}{path}", body.encode(), {"Content-Type": media})
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.headers["X-Trace-ID"], answer.read().decode()
    except urllib.error.HTTPError as refused:
        raise Failed(f"{path} takes the order: {refused.code} {refused.read().decode()[:500]}") from None


def logged(gateway, trace):
    """(track, rule) that the worker logged of the request."""
    def found():
        """a line that says which track a request took"""
        return re.search(rf"event=(?:order\.routed|request\.done) trace={trace} (?:kind=\S+ )?track=(\S+) rule=(\S+)", gateway.read_log())
    return wait_for(found).groups()


def by_route(gateway, plan, ndc, place):
    pcn, group = PLANS[plan]
    card = {"bin": "999999", "pcn": pcn, **({"group": group} if group else {})}
    order = {"ndc": ndc, **({"place_of_service": place} if place else {})}
    trace, answer = posted(gateway, "/route", json.dumps({"coverage": {"pharmacy": card}, "order": order}), "application/json")
    return json.loads(answer)


def main():
    program = os.path.abspath(sys.argv[1])
    doors = {"SCRIPT": by_script, "RTPB": by_rtpb, "order-sign": by_cds, "PAS": by_pas}
    told = 0
    try:
        with Gateway(program, "open = true\n") as gateway:
            for plan, ndc, place, track in ORDERS:
                plain = by_route(gateway, plan, ndc, place)
                what = f"{plan} {ndc} at {place}"
                check(track in (None, plain["track"]), f"{what}: {plain['track']}, not {track}")
                for door, send in doors.items():
                    if door == "PAS" and (not place or ndc == UNLISTED):
                        continue  # PAS 2.2.1 wants a place of every item, and its HCPCS code says more of a drug that no list has
                    trace, answer = send(gateway, plan, ndc, place)
                    got = logged(gateway, trace)
                    check(got == (plain["track"], plain["rule"]), f"{what} by {door}: {got}, and {plain['track']}, {plain['rule']} at /route")
                    if door == "RTPB" and "<NotProcessed>" not in answer:
                        check(plain["sentence"] in Message(answer.encode()).body.decode().replace("&apos;", "'"), f"{what}: {door} gives the reason: {answer}")
                        told += 1
                    if door == "PAS" and "processNote" in answer and plain["track"] != "PHARMACY":
                        told += plain["sentence"] in answer
            check(told >= 6, f"answers give the reason: {told} do")
    except Failed as fault:
        print(f"not ok {fault}")
        return 1
    print(f"ok {len(ORDERS)} orders take the same track for the same reason at every door; {told} answers were looked into for the reason")
    return 0


if __name__ == "__main__":
    sys.exit(main())
