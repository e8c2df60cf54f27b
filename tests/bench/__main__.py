"""`make bench`: measure the product beside others in one run, and print the tables.

    python -m tests.bench [posts|wire|burst|pages|lists|till|memory|soak] [--quick] [--seconds N]

Without a part, everything but the soak. `--quick` is for a look; figures to keep come from a full
run on a machine that does nothing else.
"""

import argparse
import signal
import sys
from importlib import import_module

from tests.bench.report import say_machine

PARTS = ("posts", "wire", "burst", "pages", "lists", "till", "memory")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("part", nargs="?", choices=(*PARTS, "soak"))
    parser.add_argument("--quick", action="store_true", help="short rounds, few of them")
    parser.add_argument("--seconds", type=float, help="how long each measurement lasts")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process is ended
    say_machine()
    for part in [wanted.part] if wanted.part else PARTS:
        module = import_module(f"tests.bench.{part}")
        module.measure(quick=wanted.quick, seconds=wanted.seconds)


if __name__ == "__main__":
    main()
