"""`make soak`: an hour of enquiries at a steady rate. What grows, what slows, what gets lost.

A line for every slice of the hour: figures that climb from line to line are a leak.
"""

import os
from itertools import count

from tests.bench.processes import memory_mb
from tests.bench.product import Product, Provider
from tests.bench.report import percentile, table
from tests.bench.wire import CHANNELS, EMBEDDED, ON_A_SERVER, send, shares
from tests.stack.part import tree

RATE = 5
SLICES = 12
HEADINGS = (
    "slice", "enquiries", "messages not arrived", "p50 ms", "p99 ms", "PSS MB web", "worker",
    "open files web", "worker", "threads web", "worker", "rows not over",
)  # fmt: skip
NOT_OVER = (
    "SELECT count(*) FROM messaging_communicationlog WHERE state NOT IN ('sent', 'delivered')"
)


def measure(*, quick, seconds):
    seconds = seconds or (120 if quick else 3600)
    for where, how in ((ON_A_SERVER, {}), (EMBEDDED, {"database": "sqlite", "demo": True})):
        with Provider() as provider, Product(provider, **how) as product:
            soak(product, provider, where, seconds / 2)


def soak(product, provider, where, seconds):
    numbers = count(1_000_000, 100_000)  # nobody comes twice
    send(product, provider, first=next(numbers), rate=RATE, seconds=3)  # to get warm
    rows = []
    for n in range(1, SLICES + 1):
        sent = send(product, provider, first=next(numbers), rate=RATE, seconds=seconds / SLICES)
        rows.append([n, len(sent), *waits(sent), *held_by(product), product.sql(NOT_OVER)[0][0]])
        print(f"{where}: slice {n} of {SLICES} is over  ", flush=True)
    table(
        f"Soak: {RATE} enquiries a second, {where}",
        HEADINGS,
        rows,
        f"Slices of {seconds / SLICES:g} s. From the enquiry to the wire, all channels together; "
        "the provider answers at once and sends no receipts.",
    )


def waits(sent):
    """(not arrived, p50, p99) of all channels together."""
    took = [seconds for channel in CHANNELS for seconds in shares(channel, sent)]
    return [
        len(sent) * len(CHANNELS) - len(took),
        *(f"{percentile(took, share) * 1000:.1f}" for share in (0.5, 0.99)),
    ]


def held_by(product):
    """Memory, open files and threads of the web and of the worker, with their children."""
    parts = [tree(part.pid) for part in (product.web, product.worker)]
    megabytes = [round(sum(memory_mb(pid)[1] for pid in pids)) for pids in parts]
    files = [sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids) for pids in parts]
    threads = [sum(len(os.listdir(f"/proc/{pid}/task")) for pid in pids) for pids in parts]
    return [*megabytes, *files, *threads]
