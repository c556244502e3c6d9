"""`make soak`: a million strange texts. Numbers on from where `make test` stops, so that no text is read twice."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.support.strange_texts import read_strange

FIRST, LAST, AT_ONCE = 20_000, 1_020_000, 5_000


def main() -> int:
    """Read them on every core and tell what was wrong with which; 1 if anything was."""
    wrong = 0
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        starts = range(FIRST, LAST, AT_ONCE)
        for start, told in zip(starts, processes.map(partial(read_strange, count=AT_ONCE), starts), strict=True):
            wrong += len(told)
            print("\n".join([f"{start + AT_ONCE - FIRST} texts read, {wrong} slow or raising", *told]), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
