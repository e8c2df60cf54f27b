"""The memory of each process after a minute's work.

RSS is what it holds; PSS counts what several hold together once, so it is what they cost.
"""

from tests.bench import load
from tests.bench.processes import memory_mb
from tests.bench.product import Product, Provider
from tests.bench.report import table
from tests.bench.wire import EMBEDDED, ON_A_SERVER
from tests.stack.part import tree

HEADINGS = ("", "RSS MB", "PSS MB")


def measure(*, quick, seconds):
    seconds = seconds or (10 if quick else 60)
    for where, how in ((ON_A_SERVER, {}), (EMBEDDED, {"database": "sqlite", "demo": True})):
        with Provider() as provider, Product(provider, **how) as product:
            load.run(port=product.port, first=0, rate=10, seconds=seconds)
            load.run(port=product.port, first=0, path="/", expected=200, seconds=2)
            rows = [row for part in product.parts for row in of_part(part)]
            table(
                f"Memory: {where}",
                HEADINGS,
                [*rows, ["together", "", f"{sum(int(row[2]) for row in rows)}"]],
                f"After {10 * seconds:.0f} enquiries with their messages and 2 s of landing pages. "
                "The sandbox rests; on a server it does not run.",
            )


def of_part(part):
    """A line for each of its processes; those of PostgreSQL are many, and one line."""
    held = [memory_mb(pid) for pid in tree(part.pid)]
    if part.name == "postgres":
        held = [[sum(each) for each in zip(*held, strict=True)]]
    names = [part.name, *(f"{part.name}, child {n}" for n in range(1, len(held)))]
    return [[name, *map(round, each)] for name, each in zip(names, held, strict=True)]
