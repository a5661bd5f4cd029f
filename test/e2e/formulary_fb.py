#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A PBM's formulary and benefit file is loaded, and a real-time benefit request is answered from it. usage: formulary_fb.py DUALTRACK"""
import os
import pathlib
import subprocess
import sys
import tempfile

from gateway import Failed, Gateway, Message, check, example, wait_for

PRODUCT = "99999000303"  # what docs/examples/rtpb-request.xml asks for
HEADER = "HDR|30|EXPBM|||EXAMPLE PBM|0000001000|20260101|12000000|FRM|{action}|20251231|P"


def counted(*lists, action="F"):
    """The file of these lists: each is its header and details, and gets its trailer."""
    lines = [HEADER.format(action=action)]
    for header, *details in lists:
        lines += [header, *details, f"{header[0]}TR|{len(details) + 2}"]
    return "\n".join([*lines, f"TRL|{len(lines) + 1}"]) + "\n"


CROSS = ("XHD|X1|F|", "XDT|A|999999|EXPCN||GOLD|F1|ALT1|C1|P1")
STATUS = ("FHD|F1|EXAMPLE|1|1|1|1|1||F|20260101", f"FDT|A|{PRODUCT}|03|||||{{status}}")
COVERED = counted(CROSS, (STATUS[0], STATUS[1].format(status=3)))
NOT_LISTED = counted(CROSS, (STATUS[0], "FDT|A|99999000001|03|||||3"))
EXCLUDED = counted(("GHD|COV|DE|F|20260101", f"GDT|A|C1|{PRODUCT}|03"), action="U")
BROKEN = EXCLUDED.replace("GTR|3", "GTR|30")


class Formulary:
    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.directory = self.folder / "formulary"

    def load(self, text, *options):
        """Exit status, what was said, and the response file."""
        file = self.folder / "test.frm"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([self.program, "formulary", "load", str(file), "--into", str(self.directory), *options],
                              capture_output=True, text=True)
        response = pathlib.Path(f"{file}.response")
        return done.returncode, done.stdout + done.stderr, response.read_text() if response.exists() else ""


def coverage(gateway):
    """Status codes and restriction codes of the answer to the example."""
    status, body = gateway.post("/ncpdp/rtpb", example("rtpb-request"))
    message = Message(body)
    check(status == 200 and message.kind == "RTPBResponse", f"RTPB is answered in RTPB, not {body!r}")
    product = message.all("ResponseProduct")
    return {element.text for element in message.all("CoverageStatusCode")}, {element.text for element in message.all("CoverageRestrictionCode")}, product


def main():
    program = sys.argv[1]
    source = pathlib.Path(__file__).resolve().parents[2] / "gateway" / "sandbox" / "payer.json"
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as folder:
        formulary = Formulary(program, folder)
        status, said, response = formulary.load(NOT_LISTED)
        check(status == 0 and "2 of 2 lists" in said and response.endswith("END|TAKEN|2|0|2|0|0\n"), f"the file is taken: {said}{response}")
        payer = pathlib.Path(folder) / "payer.json"
        payer.write_text(source.read_text().replace('"EXAMPLE-COMMERCIAL"', '"EXPBM:GOLD"'), encoding="utf-8")
        with Gateway(program, f"formulary = {formulary.directory}\npayer = {payer}") as gateway:
            codes, restrictions, _ = coverage(gateway)
            check(codes == {"NC"}, f"a product that the formulary does not list has the status of its header, not {codes} {restrictions}")

            status, said, _ = formulary.load(COVERED)
            check(status == 0, said)

            def covered():
                """the new generation to answer"""
                return "NC" not in coverage(gateway)[0]
            wait_for(covered)

            status, said, response = formulary.load(BROKEN)
            check(status == 1 and "GTR/records" in response and "NC" not in coverage(gateway)[0], "a list that is not whole changes nothing")

            status, said, _ = formulary.load(EXCLUDED)
            check(status == 0, said)

            def excluded():
                """the exclusion to be answered"""
                codes, restrictions, _ = coverage(gateway)
                return codes == {"NC"} and "70" in restrictions
            wait_for(excluded)

        status, said, _ = formulary.load(COVERED.replace("HDR|30|", "HDR|60|"))
        check(status == 1 and "print fb-layout 60" in said, f"a version without columns is refused, and how to fill it is said: {said}")
        layout = pathlib.Path(folder) / "layout.txt"
        printed = subprocess.run([program, "print", "fb-layout", "60"], capture_output=True, text=True, check=True).stdout
        three = subprocess.run([program, "print", "fb-layout"], capture_output=True, text=True, check=True).stdout
        layout.write_text(printed + "\n".join(line for line in three.splitlines() if not line.startswith("version")), encoding="utf-8")
        check(subprocess.run([program, "check", "fb-layout", str(layout)], capture_output=True).returncode == 0, "a filled layout is good")
        status, said, _ = formulary.load(COVERED.replace("HDR|30|", "HDR|60|"), "--layout", str(layout))
        check(status == 0, f"and files of its version are then taken: {said}")
        out = os.path.join(folder, "out.frm")
        done = subprocess.run([program, "formulary", "write", out, "--in", str(formulary.directory), "--source", "EXPBM"], capture_output=True, text=True)
        check(done.returncode == 0 and pathlib.Path(out).read_text().startswith("HDR|30|EXPBM|"), f"the lists are written again: {done.stdout}{done.stderr}")
    print("a formulary and benefit file answers")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print(f"failed: {failed}")
        sys.exit(1)
