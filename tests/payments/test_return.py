"""Back from PhonePe: what the page says, what it asks, and that it believes nobody but PhonePe."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from academics.models import Batch, Enrollment
from payments import refunds, returning
from payments.models import Payment, Receipt, Refund
from payments.orders import let_lapse, start_payment
from payments.services import settle
from tests.payments.at_once import at_once
from tests.payments.visiting import back, is_at_phonepe, pay_page, the_payment, words

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def batch(till):
    return till.batch(code="FND-EVE")


def asked(sandbox):
    """How often PhonePe was asked how an order stands."""
    return len([one for one in sandbox.log("phonepe") if one["path"].endswith("/status")])


def test_the_first_look_says_confirming_and_asks_nobody(till, batch, client, sandbox):
    payment = till.begin(batch)
    till.do(payment, "pay")
    before = asked(sandbox)

    answer = client.get(back(payment))

    page = answer.content.decode()
    assert "Confirming your payment…" in words(answer)
    assert f'hx-get="{back(payment, waited=2)}"' in page
    assert (
        f'<noscript><meta http-equiv="refresh" content="3;url={back(payment, waited=3)}">' in page
    )
    assert asked(sandbox) == before


@pytest.mark.parametrize(
    "query", ["code=PAYMENT_SUCCESS", "status=success&state=COMPLETED", "outcome=paid", "waited=x"]
)
def test_the_address_is_never_believed(till, batch, client, query):
    payment = till.begin(batch)

    answer = client.get(f"{back(payment)}?{query}")

    assert "Confirming your payment…" in words(answer)
    assert Enrollment.objects.get().status == "pending"


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_the_next_look_asks_phonepe_and_tells_the_end(till, batch, client, headers):
    payment = till.begin(batch)
    till.do(payment, "pay")

    answer = client.get(back(payment, waited=2), headers=headers)

    page = answer.content.decode()
    assert "Paid: your seat is confirmed" in words(answer)
    assert "Python Foundation" in page and "7:30 PM IST" in page
    assert f"/payments/receipts/{Receipt.objects.get().token}/" in page
    assert f"sent to …{payment.order.contact.phone[-4:]}" in page
    assert "hx-get" not in page and 'http-equiv="refresh"' not in page
    assert ("<html" in page) == (headers == {})
    assert ('hx-swap-oob="innerHTML:#news"' in page) == (headers == HTMX)


def test_coming_back_logs_nobody_in(till, batch, client):
    payment = till.paid(batch)

    for address in (back(payment), back(payment, waited=2), pay_page(payment.order)):
        assert not client.get(address).cookies
    assert client.get("/portal/").status_code == 302


def test_parts_that_are_left_are_named(till, batch, client):
    payment = till.paid(batch, plan="instalments")

    page = words(client.get(back(payment)))
    assert "The next part, ₹4,500, is due on" in page
    assert "The batch begins on" in page


def test_of_a_batch_that_has_begun_no_first_day_is_announced(till, batch, client):
    payment = till.paid(batch)
    Batch.objects.update(starts_on=timezone.localdate() - timedelta(days=1))

    assert "The batch begins on" not in words(client.get(back(payment)))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ZM", "The UPI PIN was not right."),
        ("Z9", "There was not enough money in the account."),
        ("ZA", "The payment was declined on the phone."),
        ("U69", "The payment was not finished in time."),
        ("NEVER_HEARD_OF", "The payment did not go through."),
    ],
)
def test_a_failed_payment_says_why_and_offers_another_try(till, batch, client, code, sentence):
    payment = till.begin(batch)
    till.do(payment, "decline", code=code)

    answer = client.get(back(payment, waited=2), headers=HTMX)

    assert sentence in words(answer)
    assert f'action="{pay_page(payment.order)}"' in answer.content.decode()


def test_another_try_is_another_payment_of_the_same_order(till, batch, client, sandbox):
    payment = till.begin(batch)
    till.do(payment, "decline")
    client.get(back(payment, waited=2))

    answer = client.post(pay_page(payment.order))

    assert is_at_phonepe(answer, sandbox)
    assert the_payment().order == payment.order
    assert the_payment() != payment


def test_a_failed_try_of_a_fee_that_is_paid_asks_for_nothing_more(till, batch, client):
    first = till.begin(batch)
    till.do(first, "decline")
    settle(first.pk)
    second = start_payment(first.order)
    till.do(second, "pay")
    settle(second.pk)

    assert "Try again" not in words(client.get(back(first)))


def test_money_that_came_twice_goes_back_and_says_why(till, batch, client):
    first = till.begin(batch)
    Payment.objects.update(page_until=timezone.now())
    second = start_payment(first.order)
    for payment in (first, second):
        till.do(payment, "pay")
        settle(payment.pk)

    answer = client.get(back(second))

    assert "Your money goes back to you" in words(answer)
    assert "₹9,500 is on its way back to where it came from." in words(answer)
    assert "Why: Paid twice." in words(answer)
    assert "Paid: your seat is confirmed" in words(client.get(back(first)))


def test_money_for_a_full_batch_goes_back_and_offers_the_waiting_list(till, client):
    batch = till.batch(seats=1, code="FND-EVE")
    payment = till.begin(batch)
    let_lapse(payment.order.enrollment)
    till.order(batch)
    till.do(payment, "pay")

    answer = client.get(back(payment, waited=2))

    assert "Why: The batch was full." in words(answer)
    assert "/payments/checkout/FND-EVE/" in answer.content.decode()


def test_money_that_has_gone_back_says_so(till, batch, client):
    payment = till.paid(batch)
    refunds.leave(payment.order)
    Refund.objects.update(state="completed")

    answer = words(client.get(back(payment)))

    assert "This enrolment is over" in answer
    assert "has gone back to where it came from." in answer


def test_a_wrong_amount_is_looked_at_and_nobody_is_asked_to_pay_again(till, batch, client):
    payment = till.begin(batch)
    till.tell(payment, amount=100)
    till.do(payment, "pay")

    answer = client.get(back(payment, waited=2))

    assert "PhonePe tells us of ₹1, but it does not match our own books." in words(answer)
    assert "<form" not in answer.content.decode()


def test_after_some_minutes_the_page_stops_asking_and_says_who_goes_on(till, batch, client):
    payment = till.begin(batch)

    answer = client.get(back(payment, waited=returning.LOOK_FOR_SECONDS), headers=HTMX)

    assert "tell you by WhatsApp as soon as we know" in words(answer)
    assert "hx-get" not in answer.content.decode()


@pytest.mark.parametrize("trouble", ["500_before", "bad_json"])
def test_a_silent_phonepe_leaves_it_confirming(till, batch, client, sandbox, trouble):
    payment = till.begin(batch)
    sandbox.misbehave("status", trouble)

    answer = client.get(back(payment, waited=2), headers=HTMX)

    assert answer.status_code == 200
    assert "Confirming your payment…" in words(answer)


def test_a_page_asks_at_most_once_in_three_seconds(till, batch, client, sandbox, time_machine):
    payment = till.begin(batch)
    began = timezone.now()
    counts = []

    for seconds in (0, 1, 2, 3.5, 4, 8):
        time_machine.move_to(began + timedelta(seconds=seconds), tick=False)
        client.get(back(payment, waited=2), headers=HTMX)
        counts.append(asked(sandbox))

    assert counts == [1, 1, 1, 2, 2, 3]


def test_without_that_bound_every_look_would_ask(till, batch, client, sandbox, monkeypatch):
    monkeypatch.setattr(returning, "ASK_EVERY", timedelta(0))
    payment = till.begin(batch)

    for _ in range(3):
        client.get(back(payment, waited=2), headers=HTMX)

    assert asked(sandbox) == 3


@pytest.mark.django_db(transaction=True)
def test_twenty_windows_at_once_ask_once_and_all_tell_the_truth(till, batch, sandbox):
    payment = till.begin(batch)
    till.do(payment, "pay")

    answers = at_once([lambda: Client().get(back(payment, waited=2)) for _ in range(20)])

    assert {answer.status_code for answer in answers} == {200}
    assert asked(sandbox) == 1
    assert "Paid: your seat is confirmed" in words(Client().get(back(payment)))
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("name", ["P1-0000000000000000", "x", "%00", "..%2f", "P" * 200, "%F0%9F"])
def test_an_unknown_payment_is_not_found(centre, client, name):
    assert client.get(f"/payments/return/{name}/").status_code in (400, 404)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_way_back_is_only_ever_read(till, batch, client, method):
    assert getattr(client, method)(back(till.begin(batch))).status_code == 405
