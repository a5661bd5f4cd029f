#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the arrows of docs/ARCHITECTURE.md, and one home file for each outside library."""
import pathlib
import re
import sys

MAY = {
    "base": [],
    "ncpdp": ["base"],
    "formulary": ["base", "ncpdp"],
    "routing": ["base", "ncpdp", "formulary"],
    "adjudication": ["base", "ncpdp", "formulary"],
    "fhir-bridge": ["base", "ncpdp"],
    "gateway": ["base", "ncpdp", "formulary", "routing", "adjudication", "fhir-bridge"],
}
HOMES = {
    r"zmq": {"gateway/bus/wire.c"},
    r"rocksdb/": {"base/store.c"},
    r"lmdb": {"base/table.c"},
    r"libxml/": {"base/xml_read.c", "base/xml_schema.c"},
    r"msgpack": {"base/record_pack.c"},
    r"openssl/": {"base/crypto.c", "base/crypto_key.c", "base/tls.c"},
    r"curl/": {"gateway/courier/call.c"},
    r"xxhash": {"base/text.c"},
}


def includes(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found.group(1), found.group(2)


def faults(root):
    for folder, may in MAY.items():
        for path in sorted((root / folder).rglob("*.[chS]")) + sorted((root / folder).rglob("*.def")):
            name = path.relative_to(root).as_posix()
            for line, quote, target in includes(path):
                if quote == '"':
                    first = target.split("/")[0]
                    if "/" not in target:
                        yield f"{name}:{line}: include {target} by its path from the top"
                    elif first != folder and first not in may:
                        yield f"{name}:{line}: {folder} may not include {first}"
                else:
                    for library, homes in HOMES.items():
                        if re.match(library, target) and name not in homes:
                            yield f"{name}:{line}: {target} belongs to {', '.join(sorted(homes))} alone"


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(faults(root))
    print("\n".join(found) or "the arrows hold")
    if "--self-test" in sys.argv:
        # The check itself must be able to fail: an upward include and a stray library header are both seen.
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            bad = pathlib.Path(folder)
            for name in MAY:
                (bad / name).mkdir()
            (bad / "base" / "x.c").write_text('#include "gateway/bus/role.h"\n#include <zmq.h>\n#include "near.h"\n')
            assert len(list(faults(bad))) == 3, "layering.py no longer sees what it must"
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
