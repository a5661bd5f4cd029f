#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The disk under the store fills up: new messages are refused with an Error that says come again, prices go on, and once there is room
the same bytes are taken and their journey ends. Needs root for a small file system of its own; else it is skipped. usage: disk_full.py DUALTRACK"""
import os
import subprocess
import sys
import tempfile

from gateway import Gateway, Journey, Message, check, example, fresh_id

DISK_MB, KEPT_FREE_MB = 200, 32  # below the 64 MB that the store keeps free for what is in hand
SKIPPED = 77
MAILBOX = "D:1999999001"


def fill(store):
    """Takes all but a little of the free space."""
    name = os.path.join(store, "..", "filler")
    room = os.statvfs(store)
    with open(name, "wb") as out:
        os.posix_fallocate(out.fileno(), 0, room.f_bavail * room.f_frsize - (KEPT_FREE_MB << 20))
    return name


def journey(folder, program):
    with Gateway(program, keep=folder) as gateway:
        Journey(gateway, "before", MAILBOX).run()
        filler = fill(os.path.join(folder, "store"))
        late = Journey(gateway, "late", MAILBOX)
        opening = example("pa-initiation-request", reference=late.reference, sender=MAILBOX)
        for _ in range(3):
            status, body = gateway.post("/ncpdp/script", opening)
            answer = Message(body)
            check(status in (200, 503) and answer.kind == "Error" and answer.text("Code") == "602",
                  f"a full disk is Error 602, not {status} {answer.kind} {answer.text('Code')}")
        print("ok a full disk refuses new messages with Error 602")
        price = Message(gateway.post("/ncpdp/rtpb", example("rtpb-request"))[1])
        check(price.text("EstimatedPatientFinancialResponsibility"), "prices need no disk and go on")
        print("ok prices go on")
        os.remove(filler)
        opened = late.send(opening)
        print("ok with room again the same bytes are taken")
        questions = late.answer_to(opened)
        check(questions.outcome == "Open", "and answered with questions")
        asked = late.send(example("pa-request", reference=late.reference, case_id=questions.text("PACaseID"), sender=MAILBOX))
        check(late.answer_to(asked).outcome == "Approved", "and decided")
        Journey(gateway, "after-" + fresh_id()[:4], MAILBOX).run()
        check(gateway.stop() == 0, "it stops cleanly")
    done = subprocess.run([program, "store", "check", os.path.join(folder, "store")], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"the store keeps its invariants: {done.stdout}{done.stderr}")
    print("ok the journey ends, and the store keeps its invariants")


def main():
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "dualtrack-e2e", folder], capture_output=True, check=False)
        if mounted.returncode:
            print("skipped: a file system of its own can be mounted by root only")
            return SKIPPED
        try:
            journey(folder, sys.argv[1])
        finally:
            subprocess.run(["umount", "-l", folder], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
