#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A body that kills two workers is quarantined, answered for good, and shown to the operator; others go on. A worker is stopped (SIGSTOP),
given the body, and killed: to the edge that is a body that kills. usage: poison.py DUALTRACK"""
import os
import re
import signal
import sys
import threading
import time

from gateway import Gateway, Message, check, example, wait_for


def deadly(gateway, body):
    """Posts the body and kills the workers that get it; the answer. A fresh worker may be done with it before it can be stopped: then the
    answer is a good one, and the caller tries another body."""
    def workers():
        return {name: pid for name, pid in gateway.roles().items() if name.startswith("worker")}

    for pid in workers().values():
        os.kill(pid, signal.SIGSTOP)
    answer = {}

    def ask():
        answer["status"], answer["body"] = gateway.post("/ncpdp/rtpb", body, timeout=30)
    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.2)
    deaths = 0
    while "body" not in answer and deaths < 8:
        for name, pid in workers().items():
            os.kill(pid, signal.SIGKILL)
            deaths += 1
            fresh = wait_for(lambda name=name, pid=pid: workers().get(name, pid) != pid and workers().get(name), 10, 0.001)
            os.kill(fresh, signal.SIGSTOP)
        time.sleep(0.3)
    for pid in workers().values():
        os.kill(pid, signal.SIGCONT)
    thread.join(40)
    check("body" in answer, "the request is answered")
    message = Message(answer["body"])
    check(message.kind == "RTPBResponse", "in RTPB")
    gateway.wait_ready()
    return message


def main():
    with Gateway(sys.argv[1], "rtpb_ms = 12000\n") as gateway:
        example_body = example("rtpb-request")
        for attempt in range(8):
            body = example_body.replace("<DaysSupply>30<", f"<DaysSupply>{31 + attempt}<", 1)
            check(body != example_body, "another body")
            message = deadly(gateway, body)
            if "body.quarantined" in gateway.read_log():
                break
            print(f"attempt {attempt}: answered before its worker could be stopped", flush=True)
        check("body.quarantined" in gateway.read_log(), "the body was quarantined, and the operator is told")
        check(message.reject_codes(), "with a reject code")
        found = re.search(rb"dualtrack_quarantined\S* (\d+)", gateway.get("/metrics")[1])
        check(found and int(found.group(1)) >= 1, "the metrics show it")
        again = Message(gateway.post("/ncpdp/rtpb", body)[1])
        check(again.reject_codes(), "the same body is refused at once afterwards")
        check(Message(gateway.post("/ncpdp/rtpb", example_body)[1]).text("EstimatedPatientFinancialResponsibility"), "others go on")
    print("ok a body that kills two workers is quarantined")
    return 0


if __name__ == "__main__":
    sys.exit(main())
