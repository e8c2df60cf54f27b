"""Webhooks: the right hash, and as unreliable as a test wants them."""

import hashlib
import json
import time

import pytest

from coaching.sandbox import config
from tests.sandbox.conftest import until
from tests.sandbox.till import FEE, WEBHOOKS

PAIR = f"{config.SANDBOX_WEBHOOK_USERNAME}:{config.SANDBOX_WEBHOOK_PASSWORD}"
HASH = hashlib.sha256(PAIR.encode()).hexdigest()
COMPLETED = "checkout.order.completed"


def came(till, count):
    """The bodies of so many webhooks, once they are there."""
    found = until(lambda: len(till.webhooks()) >= count and till.webhooks())
    return [json.loads(text) for text, _ in found]


def nothing_came(till):
    """Asks for a while; a webhook takes a few milliseconds."""
    time.sleep(0.3)
    return till.webhooks() == []


def test_a_payment_is_told_as_documented(till):
    name = till.paid(expireAfter=1200)
    order = till.status(name)

    [told] = came(till, 1)

    transaction = order["paymentDetails"][0]["transactionId"]
    assert told == {
        "event": COMPLETED,
        "type": "CHECKOUT_ORDER_COMPLETED",
        "payload": {
            "merchantId": "SANDBOXMERCHANT",
            "merchantOrderId": name,
            "orderId": order["orderId"],
            "state": "COMPLETED",
            "amount": FEE,
            "expireAt": order["expireAt"],
            "metaInfo": {"udf1": "payment:17"},
            "paymentDetails": [
                {
                    "transactionId": transaction,
                    "paymentMode": "UPI_INTENT",
                    "amount": FEE,
                    "state": "COMPLETED",
                }
            ],
        },
    }
    assert [authorization for _, authorization in till.webhooks()] == [HASH]
    [row] = till.sandbox.log("webhook", to=name)
    assert (row["status"], row["accepted"], row["form"]) == (204, True, told)


def test_a_decline_is_told_as_a_failed_try_and_a_failed_order(till):
    till.do(till.order(), "decline")

    came(till, 2)

    assert till.events() == ["checkout.transaction.attempt.failed", "checkout.order.failed"]


def test_a_failed_try_alone_is_told_of_a_pending_order(till):
    till.do(till.order(), "fail_attempt")

    [told] = came(till, 1)

    assert told["event"] == "checkout.transaction.attempt.failed"
    assert told["payload"]["state"] == "PENDING"
    assert told["payload"]["paymentDetails"][0]["errorCode"] == "INVALID_MPIN"


@pytest.mark.parametrize("is_flat", [False, True])
def test_a_refund_is_told_step_by_step(till, is_flat):
    order = till.paid()
    came(till, 1)
    till.behave(flat_refunds=is_flat)
    name = till.refund(order, 50_000)

    accepted, completed = came(till, 3)[1:]

    refund = till.refund_status(name)
    assert (accepted["event"], completed["event"]) == ("pg.refund.accepted", "pg.refund.completed")
    fields = {key: completed.get(key) for key in completed if key != "event"}
    payload = fields if is_flat else fields["payload"]
    assert payload == {
        "merchantRefundId": name,
        "originalMerchantOrderId": order,
        "refundId": refund["refundId"],
        "state": "COMPLETED",
        "amount": 50_000,
        "timestamp": refund["paymentDetails"][0]["timestamp"],
    }


def test_a_webhook_that_fails_comes_again_until_it_is_taken(till, app):
    app.answers[WEBHOOKS] = (503, "")
    name = till.paid()
    came(till, 2)

    app.answers[WEBHOOKS] = (200, "")
    until(lambda: till.sandbox.log("webhook", to=name)[-1]["accepted"])

    tries = till.sandbox.log("webhook", to=name)
    assert {row["status"] for row in tries[:-1]} == {503}
    assert len({text for text, _ in till.webhooks()}) == 1


def test_a_webhook_that_is_never_taken_is_given_up(till, app):
    app.answers[WEBHOOKS] = (500, "")

    till.paid()
    came(till, 4)

    time.sleep(0.3)
    assert len(till.webhooks()) == 4


def test_lost_webhooks_leave_the_status_to_be_asked_for(till):
    till.behave(lose=True)

    name = till.paid()

    assert nothing_came(till)
    assert till.status(name)["state"] == "COMPLETED"


def test_a_webhook_can_come_many_times(till):
    till.behave(times=50)

    till.paid()

    assert len(came(till, 50)) == 50
    assert till.events() == [COMPLETED] * 50


def test_shuffled_webhooks_never_come_in_the_right_order(till):
    till.behave(shuffle=True)
    name = till.order()
    till.do(name, "fail_attempt")
    held = nothing_came(till)

    till.do(name, "pay")

    came(till, 2)
    assert held
    assert till.events() == [COMPLETED, "checkout.transaction.attempt.failed"]


def test_a_webhook_can_be_late(till):
    till.behave(delay_ms=400)
    began = time.monotonic()

    till.paid()
    came(till, 1)

    assert time.monotonic() - began >= 0.4


def test_a_forged_hash_comes_before_the_true_one(till):
    till.behave(forge="hash")

    till.paid()
    came(till, 2)

    assert [authorization == HASH for _, authorization in till.webhooks()] == [False, True]


def test_a_forged_body_comes_under_the_right_hash(till):
    till.behave(forge="body")
    name = till.order()

    till.do(name, "fail_attempt")
    false, true = came(till, 2)

    assert {authorization for _, authorization in till.webhooks()} == {HASH}
    assert (false["event"], false["payload"]["state"]) == (COMPLETED, "COMPLETED")
    assert (true["payload"]["state"], till.status(name)["state"]) == ("PENDING", "PENDING")


def test_any_webhook_can_be_forged_and_the_answer_read(till, app):
    app.answers[WEBHOOKS] = (403, "no")
    forged = {
        "body": {"event": COMPLETED},
        "authorization": "0" * 64,
        "headers": {"X-Forwarded-For": "103.116.34.16"},
    }

    answer = till.sandbox.control("phonepe/webhooks", forged)
    till.sandbox.control("phonepe/webhooks", {"body": "no json", "method": "GET"})

    assert (answer["webhook_status"], answer["webhook_text"]) == (403, "no")
    assert till.webhooks() == [
        ('{"event": "checkout.order.completed"}', "0" * 64),
        ("no json", HASH),
    ]
    assert app.requests[0][2]["X-Forwarded-For"] == "103.116.34.16"


def test_an_order_can_be_told_otherwise_than_it_is(till):
    name = till.order()
    till.tell(name, amount=100, state="EXPIRED", orderId="OMO0", paymentMode="PAY_LATER")
    till.do(name, "pay")

    status, [webhook] = till.status(name), came(till, 1)

    for told in (status, webhook["payload"]):
        assert (told["amount"], told["state"], told["orderId"]) == (100, "EXPIRED", "OMO0")
        assert told["paymentDetails"][0]["paymentMode"] == "PAY_LATER"
    assert till.ledger()["paid_paise"] == FEE
    till.tell(name)
    assert (till.status(name)["amount"], till.status(name)["state"]) == (FEE, "COMPLETED")


@pytest.mark.parametrize("lie", [{"amount": "100"}, {"colour": "red"}, {"state": 1}])
def test_a_lie_that_makes_no_sense_is_refused(till, lie):
    name = till.order()

    refused = till.http.post(f"/control/phonepe/orders/{name}", json={"tell": lie})

    assert refused.status_code == 400
    assert till.status(name)["amount"] == FEE


@pytest.mark.parametrize("wrong", [{"forge": "all"}, {"refund_ends": "LOST"}, {"loose": True}])
def test_a_behaviour_that_makes_no_sense_is_refused(till, wrong):
    refused = till.http.post("/control/behaviour", json={"phonepe": wrong})

    assert refused.status_code == 400
