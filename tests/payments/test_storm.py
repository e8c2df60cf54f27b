"""Everybody at once, for long: the product's own processes under a storm of news about 200 orders,
and a hundred rounds of the last seat.
"""

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from academics import seats
from academics.models import Batch, Enrollment
from coaching.sandbox.config import from_environment
from payments import rounds
from payments.models import Refund
from payments.services import settle
from tests.chaos.client import new_phone
from tests.chaos.money import HTMX, Office, Till
from tests.conftest import eventually
from tests.payments import books
from tests.payments.at_once import at_once
from tests.stack.house import House

pytestmark = pytest.mark.slow

ORDERS, WEBHOOKS, LOOKS = 200, 50, 10
PAYERS = range(2, 21)
ROUNDS = 100


@pytest.mark.stack
def test_a_storm_of_news_about_200_orders_makes_200_seats_and_200_receipts():
    with House(SANDBOX_PACE="1") as house, Office(house) as office:
        till = Till(house, office)
        till.behave(lose=True)  # the storm's own webhooks are enough
        phones = [new_phone() for _ in range(ORDERS)]
        orders = office.ask("orders", phones=phones, begun=True)
        for order in orders:
            till.sandbox.control(f"phonepe/orders/{order['merchant_order_id']}", {"do": "pay"})

        news = [news_of(order, office.cookies) for order in orders]
        with ThreadPoolExecutor(1) as pool:  # the browser's tests leave a loop in this thread
            answers = pool.submit(asyncio.run, storm(house.port, news)).result()

        assert answers == {200: ORDERS * (WEBHOOKS + LOOKS + 1)}
        active = "SELECT count(*) FROM academics_enrollment WHERE status = 'active'"
        eventually(lambda: house.sql(active) == [(ORDERS,)])  # the worker asks beside all this
        serials = house.sql("SELECT serial FROM payments_receipt ORDER BY serial")
        assert serials == [(number,) for number in range(1, ORDERS + 1)]
        assert till.wrong() == []


def news_of(order, cookies):
    """50 webhooks, 10 looks of the return page and the owner's question, as bytes on the wire."""
    name = order["merchant_order_id"]
    payload = {"merchantOrderId": name, "state": "COMPLETED"}
    webhook = request(
        "POST", "/webhooks/phonepe/", {"event": "checkout.order.completed", "payload": payload},
        Authorization=from_environment().phonepe.webhook_authorization,
    )  # fmt: skip
    look = request("GET", f"/payments/return/{name}/?waited=2", **HTMX)
    owner = request("POST", f"/admin/payments/payment/{order['payment']}/state/", **cookies)
    return [webhook] * WEBHOOKS + [look] * LOOKS + [owner]


def request(method, path, body=None, **headers):
    text = json.dumps(body) if body else ""
    headers |= {"Host": "127.0.0.1", "Content-Type": "application/json",
                "Content-Length": len(text)}  # fmt: skip
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", text]).encode()


async def storm(port, bursts):
    """Send all of a burst at the same moment, then the next; returns how often came which status.

    Each request of a burst has a connection of its own.
    """
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in bursts[0]]
    answers = Counter()
    for burst in bursts:
        said = map(exchange, lines, burst)
        answers.update(await asyncio.gather(*said))
    return answers


async def exchange(line, sent):
    reader, writer = line
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = head.partition("content-length:")[2].split("\r\n")[0]
    await reader.readexactly(int(length))
    return int(head[9:12])


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_last_seats_each_is_sold_once_and_each_loser_gets_one_refund(till):
    outcomes = last_seats(till, ROUNDS)

    assert outcomes == [(1, payers - 1) for payers in payers_of(ROUNDS)]
    while Refund.objects.filter(state=Refund.State.DUE).exists():
        rounds.ask_what_is_due()
    ledger = till.ledger()
    back = Counter(refund["merchant_order_id"] for refund in ledger["refunds"])
    assert back.total() == len(back) == sum(payers_of(ROUNDS)) - ROUNDS
    assert books.wrong(ledger) == []


@pytest.mark.django_db(transaction=True)
def test_without_its_checks_one_of_some_last_seats_is_sold_twice(till, monkeypatch):
    """The control: neither the statement that counts nor the batch's lock."""
    monkeypatch.setattr(seats, "_locked", lambda pk: Batch.objects.get(pk=pk))
    monkeypatch.setattr(seats, "_take", lambda batch: None)

    outcomes = last_seats(till, 10)

    assert max(sold for sold, _ in outcomes) > 1


def payers_of(number):
    """How many pay for the seat of each round."""
    return [PAYERS[n % len(PAYERS)] for n in range(number)]


def last_seats(till, number):
    """Settle, at once, payments of many for one seat; [(seats sold, refunds of losers)]."""
    people = [till.person() for _ in range(PAYERS[-1])]
    outcomes = []
    for payers in payers_of(number):
        batch = till.new_batch(seats=payers)
        payments = [till.begin(batch, who=who) for who in people[:payers]]
        mine = Enrollment.objects.filter(batch=batch)
        mine.update(has_seat=False, held_until=None)  # all came back too late
        Batch.objects.filter(pk=batch.pk).update(seats=1, seats_taken=0)
        for payment in payments:
            till.do(payment, "pay")

        settled = at_once(lambda pk=payment.pk: settle(pk) for payment in payments)

        assert {payment.state for payment in settled} == {"paid"}
        refunds = Refund.objects.filter(order__enrollment__batch=batch, why="batch_full")
        outcomes.append((mine.filter(status="active").count(), refunds.count()))
    return outcomes
