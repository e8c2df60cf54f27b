"""From the enquiry to the wire: how long a message is with us before its request is out.

The clock starts when the visitor's request is sent and ends when the provider has the whole
request for the message, so that all of it is our own share. Beside it, in turns, a bare Celery
worker that is told to send the same messages.
"""

import json
import os
import subprocess
import sys
import time
from itertools import count

from tests.bench import load
from tests.bench.people import visitor
from tests.bench.product import Product, Provider
from tests.bench.report import percentile, percentiles, table

HEADINGS = (
    "", "messages", "not arrived", "p50 ms", "p95 ms", "p99 ms", "max ms",
    "p99 from the answer ms", "p99 is … times the bare one's",
)  # fmt: skip
CHANNELS = ("whatsapp", "email", "voice")
PATIENCE_SECONDS = 30
ON_A_SERVER = "PostgreSQL, Redis protocol, the Procfile"
EMBEDDED = "the embedded default, as `make run` starts it"


def measure(*, quick, seconds):
    seconds = seconds or (20 if quick else 300)
    turns = max(1, round(seconds / 60))
    with Provider() as provider, Product(provider) as product:
        for rate in (10, 50):
            compare(product, provider, ON_A_SERVER, rate, turns, seconds / turns)
    with Provider() as provider, Product(provider, database="sqlite", demo=True) as product:
        compare(product, provider, EMBEDDED, 10, turns, seconds / turns)


def compare(product, provider, where, rate, turns, seconds):
    """Ours for `seconds`, then the bare worker for a third of that, in so many `turns`."""
    numbers = count(rate * 1_000_000, 100_000)  # nobody comes twice
    ours, bare = [], []
    with BareWorker(product, provider) as worker:
        send(product, provider, first=next(numbers), rate=rate, seconds=3)  # to get warm
        worker.send(provider, first=next(numbers), rate=rate, seconds=3)
        for _ in range(turns):
            ours += send(product, provider, first=next(numbers), rate=rate, seconds=seconds)
            bare += worker.send(provider, first=next(numbers), rate=rate, seconds=seconds / 3)
    rows = [row(f"ours, {name}", name, ours, beside=bare) for name in CHANNELS]
    rows += [row(f"bare Celery worker, {name}", name, bare) for name in CHANNELS]
    table(
        f"Enquiry → wire: {rate} enquiries a second, {where}",
        HEADINGS,
        rows,
        f"{len(ours)} enquiries in {turns} × {seconds:g} s. The provider answers at once "
        "and sends no receipts.",
    )


def send(product, provider, **how):
    """Enquiries at a rate; [(visitor, sent, answered, {channel: arrived})] when all is out."""
    rows = load.run(port=product.port, connections=64, **how)
    sent = [(visitor(number), sent_at, answered_at) for number, sent_at, answered_at, _ in rows]
    return with_arrivals(provider, sent)


def with_arrivals(provider, sent):
    """Wait until every message has arrived, or for PATIENCE_SECONDS."""
    found, deadline = {}, time.monotonic() + PATIENCE_SECONDS
    while len(found) < 3 * len(sent) and time.monotonic() < deadline:
        time.sleep(0.2)
        for channel, to, moment in provider.arrivals():
            found.setdefault((channel, to), moment)
    return [
        (sent_at, answered_at, {name: found.get(key) for name, key in keys_of(who)})
        for who, sent_at, answered_at in sent
    ]


def keys_of(who):
    """How the provider knows a visitor's three messages."""
    return [(name, (name, who.email if name == "email" else who.phone)) for name in CHANNELS]


def shares(name, rows):
    """The seconds from the enquiry to the wire, of what arrived."""
    return [arrived[name] - sent_at for sent_at, _, arrived in rows if arrived[name]]


def row(title, name, rows, beside=None):
    own = shares(name, rows)
    later = [came[name] - answered for _, answered, came in rows if came[name] and answered]
    p99 = percentile(own, 0.99) / percentile(shares(name, beside), 0.99) if beside and own else None
    return [
        title, len(rows), len(rows) - len(own), *percentiles(own, 0.5, 0.95, 0.99, 1),
        *percentiles(later, 0.99), f"{p99:.1f}" if p99 else "",
    ]  # fmt: skip


class BareWorker:
    """`celery_bare` as a process on the product's own broker, in a queue of its own."""

    def __init__(self, product, provider):
        self.environment = {
            "PATH": os.environ["PATH"],
            "BROKER": f"redis+socket://{product.broker_socket}",
            "PROVIDER": provider.url,
            "MAIL_PORT": provider.mail_url.rpartition(":")[2],
        }

    def __enter__(self):
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "celery", "--quiet", "-A", "tests.bench.celery_bare",
                "worker", "--pool", "threads", "--concurrency", "8", "--loglevel", "error",
                "--without-gossip", "--without-mingle", "--without-heartbeat",
            ],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def send(self, provider, **how):
        command = [sys.executable, "-m", "tests.bench.celery_producer", json.dumps(how)]
        done = subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        )
        sent = [(visitor(number), moment, None) for number, moment in json.loads(done.stdout)]
        return with_arrivals(provider, sent)
