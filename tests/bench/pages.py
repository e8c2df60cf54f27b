"""Landing pages a second, beside the same bytes from the same server without a product behind."""

import statistics
import subprocess
import urllib.request

from tests.bench import load
from tests.bench.product import Product, Provider
from tests.bench.report import percentiles, table
from tests.conftest import eventually, is_up
from tests.environment import free_ports
from tests.stack.house import procfile

HEADINGS = ("", "per second", "p50 ms", "p99 ms", "ours is … times this")


def measure(*, quick, seconds):
    rounds, seconds = (2 if quick else 5), seconds or 3
    for database in ("postgres", "sqlite"):
        with Provider() as provider, Product(provider, database=database, workers=0) as product:
            compare(product, database, rounds, seconds)


def compare(product, database, rounds, seconds):
    page = product.folder / "page.gz"
    page.write_bytes(fetch(product.url + "/"))
    port = free_ports(1)
    server = subprocess.Popen(
        procfile("web", **{"coaching.wsgi": "tests.bench.constant", "$PORT": str(port)}),
        env={**product.environment, "PAGE": str(page)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(lambda: is_up(f"http://127.0.0.1:{port}/"), seconds=20)
        ports = {"ours": product.port, "the same bytes, made before": port}
        took = {name: [] for name in ports}
        for number in range(rounds + 1):
            for name, at in ports.items():
                rows = load.run(
                    expected=200, port=at, first=0, path="/", connections=16, seconds=seconds
                )
                if number:  # the first round is to get warm
                    took[name].append([answered - sent for _, sent, answered, _ in rows])
    finally:
        server.terminate()
        server.wait(10)
    ours = [len(one) for one in took["ours"]]
    rows = []
    for name, times in took.items():
        rates = [len(one) / seconds for one in times]
        ratio = statistics.median(a / len(b) for a, b in zip(ours, times, strict=True))
        rows.append(
            [
                name, f"{statistics.median(rates):.0f}",
                *percentiles([t for one in times for t in one], 0.5, 0.99),
                "" if name == "ours" else f"{ratio:.2f}",
            ]
        )  # fmt: skip
    table(
        f"Landing page, {database}",
        HEADINGS,
        rows,
        f"{page.stat().st_size} bytes compressed, 2 worker processes, 16 connections, "
        f"{rounds} rounds of {seconds:g} s in turns.",
    )


def fetch(url):
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()
