"""`make fuzz`: break photos by chance until the time is over, and tell what we do worse than others."""

import argparse
import sys
import time

from tests.fuzz.mutants import mutants
from tests.fuzz.oracle import complaint


def main() -> int:
    """Print each complaint, and how many photos were tried; 1 when there was one."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=180.0)
    asked = parser.parse_args()
    tried = wrong = 0
    until = time.monotonic() + asked.seconds
    for mutant in mutants(asked.seed, asked.count):
        found = complaint(mutant.data)
        tried += 1
        if found:
            wrong += 1
            print(f"{mutant.name}: {found}")
        if time.monotonic() > until:
            break
    print(f"{tried} photos, {wrong} complaints (seed {asked.seed})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
