#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a vendor and a prescriber do, over real sockets with real processes. usage: journeys.py DUALTRACK"""
import os
import re
import subprocess
import sys
import tempfile
import time

from gateway import Failed, Gateway, Journey, Message, Partner, check, example, fresh_id, script, wait_for

MAILBOX, CALLBACK = "D:1999999001", "D:1999999002"


def price(gateway, _):
    """an RTPB request is answered with a price and priced alternatives"""
    status, body = gateway.post("/ncpdp/rtpb", example("rtpb-request"))
    message = Message(body)
    check(status == 200 and message.kind == "RTPBResponse", "RTPB is answered in RTPB")
    check(float(message.text("EstimatedPatientFinancialResponsibility")) > 0, "with a price")
    alternatives = message.all("ResponseAlternativeProduct")
    check(1 <= len(alternatives) <= 5, "and one to five alternatives")
    for alternative in alternatives:
        check(alternative.find(".//EstimatedPatientFinancialResponsibility") is not None, "each of them priced")


def mailbox(gateway, _):
    """a prior authorization is opened, answered and approved through the mailbox"""
    Journey(gateway, "mail", MAILBOX).run()


def callback(gateway, partner):
    """and through the partner's callback"""
    journey = Journey(gateway, "call", CALLBACK, partner).run()
    time.sleep(1)
    decisions = {message.text("MessageID") for message in partner.taken
                 if message.kind == "PAResponse" and message.text("PACaseID") == journey.case_id}
    check(decisions == {journey.decision_id}, "there is exactly one decision")


def medical(gateway, _):
    """a drug of the medical benefit goes down the FHIR track, says so, and comes back as a PAResponse"""
    Journey(gateway, "med", MAILBOX, medical=True).run()
    check(re.search(r"event=request.done .*track=MEDICAL rule=[a-z-]+ ", gateway.read_log()), "the log says which track, and which rule")


def appeal(gateway, _):
    """a denial is appealed, and approved; the same appeal cannot be made twice"""
    journey = Journey(gateway, "appeal", MAILBOX)
    asked = journey.send(example("pa-request-denied", reference=journey.reference, sender=MAILBOX))
    denial = journey.answer_to(asked)
    check(denial.kind == "PAResponse" and denial.outcome == "Denied", f"the request is denied, not {denial.outcome}")
    check(denial.text("IsEAppealSupported") == "Y" and denial.text("PANote"), "the denial says why, and that it can be appealed")
    case_id = denial.text("PACaseID")
    appealed = journey.send(example("pa-appeal-request", reference=journey.reference, case_id=case_id, sender=MAILBOX))
    answer = journey.answer_to(appealed)
    check(answer.kind == "PAAppealResponse" and answer.outcome == "Approved", f"the appeal is approved, not {answer.outcome}")
    check(answer.text("PACaseID") == case_id and answer.text("AppealCaseID"), "it names the case and the appeal")
    check(answer.text("AuthorizationNumber") and answer.text("IsEAppealSupported") == "N", "with a number, and nothing more to appeal")
    again = example("pa-appeal-request", reference=journey.reference, case_id=case_id, sender=MAILBOX)
    check(Message(gateway.post("/ncpdp/script", again)[1]).kind == "Error", "an approval is not appealed")


def cancel(gateway, _):
    """a request is taken back before it is decided, and not afterwards"""
    journey = Journey(gateway, "cancel", MAILBOX)
    opened = journey.send(example("pa-initiation-request", reference=journey.reference, sender=MAILBOX))
    case_id = journey.answer_to(opened).text("PACaseID")
    cancelled = journey.send(example("pa-cancel-request", reference=journey.reference, case_id=case_id, sender=MAILBOX))
    answer = journey.answer_to(cancelled)
    check(answer.kind == "PACancelResponse" and answer.outcome == "Approved", f"it is cancelled, not {answer.outcome}")
    late = Journey(gateway, "late", MAILBOX).run()
    refused = late.send(example("pa-cancel-request", reference=late.reference, case_id=late.case_id, sender=MAILBOX))
    answer = late.answer_to(refused)
    check(answer.kind == "PACancelResponse" and answer.outcome == "Denied", f"what is approved is not cancelled: {answer.outcome}")
    check(answer.text("ReasonCode") == "CB", "because it was decided")


def reused_id(gateway, _):
    """a MessageID used again with another body is refused"""
    used = fresh_id()
    first = example("pa-initiation-request", message_id=used, reference="REF-" + used, sender=MAILBOX)
    check(Message(gateway.post("/ncpdp/script", first)[1]).kind == "Status", "the first one is taken")
    second = first.replace("<PAPriorityIndicator>S<", "<PAPriorityIndicator>X<")
    check(second != first, "the example has a priority")
    answer = Message(gateway.post("/ncpdp/script", second)[1])
    check(answer.kind == "Error" and answer.text("Code") == "900", "the other body is refused")


def others_case(gateway, _):
    """a case answers only to the partner that opened it"""
    journey = Journey(gateway, "own", MAILBOX)
    opened = journey.send(example("pa-initiation-request", reference=journey.reference, sender=MAILBOX))
    case_id = journey.answer_to(opened).text("PACaseID")
    stolen = example("pa-request", reference="REF-" + fresh_id(), case_id=case_id, sender="D:1999999009")
    answer = Message(gateway.post("/ncpdp/script", stolen)[1])
    check(answer.kind == "Error", "somebody else's case cannot be answered")


def plain_endpoints(gateway, _):
    """health, readiness and metrics answer, and unknown addresses are refused"""
    check(gateway.get("/healthz")[0] == 200, "/healthz")
    check(gateway.get("/readyz")[0] == 200, "/readyz")
    status, body = gateway.get("/metrics")
    check(status == 200 and b"dualtrack_requests_total" in body, "/metrics")
    for line in body.decode().splitlines():
        check(re.fullmatch(r'#.*|[a-z_]+(\{([a-z_]+="[^"\\]*",?)*\})? -?[0-9.e+]+|[a-z_]+(\{.*\})? \+Inf', line),
              f"/metrics is Prometheus text: {line!r}")
    check(gateway.get("/nothing")[0] == 404, "an unknown address is 404")
    check(gateway.get("/ncpdp/script")[0] in (400, 405), "GET where POST belongs is refused")


def token(gateway, _):
    """a registered program exchanges a signed assertion for a token, and gets in with it and not without"""
    url = f"http://127.0.0.1:{gateway.port}"
    done = subprocess.run([gateway.program, "token", "--key", gateway.client + ".pem", "--client", "journey", "--to", url], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"the assertion gives a token: {done.stderr}")
    for shown, status in ((done.stdout.strip(), "404"), ("x" + done.stdout.strip(), "401")):
        said = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Authorization: Bearer {shown}", url + "/fhir/Nothing"],
                              capture_output=True, text=True, check=False).stdout
        check(said == status, f"it opens the door, and no other does: {said} instead of {status}")


def restart(program, partner):
    """what was accepted before a power cut is delivered after it, once the partner is back"""
    folder = None
    gateway = Gateway(program, partner_config(partner))
    try:
        gateway.start()
        partner.fail_with = 503
        journey = Journey(gateway, "cut", CALLBACK, partner)
        opened = journey.send(example("pa-initiation-request", reference=journey.reference, sender=CALLBACK))
        time.sleep(0.5)
        gateway.kill_all()
        partner.fail_with = None
        gateway.start()
        questions = journey.answer_to(opened)
        check(questions.outcome == "Open", "the question set arrives after the restart")
        gateway.stop()
        done = subprocess.run([program, "store", "check", os.path.join(gateway.folder, "store")], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"the store keeps its invariants: {done.stdout}{done.stderr}")
    finally:
        gateway.close()


def partner_config(partner):
    return f"[partner]\nname = callback\nid = {CALLBACK}\ncallback = {partner.url}\n"


def main():
    program = sys.argv[1]
    partner = Partner()
    failed = 0
    keys = tempfile.TemporaryDirectory(prefix="dualtrack-e2e-")
    client = os.path.join(keys.name, "journey")
    registered = subprocess.run([program, "key", "client", client], capture_output=True, text=True, check=True).stdout
    with Gateway(program, partner_config(partner) + registered) as gateway:
        gateway.client = client
        for journey in (price, mailbox, callback, medical, appeal, cancel, reused_id, others_case, token, plain_endpoints):
            try:
                journey(gateway, partner)
                print(f"ok {journey.__doc__}", flush=True)
            except Exception as fault:  # a broken connection is a failure like any other
                failed += 1
                print(f"not ok {journey.__doc__}: {type(fault).__name__}: {fault}", flush=True)
        try:
            done = gateway.stop()
            check(done == 0, f"SIGTERM ends with exit status 0, not {done}")
            print("ok it stops cleanly")
        except Failed as fault:
            failed += 1
            print(f"not ok it stops cleanly: {fault}")
        if failed:
            print(gateway.read_log()[-4000:])
    try:
        restart(program, partner)
        print(f"ok {restart.__doc__}")
    except Exception as fault:
        failed += 1
        print(f"not ok {restart.__doc__}: {type(fault).__name__}: {fault}")
    partner.close()
    keys.cleanup()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
