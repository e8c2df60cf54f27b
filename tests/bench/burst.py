"""A burst: 300 enquiries in ten seconds while each request to a provider takes 300 ms."""

from tests.bench import load
from tests.bench.product import Product, Provider
from tests.bench.report import percentiles, table
from tests.bench.wire import CHANNELS, EMBEDDED, ON_A_SERVER
from tests.conftest import eventually

PROVIDER_SECONDS = 0.3
RATE, SECONDS = 30, 10
PATIENCE_SECONDS = 120
HEADINGS = ("", "accepted", "p50 ms", "p99 ms", "max ms")
FIRST = 1_000  # visitors before it are there to get warm


def measure(*, quick, seconds):
    for where, how in ((ON_A_SERVER, {}), (EMBEDDED, {"database": "sqlite", "demo": True})):
        with Provider(PROVIDER_SECONDS) as provider, Product(provider, **how) as product:
            burst(product, where)


def burst(product, where):
    load.run(port=product.port, first=0, rate=5, seconds=2)
    load.run(port=product.port, first=FIRST, rate=RATE, seconds=SECONDS, connections=64)
    wanted = 3 * (RATE * SECONDS + 10)
    try:
        eventually(lambda: len(waits(product)) >= wanted, PATIENCE_SECONDS)
    except AssertionError:
        print(f"Not all were accepted within {PATIENCE_SECONDS} s.\n")
    rows = []
    for channel in CHANNELS:
        took = [seconds for name, seconds in waits(product) if name == channel][10:]
        rows.append([channel, f"{len(took)} of {RATE * SECONDS}", *percentiles(took, 0.5, 0.99, 1)])
    table(
        f"Burst: {RATE * SECONDS} enquiries in {SECONDS} s, a provider that takes "
        f"{PROVIDER_SECONDS * 1000:.0f} ms, {where}",
        HEADINGS,
        rows,
        "From the row's creation to the provider's acceptance, as the database has it.",
    )


def waits(product):
    """(channel, seconds from created to accepted) of all that was accepted, oldest first."""
    seconds = (
        "extract(epoch FROM accepted_at - created_at)::float"
        if product.server
        else "(julianday(accepted_at) - julianday(created_at)) * 86400"
    )
    return product.sql(
        f"SELECT channel, {seconds} FROM messaging_communicationlog "
        "WHERE accepted_at IS NOT NULL ORDER BY created_at"
    )
