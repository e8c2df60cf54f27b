"""A sandbox that was killed keeps its ledger, and what was under way goes on."""

import signal

import pytest

from tests.sandbox.conftest import until
from tests.sandbox.till import FEE, Till


@pytest.fixture
def own_till(own, the_app):
    the_app.forget()
    return Till(own, the_app)


def kill_and_start(till):
    till.sandbox.process.stop(signal.SIGKILL)
    till.sandbox.process.start()


def test_the_ledger_and_the_tokens_outlive_a_kill(own_till):
    till = own_till
    till.behave(refund_ends="CONFIRMED", times=2)
    refund = till.refund(till.paid(), 50_000)
    until(lambda: till.refund_status(refund)["state"] == "CONFIRMED")
    before = till.ledger()

    kill_and_start(till)

    assert till.ledger() == before
    assert till.refund_status(refund)["state"] == "CONFIRMED", "with the token of before"
    assert till.sandbox.control("behaviour", method="GET")["phonepe"]["times"] == 2


def test_late_money_and_refunds_go_on_after_a_kill(own_till):
    till = own_till
    till.behave(refund_seconds=25)
    paid, late = till.paid(), till.order()
    refund = till.refund(paid)
    till.do(late, "pay_late", seconds=25)

    kill_and_start(till)

    until(lambda: till.status(late)["state"] == "COMPLETED")
    until(lambda: till.refund_status(refund)["state"] == "COMPLETED")
    assert (till.ledger()["paid_paise"], till.ledger()["refunded_paise"]) == (2 * FEE, FEE)


def test_an_order_whose_time_passed_while_the_sandbox_was_down_expires(own_till):
    till = own_till
    till.sandbox.process.stop()
    till.sandbox.process.environment["SANDBOX_PACE"] = "0.004"
    till.sandbox.process.start()
    name = till.order(expireAfter=300)

    kill_and_start(till)

    until(lambda: till.status(name)["state"] == "FAILED")
