#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Patient data stays out of logs, metrics, faults and cores: a canary in every text of every message, good and bad, and none of them is
found afterwards. usage: canary.py DUALTRACK"""
import json
import os
import re
import sys

from gateway import Gateway, Journey, Message, check, example, fresh_id
from pas_bundle import actions, inquiry, request, submit

SENDER = "D:1999999001"
# What an answer has to repeat, or what decides where it goes, stays as it is.
KEPT = {"MessageID", "To", "From", "PAReferenceID", "PACaseID", "NDC", "Code", "Qualifier", "Identification", "CodeListQualifier",
        "CardholderID", "PersonCode", "GroupID", "IINNumber", "ProcessorIdentificationNumber", "Date", "DateTime", "SentTime", "NPI",
        "Gender", "AdministrativeGender", "DateOfBirth", "DaysSupply", "Value", "ClinicalInformationQualifier", "PayerType",
        "PAPriorityIndicator", "QuestionSetID", "QuestionID", "DefaultNextQuestionID", "NextQuestionID", "ChoiceID",
        "DispensedAsWrittenProductSelectionCode", "PrescriberPlaceOfService"}


def with_canaries(text, tag):
    """Puts a canary of its own into every text that may be anything; their list."""
    canaries = []

    def put(found):
        name, value = found.group(1), found.group(2)
        if name in KEPT or not value.strip() or not re.fullmatch(r"[A-Za-z ,.'-]{4,}", value):
            return found.group(0)
        canary = f"QZ{tag}{len(canaries):03d}QZ"
        canaries.append(canary)
        return f"<{name}>{canary}</{name}>"
    return re.sub(r"<(\w+)>([^<]*)</\1>", put, text), canaries


def pas_canaries(value, canaries):
    """The same for a FHIR bundle: every text that may be anything, and a patient's own numbers."""
    if isinstance(value, list):
        return [pas_canaries(item, canaries) for item in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, item in value.items():
        if name in ("family", "text", "display", "city", "name") and isinstance(item, str):
            canaries.append(f"QZP{len(canaries):03d}QZ")
            out[name] = canaries[-1]
        elif name in ("given", "line"):
            canaries.append(f"QZP{len(canaries):03d}QZ")
            out[name] = [canaries[-1]]
        else:
            out[name] = pas_canaries(item, canaries)
    return out


def pas(gateway):
    """A good bundle and broken ones; the canaries in them."""
    canaries = []
    bundle = pas_canaries(request(fresh_id()), canaries)
    check(len(canaries) >= 6, f"a bundle has texts to hide canaries in ({len(canaries)})")
    status, answer, _ = submit(gateway.port, bundle)
    check(status == 200 and actions(answer) == ["A1"], f"a bundle with canaries is still good: {status} {answer}")
    text = json.dumps(bundle)
    for broken in (text[:len(text) // 2], text.replace('"gender": "', '"gender": "QZPBADQZ', 1), text.replace('"birthDate": "', '"birthDate": "QZPBADQZ', 1),
                   text.replace('"gender"', '"QZPTAGQZ": 1, "gender"', 1).replace('"use": "preauth', '"use": "QZPBADQZ', 1),
                   text.replace('"1234567893"', '"QZPBADQZ"'), text.replace('"reference": "urn:uuid:', '"reference": "urn:QZPBADQZ:', 1)):
        status, answer, _ = submit(gateway.port, broken.encode())
        check(status in (400, 422) and answer["resourceType"] == "OperationOutcome", f"a broken bundle is refused: {status} {answer}")
        check("QZP" not in json.dumps(answer), f"a refusal quotes the bundle: {answer}")
    submit(gateway.port, json.dumps(pas_canaries(inquiry(fresh_id(), bundle), canaries)).encode())
    return canaries + ["QZPBADQZ", "QZPTAGQZ"]


def main():
    canaries = []
    with Gateway(sys.argv[1], "open = true") as gateway:
        canaries += pas(gateway)
        for number, (path, name) in enumerate((("/ncpdp/rtpb", "rtpb-request"), ("/ncpdp/script", "pa-initiation-request"),
                                               ("/ncpdp/script", "pa-request-medical"))):
            reference = None if path.endswith("rtpb") else "REF-" + fresh_id()
            text, put = with_canaries(example(name, reference=reference, **({} if path.endswith("rtpb") else {"sender": SENDER})), f"{number}G")
            check(len(put) >= 3, f"{name} has texts to hide canaries in ({len(put)})")
            canaries += put
            answer = Message(gateway.post(path, text)[1])
            check(answer.kind in ("Status", "RTPBResponse"), f"{name} with canaries is still good: {answer.body[-400:]!r}")
            # the same with faults of several kinds near the canaries: whatever the fault says, it must not quote them
            for fault, broken in enumerate((text[:len(text) // 2], text.replace("</Patient>", "", 1),
                                            text.replace("<LastName>", "<LastName>" + "Y" * 60, 1),
                                            re.sub("<(Gender|AdministrativeGender)>.", f"<\\1>QZ{number}BADQZ", text),
                                            text.replace("<Patient>", f"<QZ{number}TAGQZ/><Patient>", 1),
                                            text.replace("<Patient>", "<Patient>&QZentityQZ;", 1))):
                _, body = gateway.post(path, broken.replace("<MessageID>", f"<MessageID>{fault}", 1))
                refused = body.decode()
                if b"<Error>" in body or b"<NotProcessed>" in body:
                    description = "".join(re.findall(r"<(?:Description|Note)>[^<]*", refused))
                    check("QZ" not in description, f"a refusal quotes the message: {description}")
            canaries += [f"QZ{number}BADQZ", f"QZ{number}TAGQZ"]
        Journey(gateway, "canary", SENDER).run()
        places = {"log": gateway.read_log(), "metrics": gateway.get("/metrics")[1].decode(),
                  "ready": gateway.get("/readyz")[1].decode()}
        for role, pid in gateway.roles().items():
            with open(f"/proc/{pid}/environ", "rb") as environ:
                places[f"environment of {role}"] = environ.read().decode(errors="replace")
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                places[f"command line of {role}"] = line.read().decode(errors="replace")
            with open(f"/proc/{pid}/limits", encoding="utf-8") as limits:
                core = next(line for line in limits if line.startswith("Max core file size"))
                check(core.split()[4] == "0", f"{role} leaves no core file")
    for place, text in places.items():
        found = [canary for canary in canaries if canary in text]
        check(not found, f"{place} holds {found}")
        check("TESTPATIENT" not in text, f"{place} holds a patient's name")
    print(f"ok {len(canaries)} canaries, none in {', '.join(sorted(set(name.split(' of ')[0] for name in places)))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
