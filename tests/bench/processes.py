"""What a process and everything below it use, read from /proc."""

import os
from contextlib import suppress
from pathlib import Path

from tests.stack.part import tree


def cpu_seconds(pid):
    """The CPU time that the tree has used so far."""
    ticks = 0
    for one in tree(pid):
        with suppress(FileNotFoundError):  # it ended meanwhile
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mb(pid):
    """(RSS, PSS) of one process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    found = {line.partition(":")[0]: line.split()[1] for line in lines[1:]}
    return [int(found[name]) / 1024 for name in ("Rss", "Pss")]
