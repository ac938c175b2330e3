"""`python -m tests.fuzz --inputs 100000`: mutated files for every target; `--once` repeats one finding."""

import argparse
import sys
import time
from collections import Counter

from tests.fuzz.campaign import TARGETS, Case, case, run


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="N", help="number of the first case (0)")
    parser.add_argument("--seed", type=int, default=0, help="another seed: other cases (0)")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--once", nargs=4, metavar=("TARGET", "FILE", "SEED", "MUTATION"), help="one case only")
    return parser.parse_args()


def main() -> int:
    """Print what is found as it is found, then how much was tried."""
    asked = arguments()
    targets = tuple(asked.targets)
    numbers = range(asked.first, asked.first + asked.inputs)
    cases = (case(number, targets, asked.seed) for number in numbers)
    if asked.once:
        target, name, seed, mutation = asked.once
        cases = (one for one in [(target, name, int(seed), mutation)])
    done, found, began = Counter[str](), 0, time.monotonic()
    for count, (one, fault) in enumerate(run(cases), 1):
        found += _told(one, fault)
        done[one[0] if fault != "-" else "no such container"] += 1
        if count % 1000 == 0:
            print(f"# {count} cases, {found} findings, {time.monotonic() - began:.0f} s", flush=True)
    told = ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
    print(f"{done.total()} cases ({told}): {found} findings in {time.monotonic() - began:.0f} s")
    return 1 if found else 0


def _told(one: Case, fault: str) -> bool:
    if fault in ("", "-"):
        return False
    print(f"{one!r},  # {fault}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
