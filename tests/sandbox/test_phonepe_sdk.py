"""PhonePe's own SDK works against the sandbox as against PhonePe: every call that it has."""

import time

import pytest
from phonepe.sdk.pg import env
from phonepe.sdk.pg.common.exceptions import BadRequest, PhonePeException, UnauthorizedAccess
from phonepe.sdk.pg.common.models.request.meta_info import MetaInfo
from phonepe.sdk.pg.common.models.request.refund_request import RefundRequest
from phonepe.sdk.pg.payments.v2.models.request.create_sdk_order_request import (
    CreateSdkOrderRequest,
)
from phonepe.sdk.pg.payments.v2.models.request.standard_checkout_pay_request import (
    StandardCheckoutPayRequest,
)
from phonepe.sdk.pg.payments.v2.standard_checkout_client import StandardCheckoutClient

from coaching.sandbox import config
from tests.sandbox.conftest import until
from tests.sandbox.till import FEE, RETURN


def build(client_secret=config.SANDBOX_CLIENT_SECRET):
    """Not get_instance: its cache forgets which address a client was built for."""
    return StandardCheckoutClient(
        client_id=config.SANDBOX_CLIENT_ID,
        client_version=config.SANDBOX_CLIENT_VERSION,
        client_secret=client_secret,
        env=env.Env.SANDBOX,
        should_publish_events=False,
    )


@pytest.fixture
def address(till, monkeypatch):
    monkeypatch.setattr(env, "SANDBOX_PG_BASE_URL", till.base)
    monkeypatch.setattr(env, "SANDBOX_OAUTH_BASE_URL", till.base)


@pytest.fixture
def sdk(address):
    client = build()
    yield client
    client.close()


def pay(sdk, name="P17-3f9c2a61", **more):
    request = StandardCheckoutPayRequest.build_request(
        merchant_order_id=name, amount=FEE, redirect_url=RETURN, **more
    )
    return sdk.pay(request)


def refund(sdk, name="R5-a1", amount=50_000):
    request = RefundRequest.build_refund_request(name, amount, "P17-3f9c2a61")
    return sdk.refund(request)


def read_webhook(sdk, webhook):
    text, authorization = webhook
    return sdk.validate_callback(
        config.SANDBOX_WEBHOOK_USERNAME, config.SANDBOX_WEBHOOK_PASSWORD, authorization, text
    )


def test_an_order_is_created_and_found(sdk):
    created = pay(sdk, expire_after=600, message="Fee Nov", meta_info=MetaInfo(udf1="payment:17"))

    found = sdk.get_order_status("P17-3f9c2a61")

    assert (created.state, created.order_id[:3]) == ("PENDING", "OMO")
    assert created.redirect_url.endswith(f"/pay/{created.order_id}")
    assert 0 < created.expire_at - time.time() * 1000 <= 600_000
    assert (found.order_id, found.state, found.amount) == (created.order_id, "PENDING", FEE)
    assert (found.payable_amount, found.fee_amount) == (FEE, 0)
    assert (found.meta_info.udf1, found.payment_details) == ("payment:17", [])


@pytest.mark.parametrize(
    ("mode", "rail", "instrument"),
    [
        ("UPI_INTENT", "UPI", "ACCOUNT"),
        ("UPI_QR", "UPI", "ACCOUNT"),
        ("UPI_COLLECT", "UPI", "ACCOUNT"),
        ("CARD", "PG", "CREDIT_CARD"),
        ("NET_BANKING", "PG", "NET_BANKING"),
    ],
)
def test_a_paid_order_tells_how_it_was_paid(sdk, till, mode, rail, instrument):
    pay(sdk)
    till.do("P17-3f9c2a61", "pay", mode=mode)

    found = sdk.get_order_status("P17-3f9c2a61")

    assert (found.state, found.error_code) == ("COMPLETED", None)
    [payment] = found.payment_details
    assert (payment.state, payment.amount, payment.payment_mode) == ("COMPLETED", FEE, mode)
    assert (payment.rail.type, payment.instrument.type) == (rail, instrument)
    assert payment.transaction_id.startswith("OM")


def test_all_attempts_or_the_latest(sdk, till):
    pay(sdk)
    till.do("P17-3f9c2a61", "fail_attempt")
    till.do("P17-3f9c2a61", "pay")

    latest = sdk.get_order_status("P17-3f9c2a61")
    every = sdk.get_order_status("P17-3f9c2a61", details=True)

    assert [one.state for one in latest.payment_details] == ["COMPLETED"]
    assert [one.state for one in every.payment_details] == ["FAILED", "COMPLETED"]
    failed = every.payment_details[0]
    assert (failed.error_code, failed.detailed_error_code) == ("INVALID_MPIN", "ZM")


def test_a_declined_order_tells_why(sdk, till):
    pay(sdk)
    till.do("P17-3f9c2a61", "decline", code="Z9")

    found = sdk.get_order_status("P17-3f9c2a61")

    assert (found.state, found.detailed_error_code) == ("FAILED", "Z9")


def test_a_transaction_is_found(sdk, till):
    pay(sdk)
    [payment] = till.do("P17-3f9c2a61", "pay")["transactions"]

    found = sdk.get_transaction_status(payment["transaction_id"])

    assert (found.state, found.amount) == ("COMPLETED", FEE)
    assert [one.transaction_id for one in found.payment_details] == [payment["transaction_id"]]


def test_an_order_for_a_mobile_sdk_has_a_token(sdk):
    request = CreateSdkOrderRequest.build_standard_checkout_request("P17-3f9c2a61", FEE)

    created = sdk.create_sdk_order(request)

    assert (created.state, bool(created.token)) == ("PENDING", True)
    assert sdk.get_order_status("P17-3f9c2a61").order_id == created.order_id


def test_money_goes_back(sdk, till):
    pay(sdk)
    till.do("P17-3f9c2a61", "pay")

    asked = refund(sdk)
    found = until(lambda: _ended(sdk.get_refund_status("R5-a1")))

    assert (asked.state, asked.amount, asked.refund_id[:3]) == ("PENDING", 50_000, "OMR")
    assert (found.state, found.amount) == ("COMPLETED", 50_000)
    assert found.original_merchant_order_id == "P17-3f9c2a61"
    assert [one.state for one in found.payment_details] == ["COMPLETED"]


def _ended(found):
    return found if found.state == "COMPLETED" else None


def test_every_webhook_is_valid_and_readable(sdk, till):
    pay(sdk)
    till.do("P17-3f9c2a61", "fail_attempt")
    until(lambda: len(till.webhooks()) == 1)
    till.do("P17-3f9c2a61", "decline")
    until(lambda: len(till.webhooks()) == 3)
    till.do("P17-3f9c2a61", "pay_late", seconds=0)
    until(lambda: len(till.webhooks()) == 4)
    refund(sdk, "R5-a1")
    until(lambda: len(till.webhooks()) == 6)
    till.behave(refund_ends="FAILED")
    refund(sdk, "R5-a2")
    until(lambda: len(till.webhooks()) == 7)

    read = [read_webhook(sdk, webhook) for webhook in till.webhooks()]

    assert [(one.event, one.payload.state) for one in read] == [
        ("checkout.transaction.attempt.failed", "PENDING"),
        ("checkout.transaction.attempt.failed", "PENDING"),
        ("checkout.order.failed", "FAILED"),
        ("checkout.order.completed", "COMPLETED"),
        ("pg.refund.accepted", "CONFIRMED"),
        ("pg.refund.completed", "COMPLETED"),
        ("pg.refund.failed", "FAILED"),
    ]
    assert {one.payload.merchant_order_id for one in read[:4]} == {"P17-3f9c2a61"}
    assert {one.payload.amount for one in read[:4]} == {FEE}
    assert [one.payload.merchant_refund_id for one in read[4:]] == ["R5-a1", "R5-a1", "R5-a2"]
    assert read[6].payload.detailed_error_code == "BF_034"


def test_a_webhook_with_another_hash_is_not_valid(sdk, till):
    till.paid()
    [(text, authorization)] = until(till.webhooks)

    with pytest.raises(PhonePeException, match="Invalid Callback"):
        read_webhook(sdk, (text, authorization[::-1]))


def test_an_unknown_order_or_refund_is_the_sdks_bad_request(sdk):
    asked = [
        (sdk.get_order_status, "INVALID_MERCHANT_ORDER_ID"),
        (sdk.get_transaction_status, "INVALID_TRANSACTION_ID"),
        (sdk.get_refund_status, "INVALID_MERCHANT_REFUND_ID"),
    ]

    for ask, code in asked:
        with pytest.raises(BadRequest) as caught:
            ask("nobody")
        assert caught.value.code == code


def test_wrong_credentials_are_refused_when_the_client_is_built(address):
    with pytest.raises(UnauthorizedAccess) as caught:
        build(client_secret="another")  # noqa: S106

    assert caught.value.code == "OIM000"


def test_an_expired_token_costs_one_refusal(sdk, till):
    pay(sdk)
    till.sandbox.control("phonepe/tokens/expiry")

    with pytest.raises(UnauthorizedAccess) as caught:
        sdk.get_order_status("P17-3f9c2a61")

    assert caught.value.code == "AUTHORIZATION_FAILED"
    assert sdk.get_order_status("P17-3f9c2a61").state == "PENDING"


def test_a_payment_mode_of_the_future_stops_the_sdk_but_not_the_api(sdk, till):
    pay(sdk)
    till.do("P17-3f9c2a61", "pay", mode="PAY_LATER")

    with pytest.raises(ValueError, match="PAY_LATER"):
        sdk.get_order_status("P17-3f9c2a61")

    assert till.status("P17-3f9c2a61")["state"] == "COMPLETED"
