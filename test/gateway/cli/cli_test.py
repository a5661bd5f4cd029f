#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program as a script would use it: exit codes and what it prints. usage: cli_test.py PROGRAM SOURCE"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
GOOD = SOURCE / "test/ncpdp/good"
# The sandbox lists these products: one that is simply covered, one that needs prior authorization.
RTPB = (GOOD / "rtpb/request.xml").read_text().replace("99999000101", "99999000303")
INITIATION = (GOOD / "script/pa_initiation_request.xml").read_text().replace("99999000303", "99999010101")
PRESCRIBER = "D:1234567893"


def run(*words, **more):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=60, **more)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read().decode()


class Words(unittest.TestCase):
    def test_every_command_helps(self):
        listed = re.findall(r"^  (\w+) ", run("--help").stdout, re.M)
        self.assertGreaterEqual(len(listed), 8)
        for command in listed:
            done = run(command, "--help")
            self.assertEqual((done.returncode, done.stdout.startswith(f"usage: dualtrack {command}")), (0, True))
            self.assertRegex(run(command, "--version").stdout, r"^dualtrack \d+\.\d+\.\d+\n$")

    def test_wrong_use_is_2(self):
        for words in ([], ["fly"], ["up", "--fast"], ["up", "now"], ["send"], ["send", "--from"], ["check"], ["print"],
                      ["print", "money"], ["role", "clerk.1", "--run", "/tmp"], ["role", "worker.1"], ["store", "mend", "x"],
                      ["case"], ["case", "show"], ["case", "list"], ["case", "list", "--store", "x", "--state", "LOST"],
                      ["case", "show", "PA-1", "--store", "x", "--overdue"],
                      ["formulary", "load", "x"], ["key"], ["key", "client"], ["key", "token"], ["key", "token", "x", "y"], ["key", "--rsa", "x"], ["token"], ["token", "x", "--key", "y"], ["up", "--workers", "many"], ["up", "--listen", "nowhere"],
                      ["up", "--config", "/nowhere"], ["up", "--help=yes", "--strict"]):
            done = run(*words)
            if words and words[-1] == "--strict":
                continue
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertTrue(done.stderr, words)

    def test_print_comes_from_the_tables(self):
        for what, word in (("messages", "PAInitiationRequest"), ("faults", "| QUARANTINED |"), ("config", "listen_tls"),
                           ("states", "| INITIATED |"), ("rules", "|")):
            done = run("print", what)
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith("# ") and word in done.stdout, what)

    def test_what_can_be_printed_and_checked_is_told(self):
        """in the help and in the man page, as in the sentence that stands beside the table"""
        manual = (SOURCE / "docs/dualtrack.1").read_text().replace("\\fR", "").replace("\\fB", "")
        names = re.search(r"one of (.*) is needed", run("print", "money").stderr).group(1).split(", ")
        for name in names:
            self.assertEqual(run("print", name).returncode, 0, name)
        told = re.search(r"^  print +(\S+)", run("--help").stdout, re.M).group(1).split("|")
        self.assertEqual(sorted(told), sorted(names))
        self.assertEqual(sorted(re.search(r"dualtrack print (messages\|\S+)", manual).group(1).split("|")), sorted(names))
        for command in ("route misses", "route replay", "check config|clock|part-d|fb-layout"):
            self.assertIn("dualtrack " + command, manual)
        told = re.search(r"^  route +(.*)", run("--help").stdout, re.M).group(1)
        for word in ("explain", "lint", "test", "diff", "misses", "replay"):
            self.assertIn(word, told)
        first, *rest = run("print", "config").stdout.split("\n### ")
        lists = re.findall(r"^\[(\w+)\] ", "\n".join(rest), re.M)
        self.assertGreaterEqual(len(lists), 7)
        for kind in lists:
            self.assertIn(f"`[{kind}]`", first)
            self.assertIn(f"[{kind}]", manual)

    def test_a_closed_pipe_is_no_success(self):
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, "print", "faults"], stdout=full, stderr=subprocess.DEVNULL, timeout=60)
            self.assertEqual(done.returncode, 3)


class Files(unittest.TestCase):
    def test_check_says_what_and_where(self):
        good = sorted(GOOD.rglob("*.xml"))
        self.assertTrue(good)
        done = run("check", *good)
        self.assertEqual((done.returncode, done.stdout.count(": good ")), (0, len(good)), done.stderr)
        bad = re.sub(r"<MessageID>[^<]*</MessageID>", "", INITIATION)
        done = run("check", "-", input=bad)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"MISSING at Header/MessageID: ")
        done = run("check", "-", input=re.sub("<Gender>.", "<Gender>Q", INITIATION))
        self.assertRegex(done.stderr, r"BAD_CODE at .*/Gender: .*\n  expected: one of M, F")
        done = run("check", "-", input=re.sub("LastName>", "Lastname>", INITIATION))
        self.assertRegex(done.stderr, r"MISSING at .*/LastName: .*\n  expected: .*\n  besides: .* unknown elements? passed over, the first below .*/Name\n")
        self.assertEqual(run("check", "/nowhere.xml").returncode, 3)
        self.assertIn("PAInitiationRequest", run("check", "--outline", "-", input=INITIATION).stdout)

    def test_check_against_a_folder_of_schemas(self):
        schema = ('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Message"><xs:complexType><xs:sequence>'
                  '<xs:element name="Header"/><xs:element name="%s"/></xs:sequence><xs:anyAttribute processContents="skip"/></xs:complexType></xs:element></xs:schema>')
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "own.xsd"
            file.write_text(schema % "Body")
            done = run("check", "-", "--xsd", folder, input=INITIATION)
            self.assertEqual((done.returncode, done.stdout), (0, "-: good PAInitiationRequest\n-: fits own.xsd\n"), done.stderr)
            file.write_text(schema % "Corpus")
            done = run("check", "-", "--xsd", folder, input=INITIATION)
            self.assertEqual(done.returncode, 1)
            line = INITIATION[:INITIATION.index("<Body")].count("\n") + 1
            self.assertEqual(done.stderr, f"-:{line}: Message/? is not expected here (wanted: Corpus)\n")
            done = run("check", "-", "--xsd", folder, "--root", "none.xsd", input=INITIATION)
            self.assertEqual(done.returncode, 2)
            self.assertIn("none.xsd: is not in the folder", done.stderr)
        self.assertEqual(run("check", "-", "--root", "x.xsd", input=INITIATION).returncode, 2)
        self.assertEqual(run("check", "-", "--xsd", "/nowhere", input=INITIATION).returncode, 2)

    def test_the_tables_against_a_folder_of_schemas(self):
        schema = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Message"><xs:complexType><xs:sequence>
            <xs:element name="Header" type="xs:string"/><xs:element name="Body"><xs:complexType><xs:choice><xs:element name="Status"><xs:complexType><xs:sequence>
            <xs:element name="Code" type="xs:string"/></xs:sequence></xs:complexType></xs:element><xs:element name="Song"/></xs:choice></xs:complexType></xs:element>
            </xs:sequence></xs:complexType></xs:element></xs:schema>"""
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "own.xsd").write_text(schema)
            done = run("print", "messages", "--against", folder)
            self.assertEqual((done.returncode, done.stderr), (1, ""))
            lines = done.stdout.splitlines()
            self.assertLess(lines.index("## Message"), lines.index("## Status"))
            for line in ("kind: Header, here elements, there text (own.xsd:2)", "missing there: Body/Status/Description",
                         "length: Body/Status/Code, here at most 3, there no limit (own.xsd:3)", "missing here: Body/Song, there 0..1 (own.xsd:3)"):
                self.assertIn(line, lines)
            done = run("print", "messages", "--against", folder, "--json")
            said = json.loads(done.stdout)
            self.assertEqual((done.returncode, said["count"], len(said["differences"])), (1, len([line for line in lines if ": " in line]) - 1, said["count"]))
            self.assertIn({"message": "Song", "kind": "missing here", "path": "Body/Song", "there": "0..1", "file": "own.xsd", "line": 3}, said["differences"])
            (pathlib.Path(folder) / "own.xsd").write_text(schema.replace('"Message"', '"Letter"'))
            self.assertEqual(run("print", "messages", "--against", folder).returncode, 2)
        self.assertEqual(run("print", "messages", "--json").returncode, 2)
        self.assertEqual(run("print", "faults", "--against", "/tmp").returncode, 2)

    def test_formulary_loads_a_folder_of_public_files(self):
        basic = ("FORMULARY_ID|FORMULARY_VERSION|CONTRACT_YEAR|RXCUI|NDC|TIER_LEVEL_VALUE|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|"
                 "QUANTITY_LIMIT_DAYS|PRIOR_AUTHORIZATION_YN|STEP_THERAPY_YN|SELECTED_DRUG_YN\r\n"
                 "00099901|7|2026|9990001|99999000101|4|N|||Y|N|N\r\n")
        plans = ("CONTRACT_ID|PLAN_ID|SEGMENT_ID|CONTRACT_NAME|PLAN_NAME|FORMULARY_ID|PREMIUM|DEDUCTIBLE|MA_REGION_CODE|PDP_REGION_CODE|STATE|"
                 "COUNTY_CODE|SNP|PLAN_SUPPRESSED_YN\r\nH9990|001|000|EXAMPLE HMO|Example|00099901|1|0| | |NE|28100|0|N\r\n")
        with tempfile.TemporaryDirectory() as folder:
            files, into = pathlib.Path(folder, "files"), folder + "/formulary"
            files.mkdir()
            (files / "a.txt").write_text(basic)
            refused = run("formulary", "load", files, "--into", into)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("plan information", refused.stderr)
            (files / "b.txt").write_text(plans)
            done = run("formulary", "load", files, "--into", into)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("generation 000001: 1 plans, 1 formularies", done.stdout)
            shown = run("formulary", "show", "H9990-001-000", "99999-0001-01", "--in", into)
            self.assertIn("prior_authorization: true", shown.stdout)
            self.assertEqual(run("formulary", "show", "H9990-001-000", "9999900101", "--in", into).returncode, 2)
            (files / "c.txt").write_text("CONTRACT_ID|PLAN_ID|SEGMENT_ID|NDC|DAYS_SUPPLY|UNIT_COST\r\nH9990|001|000|99999000101|30|0.12345\r\n")
            self.assertEqual(run("formulary", "load", files, "--into", into).returncode, 0)
            self.assertIn("unit_cost_e4: 1235", run("formulary", "show", "H9990-001-000", "99999000101", "--in", into).stdout)
            self.assertEqual(run("formulary", "load", files, "--into", into, "--without", "plans").returncode, 2)
            self.assertIn("1 files left out", run("formulary", "load", files, "--into", into, "--without", "prices,networks").stdout)
            self.assertNotIn("unit_cost", run("formulary", "show", "H9990-001-000", "99999000101", "--in", into).stdout)
            year = time.strftime("%Y", time.gmtime())
            (files.parent / "asp.csv").write_text(f'Crosswalk,,,\r\n"Effective January 1, {year} through December 31, {year}"\r\n_{year}_CODE,NDC2,BILLUNITS,'
                                                  "BILLUNITSPKG\r\nJ9990,99999-0001-01,2,20\r\n90999,99999-0001-01,1,1\r\n")
            done = run("formulary", "load", files.parent / "asp.csv", "--into", into)
            self.assertIn("1 products of HCPCS codes", done.stdout)
            self.assertIn("1 rows left out: their codes are not HCPCS Level II", done.stdout)
            self.assertIn("other: N99999000101", run("formulary", "show", "J9990", "--in", into).stdout)
            self.assertIn("package_units_e4: 200000", run("formulary", "show", "99999-0001-01", "--in", into).stdout)
            self.assertIn("other: HJ9990", run("formulary", "show", "H9990-001-000", "99999000101", "--in", into).stdout)
            self.assertEqual(run("formulary", "show", "J9991", "--in", into).returncode, 1)
            self.assertEqual(json.loads(run("formulary", "show", "J9990", "--in", into, "--json").stdout)["hcpcs"][0]["row"]["other"], "N99999000101")
            before = run("formulary", "show", "J9990", "--in", into, "--day", "20200101")
            self.assertEqual(before.returncode, 1)
            self.assertIn("counts on 20200101", before.stderr)
            self.assertEqual(run("formulary", "show", "J9990", "--in", into, "--day", "20200230").returncode, 2)
            (files / "a.txt").write_text(basic + "00099901|7|2026|9990002|9999900202|4|N|||Y|N|N\r\n")
            refused = run("formulary", "load", files, "--into", into)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("a.txt:3", refused.stderr)
            self.assertIn("NDC", refused.stderr)

    def test_formulary_loads_a_release_of_rxnorm(self):
        line = "{}|||9000001|AUI|{}|||{}|{}|{}|{}|4096|\n"
        with tempfile.TemporaryDirectory() as folder:
            files, into = pathlib.Path(folder, "rrf"), folder + "/formulary"
            files.mkdir()
            attributes = line.format(9990001, 9990001, "NDC", "RXNORM", "99999000101", "N") + line.format(9990001, 9990001, "DHJC", "XSRC", "J9990", "N")
            (files / "a").write_text(attributes + line.format(9990001, 9990001, "NDC", "RXNORM", "9999900010", "N"))
            done = run("formulary", "load", files, "--into", into)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("1 NDCs of RxNorm concepts, 0 named drugs and packs, 1 HCPCS codes", done.stdout)
            self.assertIn("1 rows refused; the first is a:3", done.stdout)
            self.assertIn("other: HJ9990", run("formulary", "show", "99999-0001-01", "--in", into).stdout)
            (files / "a").write_text(attributes + "9990001|cut")
            refused = run("formulary", "load", files, "--into", into)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("a:3", refused.stderr)

    def test_formulary_loads_and_shows(self):
        with tempfile.TemporaryDirectory() as folder:
            into = folder + "/formulary"
            plan = SOURCE / "gateway/sandbox/plan.jsonl"
            done = run("formulary", "load", plan, "--into", into)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"generation 000001: \d+ products")
            shown = run("formulary", "show", "EXAMPLE-COMMERCIAL", "99999000303", "--in", into)
            self.assertEqual(shown.returncode, 0)
            self.assertIn("EXAMPLESTATIN", shown.stdout)
            self.assertEqual(run("formulary", "show", "EXAMPLE-COMMERCIAL", "99999999999", "--in", into).returncode, 1)
            first = run("formulary", "rollback", "--in", into)
            self.assertEqual(first.returncode, 3)
            self.assertIn("no generation before the one in use", first.stderr)
            other = folder + "/other.jsonl"
            pathlib.Path(other).write_text(plan.read_text().replace('"tier":1', '"tier":2', 1))
            self.assertRegex(run("formulary", "load", other, "--into", into).stdout, r"000002: .*\n.* 0 rows added, 0 removed, 1 changed")
            done = run("formulary", "rollback", "--in", into)
            self.assertEqual((done.returncode, done.stdout), (0, "generation 000001 is in use again\n"))
            broken = folder + "/broken.jsonl"
            pathlib.Path(broken).write_text(plan.read_text().replace('"99999000303"', '"9999900030x"', 1))
            done = run("formulary", "load", broken, "--into", into)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"broken\.jsonl:\d+: ")

    def test_formulary_says_what_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            nothing = run("formulary", "load", folder, "--into", folder + "/formulary")
            self.assertEqual(nothing.returncode, 1)
            self.assertIn("no file in this folder is of a format that is known", nothing.stderr)
        plan = run("formulary", "show", "NO-SUCH-PLAN", "99999000303")
        self.assertEqual(plan.returncode, 1)
        self.assertIn("no plan of this name is loaded", plan.stderr)
        code = run("formulary", "show", "J9990")
        self.assertEqual(code.returncode, 1)
        self.assertIn("counts today", code.stderr)
        self.assertIn("export --pdex", run("formulary", "--help").stdout)

    def test_formulary_show_needs_nothing_to_begin_with(self):
        shown = run("formulary", "show", "EXAMPLE-COMMERCIAL", "99999-0003-03", "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        answer = json.loads(shown.stdout)
        self.assertEqual((answer["plan"], answer["listed"], answer["coverage"]["tier"]), ("EXAMPLE-COMMERCIAL", True, 3))
        several = run("formulary", "show", "EXAMPLE-COMMERCIAL", "samplastatin")
        self.assertEqual((several.returncode, len(several.stdout.splitlines())), (1, 2))
        self.assertIn("ask again with more words", several.stderr)
        self.assertIn("ndc: 99999000310", run("formulary", "show", "EXAMPLE-COMMERCIAL", "samplastatin 10").stdout)
        self.assertIn("no product has", run("formulary", "show", "EXAMPLE-COMMERCIAL", "nothing").stderr)
        self.assertIn("day: 20280101", run("formulary", "show", "EXAMPLE-COMMERCIAL", "99999000303", "--day", "20280101").stdout)
        for words, code, said in ((["EXAMPLE-COMMERCIAL", "99999000303", "--day", "20280230"], 2, "BAD_DATE at day"),
                                  (["NOBODY", "99999000303"], 1, "NOT_FOUND at plan"), (["EXAMPLE-COMMERCIAL", "rxcui:x"], 2, "BAD_NUMBER at rxcui"),
                                  (["EXAMPLE-COMMERCIAL", "rxcui:4711"], 1, "does not list"), (["EXAMPLE-COMMERCIAL", "9999900303"], 2, "not one NDC"),
                                  (["99999000303", "--lists", "fo=F1", "--source", "PBM"], 1, "do not say anything"),
                                  (["99999000303", "--lists", "xx=F1", "--source", "PBM"], 2, "--lists"), (["99999000303", "--lists", "fo=F1"], 2, "show PLAN NDC"),
                                  (["EXAMPLE-COMMERCIAL", "99999000303", "--in", "/nowhere"], 3, "/nowhere")):
            refused = run("formulary", "show", *words)
            self.assertEqual(refused.returncode, code, words)
            self.assertIn(said, refused.stderr)

    def test_formulary_sources(self):
        self.assertRegex(run("formulary", "sources").stdout, r"^generation 000001\nplan-file +PLAN_FILE loaded .* 5 lists, \d+ rows, from plan.jsonl\n"
                         r"against the one before: \d+ rows added, 0 removed, 0 changed; .*\n$")
        self.assertEqual(json.loads(run("formulary", "sources", "--json").stdout)["sources"][0]["source"]["source"], "plan-file")

    def test_a_wrong_line_of_a_plan_says_what_belongs_there(self):
        plan = (SOURCE / "gateway/sandbox/plan.jsonl").read_text()
        for before, after, said in (('"tier":', '"teir":', r"UNKNOWN_ELEMENT at coverage: .*\n  known here: plan, ndc, .*tier"),
                                    ('"COVERED"', '"COVERD"', r"BAD_CODE at coverage/status: .*\n  expected: one of COVERED, ")):
            with tempfile.TemporaryDirectory() as folder:
                pathlib.Path(folder + "/plan.jsonl").write_text(plan.replace(before, after, 1))
                self.assertRegex(run("formulary", "load", folder + "/plan.jsonl", "--into", folder + "/f").stderr, said)

    def test_a_payer_file_is_checked(self):
        payer = SOURCE / "gateway/sandbox/payer.json"
        done = run("payer", "check", payer)
        self.assertEqual((done.returncode, done.stdout), (0, f"{payer}: good payer file\n"))
        for before, after, said, shown in (('"copay_cents"', '"copay_cent"', "UNKNOWN_ELEMENT at .*plans.0./tiers.0.: ", "known here: tier, pharmacy, copay_cents"),
                                           ('"reason"', '"note"', "NO_REASON at .*reason: ", "expected: "), (",", ";", "NOT_JSON", "")):
            with tempfile.TemporaryDirectory() as folder:
                wrong = folder + "/payer.json"
                pathlib.Path(wrong).write_text(payer.read_text().replace(before, after, 1))
                done = run("payer", "check", wrong)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, said)
                self.assertIn(shown, done.stderr)
                # a gateway does not start with it, and says the same
                done = run("up", "--listen", "127.0.0.1:0", "--payer", wrong, env={**os.environ, "TMPDIR": folder})
                self.assertEqual((done.returncode, os.listdir(folder)), (2, ["payer.json"]))
                self.assertRegex(done.stderr, said)
        self.assertEqual(run("payer", "check", "/nowhere").returncode, 3)

    def test_keys_of_clients_and_tokens_are_made_once(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("key", "client", folder + "/ehr")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("[client]\nid = ehr\n", done.stdout)
            scopes = re.search(r"^scopes = (.*)$", done.stdout, re.M).group(1)  # an inquiry, a Subscription and the questions too, as the pages say
            for needed in (r"system/Claim\.cru\b", r"system/Subscription\.crud\b", r"system/Questionnaire\.r\b"):
                self.assertRegex(scopes, needed)
            for page in ("fhir-access", "selftest"):
                self.assertIn(scopes, (SOURCE / f"docs/{page}.md").read_text())
            self.assertEqual(os.stat(folder + "/ehr.pem").st_mode & 0o777, 0o600)
            with open(folder + "/ehr.jwks.json", encoding="utf-8") as jwks:
                key = json.load(jwks)["keys"][0]
            self.assertEqual((key["kty"], key["crv"], key["alg"], key["use"]), ("EC", "P-384", "ES384", "sig"))
            self.assertNotIn("d", key)
            self.assertEqual(run("key", "client", folder + "/ehr").returncode, 3)
            self.assertEqual(run("key", "token", folder + "/token").returncode, 0)
            with open(folder + "/token", encoding="ascii") as file:
                self.assertRegex(file.read(), r"\A[0-9a-f]{64}\n\Z")
            self.assertEqual(run("key", "token", folder + "/token").returncode, 3)
            with open(folder + "/conf", "w", encoding="utf-8") as conf:
                conf.write(f"token_key = {folder}/token\nsigning_key = {folder}/ehr.pem\n{run('key', 'client', folder + '/b').stdout}"
                           f"[client]\nid = c\njwks = {folder}/ehr.jwks.json\n")
            self.assertEqual(run("check", "config", folder + "/conf").returncode, 0)
            # each of these once: a private key for a public one, and the other way about
            for key, file in [("token_key", "ehr.pem"), ("signing_key", "ehr.jwks.json"), ("signing_key", "token")]:
                with open(folder + "/bad", "w", encoding="utf-8") as conf:
                    conf.write(f"{key} = {folder}/{file}\n")
                done = run("check", "config", folder + "/bad")
                self.assertEqual(done.returncode, 1)
                self.assertIn(key, done.stderr)
            # a token signed with a key is for the eyes of nobody but the gateway; here only its form
            done = run("token", "--key", folder + "/ehr.pem", "--assertion", "--client", "ehr")
            self.assertRegex(done.stdout, r"\A[\w-]+\.[\w-]+\.[\w-]{128}\n\Z")
            self.assertEqual(run("token", "--key", folder + "/token").returncode, 2)
            self.assertEqual(run("token", "--key", folder + "/nothing").returncode, 3)
            self.assertEqual(run("token", "--key", folder + "/ehr.pem", "--to", "http://127.0.0.1:9").returncode, 3)

    def test_key_is_made_once(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("key", folder + "/secret")
            self.assertEqual((done.returncode, len(done.stdout)), (0, 41))
            self.assertEqual(os.stat(folder + "/secret").st_mode & 0o777, 0o600)
            self.assertEqual(run("key", folder + "/secret").returncode, 3)

    def test_nobody_there_is_3(self):
        message = sorted(GOOD.rglob("*.xml"))[0]
        self.assertEqual(run("send", message, "--to", "http://127.0.0.1:1").returncode, 3)
        self.assertEqual(run("store", "check", "/nowhere").returncode, 3)
        self.assertEqual(run("case", "list", "--store", "/nowhere").returncode, 3)


class Sandbox(unittest.TestCase):
    """One gateway for all of it, on a port of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.log = open(cls.folder.name + "/log", "w")
        cls.up = subprocess.Popen([PROGRAM, "up", "--listen", "127.0.0.1:0", "--workers", "2"], stdout=subprocess.PIPE,
                                  stderr=cls.log, text=True, env={**os.environ, "TMPDIR": cls.folder.name})
        said = ""
        while "Ctrl-C" not in said:
            line = cls.up.stdout.readline()
            assert line, "it ended: " + open(cls.folder.name + "/log").read()
            said += line
        cls.said = said
        cls.url = re.search(r"http://[\d.:]+", said).group()
        for _ in range(100):
            if get(cls.url + "/readyz")[0] == 200:
                break
            time.sleep(0.05)

    @classmethod
    def tearDownClass(cls):
        cls.up.send_signal(signal.SIGINT)
        code = cls.up.wait(20)
        cls.up.stdout.close()
        cls.log.close()
        left = [p for p in os.listdir(cls.folder.name) if p != "log"]
        cls.folder.cleanup()
        assert code == 0 and not left, (code, left)

    def test_says_where_it_is(self):
        self.assertIn("sandbox", self.said)
        self.assertIn(self.folder.name, self.said)

    def test_its_sockets_are_not_taken_from_it(self):
        run_dir = re.search(r"store\s+(\S+)/store", self.said).group(1) + "/run"
        done = run("up", "--listen", "127.0.0.1:0", "--run", run_dir)
        self.assertEqual(done.returncode, 2)
        self.assertIn("another gateway", done.stderr)
        self.assertEqual(get(self.url + "/readyz")[0], 200)

    def test_is_healthy_and_ready(self):
        self.assertEqual(get(self.url + "/healthz"), (200, "ok\n"))
        self.assertEqual(get(self.url + "/readyz")[0], 200)
        self.assertIn("dualtrack_requests_total", get(self.url + "/metrics")[1])

    def test_send_posts_and_judges(self):
        done = run("send", "-", "--to", self.url, input=RTPB)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("RTPBResponse", done.stdout)
        done = run("send", "-", "--to", self.url, input="<Message>no</Message>")
        self.assertEqual(done.returncode, 1)
        self.assertIn("<Error>", done.stdout)

    def test_a_case_from_the_question_to_the_mailbox(self):
        done = run("send", "-", "--to", self.url, input=INITIATION)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("<Status>", done.stdout)
        for _ in range(100):
            done = run("send", "--fetch", "--from", PRESCRIBER, "--to", self.url)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            if "PAInitiationResponse" in done.stdout:
                break
            time.sleep(0.05)
        self.assertIn("QuestionSet", done.stdout)
        answer = re.search("<MessageID>([^<]*)<", done.stdout).group(1)
        fetch = ("send", "--fetch", "--from", PRESCRIBER, "--to", self.url)
        self.assertIn("<Status>", run(*fetch, "--acknowledge", answer).stdout)
        began = time.monotonic()
        self.assertIn("<Status>", run(*fetch, "--wait", "1").stdout)
        self.assertGreaterEqual(time.monotonic() - began, 0.9)
        self.assertEqual(run(*fetch, "--wait", "soon").returncode, 2)
        self.look_at_the_case(re.search("<PACaseID>([^<]*)<", done.stdout).group(1))
        self.assertEqual(run("send", "-", "--wait", "1", input=RTPB).returncode, 2)

    def test_what_the_medical_track_loses_is_shown(self):
        lost, where = "<PayerResponsibilityCode>U</PayerResponsibilityCode>", "Body/PARequest/BenefitsCoordination/PayerResponsibilityCode"
        message = (SOURCE / "docs/examples/pa-request-medical.xml").read_text().replace("</CardholderID>", "</CardholderID>" + lost, 1)
        self.assertIn(lost, message)
        self.assertEqual(run("send", "-", "--to", self.url, input=message).returncode, 0)
        store = re.search(r"store\s+(\S+)", self.said).group(1)
        for _ in range(100):
            decided = re.search(r"(?m)^(\S+)\s+APPROVED\s", run("case", "list", "--store", store).stdout)
            if decided:
                break
            time.sleep(0.05)
        shown = run("case", "show", decided.group(1), "--store", store).stdout
        self.assertEqual(re.findall(r"(?m)^lost +(\S+)$", shown), [where], shown)
        for _ in range(100): # the ledger tells its counts every few seconds
            counted = re.search(r"(?m)^dualtrack_lost_elements_total (\d+)$", get(self.url + "/metrics")[1])
            if counted and counted.group(1) == "1":
                break
            time.sleep(0.1)
        self.assertEqual(counted.group(1), "1")

    def look_at_the_case(self, case):
        """While the gateway runs, and without a word about the patient."""
        store = re.search(r"store\s+(\S+)", self.said).group(1)
        listed = run("case", "list", "--store", store)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertRegex(listed.stdout, rf"(?m)^{case}\s+OPEN\s")
        self.assertIn(case, run("case", "list", "--store", store, "--state", "OPEN").stdout)
        self.assertNotIn(case, run("case", "list", "--store", store, "--state", "DENIED").stdout)
        self.assertNotIn(case, run("case", "list", "--store", store, "--overdue").stdout)
        shown = run("case", "show", case, "--store", store)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for word in ("OPEN", "PHARMACY", "MESSAGE INITIATE NEW -> INITIATED", "DECISION ASKED INITIATED -> OPEN"):
            self.assertIn(word, shown.stdout)
        patient = re.search("<Patient>.*?</Patient>", INITIATION, re.S).group()
        for value in re.findall(r">\s*([A-Z][A-Za-z]{3,})\s*<", patient):
            self.assertNotIn(value, shown.stdout + listed.stdout)
        unknown = run("case", "show", "PA-0", "--store", store)
        self.assertEqual((unknown.returncode, unknown.stdout), (1, ""))

    def test_a_killed_role_comes_back(self):
        children = pathlib.Path(f"/proc/{self.up.pid}/task/{self.up.pid}/children").read_text().split()
        workers = [c for c in children if "worker." in pathlib.Path(f"/proc/{c}/cmdline").read_text()]
        self.assertEqual(len(workers), 2)
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        for i in range(200):
            # another body each time: one that two dying workers had in hand is rightly quarantined
            body = RTPB.replace("0F0E0D0C0B0A09080706050403020100", f"KILLED{i}")
            if run("send", "-", "--to", self.url, input=body).returncode == 0:
                break
            time.sleep(0.05)
        else:
            self.fail("no answer after both workers were killed")


class Clocks(unittest.TestCase):
    TABLE = "\n".join(f"{name} | decision | any | any | any | {urgency} | 1s | {pauses} | | HOUSE | in_force | | | a test | -"
                      for name, urgency, pauses in (("still", "any", "yes"), ("runs", "expedited", "no")))

    def test_a_clock_that_stands_still_is_not_overdue(self):
        """Both cases wait for the prescriber; only the expedited one's clock runs on meanwhile."""
        with tempfile.TemporaryDirectory() as folder, open(folder + "/log", "w") as log:
            pathlib.Path(folder, "clock").write_text(self.TABLE)
            up = subprocess.Popen([PROGRAM, "up", "--listen", "127.0.0.1:0", "--workers", "1", "--clock", folder + "/clock"],
                                  stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "TMPDIR": folder})
            try:
                said = ""
                while "Ctrl-C" not in said:
                    line = up.stdout.readline()
                    self.assertTrue(line, pathlib.Path(folder, "log").read_text())
                    said += line
                url, store = re.search(r"http://[\d.:]+", said).group(), re.search(r"store\s+(\S+)", said).group(1)
                for letter in "SX":
                    asks = re.sub("<PAPriorityIndicator>.<", f"<PAPriorityIndicator>{letter}<", INITIATION)
                    asks = re.sub("(<MessageID>|<PAReferenceID>)[^<]*", rf"\g<1>CLOCK{letter}", asks)
                    self.assertIn(f"<PAPriorityIndicator>{letter}<", asks)
                    self.assertEqual(run("send", "-", "--to", url, input=asks).returncode, 0)
                time.sleep(1.5)
                listed = run("case", "list", "--store", store, "--state", "OPEN").stdout
                self.assertIn(" standard ", listed)
                self.assertIn(" expedited ", listed)
                overdue = run("case", "list", "--store", store, "--overdue").stdout
                self.assertIn(" expedited ", overdue)
                self.assertNotIn(" standard ", overdue)
            finally:
                up.send_signal(signal.SIGINT)
                up.wait(20)
                up.stdout.close()


class Configured(unittest.TestCase):
    def test_a_port_in_use_is_2(self):
        import socket
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = run("up", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        self.assertEqual(done.returncode, 2)
        self.assertIn("listen", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=1)
