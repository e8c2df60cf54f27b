"""One `settle()` for every way the news arrives: what PhonePe says decides, once, to the paisa."""

from datetime import timedelta

import pytest

from academics.models import Batch, Enrollment
from coaching.messaging.models import Alert
from payments import orders, phonepe
from payments.models import Order, Payment, Receipt, Refund
from payments.orders import open_order, seat_until, start_payment
from payments.services import settle
from tests.payments import books

pytestmark = pytest.mark.django_db


def refund_of(payment):
    return Refund.objects.get(payment=payment)


def test_money_becomes_a_seat_and_a_receipt(till):
    batch = till.batch()
    payment = till.begin(batch)
    till.do(payment, "pay", mode="UPI_QR")

    payment = settle(payment.pk)

    enrollment = payment.order.enrollment
    assert (payment.state, payment.mode) == ("paid", "UPI_QR")
    assert (enrollment.status, enrollment.access_until) == ("active", None)
    assert payment.receipt.paper["amount_paise"] == payment.amount_paise
    assert books.wrong(till.ledger()) == []


def test_nothing_is_unlocked_before_phonepe_says_completed(till):
    payment = till.begin(till.batch())

    payment = settle(payment.pk)

    assert payment.state == "pending"
    assert payment.order.enrollment.status == "pending"
    assert not Receipt.objects.exists()


def test_settling_again_changes_nothing(till):
    payment = till.paid(till.batch())
    before = Payment.objects.values().get(pk=payment.pk), Receipt.objects.count()

    for _ in range(3):
        settle(payment.pk)

    assert (Payment.objects.values().get(pk=payment.pk), Receipt.objects.count()) == before


def test_a_payment_mode_nobody_knows_is_money_all_the_same(till):
    payment = till.begin(till.batch())
    till.tell(payment, paymentMode="PAY_BY_FACE")
    till.do(payment, "pay")

    assert (settle(payment.pk).state, payment.order.enrollment.status) == ("paid", "pending")
    assert Enrollment.objects.get().status == "active"


@pytest.mark.parametrize("lie", [{"amount": 100}, {"orderId": "OMO0000000000000000"}])
def test_what_differs_is_held_and_shown_and_unlocks_nothing(till, lie):
    payment = till.begin(till.batch())
    till.tell(payment, **lie)
    till.do(payment, "pay")

    payment = settle(payment.pk)

    assert payment.state == "held"
    assert payment.order.enrollment.status == "pending"
    assert Alert.objects.filter(key=f"payment:{payment.pk}").exists()


def test_a_declined_payment_can_be_tried_again(till):
    batch = till.batch()
    payment = till.begin(batch)
    till.do(payment, "decline")
    first = settle(payment.pk)

    second = start_payment(first.order)
    till.do(second, "pay")

    assert (first.state, first.reason) == ("failed", "ZA")
    assert settle(second.pk).state == "paid"
    assert books.wrong(till.ledger()) == []


def test_money_that_comes_after_a_failure_still_takes_the_seat(till):
    payment = till.begin(till.batch())
    till.do(payment, "decline")
    settle(payment.pk)

    till.do(payment, "pay_late", seconds=0)
    payment = settle(payment.pk)

    assert payment.state == "paid"
    assert payment.order.enrollment.status == "active"
    assert books.wrong(till.ledger()) == []


def test_a_second_payment_goes_back_by_itself(till):
    batch = till.batch()
    first = till.begin(batch)
    Payment.objects.filter(pk=first.pk).update(page_until=first.created_at)  # its page looks closed
    second = start_payment(first.order)
    till.do(first, "pay")
    till.do(second, "pay")

    settle(first.pk)
    second = settle(second.pk)

    assert (second.applied_paise, second.returned_paise) == (0, second.amount_paise)
    assert refund_of(second).why == "paid_twice"
    assert Order.objects.get().paid_paise == first.amount_paise
    assert books.wrong(till.ledger()) == []


def test_money_that_finds_the_batch_full_goes_back_by_itself(till):
    batch = till.batch(seats=1)
    late = till.begin(batch)
    Enrollment.objects.update(has_seat=False, held_until=None)
    Batch.objects.filter(pk=batch.pk).update(seats_taken=0)
    till.paid(batch)
    till.do(late, "pay")

    late = settle(late.pk)

    assert late.order.enrollment.status == "pending"
    assert refund_of(late).why == "batch_full"
    assert books.wrong(till.ledger()) == []


def test_an_older_order_that_is_paid_is_taken_up_again(till):
    batch, who = till.batch(), till.person()
    old = till.begin(batch, who=who)
    till.begin(batch, who=who, plan="instalments")
    till.do(old, "pay")

    old = settle(old.pk)

    assert old.order.state == "open"
    assert Order.objects.filter(state="open").count() == 1
    assert old.order.enrollment.status == "active"
    assert books.wrong(till.ledger()) == []


def test_the_first_instalment_opens_the_course_until_the_next_falls_due(till):
    batch = till.batch()
    payment = till.paid(batch, plan="instalments")

    order = Order.objects.get()
    enrollment = Enrollment.objects.get()
    second = order.instalments.get(number=2)
    assert payment.amount_paise == order.instalments.get(number=1).amount_paise
    assert (enrollment.access_until - second.due_on).days == 5
    assert enrollment.is_open_on(enrollment.access_until)

    last = start_payment(order)
    till.do(last, "pay")
    settle(last.pk)

    enrollment.refresh_from_db()
    assert (enrollment.access_until, last.amount_paise) == (None, second.amount_paise)
    assert books.wrong(till.ledger()) == []


def without_a_page(till, trouble):
    """A payment for which PhonePe was asked for a page and did not answer."""
    till.sandbox.misbehave("pay", trouble)
    order = till.order(till.batch())
    with pytest.raises(phonepe.Unclear):
        start_payment(order)
    return Payment.objects.get()


def test_a_page_that_never_opened_costs_nothing(till):
    payment = without_a_page(till, "500_before")
    Payment.objects.update(created_at=payment.created_at.replace(year=2020))

    payment = settle(payment.pk)

    assert (payment.state, payment.reason) == ("failed", "never_reached")


def test_a_page_whose_answer_was_lost_is_found_again(till):
    payment = without_a_page(till, "500_after")
    till.do(payment, "pay")

    assert settle(payment.pk).state == "paid"
    assert books.wrong(till.ledger()) == []


@pytest.mark.parametrize("trouble", ["500_before", "401", "bad_json", "429", "reset_before"])
def test_while_phonepe_is_in_trouble_nothing_fails_and_nothing_unlocks(till, trouble):
    payment = till.begin(till.batch())
    till.do(payment, "pay")
    till.sandbox.misbehave("status", trouble, times=2 if trouble == "401" else 1)

    during = settle(payment.pk)
    after = settle(payment.pk)

    assert during.state == "pending"  # a 401 is repeated once, with a fresh token
    assert after.state == "paid"
    assert books.wrong(till.ledger()) == []


def test_the_second_click_comes_back_to_the_same_page(till, monkeypatch):
    monkeypatch.setattr(orders, "STILL_OPEN", timedelta(seconds=5))  # pages live 24 s here
    order = till.order(till.batch())

    assert start_payment(order).pk == start_payment(order).pk


def test_a_full_batch_takes_no_order(till, centre):
    from academics.seats import BatchFull

    batch = till.batch(seats=1)
    till.order(batch)
    user, contact = till.person()

    with pytest.raises(BatchFull):
        open_order(
            user=user, contact=contact, batch=batch, plan="full", name="Late", email="",
            until=seat_until(centre),
        )  # fmt: skip
