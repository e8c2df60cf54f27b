"""The till: checkouts a second by the form, how long a webhook waits for its answer, payments
settled a second. PhonePe's stand-in answers at once, and everything is paid.
"""

import asyncio
import hashlib
import json
import re
import statistics
import sys
import time
import urllib.request
import uuid
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from tests.bench import load
from tests.bench.people import visitor
from tests.bench.processes import cpu_seconds
from tests.bench.product import Product, Provider
from tests.bench.report import percentiles, table
from tests.chaos.client import STAMP_SECONDS
from tests.conftest import eventually

BATCH, SEATS = "FND-EVE", 30_000
CHECKOUT = f"/payments/checkout/{BATCH}/"
LOGIN = ("benchhooks", "bench2hooks")
IN_PARALLEL = 50  # webhooks
PATIENCE_SECONDS = 300
HEADINGS = ("", "per second", "lowest–highest round", "p50 ms", "p99 ms", "CPU ms each")


def measure(*, quick, seconds):
    rounds, seconds = (2 if quick else 5), seconds or 3
    with Provider() as provider, Product(provider, **keys(provider)) as product:
        product.worker.down()
        product.sql(f"UPDATE academics_batch SET seats = {SEATS} WHERE code = '{BATCH}'")
        till = Till(product, rounds, seconds)
        checkouts = till.checkouts()
        alone = till.webhooks("webhooks, no worker runs")
        backlog = till.backlog()
        till.checkouts()
        busy = till.webhooks("webhooks, a worker settles what they tell of")
        eventually(lambda: not till.unpaid(), PATIENCE_SECONDS)
    report([checkouts, alone, busy], backlog, rounds, seconds)


def keys(provider):
    """The variables that let the product take money."""
    return {
        "PHONEPE_CLIENT_ID": "BENCH",
        "PHONEPE_CLIENT_SECRET": "bench",
        "PHONEPE_BASE_URL": f"{provider.url}/phonepe",
        "PHONEPE_WEBHOOK_USERNAME": LOGIN[0],
        "PHONEPE_WEBHOOK_PASSWORD": LOGIN[1],
    }


class Till:
    """A product with a load on its till; each load is a row of the table."""

    def __init__(self, product, rounds, seconds):
        self.product, self.rounds, self.seconds = product, rounds, seconds
        self.numbers = count(0, 100_000)  # the first visitor of each round: nobody comes twice

    def checkouts(self):
        page = urllib.request.urlopen(self.product.url + CHECKOUT, timeout=10).read().decode()
        stamp = re.search(r'name="stamp" value="([^"]+)"', page)[1]
        time.sleep(STAMP_SECONDS)
        return self._row("checkouts by the form", 303, 32, kind="checkouts", stamp=stamp)

    def webhooks(self, title):
        """About payments that are not settled yet, each in its turn."""
        names = self.product.folder / "names.json"
        names.write_text(json.dumps(self.unpaid()))
        return self._row(title, 200, IN_PARALLEL, kind="webhooks", names=str(names))

    def _row(self, title, expected, connections, **how):
        rates, took, cpu = [], [], []
        for number in range(self.rounds + 1):
            before = cpu_seconds(self.product.web.pid)
            rows = load.run(
                expected, "tests.bench.till", port=self.product.port, first=next(self.numbers),
                seconds=self.seconds, connections=connections, **how,
            )  # fmt: skip
            if number:  # the first round is to get warm
                rates.append(len(rows) / self.seconds)
                took += [answered - sent for _, sent, answered, _ in rows]
                cpu.append((cpu_seconds(self.product.web.pid) - before) / len(rows))
        return [
            title, f"{statistics.median(rates):.0f}", f"{min(rates):.0f}–{max(rates):.0f}",
            *percentiles(took, 0.5, 0.99), f"{statistics.median(cpu) * 1000:.1f}",
        ]  # fmt: skip

    def unpaid(self):
        """The ids of the payments that are not settled."""
        rows = self.product.sql(
            "SELECT merchant_order_id FROM payments_payment WHERE state = 'pending' ORDER BY id"
        )
        return [name for (name,) in rows]

    def backlog(self):
        """Let one worker settle all that is there; returns (payments, seconds)."""
        self.product.sql("UPDATE payments_payment SET next_check_at = now()")
        self.product.worker.start()
        eventually(lambda: not self.unpaid(), PATIENCE_SECONDS)
        return self.product.sql(
            "SELECT count(*), extract(epoch FROM max(paid_at) - min(paid_at))::float"
            " FROM payments_payment WHERE state = 'paid'"
        )[0]


def report(rows, backlog, rounds, seconds):
    table(
        "The till",
        HEADINGS,
        rows,
        f"{rounds} rounds of {seconds:g} s, PostgreSQL, 2 worker processes; 32 connections post "
        f"the form, {IN_PARALLEL} the webhooks. Each checkout is an enquiry, a student, a seat, an "
        "order and a request to PhonePe, which answers at once. CPU is what the web's own "
        "processes used.",
    )
    paid, took = backlog
    table(
        "Settled by one worker",
        ("payments that waited", "seconds", "a second"),
        [[f"{paid:,}", f"{took:.1f}", f"{paid / took:.0f}"]],
        "Each is a question to PhonePe, a seat, a numbered receipt and two messages, which the "
        "same worker sends at the same time: a letter with the receipt as a PDF, a WhatsApp.",
    )


class Checkouts(load.Load):
    """Visitors who fill in the checkout's form."""

    def __init__(self, *, stamp, **how):
        super().__init__(**how)
        self.stamp = stamp

    def request(self, number):
        who = visitor(number)
        form = {
            "name": who.name, "phone": who.phone, "email": who.email, "age": "adult",
            "plan": "full", "consent": "on", "do": "pay", "uuid": uuid.UUID(int=number),
            "stamp": self.stamp,
        }  # fmt: skip
        kind = "application/x-www-form-urlencoded"
        return post(CHECKOUT, kind, urlencode(form), {"X-Forwarded-For": who.ip})


class Webhooks(load.Load):
    """PhonePe, which tells of one payment after the other."""

    def __init__(self, *, names, **how):
        super().__init__(**how)
        self.names = json.loads(Path(names).read_text())

    def request(self, number):
        payload = {"merchantOrderId": self.names[number % len(self.names)], "state": "COMPLETED"}
        body = json.dumps({"event": "checkout.order.completed", "payload": payload})
        genuine = hashlib.sha256(":".join(LOGIN).encode()).hexdigest()
        return post(
            "/webhooks/phonepe/", "application/json", body, {"Authorization": genuine}
        )  # fmt: skip


def post(path, kind, body, more):
    head = {"Host": "127.0.0.1", "Content-Type": kind, "Content-Length": len(body), **more}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join([*lines, "", body]).encode()


KINDS = {"checkouts": Checkouts, "webhooks": Webhooks}

if __name__ == "__main__":
    how = json.loads(sys.argv[1])
    print(json.dumps(asyncio.run(KINDS[how.pop("kind")](**how).run())))
