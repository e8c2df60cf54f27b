"""The payer's screen and the list of payments: plain forms, no script needed."""

import re

import pytest

from coaching.sandbox.page.money import rupees
from tests.sandbox.conftest import until
from tests.sandbox.till import FEE, RETURN


def press(till, name, button, **fields):
    return till.http.post(till.page(name), data={"do": button} | fields)


def state(till, name):
    return till.status(name)["state"]


def test_the_screen_says_what_is_paid_to_whom_and_how_it_may_end(till):
    page = till.http.get(till.page(till.order(amount=12_345_650))).text

    assert "₹1,23,456.50" in page
    assert "Fee Nov" in page
    assert "centre.example" in page
    buttons = re.findall(r'name="do" value="(\w+)"', page)
    assert buttons == ["pay", "decline", "fail_attempt", "leave", "pay_late"]
    modes = re.findall(r'name="mode" value="(\w+)"', page)
    assert modes == ["UPI_INTENT", "UPI_QR", "UPI_COLLECT", "CARD", "NET_BANKING"]


@pytest.mark.parametrize(
    ("button", "becomes"),
    [("pay", "COMPLETED"), ("decline", "FAILED"), ("leave", "PENDING"), ("pay_late", "PENDING")],
)
def test_every_button_leads_back_to_the_merchant(till, button, becomes):
    name = till.order()

    answer = press(till, name, button, mode="UPI_QR")

    assert (answer.status_code, answer.headers["location"]) == (303, RETURN)
    assert state(till, name) == becomes


def test_the_chosen_mode_is_the_one_that_is_paid_by(till):
    name = till.order()

    press(till, name, "pay", mode="CARD")

    assert till.status(name)["paymentDetails"][0]["paymentMode"] == "CARD"


def test_late_money_comes_after_the_payer_has_gone_back(till):
    name = till.order()

    press(till, name, "pay_late")

    until(lambda: state(till, name) == "COMPLETED")


def test_a_wrong_pin_stays_on_the_screen(till):
    name = till.order()

    answer = press(till, name, "fail_attempt")

    assert answer.headers["location"] == till.page(name)
    assert "The last try failed: wrong UPI PIN." in till.http.get(till.page(name)).text
    assert state(till, name) == "PENDING"


def test_a_wrong_pin_without_another_try_leads_back(till):
    name = till.order(disablePaymentRetry=True)

    answer = press(till, name, "fail_attempt")

    assert (answer.headers["location"], state(till, name)) == (RETURN, "FAILED")


def test_a_second_press_on_pay_pays_nothing_more(till):
    name = till.order()

    answers = [press(till, name, "pay"), press(till, name, "pay")]

    assert [answer.headers["location"] for answer in answers] == [RETURN, RETURN]
    assert till.ledger()["paid_paise"] == FEE
    assert len(till.ledger()["transactions"]) == 1


@pytest.mark.parametrize(
    ("what", "said", "buttons"),
    [
        ("pay", "Paid by UPI app", []),
        ("decline", "Not paid: the payment was declined.", ["pay_late"]),
        ("expire", "Not paid: the time to pay is over.", ["pay_late"]),
    ],
)
def test_opened_again_it_says_what_became_of_the_order(till, what, said, buttons):
    name = till.order()
    till.do(name, what)

    page = till.http.get(till.page(name)).text

    assert said in page
    assert f'<a href="{RETURN}">' in page
    assert re.findall(r'name="do" value="(\w+)"', page) == buttons


def test_an_order_that_expired_under_the_payers_eyes_is_not_paid(till):
    name = till.order()
    till.do(name, "expire")

    answer = press(till, name, "pay")

    assert answer.headers["location"] == till.page(name)
    assert till.ledger()["paid_paise"] == 0


def test_a_failed_order_can_still_be_paid_late(till):
    name = till.order()
    till.do(name, "decline")

    press(till, name, "pay_late")

    until(lambda: state(till, name) == "COMPLETED")


@pytest.mark.parametrize(
    ("config", "offered"),
    [
        ({"enabledPaymentModes": [{"type": "UPI_QR"}, {"type": "CARD"}]}, ["UPI_QR", "CARD"]),
        ({"disabledPaymentModes": [{"type": "CARD"}, {"type": "NET_BANKING"}]}, None),
    ],
)
def test_only_the_merchants_modes_are_offered(till, config, offered):
    flow = till.wish()["paymentFlow"] | {"paymentModeConfig": config}

    page = till.http.get(till.page(till.order(paymentFlow=flow))).text

    modes = re.findall(r'name="mode" value="(\w+)"', page)
    assert modes == (offered or ["UPI_INTENT", "UPI_QR", "UPI_COLLECT"])


def test_the_merchants_words_cannot_become_markup(till):
    flow = till.wish()["paymentFlow"] | {"message": "<script>alert(1)</script>"}

    page = till.http.get(till.page(till.order(paymentFlow=flow))).text

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_policy_lets_the_form_lead_to_the_merchant_and_nowhere_else(till):
    response = till.http.get(till.page(till.order()))

    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "form-action 'self' https://centre.example" in policy
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "<style" not in response.text
    assert " style=" not in response.text


def test_a_screen_or_button_that_is_not_there(till):
    page = till.page(till.order())

    answers = [till.http.get("/pay/OMO0"), till.http.post("/pay/OMO0", data={"do": "pay"})]
    answers += [till.http.post(page, data={"do": do}) for do in ("expire", "", "$rest")]
    answers.append(till.http.post(page, data={"do": "pay", "mode": "GOLD"}))

    assert [answer.status_code for answer in answers] == [404, 404, 400, 400, 400, 400]
    assert till.ledger()["paid_paise"] == 0


def test_the_list_shows_orders_and_refunds_with_their_buttons(till):
    till.behave(refund_ends="PENDING")
    open_one, paid = till.order(), till.paid()
    refund = till.refund(paid, 50_000)

    page = till.http.get("/payments").text

    assert page.index(paid) < page.index(open_one), "newest first"
    assert "₹1,180" in page
    assert "− ₹500" in page
    forms = re.findall(r'action="(/payments/[^"]+)" class="doings">(.*?)</form>', page)
    buttons = {action: re.findall(r'value="(\w+)"', inside) for action, inside in forms}
    assert buttons == {
        f"/payments/{paid}": [],
        f"/payments/refunds/{refund}": ["confirm", "complete", "fail"],
        f"/payments/{open_one}": ["pay", "decline", "expire", "pay_late"],
    }
    assert 'href="/payments"' in till.http.get("/").text


def test_the_lists_buttons_work(till):
    till.behave(refund_ends="PENDING")
    name, refunded = till.order(), till.refund(till.paid())

    answers = [
        till.http.post(f"/payments/{name}", data={"do": "expire"}),
        till.http.post(f"/payments/refunds/{refunded}", data={"do": "complete"}),
        till.http.post(f"/payments/{name}", data={"do": "pay"}),
        till.http.post("/payments/nobody", data={"do": "pay"}),
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 400, 404]
    assert (state(till, name), till.refund_status(refunded)["state"]) == ("FAILED", "COMPLETED")


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (100, "₹1"),
        (99_999, "₹999.99"),
        (100_000, "₹1,000"),
        (118_005, "₹1,180.05"),
        (1_234_567, "₹12,345.67"),
        (12_345_600, "₹1,23,456"),
        (1_234_567_800, "₹1,23,45,678"),
        (100_000_000_000, "₹1,00,00,00,000"),
    ],
)
def test_rupees_are_grouped_as_in_india(paise, text):
    assert rupees(paise) == text
