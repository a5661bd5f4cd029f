# SPDX-License-Identifier: Apache-2.0
"""PAS bundles for tests, all from docs/examples/pas-submit.json: a request, an update or a cancellation of it, an inquiry after it; and
what an answer says."""
import copy
import json
import os
import urllib.error
import urllib.request

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
X12 = "https://codesystem.x12.org/005010/"

with open(os.path.join(ROOT, "docs", "examples", "pas-submit.json"), encoding="utf-8") as source:
    EXAMPLE = json.load(source)


def claim_of(bundle):
    return bundle["entry"][0]["resource"]


def resource_of(bundle, kind):
    return next(entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind)


def request(name, site="OFFICE", infusions=6, documented="DIAGNOSIS"):
    """A request of its own. OFFICE is approved, HOSPITAL pended and then partly approved, NEITHER denied."""
    bundle = copy.deepcopy(EXAMPLE)
    bundle["identifier"]["value"] = name
    claim_of(bundle)["identifier"][0]["value"] = name + "-claim"
    for item in resource_of(bundle, "QuestionnaireResponse")["item"]:
        answer = item["answer"][0]
        if item["linkId"] == "SITE":
            answer["valueCoding"]["code"] = site
        elif item["linkId"] == "INFUSIONS":
            answer["valueDecimal"] = infusions
        else:
            answer["valueCoding"]["code"] = documented
    return bundle


def update(name, prior, cancel=False, **answers):
    """The same request anew, naming the one before; or cancelling it."""
    bundle = request(name, **answers)
    before = copy.deepcopy(prior["entry"][0])
    before["fullUrl"] = "urn:uuid:00000000-0000-8000-8000-%012x" % (hash(name) & 0xffffffffffff)
    before["resource"]["id"] = before["fullUrl"][9:]
    claim = claim_of(bundle)
    claim["meta"]["profile"] = [PAS + "profile-claim-update"]
    claim["related"] = [{"claim": {"reference": before["fullUrl"]}, "relationship": {"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship", "code": "prior"}]}}]
    item = claim["item"][0]
    changed = {"url": PAS + "extension-infoChanged", "valueCode": "changed"}
    item["extension"].append(changed)
    if cancel:
        item["modifierExtension"] = [{"url": PAS + "modifierextension-infoCancelled", "valueBoolean": True}]
        for extension in item["extension"]:
            if extension["url"].endswith("certificationType"):
                extension["valueCodeableConcept"]["coding"][0]["code"] = "3"
    before["resource"].pop("related", None)
    before["resource"]["meta"]["profile"] = [PAS + "profile-claim"]
    for old in before["resource"]["item"]:
        old.pop("modifierExtension", None)
        old["extension"] = [e for e in old["extension"] if not e["url"].endswith("infoChanged")]
    bundle["entry"].append(before)
    return bundle


def with_second_item(bundle, cancelled=False):
    """The same drug once more as item 2; or with that item cancelled."""
    first = claim_of(bundle)["item"][0]
    second = copy.deepcopy(first)
    second["sequence"] = 2
    for extension in second["extension"]:
        if extension["url"].endswith("itemTraceNumber"):
            extension["valueIdentifier"]["value"] += "-2"
        if cancelled and extension["url"].endswith("certificationType"):
            extension["valueCodeableConcept"]["coding"][0]["code"] = "3"
    if cancelled:
        second["modifierExtension"] = [{"url": PAS + "modifierextension-infoCancelled", "valueBoolean": True}]
    claim_of(bundle)["item"].append(second)
    return bundle


def inquiry(name, about=None):
    """By member and provider; with `about`, by the identifier of that request's Claim."""
    bundle = copy.deepcopy(EXAMPLE)
    bundle["identifier"]["value"] = name
    bundle["meta"]["profile"] = [PAS + "profile-pas-inquiry-request-bundle"]
    claim = claim_of(bundle)
    claim["meta"]["profile"] = [PAS + "profile-claim-inquiry"]
    claim["identifier"] = [claim_of(about)["identifier"][0]] if about else [{"system": "urn:example:inquiry", "value": name}]
    for key in ("supportingInfo", "diagnosis", "extension"):
        claim.pop(key, None)
    for item in claim["item"]:
        item["extension"] = [e for e in item["extension"] if not e["url"].endswith("requestedService")]
        for key in ("informationSequence", "diagnosisSequence"):
            item.pop(key, None)
    bundle["entry"] = [e for e in bundle["entry"] if e["resource"]["resourceType"] not in ("QuestionnaireResponse", "MedicationRequest")]
    return bundle


def subscription(endpoint, organization="1999999001"):
    backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    return {
        "resourceType": "Subscription", "meta": {"profile": [PAS + "profile-subscription"]}, "status": "requested",
        "reason": "Decisions about what was pended",
        "criteria": "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic",
        "_criteria": {"extension": [{"url": backport + "backport-filter-criteria", "valueString": "org-identifier=" + organization}]},
        "channel": {"type": "rest-hook", "endpoint": endpoint, "payload": "application/fhir+json", "header": ["Authorization: Bearer EXAMPLE"],
                    "_payload": {"extension": [{"url": backport + "backport-payload-content", "valueCode": "full-resource"}]}}}


def call(port, method, path, body=None, timeout=20, token=None):
    """(status, resource, headers); OSError when the connection breaks."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/fhir+json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=timeout) as answer:
            return answer.status, json.loads(answer.read() or b"null"), dict(answer.headers)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or b"null"), dict(refusal.headers)


def submit(port, bundle, **more):
    return call(port, "POST", "/fhir/Claim/$submit", bundle, **more)


def actions(bundle):
    """The review action of each item of a response bundle."""
    found = []
    for item in claim_of(bundle).get("item", []):
        review = next(e for e in item["adjudication"][0]["extension"] if e["url"].endswith("reviewAction"))
        code = next(e for e in review["extension"] if e["url"].endswith("reviewActionCode"))
        found.append(code["valueCodeableConcept"]["coding"][0]["code"])
    return found
