"""What PhonePe refuses, the sandbox refuses too, and writes down as a violation."""

import json

import pytest

from tests.sandbox.till import FEE, RETURN

PAY = "/checkout/v2/pay"
REFUND = "/payments/v2/refund"
HALF_A_LETTER = "\ud800"


def flow(**more):
    return {"type": "PG_CHECKOUT", "merchantUrls": {"redirectUrl": RETURN}} | more


def leads_to(address):
    return {"paymentFlow": flow(merchantUrls={"redirectUrl": address})}


@pytest.mark.parametrize(
    "change",
    [
        {"merchantOrderId": None},
        {"merchantOrderId": ""},
        {"merchantOrderId": "P" * 64},
        {"merchantOrderId": "P 17"},
        {"merchantOrderId": "P17\n"},
        {"merchantOrderId": "P17/../x"},
        {"merchantOrderId": "प17"},
        {"merchantOrderId": 17},
        {"amount": None},
        {"amount": 99},
        {"amount": -118_000},
        {"amount": 1180.5},
        {"amount": 118_000.0},
        {"amount": "118000"},
        {"amount": True},
        {"amount": 2**63},
        {"expireAfter": 299},
        {"expireAfter": 3601},
        {"expireAfter": "1200"},
        {"metaInfo": "payment:17"},
        {"metaInfo": {"udf16": "x"}},
        {"metaInfo": {"udf1": 17}},
        {"metaInfo": {"udf1": "x" * 257}},
        {"metaInfo": {"udf11": "x" * 51}},
        {"metaInfo": {"udf11": "payment:17"}},
        {"paymentFlow": None},
        {"paymentFlow": flow(type="PG")},
        {"paymentFlow": flow(colour="red")},
        {"paymentFlow": {"type": "PG_CHECKOUT"}},
        {"paymentFlow": flow(merchantUrls={})},
        {"paymentFlow": flow(paymentModeConfig={"enabledPaymentModes": ["CARD"]})},
        {"paymentFlow": flow(paymentModeConfig={"enabledPaymentModes": [{"type": "GOLD"}]})},
        leads_to("/payments/return/"),
        leads_to("javascript:alert(1)"),
        leads_to("https://"),
        leads_to("https://centre.example;script-src *"),
        leads_to("https://user@centre.example/"),
        {"disablePaymentRetry": "yes"},
        {"prefillUserLoginDetails": {"phoneNumber": 98765}},
        {"redirectUrl": RETURN},
    ],
)
def test_an_order_that_phonepe_would_refuse_is_refused(till, change):
    response = till.ask(PAY, till.wish(**change))

    assert (response.status_code, response.json()["code"]) == (400, "BAD_REQUEST")
    assert till.ledger()["orders"] == []
    assert [row["code"] for row in till.sandbox.log("violation")] == ["BAD_REQUEST"]
    assert [row["accepted"] for row in till.sandbox.log("phonepe")] == [True, False]


@pytest.mark.parametrize(
    "change",
    [
        {"merchantOrderId": "P" * 63},
        {"merchantOrderId": "a-Z_9"},
        {"amount": 100},
        {"expireAfter": 300},
        {"expireAfter": 3600},
        {"metaInfo": {"udf1": "x" * 256, "udf10": "प्रश्न", "udf15": "a B_9-+@."}},
        {"paymentFlow": flow(paymentModeConfig={"enabledPaymentModes": [{"type": "UPI_QR"}]})},
        leads_to("http://127.0.0.1:8000/payments/return/?n=1#end"),
        {"disablePaymentRetry": True},
        {"prefillUserLoginDetails": {"phoneNumber": "9876543210"}},
    ],
)
def test_an_order_at_the_edge_of_the_rules_is_accepted(till, change):
    response = till.ask(PAY, till.wish(**change))

    assert response.status_code == 200, response.text


def test_null_is_the_same_as_left_out(till):
    nothing = {"metaInfo": None, "disablePaymentRetry": None, "expireAfter": None}
    wish = till.wish() | nothing | {"paymentFlow": flow(message=None, paymentModeConfig=None)}

    assert till.ask(PAY, wish).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "[" * 100_000),
        ("application/json", '{"amount": ' + "9" * 5000 + "}"),
        ("application/json", ""),
        ("text/plain", "{}"),
        ("application/json", "ORDER"),
    ],
)
def test_a_body_that_cannot_be_read_or_kept_is_refused(till, content_type, content):
    token = till.ask_token().json()["access_token"]
    headers = {"Content-Type": content_type, "Authorization": f"O-Bearer {token}"}
    content = content.replace("ORDER", json.dumps(till.wish(metaInfo={"udf1": HALF_A_LETTER})))

    response = till.http.post(till.base + PAY, content=content, headers=headers)

    assert (response.status_code, response.json()["code"]) == (400, "BAD_REQUEST")


def test_a_merchant_order_id_is_used_once_and_never_again(till):
    name = till.paid()

    again = till.ask(PAY, till.wish(merchantOrderId=name))

    assert (again.status_code, again.json()["code"]) == (400, "BAD_REQUEST")
    assert [order["state"] for order in till.ledger()["orders"]] == ["COMPLETED"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "another"},
        {"client_secret": "another"},
        {"client_version": "2"},
        {"grant_type": "password"},
        {"client_secret": ""},
    ],
)
def test_wrong_credentials_get_no_token(till, change):
    response = till.ask_token(**change)

    assert response.status_code == 401
    assert response.json() == {
        "code": "INVALID_CLIENT",
        "errorCode": "OIM000",
        "message": "Bad Request: Invalid Client",
        "context": {"error_description": "Client authentication failure"},
    }


def test_a_token_tells_its_life_in_seconds(till):
    till.behave(token_seconds=60)

    token = till.ask_token().json()

    assert (token["token_type"], token["expires_in"]) == ("O-Bearer", 60)
    assert token["expires_at"] - token["issued_at"] == 60
    assert token["session_expires_at"] == token["expires_at"]


def test_only_a_token_that_is_still_good_opens_the_api(till):
    till.behave(token_seconds=0)
    expired = till.ask_token().json()["access_token"]
    till.behave(token_seconds=3600)
    good = till.ask_token().json()["access_token"]
    terms, _, signature = good.rpartition(".")
    made_up = ["O-Bearer " + terms + "9." + signature, "O-Bearer x", "O-Bearer ..", ""]

    refused = [f"Bearer {good}", good, f"O-Bearer {expired}", *made_up]
    answers = [till.ask(PAY, till.wish(), token=token) for token in refused]

    assert [answer.status_code for answer in answers] == [401] * 7
    assert {answer.json()["code"] for answer in answers} == {"AUTHORIZATION_FAILED"}
    assert till.ask(PAY, till.wish(), token=f"O-Bearer {good}").status_code == 200


def test_a_secret_is_not_kept_in_the_log(till):
    till.ask_token()

    [row] = till.sandbox.log("phonepe")
    assert set(row["form"]) == {"client_id", "client_version", "grant_type"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 99}, "BAD_REQUEST"),
        ({"amount": "50000"}, "BAD_REQUEST"),
        ({"amount": FEE + 1}, "BAD_REQUEST"),
        ({"merchantRefundId": "R 5"}, "BAD_REQUEST"),
        ({"merchantRefundId": "R" * 64}, "BAD_REQUEST"),
        ({"merchantOrderId": "P17"}, "BAD_REQUEST"),
        ({"originalMerchantOrderId": "nobody"}, "INVALID_MERCHANT_ORDER_ID"),
    ],
)
def test_a_refund_that_phonepe_would_refuse_is_refused(till, change, code):
    wish = till.wish_back(till.paid()) | change

    response = till.ask(REFUND, wish)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert till.ledger()["refunds"] == []


@pytest.mark.parametrize("what", [None, "decline", "expire"])
def test_only_a_paid_order_is_refunded(till, what):
    name = till.order()
    if what:
        till.do(name, what)

    response = till.ask(REFUND, till.wish_back(name))

    assert (response.status_code, response.json()["code"]) == (400, "INVALID_ORDER")


def test_asking_for_what_nobody_knows_is_no_violation(till):
    asked = ["/checkout/v2/order/x/status", "/checkout/v2/transaction/x/status"]
    asked.append("/payments/v2/refund/x/status")

    answers = [till.ask(path) for path in asked]

    assert [answer.json()["code"] for answer in answers] == [
        "INVALID_MERCHANT_ORDER_ID",
        "INVALID_TRANSACTION_ID",
        "INVALID_MERCHANT_REFUND_ID",
    ]
    assert [answer.status_code for answer in answers] == [400] * 3
    assert till.sandbox.log("violation") == []


def test_a_wrong_address_is_told_as_phonepe_tells_it(till):
    answers = [till.ask("/pg/v1/pay", {}), till.ask("/checkout/v2/pay")]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert {answer.json()["message"] for answer in answers} == {"Api Mapping Not Found"}
    assert len(till.sandbox.log("violation")) == 2
