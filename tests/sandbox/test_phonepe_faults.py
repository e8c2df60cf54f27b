"""Each fault of PhonePe's API: what the caller sees, and whether it was done all the same."""

import httpx
import pytest

from tests.sandbox.conftest import until

PAY, REFUND = "/checkout/v2/pay", "/payments/v2/refund"


def orders(till):
    return len(till.ledger()["orders"])


@pytest.mark.parametrize(("what", "kept"), [("500_before", 0), ("500_after", 1)])
def test_an_order_behind_a_server_error(till, what, kept):
    till.fail("pay", what)

    response = till.ask(PAY, till.wish())

    assert (response.status_code, response.json()["code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert orders(till) == kept
    assert till.ask(PAY, till.wish()).status_code == 200, "the fault was used up"


@pytest.mark.parametrize(
    ("what", "error", "kept"),
    [
        ("reset_before", httpx.ReadError, 0),
        ("reset_after", httpx.ReadError, 1),
        ("hang_before", httpx.ReadTimeout, 0),
        ("hang_after", httpx.ReadTimeout, 1),
    ],
)
def test_an_order_behind_a_broken_connection(till, what, error, kept):
    till.ask_token()
    till.fail("pay", what)

    with pytest.raises(error):
        till.ask(PAY, till.wish(), timeout=0.5)

    assert orders(till) == kept


def test_an_order_whose_answer_was_lost_is_found_by_its_status(till):
    till.fail("pay", "500_after")
    wish = till.wish()
    till.ask(PAY, wish)

    assert till.status(wish["merchantOrderId"])["state"] == "PENDING"


@pytest.mark.parametrize("what", ["500_after", "reset_after", "bad_json"])
def test_a_refund_whose_answer_was_lost_is_made_once(till, what):
    wish = till.wish_back(till.paid())
    till.fail("refund", what)
    try:
        till.ask(REFUND, wish)
    except httpx.TransportError:
        assert what == "reset_after"

    again = till.ask(REFUND, wish)

    until(lambda: till.refund_status(wish["merchantRefundId"])["state"] == "COMPLETED")
    assert again.status_code == 400
    assert len(till.ledger()["refunds"]) == 1


@pytest.mark.parametrize("target", ["status", "refund_status"])
@pytest.mark.parametrize(
    ("what", "status"), [("500_before", 500), ("429", 429), ("401", 401), ("bad_json", 200)]
)
def test_a_status_can_fail_too(till, target, what, status):
    order = till.paid()
    refund = till.refund(order)
    till.fail(target, what, times=2)
    path = f"/checkout/v2/order/{order}/status"
    if target == "refund_status":
        path = f"{REFUND}/{refund}/status"

    answers = [till.ask(path) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[2].json()["state"]
    if what == "bad_json":
        with pytest.raises(ValueError, match="."):
            answers[0].json()


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [("500_before", 500, "INTERNAL_SERVER_ERROR"), ("401", 401, "INVALID_CLIENT")],
)
def test_the_token_service_can_fail_too(till, what, status, code):
    till.fail("token", what)

    response = till.ask_token()

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert till.ask_token().status_code == 200


def test_too_many_requests_say_when_to_come_back(till):
    till.fail("pay", "429", retry_after=7)

    response = till.ask(PAY, till.wish())

    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")


def test_a_refusal_on_demand(till):
    till.fail("pay", "error", code="KEY_NOT_CONFIGURED", status=403)

    response = till.ask(PAY, till.wish())

    assert (response.status_code, response.json()["code"]) == (403, "KEY_NOT_CONFIGURED")
    assert till.sandbox.log("violation") == []


def test_a_fault_for_one_order_leaves_the_others_alone(till):
    unlucky, lucky = till.order(), till.order()
    till.fail("status", "500_before", to=unlucky, times=None)

    answers = [till.ask(f"/checkout/v2/order/{name}/status") for name in (unlucky, lucky)]

    assert [answer.status_code for answer in answers] == [500, 200]


def test_a_refund_that_is_accepted_and_fails_later(till):
    till.fail("refund", "fail_later", code="U28")
    name = till.refund(till.paid())

    until(lambda: till.refund_status(name)["state"] == "FAILED")

    assert till.refund_status(name)["detailedErrorCode"] == "U28"


@pytest.mark.parametrize("target", ["pay", "status", "token", "refund_status", "list"])
def test_nothing_but_messages_calls_and_refunds_fails_later(till, target):
    refused = till.http.post("/control/faults", json={"target": target, "what": "fail_later"})

    assert refused.status_code == 400
