"""Everybody at once, on a real database: one seat, one receipt, one refund; never oversold."""

import pytest
from django.db import connection

from academics import seats
from academics.models import Batch, Enrollment
from coaching.accounts.models import Contact, ContactQuerySet, User
from coaching.messaging.models import CommunicationLog
from payments import coupons, refunds, rounds
from payments.models import Coupon, Order, Payment, Receipt, Refund
from payments.orders import open_order, seat_until, start_payment
from payments.pricing import CouponRefused
from payments.services import settle
from tests.payments import books
from tests.payments.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def errors(results):
    return [result for result in results if isinstance(result, Exception)]


def paid_on_two_pages(till, batch):
    """Two payments of one order, both made at PhonePe and not yet heard of."""
    first = till.begin(batch)
    Payment.objects.filter(pk=first.pk).update(page_until=first.created_at)  # it looks closed
    second = start_payment(first.order)
    till.do(first, "pay")
    till.do(second, "pay")
    return first, second


def news_of(till, payment):
    """The ways in which one payment's news can reach us, several times each."""
    webhook = {
        "event": "checkout.order.completed",
        "payload": {"merchantOrderId": payment.merchant_order_id, "state": "COMPLETED"},
    }

    def post():
        return till.sandbox.control("phonepe/webhooks", {"body": webhook})["webhook_status"]

    return [post] * 5 + [lambda: settle(payment.pk)] * 4 + [rounds.ask_what_is_due] * 2


def test_news_from_everywhere_at_once_makes_one_seat_and_one_receipt(live_till):
    batch = live_till.batch()
    live_till.quiet()
    for _ in range(8):
        payment = live_till.begin(batch)
        live_till.do(payment, "pay")

        answers = at_once(news_of(live_till, payment))

        assert errors(answers) == []
        assert answers[:5] == [200] * 5
    assert Enrollment.objects.filter(status="active").count() == 8
    assert Receipt.objects.count() == 8
    assert books.wrong(live_till.ledger()) == []


@pytest.mark.parametrize("payers", [2, 5, 12])
def test_the_last_seat_is_sold_once_and_every_loser_gets_one_refund(till, payers):
    batch = till.batch(seats=payers)
    payments = [till.begin(batch) for _ in range(payers)]
    for enrollment in Enrollment.objects.all():
        seats.let_go(enrollment)
    Batch.objects.filter(pk=batch.pk).update(seats=1)
    for payment in payments:
        till.do(payment, "pay")

    results = at_once(lambda pk=payment.pk: settle(pk) for payment in payments)

    assert errors(results) == []
    assert Enrollment.objects.filter(status="active").count() == 1
    assert Refund.objects.filter(why="batch_full").count() == payers - 1
    at_once(lambda pk=refund.pk: refunds.send(pk) for refund in Refund.objects.all())
    assert books.wrong(till.ledger()) == []


def test_without_its_checks_the_last_seat_is_sold_twice(till, monkeypatch):
    """The control: neither the statement that counts nor the batch's lock."""
    monkeypatch.setattr(seats, "_locked", lambda pk: Batch.objects.get(pk=pk))
    monkeypatch.setattr(seats, "_take", lambda batch: None)
    batch = till.batch(seats=6)
    payments = [till.begin(batch) for _ in range(6)]
    for enrollment in Enrollment.objects.all():
        Enrollment.objects.filter(pk=enrollment.pk).update(has_seat=False, held_until=None)
    Batch.objects.filter(pk=batch.pk).update(seats=1)
    for payment in payments:
        till.do(payment, "pay")

    at_once(lambda pk=payment.pk: settle(pk) for payment in payments)

    assert Enrollment.objects.filter(status="active").count() > 1
    assert books.wrong() != []


def test_without_the_persons_lock_a_second_payment_is_kept(till, monkeypatch):
    """The control of the lock: two payments of one order, settled at the same moment."""
    monkeypatch.setattr(ContactQuerySet, "locked", lambda self, e164, **_: self.get(phone=e164))
    batch = till.batch()
    wrong = []
    for _ in range(12):
        first, second = paid_on_two_pages(till, batch)
        results = at_once(lambda pk=one.pk: settle(pk) for one in (first, second))
        wrong += errors(results) + books.wrong()

    assert wrong != [] or connection.vendor == "sqlite"  # one writer at a time


def test_two_payments_of_one_order_at_once_make_one_seat_and_one_refund(till):
    batch = till.batch()
    for _ in range(12):
        first, second = paid_on_two_pages(till, batch)

        results = at_once(lambda pk=one.pk: settle(pk) for one in (first, second))

        assert errors(results) == []
        assert Refund.objects.filter(order=first.order).count() == 1
    assert books.wrong(till.ledger()) == []


def test_numbers_of_receipts_have_no_gap_and_no_repeat(till):
    batch = till.batch(seats=60)
    payments = [till.begin(batch) for _ in range(40)]
    for payment in payments:
        till.do(payment, "pay")

    for start in range(0, 40, 20):
        at_once(lambda pk=one.pk: settle(pk) for one in payments[start : start + 20])

    numbers = sorted(Receipt.objects.values_list("serial", flat=True))
    assert numbers == list(range(1, 41))


def test_twenty_clicks_on_enrol_make_one_student_one_order_and_one_message(product, till):
    from leads.enrol import convert_lead

    lead = product.ask()
    batch = till.batch()
    owner = User.objects.create_user("owner@example.com", "x", name="Owner")

    results = at_once([lambda: convert_lead(lead, by=owner, batch=batch).pk] * 20)

    assert len(set(results)) == 1
    assert User.objects.filter(contact=lead.contact).count() == 1
    assert (Order.objects.count(), Enrollment.objects.count()) == (1, 1)
    links = CommunicationLog.objects.filter(purpose="payment_link")
    assert sorted(links.values_list("channel", flat=True)) == ["whatsapp"]


def test_a_coupon_is_never_used_more_often_than_it_may_be(till, centre):
    coupon = Coupon.objects.create(code="DIWALI", amount_paise=50_000, max_uses=3)
    batch = till.batch()
    people = [till.person() for _ in range(10)]

    def order(who):
        return open_order(
            user=who[0], contact=who[1], batch=batch, plan="full", name=who[0].name,
            until=seat_until(centre), code="diwali",
        )  # fmt: skip

    results = at_once(lambda who=who: order(who) for who in people)

    coupon.refresh_from_db()
    assert (coupon.uses, Order.objects.count()) == (3, 3)
    assert [type(error) for error in errors(results)] == [CouponRefused] * 7
    assert Batch.objects.get(pk=batch.pk).seats_taken == 3


def test_one_refund_of_an_order_is_in_flight_at_a_time(till):
    payment = till.paid(till.batch())
    till.sandbox.behave(phonepe={"refund_ends": "PENDING"})
    order = Order.objects.get()
    for _ in range(3):
        refunds.refund_order(order, 10_000, Refund.Why.GOODWILL)

    at_once(lambda pk=refund.pk: refunds.send(pk) for refund in Refund.objects.all())

    assert Refund.objects.filter(state__in=Refund.IN_FLIGHT).count() == 1
    assert payment.order.refunds.count() == 3
    assert coupons.find("") is None
    assert Contact.objects.filter(orders=order).count() == 1
