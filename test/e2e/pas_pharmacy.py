#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A provider's system that asks in Da Vinci PAS for a drug of the pharmacy benefit: its payer is asked in SCRIPT, what that wants to know comes as a
Questionnaire, and its decision as a ClaimResponse.
usage: pas_pharmacy.py DUALTRACK"""
import contextlib
import copy
import datetime
import json
import os
import subprocess
import sys
import threading
import time

from gateway import Failed, Gateway, Partner, check, fresh_id, wait_for
from pas import Subscriber
from pbm import Two
from pas_bundle import ROOT, actions, call, claim_of, resource_of, submit, subscription, update

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


def until(port, bundle, action, seconds=60):
    """The same bundle again and again, as a client does that gets no answer."""
    def asked():
        try:
            status, answer, _ = submit(port, bundle)
        except OSError:
            return None
        check(status in (200, 502, 503, 504), f"no other answer: {status} {answer}")
        return answer if status == 200 and actions(answer) == [action] else None
    return wait_for(asked, seconds)


def ask_once(port, bundle):
    with contextlib.suppress(OSError):
        submit(port, bundle, timeout=2)


def sound(program, gateway):
    done = subprocess.run([program, "store", "check", gateway.folder + "/store"], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"the store is sound: {done.stdout}{done.stderr}")


def killed(gateway):
    """Whatever is killed on the way from the questions to the decision, each request is decided, and once."""
    port = gateway.port
    for role in ("ledger.0", "payer.0", "worker.0", "worker.1", "edge.0"):
        whole, first = request(fresh_id(), answers()), request(fresh_id())
        started = [threading.Thread(target=until, args=(port, whole, "A1")), threading.Thread(target=until, args=(port, first, "A4"))]
        for thread in started:
            thread.start()
        gateway.kill(role)
        for thread in started:
            thread.join()
        decided = until(port, whole, "A1")
        check(until(port, whole, "A1") == decided, f"{role}: what was decided stays as it is")
        wait_for(lambda: wants(submit(port, first)[1]) == ["102089-0"], 60)
        answered = changed(fresh_id(), first, answers())
        gateway.kill(role)
        until(port, answered, "A1")
    cut = [request(fresh_id(), answers()) for _ in range(5)]
    started = [threading.Thread(target=ask_once, args=(port, bundle), daemon=True) for bundle in cut]
    for thread in started:
        thread.start()
    time.sleep(0.02)
    gateway.kill_all()
    gateway.start()
    for bundle in cut:
        until(port, bundle, "A1")


def coverage_of(bundle):
    return {"name": "coverage", "resource": resource_of(bundle, "Coverage")}


def package(port, bundle, **named):
    """The Questionnaire and the response to begin with, by our number of the case or by what it is called."""
    body = {"resourceType": "Parameters", "parameter": [coverage_of(bundle)] + [
        {"name": "context", "valueString": value} if name == "context" else {"name": "questionnaire", "valueCanonical": value}
        for name, value in named.items()]}
    status, answer, _ = call(port, "POST", "/fhir/Questionnaire/$questionnaire-package", body)
    check(status == 200, f"the questions are given: {status} {json.dumps(answer)[:600]}")
    entries = answer["parameter"][0]["resource"]["entry"]
    return entries[0]["resource"], entries[1]["resource"]


def by_questionnaire(port):
    """The whole way of a client that knows nothing before: asked, the Questionnaire by our number, answered, decided."""
    first = request(fresh_id())
    number = number_of(expect(submit(port, first), "A4"))
    questionnaire, response = package(port, first, context=number)
    check(questionnaire["url"] == URL and response["status"] == "in-progress", f"the payer's questions: {questionnaire['url']}")
    canonical = f"{questionnaire['url']}|{questionnaire['version']}"
    check(response["questionnaire"] == canonical, "the response names them in their version")
    stranger = copy.deepcopy(first)
    resource_of(stranger, "Coverage")["subscriberId"] = "EX9999"
    resource_of(stranger, "Coverage")["identifier"][0]["value"] = "EX9999"
    body = {"resourceType": "Parameters", "parameter": [coverage_of(stranger), {"name": "context", "valueString": number}]}
    check(call(port, "POST", "/fhir/Questionnaire/$questionnaire-package", body)[0] == 404, "not for another patient")
    half = changed(fresh_id(), first, answers()[:1], canonical)
    status, refusal, _ = submit(port, half)
    check(status == 422 and refusal["issue"][0]["expression"] == ["QuestionnaireResponse.item"], f"half of the answers are not sent on: {refusal}")
    later = changed(fresh_id(), first, answers(tested=500), canonical)
    asked = expect(submit(port, later), "A4")
    check(wants(asked) == ["102089-0"], "a second set is asked for")
    second, _ = package(port, first, context=number)
    check(second["url"].endswith(":EXAMPLUMAB-2"), f"the second set: {second['url']}")
    retest = [{"linkId": "TB-RESULT", "answer": [coding("EXAMPLUMAB-2", "NEGATIVE")]}, {"linkId": "TB-DATE", "answer": [{"valueDate": days_ago(3)}]}]
    expect(submit(port, changed(fresh_id(), later, retest, second["url"])), "A1")
    # with both there from the start nobody is asked at all
    both = request(fresh_id(), answers(tested=500))
    add_answers(both, retest, second["url"], 2)
    check(not wants(expect(submit(port, both), "A1")), "two sets are answered at once")


def examples(program, gateway):
    """What docs/medical-fhir.md has somebody try."""
    with open(os.path.join(ROOT, "docs", "examples", "pas-answer-pharmacy.json"), encoding="utf-8") as source:
        answering = json.load(source)
    number = number_of(expect(submit(gateway.port, EXAMPLE), "A4"))
    expect(submit(gateway.port, answering), "A1")
    shown = subprocess.run([program, "case", "show", number, "--store", gateway.folder + "/store"], capture_output=True, text=True, check=False)
    check("asked as" in shown.stdout and URL in shown.stdout and " APPROVED" in shown.stdout, f"the case says how it was asked: {shown.stdout}{shown.stderr}")


def by_site(port):
    """A drug that either benefit pays, by where it is given: the place decides, and without it nobody is asked."""
    def at(place):
        bundle = request(fresh_id())
        for code in (resource_of(bundle, "MedicationRequest")["medicationCodeableConcept"], claim_of(bundle)["item"][0]["productOrService"]):
            code["coding"][0]["code"], code["text"] = "99999070701", "DUOSTIM 300 MCG SYRINGE"
        claim_of(bundle)["item"][0]["locationCodeableConcept"]["coding"][0]["code"] = place
        return submit(port, bundle)
    check("pharmacy benefit" in json.dumps(expect(at("12"), "A4")), "at home the pharmacy benefit pays")
    check("medical benefit" in json.dumps(expect(at("11"), "A4")), "in an office the medical one")
    status, answer, _ = at("99")
    error = claim_of(answer)["error"][0]
    check(status == 200 and claim_of(answer)["outcome"] == "error" and "place" in error["code"]["text"], f"what would settle it is said: {error}")
    check("item.location" in json.dumps(error), f"and where it is to stand: {error}")


def taken_back(port):
    first = request(fresh_id())
    expect(submit(port, first), "A4")
    expect(submit(port, changed(fresh_id(), first, cancel=True)), "C")
    check(submit(port, changed(fresh_id(), first, answers()))[0] == 409, "what was cancelled is not updated")
    slow = request(fresh_id(), [{"linkId": "DIAGNOSIS", "answer": [dict(coding("EXAMPLUMAB-1", "OTHER"), item=[
        {"linkId": "DIAGNOSIS/OTHER/text", "answer": [{"valueString": "something else"}]}])]}])
    subscriber = Subscriber()
    place = call(port, "POST", "/fhir/Subscription", subscription(subscriber.url))[2]["Location"]
    wait_for(lambda: call(port, "GET", place)[1]["status"] == "active", 10)
    expect(submit(port, slow), "A4")
    events = wait_for(subscriber.events, 20)
    check(len(events) == 1 and actions(events[0][1]) == ["A3"], f"who subscribed is told the later decision: {events}")
    check(expect(submit(port, slow), "A3") == events[0][1], "which is the present answer")
    call(port, "DELETE", place)


def at_pbm(bundle):
    for each in resource_of(bundle, "Coverage")["class"]:
        if each["value"] == "999999":
            each["value"] = "999998"
    return bundle


def one_by_one(port, canonical):
    """A PBM's questions can be asked one after the other, too."""
    with open(os.path.join(ROOT, "docs", "examples", "dtr-next.json"), encoding="utf-8") as source:
        response = json.load(source)
    response["questionnaire"] = canonical
    response["item"][0].update(answers()[0])
    status, asked, _ = call(port, "POST", "/fhir/Questionnaire/$next-question", response)
    check(status == 200 and asked["contained"][0]["item"][-1]["linkId"] == "WEEKS", f"the next question: {status} {json.dumps(asked)[:600]}")
    response["item"][0]["answer"] = [{"valueString": "what"}]
    check(call(port, "POST", "/fhir/Questionnaire/$next-question", response)[0] == 400, "an answer that does not fit")
    response["questionnaire"] = "urn:dualtrack:Questionnaire:case:PA-nobody:EXAMPLUMAB-1"
    check(call(port, "POST", "/fhir/Questionnaire/$next-question", response)[0] == 404, "questions of no case")


def remote(program, mailbox):
    """The same with a PBM behind the gateway, which answers each message later."""
    partner = Partner()
    with Two(program, partner, mailbox, OPEN) as two:
        port = two.front.port
        first = at_pbm(request(fresh_id()))
        order = {"name": "order", "resource": copy.deepcopy(resource_of(first, "MedicationRequest"))}
        by_order = {"resourceType": "Parameters", "parameter": [coverage_of(first), order]}
        nothing = call(port, "POST", "/fhir/Questionnaire/$questionnaire-package", by_order)[1]["parameter"]
        check([p["name"] for p in nothing] == ["outcome"] and "submit" in nothing[0]["resource"]["issue"][0]["details"]["text"], f"nothing is asked yet: {nothing}")
        check(submit(port, first)[0] == 200, "it is taken")
        asked = wait_for(lambda: (lambda answer: answer if wants(answer) else None)(submit(port, first)[1]), 30)
        questionnaire, _ = package(port, first, context=number_of(asked))
        check(questionnaire["url"] == f"urn:dualtrack:Questionnaire:case:{number_of(asked)}:EXAMPLUMAB-1", f"called by the case: {questionnaire['url']}")
        status, found, _ = call(port, "POST", "/fhir/Questionnaire/$questionnaire-package", by_order)
        check(status == 200 and found["parameter"][0]["resource"]["entry"][0]["resource"]["item"] == questionnaire["item"],
              f"the same by the order: {status} {json.dumps(found)[:500]}")
        again, _ = package(port, first, questionnaire=questionnaire["url"])
        check(again["item"] == questionnaire["item"], "the same by its name")
        canonical = f"{questionnaire['url']}|{questionnaire['version']}"
        one_by_one(port, canonical)
        full = answers() + [{"linkId": "REMARK", "answer": [{"valueString": "none"}]}]
        answered = at_pbm(changed(fresh_id(), first, full, canonical))
        check(submit(port, answered)[0] == 200, "the answers are taken")
        wait_for(lambda: actions(submit(port, answered)[1]) == ["A1"], 30)
        # another case whose answers are to the same questions: nobody is asked
        whole = at_pbm(request(fresh_id(), full, canonical))
        wait_for(lambda: actions(submit(port, whole)[1]) == ["A1"], 30)
        gone = at_pbm(request(fresh_id()))
        wait_for(lambda: wants(submit(port, gone)[1]), 30)
        taken = at_pbm(changed(fresh_id(), gone, cancel=True))
        wait_for(lambda: actions(submit(port, taken)[1]) == ["C"], 30)
        front, back = two.cases(two.front), two.cases(two.back)
        check(sorted(state for state, _ in front.values()) == ["APPROVED", "APPROVED", "CANCELLED"], f"three cases: {front}")
        for gateway in (two.front, two.back):
            gateway.stop()
            sound(program, gateway)
        check(sorted(state for state, _ in back.values()) == ["APPROVED", "APPROVED", "CANCELLED"], f"the same three at the PBM: {back}")
    partner.close()


def remote_killed(program):
    """Roles of both die on the way from the questions to the decision: each request is decided once, and both stores agree."""
    partner = Partner()
    with Two(program, partner, False, OPEN) as two:
        port, decided = two.front.port, []
        for gateway, role in ((two.front, "courier.0"), (two.back, "worker.0"), (two.front, "ledger.0"), (two.back, "ledger.0"), (two.front, "worker.0")):
            first = at_pbm(request(fresh_id()))
            with contextlib.suppress(OSError):
                submit(port, first)
            gateway.kill(role)
            asked = until(port, first, "A4", 150)
            wait_for(lambda: wants(until(port, first, "A4", 150)) == ["102089-0"], 150)
            questionnaire, _ = package(port, first, context=number_of(asked))
            answered = at_pbm(changed(fresh_id(), first, answers() + [{"linkId": "REMARK", "answer": [{"valueString": "none"}]}],
                                      f"{questionnaire['url']}|{questionnaire['version']}"))
            with contextlib.suppress(OSError):
                submit(port, answered)
            gateway.kill(role)
            decided.append((answered, until(port, answered, "A1", 150)))
        for bundle, answer in decided:
            check(until(port, bundle, "A1") == answer, "what was decided stays as it is")
        for gateway in (two.front, two.back):
            gateway.stop()
            sound(program, gateway)
            states = sorted(state for state, _ in two.cases(gateway).values())
            check(states == ["APPROVED"] * 5, f"five cases on each side: {states}")
    partner.close()


def main():
    program = os.path.abspath(sys.argv[1])
    try:
        with Gateway(program, OPEN) as gateway:
            deciding(gateway.port)
            by_questionnaire(gateway.port)
            examples(program, gateway)
            by_site(gateway.port)
            taken_back(gateway.port)
            killed(gateway)
            check(gateway.stop() == 0, "it ends as it should")
            sound(program, gateway)
        for mailbox in (False, True):
            remote(program, mailbox)
        remote_killed(program)
    except Failed as fault:
        print(f"not ok {fault}")
        return 1
    print("ok PAS for the pharmacy benefit: asked in SCRIPT, answered, decided")
    return 0


if __name__ == "__main__":
    sys.exit(main())
