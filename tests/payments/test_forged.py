"""Forged and altered news unlocks nothing and breaks nothing: only PhonePe's own answer counts."""

import hashlib
import json

import pytest
from django.conf import settings
from django.test import Client

from academics.models import Enrollment
from coaching.messaging.models import CommunicationLog
from payments import phonepe, rounds
from payments.models import GatewayEvent, Payment, Receipt, Refund
from tests.payments import books

pytestmark = pytest.mark.django_db(transaction=True)

HOOK = "/webhooks/phonepe/"
ID = "{id}"  # stands for a payment that PhonePe calls PENDING


def hash_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


def genuine():
    return hash_of(f"{settings.PHONEPE_WEBHOOK_USERNAME}:{settings.PHONEPE_WEBHOOK_PASSWORD}")


def event(name="checkout.order.completed", **payload):
    payload = {"merchantOrderId": ID, "state": "COMPLETED", "amount": 950_000, **payload}
    return json.dumps({"event": name, "type": "CHECKOUT_ORDER_COMPLETED", "payload": payload})


NOT_OURS = {
    "no header": None,
    "an empty one": "",
    "blanks": "   ",
    "the prefix alone": "SHA256 ",
    "another password": hash_of("sandbox_webhooks:guess"),
    "another user": hash_of("admin:sandbox2webhooks"),
    "user and password swapped": hash_of("sandbox2webhooks:sandbox_webhooks"),
    "nobody's": hash_of(":"),
    "the plain text": "sandbox_webhooks:sandbox2webhooks",
    "basic": "Basic c2FuZGJveF93ZWJob29rczpzYW5kYm94MndlYmhvb2tz",
    "bearer": "O-Bearer token",
    "a hash that is cut": "HASH[:63]",
    "a hash that goes on": "HASH0",
    "two hashes": "HASH HASH",
    "quoted": '"HASH"',
    "look-alike letters": "а" * 64,
    "very long": "a" * 7000,
    "zeros": "0" * 64,
}
ALTERED = {
    "completed while it is not": event(),
    "a larger amount": event(amount=99_999_999),
    "a negative amount": event(amount=-1),
    "an amount in words": event(amount="all"),
    "an order nobody knows": event(merchantOrderId="P999-0000"),
    "an id with a path": event(merchantOrderId="../../admin"),
    "an id with SQL": event(merchantOrderId="' OR 1=1 --"),
    "an id that is a number": event(merchantOrderId=17),
    "an id that is a list": event(merchantOrderId=[ID]),
    "an id with NUL": event(merchantOrderId="P\x001"),
    "an id with a lone surrogate": event(merchantOrderId="P\ud800"),
    "an id of 10,000 letters": event(merchantOrderId="P" * 10_000),
    "no payload": json.dumps({"event": "checkout.order.completed"}),
    "a payload that is a list": json.dumps({"event": "x", "payload": [ID]}),
    "a payload that is text": json.dumps({"event": "x", "payload": ID}),
    "fields at the root": json.dumps({"event": "x", "merchantOrderId": ID, "state": "COMPLETED"}),
    "an unknown event": event("checkout.order.blessed"),
    "an event that is a list": json.dumps({"event": [1], "payload": {"merchantOrderId": ID}}),
    "a refund that nobody asked for": event(
        "pg.refund.completed", merchantRefundId="R1-1", originalMerchantOrderId=ID
    ),
    "an array": "[]",
    "a number": "7",
    "null": "null",
    "nothing": "",
    "no JSON": "state=COMPLETED",
    "JSON that is cut": event()[:-20],
    "deep JSON": "[" * 50_000,
    "a megabyte": json.dumps({"event": "x", "payload": {"merchantOrderId": "P" * 1_000_000}}),
    "bytes that are no text": b"\xff\xfe{}",
}
RETURNS = [
    "/payments/return/{id}/?state=COMPLETED",
    "/payments/return/{id}/?code=PAYMENT_SUCCESS&amount=950000",
    "/payments/return/{id}/?success=true&transactionId=OM1",
    "/payments/return/{id}/?checksum=" + "0" * 64,
    "/payments/return/P999-0000/?state=COMPLETED",
    "/payments/return/..%2f..%2fadmin/",
    "/payments/return/%00/",
    "/payments/return/" + "P" * 3000 + "/",
    "/payments/return/{id}%0d%0aSet-Cookie:x=1/",
    "/payments/receipts/{id}/",
    "/payments/receipts/{id}/pdf/",
    "/payments/pay/{id}/",
]


@pytest.fixture
def pending(till):
    """A payment that nobody has paid; afterwards the books still close."""
    payment = till.begin(till.batch())
    yield payment
    assert books.wrong(till.ledger()) == []


def browser():
    return Client(raise_request_exception=False)


def post(body, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    return browser().post(HOOK, body, content_type="application/json", headers=headers)


def nothing_came_of_it():
    return (
        Payment.objects.get().state == "pending"
        and Enrollment.objects.get().status == "pending"
        and not Receipt.objects.exists()
        and not Refund.objects.exists()
        and not CommunicationLog.objects.exists()
    )


def test_a_webhook_that_is_not_phonepes_is_refused_and_not_kept(pending):
    believed = []
    for name, header in NOT_OURS.items():
        if header:
            header = header.replace("HASH[:63]", genuine()[:63]).replace("HASH", genuine())

        answer = post(event().replace(ID, pending.merchant_order_id), header)

        if answer.status_code != 403 or GatewayEvent.objects.exists() or not nothing_came_of_it():
            believed.append(name)
    assert believed == []


def test_a_leaked_hash_over_a_lie_only_makes_us_ask(pending):
    believed = []
    for name, body in ALTERED.items():
        if isinstance(body, str):
            body = body.replace(ID, pending.merchant_order_id)

        answer = post(body, genuine())
        rounds.ask_what_is_due()

        if answer.status_code not in (200, 413) or not nothing_came_of_it():
            believed.append(name)
    assert believed == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_claims_success_shows_none(pending, method):
    believed = []
    for address in RETURNS:
        address = address.format(id=pending.merchant_order_id)

        answer = getattr(browser(), method)(address, headers={"HX-Request": "true"})

        if answer.status_code >= 500 or b"OM1" in answer.content or not nothing_came_of_it():
            believed.append(address)
    assert believed == []


def test_there_are_more_than_forty_of_them():
    assert len(NOT_OURS) + len(ALTERED) + 2 * len(RETURNS) >= 40


def test_the_genuine_webhook_is_kept_once_however_often_it_comes(till):
    payment = till.begin(till.batch())
    body = event().replace(ID, payment.merchant_order_id)

    answers = {post(body, how).status_code for how in (genuine(), genuine().upper(),
                                                       f"SHA256 {genuine()}")}  # fmt: skip

    assert answers == {200}
    assert GatewayEvent.objects.get().times == 3


def test_without_a_password_of_ours_no_webhook_is_genuine(pending, settings):
    settings.PHONEPE_WEBHOOK_USERNAME = settings.PHONEPE_WEBHOOK_PASSWORD = ""

    assert post(event(), hash_of(":")).status_code == 403


def test_control_if_the_body_were_believed_the_course_would_unlock(till, monkeypatch):
    """What the vectors above would do to a till that takes the webhook's word."""
    payment = till.begin(till.batch())
    said = phonepe.OrderState("COMPLETED", payment.amount_paise, payment.provider_order_id, "T1")
    monkeypatch.setattr(phonepe, "order_state", lambda _: said)

    post(event().replace(ID, payment.merchant_order_id), genuine())
    rounds.ask_what_is_due()

    assert Enrollment.objects.get().status == "active"
    assert books.wrong(till.ledger()) != []
