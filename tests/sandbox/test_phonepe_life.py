"""Orders and refunds live as PhonePe's do, and no rupee is counted twice."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.conftest import until
from tests.sandbox.till import FEE, Till


def sums(till):
    ledger = till.ledger()
    return ledger["paid_paise"], ledger["refunded_paise"]


def refund_ended(till, name, state="COMPLETED"):
    until(lambda: till.refund_status(name)["state"] == state)


def test_an_order_is_pending_until_it_is_paid(till):
    name = till.order()
    before = till.status(name)["state"]

    till.do(name, "pay")

    assert (before, till.status(name)["state"]) == ("PENDING", "COMPLETED")
    assert sums(till) == (FEE, 0)


def test_a_declined_order_tells_the_context_when_asked(till):
    name = till.order()
    till.do(name, "decline")

    told = till.status(name, errorContext="true")

    assert (told["state"], told["errorCode"]) == ("FAILED", "PAYMENT_ERROR")
    assert told["errorContext"] == {
        "errorCode": "PAYMENT_ERROR",
        "detailedErrorCode": "ZA",
        "source": "CUSTOMER",
        "stage": "AUTHENTICATION",
        "description": "Customer declined the payment.",
    }
    assert "errorContext" not in till.status(name)
    assert sums(till) == (0, 0)


def test_a_failed_try_leaves_the_order_open(till):
    name = till.order()
    till.do(name, "fail_attempt")

    told = till.status(name)

    assert (told["state"], told["paymentDetails"][0]["state"]) == ("PENDING", "FAILED")
    assert till.do(name, "pay")["paid_paise"] == FEE


def test_a_failed_try_is_the_last_where_the_merchant_wants_no_other(till):
    name = till.order(disablePaymentRetry=True)

    till.do(name, "fail_attempt")

    assert till.status(name)["state"] == "FAILED"


@pytest.mark.parametrize("end", ["decline", "expire"])
def test_a_failed_order_is_completed_by_late_money(till, end):
    name = till.order()
    till.do(name, end)

    till.do(name, "pay_late", seconds=25)

    waiting = till.status(name)
    assert (waiting["state"], waiting["paymentDetails"][0]["state"]) == ("FAILED", "PENDING")
    until(lambda: till.status(name)["state"] == "COMPLETED")
    assert "errorCode" not in till.status(name)
    assert sums(till) == (FEE, 0)


def test_late_money_for_an_order_that_was_paid_meanwhile_is_not_taken(till):
    name = till.order()
    till.do(name, "pay_late", seconds=25)
    till.do(name, "pay")

    until(lambda: _states(till, name) == ["FAILED", "COMPLETED"])

    assert sums(till) == (FEE, 0)


def _states(till, name):
    order = till.sandbox.control(f"phonepe/orders/{name}", method="GET")
    return [transaction["state"] for transaction in order["transactions"]]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        *itertools.product(["pay"], ["pay", "decline", "fail_attempt", "expire", "pay_late"]),
        *itertools.product(["decline", "expire"], ["pay", "decline", "fail_attempt", "expire"]),
    ],
)
def test_what_has_ended_cannot_end_otherwise(till, first, then):
    name = till.order()
    ended = till.do(name, first)["state"]

    refused = till.http.post(f"/control/phonepe/orders/{name}", json={"do": then})

    assert (refused.status_code, refused.json()) == (400, {"error": f"the order is {ended}"})
    assert till.status(name)["state"] == ended


def test_twenty_payers_at_once_pay_once(till):
    name = till.order()
    address = f"{till.sandbox.url}/control/phonepe/orders/{name}"

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: till.http.post(address, json={"do": "pay"}), range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19
    assert _states(till, name) == ["COMPLETED"]
    assert sums(till) == (FEE, 0)


def test_an_order_expires_by_itself_when_it_said(own, the_app):
    own.process.stop()
    own.process.environment["SANDBOX_PACE"] = "0.004"
    own.process.start()
    till = Till(own, the_app)
    name = till.order(expireAfter=300)
    told = till.status(name)

    until(lambda: till.status(name)["state"] == "FAILED")

    [order] = till.ledger()["orders"]
    assert (told["state"], told["expireAt"] - order["created_at"]) == ("PENDING", 1200)
    assert order["detailed_error_code"] == "ORDER_EXPIRED"
    assert time.time() * 1000 >= told["expireAt"]


def test_a_refund_completes_by_itself(till):
    till.behave(refund_seconds=25)
    name = till.refund(till.paid(), 50_000)
    at_once = till.refund_status(name)

    refund_ended(till, name)

    assert (at_once["state"], at_once["amount"]) == ("PENDING", 50_000)
    assert sums(till) == (FEE, 50_000)


def test_refunds_come_one_after_another_and_never_exceed_what_was_paid(till):
    order = till.paid()
    till.behave(refund_ends="CONFIRMED")
    first = till.refund(order, 100_000)
    refund_ended(till, first, "CONFIRMED")
    too_early = till.ask("/payments/v2/refund", till.wish_back(order, 100))
    till.sandbox.control(f"phonepe/refunds/{first}", {"do": "complete"})

    too_much = till.ask("/payments/v2/refund", till.wish_back(order, 18_001))
    again = till.ask("/payments/v2/refund", till.wish_back(order, 100, merchantRefundId=first))
    till.behave(refund_ends="COMPLETED")
    refund_ended(till, till.refund(order, 18_000))

    assert [answer.status_code for answer in (too_early, too_much, again)] == [400] * 3
    assert sums(till) == (FEE, FEE)


def test_a_refund_fails_for_want_of_balance_and_is_repeated_under_another_id(till):
    order = till.paid()
    till.behave(refund_ends="FAILED")
    failed = till.refund(order)
    refund_ended(till, failed, "FAILED")
    told = till.refund_status(failed)

    till.behave(refund_ends="COMPLETED")
    refund_ended(till, till.refund(order))

    assert told["detailedErrorCode"] == "BF_034"
    assert sums(till) == (FEE, FEE)


@pytest.mark.parametrize("where", ["PENDING", "CONFIRMED"])
def test_a_refund_can_be_held_and_taken_on_by_hand(till, where):
    till.behave(refund_ends=where, refund_seconds=0)
    name = till.refund(till.paid())
    refund_ended(till, name, where)

    shown = till.sandbox.control(f"phonepe/refunds/{name}", {"do": "fail", "code": "U90"})

    assert (shown["state"], shown["detailed_error_code"]) == ("FAILED", "U90")
    late = till.http.post(f"/control/phonepe/refunds/{name}", json={"do": "complete"})
    assert (late.status_code, late.json()) == (400, {"error": "the refund is FAILED"})


def test_the_control_knows_no_strangers(till):
    asked = ["orders/nobody", "refunds/nobody"]

    answers = [till.http.get(f"/control/phonepe/{path}") for path in asked]
    answers += [till.http.post(f"/control/phonepe/{path}", json={"do": "pay"}) for path in asked]

    assert [answer.status_code for answer in answers] == [404] * 4


def test_a_reset_leaves_nothing(till):
    till.refund(till.paid())
    till.order()

    till.sandbox.control("reset")

    empty = {"orders": [], "transactions": [], "refunds": [], "paid_paise": 0, "refunded_paise": 0}
    assert till.ledger() == empty
