"""What was measured, as people read it: percentiles, markdown tables, and the machine it ran on."""

import os
import platform
import statistics
import time
from importlib.metadata import version
from pathlib import Path

VERSIONS = ("django", "celery", "granian", "psycopg", "fastapi", "sqlmodel", "uvicorn")

median = statistics.median


def percentile(values, share):
    """The value below which `share` (such as 0.99) of the values lie, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def percentiles(seconds, *shares):
    """The percentiles of times in seconds, as texts in milliseconds."""
    return [f"{percentile(seconds, share) * 1000:.1f}" if seconds else "–" for share in shares]


def table(title, headings, rows, note=""):
    lines = [f"### {title}", "", "| " + " | ".join(headings) + " |", "|---" * len(headings) + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    print("\n".join([*lines, "", *([note, ""] if note else [])]), flush=True)


def say_machine():
    """The first lines of every report: nothing measured means anything without them."""
    model = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    print(
        f"{time.strftime('%d %B %Y')} · {model}, {os.cpu_count()} cores · "
        f"{platform.system()} {platform.release()} · Python {platform.python_version()} · "
        f"{versions} · load before: {os.getloadavg()[0]:.2f}\n",
        flush=True,
    )
