#!/usr/bin/env python3
"""Whether the published document has what the official clients use of the contract.

    tests/contract_coverage.py CHECKER      CHECKER is the contract's own contract_coverage.py

In an area that is closed, every operation that a client uses is there; in one that is open, what is there counts. In both,
at least 98 % of the fields of what is there are. LEFT_OUT names what is missing on purpose, and why.
"""

import pathlib
import re
import subprocess
import sys

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "openapi" / "openapi.json"
SMALLEST_SHARE = 0.98
CLOSED = ["auth-tokens", "clusters", "agent", "actions", "audit", "organizations/users", "inventory"]
OPEN = ["cost-reports"]
LEFT_OUT = {
    # The operations that hand out install scripts come with an agent of our own to install.
    "GET /v1/agent.sh",
    "GET /v1/kubernetes/external-clusters/{clusterId}/cleanup-script",
    "GET /v1/kubernetes/external-clusters/{clusterId}/credentials-script",
    # The report sums over the whole period, and no query carries the labels that an operator could combine: a parameter
    # that changes nothing is not offered.
    "GET /v1/cost-reports/clusters/{clusterId}/workload-efficiency: query stepSeconds",
    "GET /v1/cost-reports/clusters/{clusterId}/workload-efficiency: query filter.labelsOperator",
}


def faults(checker: str, area: str) -> list[str]:
    command = [sys.executable, checker, str(DOCUMENT), "--used", "--area", area]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    operations, missing_fields = set(), []
    for line in said.splitlines():
        if found := re.match(r"missing +\S+ +(\S+ \S+): (.*)", line):
            operation, what = found.groups()
            if operation in LEFT_OUT or f"{operation}: {what}" in LEFT_OUT:
                continue
            if what == "no such operation":
                operations.add(operation)
            else:
                missing_fields.append(f"{operation}: {what}")
    counted = re.search(rf"^{re.escape(area)} +\d+/\d+ +(\d+)/", said, re.MULTILINE)
    if counted is None:
        return [f"{area}: the contract has no such area"]
    there = int(counted[1])
    share = there / (there + len(missing_fields)) if there else 0.0
    print(f"{area:24}{share:7.1%} of the fields of what is there")
    found_faults = [f"{area}: {one} is missing" for one in sorted(operations) if area in CLOSED]
    if share < SMALLEST_SHARE:
        found_faults += [f"{area}: {one} is missing" for one in missing_fields]
    return found_faults


def main() -> None:
    all_faults = [fault for area in CLOSED + OPEN for fault in faults(sys.argv[1], area)]
    print("\n".join(all_faults), end="\n" if all_faults else "")
    sys.exit(1 if all_faults else 0)


if __name__ == "__main__":
    main()
