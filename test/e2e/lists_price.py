#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plans of Medicare Part D and of a marketplace issuer are loaded from their published files, and real-time benefit requests are priced from them.
usage: lists_price.py DUALTRACK"""
import datetime
import decimal
import json
import pathlib
import subprocess
import sys
import tempfile

from gateway import Failed, Gateway, Message, check, example

YEAR = datetime.datetime.now(datetime.timezone.utc).year
PART_D, MARKET = "H9990-001-000", "99999XX0000001"
TIERED, GENERIC, INSULIN = "99999000101", "99999000202", "99999000303"  # NDCs that stand for the concepts 9990001 to 9990003
PREFERRED, STANDARD, OUTSIDE = "1999999101", "1999999102", "1999999103"


def table(head, *rows):
    return "\r\n".join([head, *rows]) + "\r\n"


def part_d_files():
    channels = ("PREF", "NONPREF", "MAIL_PREF", "MAIL_NONPREF")
    cost = "|".join(f"COST_TYPE_{c}|COST_AMT_{c}|COST_MIN_AMT_{c}|COST_MAX_AMT_{c}" for c in channels)
    insulin = "|".join([f"copay_amt_{c.lower()}_insln" for c in channels] + [f"coin_amt_{c.lower()}_insln" for c in channels])
    none = "0|0|0|0"
    return {
        "drugs.txt": table(
            "FORMULARY_ID|FORMULARY_VERSION|CONTRACT_YEAR|RXCUI|NDC|TIER_LEVEL_VALUE|QUANTITY_LIMIT_YN|QUANTITY_LIMIT_AMOUNT|QUANTITY_LIMIT_DAYS|"
            "PRIOR_AUTHORIZATION_YN|STEP_THERAPY_YN|SELECTED_DRUG_YN",
            f"00099901|7|{YEAR}|9990001|{TIERED}|3|N|||N|N|N", f"00099901|7|{YEAR}|9990002|{GENERIC}|1|N|||N|N|N",
            f"00099901|7|{YEAR}|9990003|{INSULIN}|3|N|||N|N|N"),
        "plans.txt": table(
            "CONTRACT_ID|PLAN_ID|SEGMENT_ID|CONTRACT_NAME|PLAN_NAME|FORMULARY_ID|PREMIUM|DEDUCTIBLE|MA_REGION_CODE|PDP_REGION_CODE|STATE|COUNTY_CODE|"
            "SNP|PLAN_SUPPRESSED_YN", "H9990|001|000|EXAMPLE HMO|EXAMPLE PLUS|00099901|35.60|615| | |NE|28100|2|N"),
        "costs.txt": table(
            f"CONTRACT_ID|PLAN_ID|SEGMENT_ID|COVERAGE_LEVEL|TIER|DAYS_SUPPLY|{cost}|TIER_SPECIALTY_YN|DED_APPLIES_YN",
            f"H9990|001|000|1|3|1|1|47.00|0|0|2|.25|0|0|{none}|{none}|N|Y",
            f"H9990|001|000|1|1|1|1|1.00|0|0|1|5.00|0|0|{none}|{none}|N|N"),
        "insulin.txt": table(f"CONTRACT_ID|PLAN_ID|SEGMENT_ID|TIER|DAYS_SUPPLY|{insulin}", "H9990|001|000|3|1|35.00|35.00| | | | | | "),
        "prices.txt": table("CONTRACT_ID|PLAN_ID|SEGMENT_ID|NDC|DAYS_SUPPLY|UNIT_COST",
                            f"H9990|001|000|{TIERED}|30|10.00", f"H9990|001|000|{GENERIC}|30|0.10", f"H9990|001|000|{INSULIN}|30|4.00"),
        "network.txt": table(
            "CONTRACT_ID|PLAN_ID|SEGMENT_ID|PHARMACY_NUMBER|PHARMACY_ZIPCODE|PREFERRED_STATUS_RETAIL|PREFERRED_STATUS_MAIL|PHARMACY_RETAIL|PHARMACY_MAIL|"
            "IN_AREA_FLAG|BRAND_DISPENSING_FEE_30|BRAND_DISPENSING_FEE_60|BRAND_DISPENSING_FEE_90|GENERIC_DISPENSING_FEE_30|GENERIC_DISPENSING_FEE_60|"
            "GENERIC_DISPENSING_FEE_90",
            f"H9990|001|000|10{PREFERRED}|68001|Y|N|Y|N|1|1.00|1.00|1.00|0.50|0.50|0.50",
            f"H9990|001|000|10{STANDARD}|68001|N|N|Y|N|1|1.00|1.00|1.00|0.50|0.50|0.50"),
    }


def market_files():
    def at(kind, **cost):
        return {"pharmacy_type": kind, "copay_amount": None, "copay_opt": None, "coinsurance_rate": None, "coinsurance_opt": None, **cost}
    plan = {"plan_id_type": "HIOS-PLAN-ID", "plan_id": MARKET, "marketing_name": "Example Gold", "years": [YEAR], "formulary": [
        {"drug_tier": "GENERIC", "mail_order": True, "cost_sharing": [at("1-MONTH-IN-RETAIL", copay_amount=15.0, copay_opt="BEFORE-DEDUCTIBLE"),
                                                                      at("3-MONTH-IN-RETAIL", copay_amount=40.0, copay_opt="BEFORE-DEDUCTIBLE")]},
        {"drug_tier": "SPECIALTY", "mail_order": False, "cost_sharing": [at("1-MONTH-IN-RETAIL", coinsurance_rate=0.3, coinsurance_opt="AFTER-DEDUCTIBLE")]}]}

    def drug(concept, tier):
        return {"rxnorm_id": concept, "drug_name": "EXAMPLE", "plans": [
            {"plan_id_type": "HIOS-PLAN-ID", "plan_id": MARKET, "drug_tier": tier, "prior_authorization": False, "step_therapy": False,
             "quantity_limit": False, "years": [YEAR]}]}
    return {"plans.json": json.dumps([plan]), "drugs.json": json.dumps([drug("9990002", "GENERIC"), drug("9990001", "SPECIALTY")])}


def bins(**plans):
    return "".join(json.dumps({"resourceType": "bin", "bin": "999999", "pcn": pcn, "plan": plan}) + "\n" for pcn, plan in plans.items())


def payer():
    member = {"person_code": "01", "date_of_birth": "1950-01-31"}
    return json.dumps({
        "name": "EXAMPLE PAYER", "bin": "999999", "telephone": "5555550100",
        "plans": [{"name": PART_D, "cost_sharing": "LISTS"},
                  {"name": MARKET, "cost_sharing": "LISTS", "deductible_cents": 50000, "out_of_pocket_max_cents": 920000}],
        "special": [{"rxcui": "9990003", "kind": "INSULIN"}],
        "members": [{"plan": PART_D, "cardholder_id": "EX0001", "deductible_met_cents": 51500, "out_of_pocket_met_cents": 51500, **member},
                    {"plan": PART_D, "cardholder_id": "EX0002", "deductible_met_cents": 61500, "out_of_pocket_met_cents": 208000, **member},
                    {"plan": MARKET, "cardholder_id": "EX0001", **member}]})


YEARS = "\n".join(f"{YEAR} | {what} | {amount} | HOUSE | example" for what, amount in
                  (("deductible", "615.00"), ("out_of_pocket", "2100.00"), ("insulin_month", "35.00"), ("insulin_rate", "25"), ("month_days", "31"))) + "\n"


def ask(gateway, pcn, ndc, cardholder="EX0001", npi=None, concept=None):
    """What the answer says of the product: per way of dispensing (status, total, {component: amount}, restrictions), and the note."""
    body = example("rtpb-request").replace("EXPCN", pcn).replace("99999000303", ndc).replace("EX0001", cardholder)
    body = body.replace("<GroupID>EXGRP</GroupID>", "").replace("<QuantityUnitOfMeasure><Code>C48542</Code></QuantityUnitOfMeasure>", "")
    if npi:
        body = body.replace("<NCPDPID>9999999</NCPDPID>", f"<NPI>{npi}</NPI>")
    if concept:
        body = body.replace("</NDC>", f"</NDC><ProductCode><Code>{concept}</Code><Qualifier>SCD</Qualifier></ProductCode>")
    status, answer = gateway.post("/ncpdp/rtpb", body.encode())
    message = Message(answer)
    check(status == 200 and message.kind == "RTPBResponse" and not message.reject_codes(), f"{pcn} {ndc}: it is answered, not {answer!r}")
    found = {}
    for one in message.all("PricingAndCoverage"):
        total = one.findtext("EstimatedPatientFinancialResponsibility")
        parts = {part.findtext("PatientPayComponentQualifier"): part.findtext("PatientPayComponentAmount") for part in one.iter("PatientPayComponent")}
        check(total is None or decimal.Decimal(total) == sum(map(decimal.Decimal, parts.values())), f"{pcn} {ndc}: {total} is the sum of {parts}")
        found[one.findtext("PricingAndCoverageIndicator")] = (
            one.findtext("CoverageStatusCode"), total, parts, {code.text for code in one.iter("CoverageRestrictionCode")})
    return found, message.text("Note") or ""


def expect(what, found, wanted):
    check(found == wanted, f"{what}: {found} instead of {wanted}")


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="dualtrack-e2e-") as name:
        folder = pathlib.Path(name)
        formulary = folder / "formulary"

        def load(path, good=True):
            done = subprocess.run([program, "formulary", "load", str(path), "--into", str(formulary)], capture_output=True, text=True)
            check((done.returncode == 0) == good, f"{path.name}: {done.stdout}{done.stderr}")

        for where, files in (("part_d", part_d_files()), ("example", market_files())):
            (folder / where).mkdir()
            for file, text in files.items():
                (folder / where / file).write_text(text, encoding="utf-8", newline="")
        (folder / "bins.jsonl").write_text(bins(EXPTD=PART_D, EXPCN=MARKET), encoding="utf-8")
        (folder / "payer.json").write_text(payer(), encoding="utf-8")
        (folder / "years.txt").write_text(YEARS, encoding="utf-8")
        load(folder / "bins.jsonl", good=False)  # a BIN for plans that nobody has told of
        load(folder / "part_d")
        load(folder / "example")
        load(folder / "bins.jsonl")
        config = f"formulary = {formulary}\npayer = {folder}/payer.json\npart_d = {folder}/years.txt"
        with Gateway(program, config) as gateway:
            # 30 x 10.00 + 1.00 = 301.00; 100.00 of the deductible left; 25 % of 201.00 = 50.25
            found, _ = ask(gateway, "EXPTD", TIERED, npi=STANDARD)
            expect("deductible to initial", found, {"R": ("CC", "150.25", {"01": "100.00", "07": "50.25"}, set())})
            # a preferred pharmacy: 47.00 after it
            found, _ = ask(gateway, "EXPTD", TIERED, npi=PREFERRED)
            expect("a preferred pharmacy", found, {"R": ("CC", "147.00", {"01": "100.00", "05": "47.00"}, set())})
            found, _ = ask(gateway, "EXPTD", TIERED, npi=OUTSIDE)
            expect("outside the network", found, {"R": ("PF", None, {}, {"40"})})
            # 20.00 to the threshold
            found, _ = ask(gateway, "EXPTD", TIERED, cardholder="EX0002", npi=STANDARD)
            expect("initial to catastrophic", found, {"R": ("CC", "20.00", {"07": "20.00"}, set())})
            # 30 x 0.10 + 1.00 = 4.00 < 5.00; the tier has no deductible
            found, _ = ask(gateway, "EXPTD", GENERIC, npi=STANDARD)
            expect("a copay above the cost", found, {"R": ("CC", "4.00", {"05": "4.00"}, set())})
            # 30 x 4.00 + 1.00 = 121.00, 25 % = 30.25 < 35.00, and no deductible
            found, _ = ask(gateway, "EXPTD", INSULIN, npi=STANDARD)
            expect("insulin", found, {"R": ("CC", "30.25", {"05": "30.25"}, set())})

            # The issuer's files have concepts only: here the Part D files link the NDC to its concept. No cost is published.
            found, note = ask(gateway, "EXPCN", GENERIC)
            expect("a copay before the deductible", found, {"R": ("CC", "15.00", {"05": "15.00"}, set()), "D": ("CC", "40.00", {"05": "40.00"}, set())})
            check("no amount" not in note, f"all amounts are there: {note}")
            found, note = ask(gateway, "EXPCN", TIERED)
            expect("a percentage of a cost that is not published", found, {"R": ("CC", None, {}, set())})
            check("depends on a cost" in note, f"and why there is no amount is said: {note}")
            # An NDC that nothing links, with the concept beside it in the message.
            found, _ = ask(gateway, "EXPCN", "99999000999", concept="9990002")
            expect("by the concept in the message", found, {"R": ("CC", "15.00", {"05": "15.00"}, set()), "D": ("CC", "40.00", {"05": "40.00"}, set())})

        (folder / "years.txt").write_text(YEARS.replace(str(YEAR), str(YEAR + 1)), encoding="utf-8")
        with Gateway(program, config) as gateway:
            found, note = ask(gateway, "EXPTD", GENERIC, npi=STANDARD)
            expect("a year that the table does not have", found, {"R": ("CC", None, {}, set())})
            check("for the year of this plan" in note, f"and that is said: {note}")
    print("published lists are priced")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print(f"failed: {failed}")
        sys.exit(1)
