"""Enquiries a second: ours, a FastAPI service that writes the same rows, and the raw database."""

import statistics
from itertools import count

from tests.bench import load, raw, sample
from tests.bench.ceiling import create_table
from tests.bench.people import visitor
from tests.bench.processes import cpu_seconds
from tests.bench.product import Product, Provider
from tests.bench.report import percentiles, table
from tests.bench.rival import Rival, best_variant

HEADINGS = (
    "", "per second", "lowest–highest round", "p50 ms", "p99 ms", "CPU ms each",
    "ours is … times this",
)  # fmt: skip
OURS = "ours"


def measure(*, quick, seconds):
    for database in ("postgres", "sqlite"):
        with Provider() as provider, Product(provider, database=database, workers=0) as product:
            compare(product, database, rounds=3 if quick else 7, seconds=seconds or 3)


def compare(product, database, rounds, seconds):
    """Everybody in turn, `rounds` times; nothing of ours runs beside."""
    numbers = count(0, 1_000_000)  # the first visitor of each load: nobody comes twice
    load.run(port=product.port, first=next(numbers), seconds=1)
    phone = visitor(0).phone
    words, bodies = sample.words(product, phone), sample.bodies(product, phone)
    variant = best_variant(
        product.folder, sqlalchemy_address(product, "trial"), words, database, numbers
    )
    ceiling = raw_address(product, "ceiling")
    create_table(ceiling)
    with (
        Rival(
            product.folder, sqlalchemy_address(product, "rival"), words, variant=variant
        ) as rival,
        Rival(
            product.folder, sqlalchemy_address(product, "bare"), words, variant=variant,
            counters=False,
        ) as bare,
    ):  # fmt: skip
        ways = {
            OURS: Posts(product.port, product.web.pid, numbers, seconds),
            f"FastAPI + SQLModel ({rival.name})": Posts(
                rival.port, rival.process.pid, numbers, seconds
            ),
            "the same without the counters": Posts(bare.port, bare.process.pid, numbers, seconds),
            "raw transactions, the Python client": lambda: raw.transactions(
                ceiling, bodies, seconds
            ),
        }
        if database == "postgres":
            ways["raw transactions, pgbench"] = lambda: raw.pgbench(product, bodies, seconds)
        for way in ways.values():
            way()  # once without counting, to get warm
        took = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                took[name].append(way())
    cpu = {name: way.cpu for name, way in ways.items() if isinstance(way, Posts)}
    report(database, took, cpu, seconds, bodies)


class Posts:
    """One service under load: each call is a round and gives the seconds that each answer took."""

    def __init__(self, port, pid, numbers, seconds):
        self.port, self.pid, self.numbers, self.seconds = port, pid, numbers, seconds
        self.cpu = []

    def __call__(self):
        before = cpu_seconds(self.pid)
        rows = load.run(port=self.port, first=next(self.numbers), seconds=self.seconds)
        self.cpu.append((cpu_seconds(self.pid) - before) / len(rows))
        return [answered - sent for _, sent, answered, _ in rows]


def report(database, took, cpu, seconds, bodies):
    rates = {name: [len(one) / seconds for one in rounds] for name, rounds in took.items()}
    rows = []
    for name, rounds in took.items():
        ratios = [a / b for a, b in zip(rates[OURS], rates[name], strict=True)]
        rows.append(
            [
                name,
                f"{statistics.median(rates[name]):.0f}",
                f"{min(rates[name]):.0f}–{max(rates[name]):.0f}",
                *percentiles(sum(rounds, []), 0.5, 0.99),
                f"{statistics.median(cpu[name]) * 1000:.1f}" if name in cpu else "",
                "" if name == OURS else f"{statistics.median(ratios):.2f}",
            ]
        )
    table(
        f"Enquiries on {database}",
        HEADINGS,
        rows,
        f"Median of {len(took[OURS])} rounds of {seconds:g} s, taken in turns, 2 worker processes "
        f"and 32 connections each; the raw transactions insert the same {len(bodies)} rows "
        f"({sum(map(len, bodies))} characters) as text, over 2 × 8 connections (SQLite: 2). Every "
        "answered commit is on the disk. CPU is what the service's own processes used. No worker "
        "runs; ours rings the broker and writes its log lines, the others do neither.",
    )


def sqlalchemy_address(product, name):
    """A further, empty database on the product's server, or in its folder."""
    if product.server is None:
        return f"sqlite:///{product.folder / name}.sqlite3"
    product.server.create_database(name)
    return f"postgresql+psycopg://coaching@/{name}?host={product.server.home}"


def raw_address(product, name):
    """The same for the database's own client."""
    if product.server is None:
        return str(product.folder / f"{name}.sqlite3")
    product.server.create_database(name)
    return f"host={product.server.home} user=coaching dbname={name}"
