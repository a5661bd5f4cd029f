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


def main():
    with Gateway(sys.argv[1], "rtpb_ms = 20000\n") as gateway:
        body = example("rtpb-request")
        workers = {name: pid for name, pid in gateway.roles().items() if name.startswith("worker")}
        for pid in workers.values():
            os.kill(pid, signal.SIGSTOP)
        answer = {}

        def ask():
            answer["status"], answer["body"] = gateway.post("/ncpdp/rtpb", body, timeout=30)
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.2)
        # Both stopped workers die; the one that had the body brings the first strike. Their successors are stopped at once, too.
        deaths = 0
        while "body" not in answer and deaths < 12:
            for name, pid in gateway.roles().items():
                if name.startswith("worker"):
                    os.kill(pid, signal.SIGKILL)
                    deaths += 1
                    fresh = wait_for(lambda name=name, pid=pid: gateway.roles().get(name, pid) != pid and gateway.roles().get(name), 10, 0.001)
                    os.kill(fresh, signal.SIGSTOP)
            time.sleep(0.3)
        for name, pid in gateway.roles().items():
            if name.startswith("worker"):
                os.kill(pid, signal.SIGCONT)
        thread.join(40)
        check("body" in answer, "the request is answered")
        message = Message(answer["body"])
        check(message.kind == "RTPBResponse", "in RTPB")
        quarantined = "quarantine" in gateway.read_log()
        print(f"{deaths} deaths, quarantined: {quarantined}")
        if quarantined:
            check(message.reject_codes(), "with a reject code")
            found = re.search(rb"dualtrack_quarantined\S* (\d+)", gateway.get("/metrics")[1])
            check(found and int(found.group(1)) >= 1, "the metrics show it")
            again = Message(gateway.post("/ncpdp/rtpb", body)[1])
            check(again.reject_codes(), "the same body is refused at once afterwards")
        check(quarantined, "the body was quarantined")
        other = body.replace("<DaysSupply>30<", "<DaysSupply>31<", 1)
        check(other != body, "another body")
        check(Message(gateway.post("/ncpdp/rtpb", other)[1]).text("EstimatedPatientFinancialResponsibility"), "others go on")
    print("ok a body that kills two workers is quarantined")
    return 0


if __name__ == "__main__":
    sys.exit(main())
