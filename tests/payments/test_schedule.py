"""No webhook, no browser: PhonePe is asked by its own schedule, and every course unlocks."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from academics.models import Enrollment
from payments import checks, rounds
from payments.models import Payment
from tests.payments import books

pytestmark = pytest.mark.django_db(transaction=True)

A_ROUND = timedelta(seconds=rounds.INTERVAL_SECONDS)


def asked_at(minutes):
    """The ages in seconds at which a payment is asked about that nobody pays."""
    start = timezone.now().replace(microsecond=0)
    payment = Payment(created_at=start, page_until=start + timedelta(seconds=1200))
    ages, moment = [], start
    while (moment := checks.next_check(payment, moment)) and moment < start + timedelta(
        minutes=minutes
    ):
        ages.append(round((moment - start).total_seconds()))
    return ages


def test_the_schedule_is_the_one_that_phonepe_publishes():
    ages = asked_at(minutes=8)

    assert ages[0] == 22
    assert [b - a for a, b in zip(ages, ages[1:], strict=False)] == (
        [3] * 10 + [6] * 10 + [10] * 6 + [30] * 2 + [60] * 4
    )


def test_after_the_page_has_closed_it_is_asked_each_hour_for_two_days_and_then_no_more():
    ages = asked_at(minutes=60 * 24 * 4)

    late = [age for age in ages if age > 1200 + 300 + 60]
    assert len(late) == 48
    assert max(ages) < 49 * 3600


@pytest.mark.parametrize("count", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_every_course_unlocks_within_90_seconds_without_any_webhook(till, count):
    batch = till.batch(seats=count)
    completed = {}
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        payments = [till.begin(batch) for _ in range(count)]
        Payment.objects.update(page_until=start + timedelta(seconds=1200))
        for number, payment in enumerate(payments):
            till.do(payment, "pay")
            till.tell(payment, state="PENDING")
            completed[payment.pk] = start + timedelta(seconds=5 + number * 1150 / count)
        waiting = {payment.pk: payment for payment in payments}
        waits = []
        while waiting and timezone.now() < start + timedelta(minutes=25):
            clock.shift(A_ROUND)
            now = timezone.now()
            for pk, payment in waiting.items():
                if now - A_ROUND <= completed[pk] < now:
                    till.tell(payment, state="COMPLETED")
            rounds.ask_what_is_due()
            for pk in Payment.objects.filter(state="paid", pk__in=waiting).values_list(
                "pk", flat=True
            ):
                waits.append((now - completed[pk]).total_seconds())
                del waiting[pk]

    assert not waiting
    assert max(waits) <= 90
    assert Enrollment.objects.filter(status="active").count() == count
    assert books.wrong() == []


def test_two_workers_ask_once_about_each_payment(till):
    batch = till.batch()
    for _ in range(5):
        till.begin(batch)
    Payment.objects.update(next_check_at=timezone.now())

    first = rounds._claimed(Payment, None)
    second = rounds._claimed(Payment, None)

    assert (len(first), len(second)) == (5, 0)


def test_a_worker_that_dies_over_a_payment_leaves_it_to_the_next(till):
    payment = till.begin(till.batch())
    till.do(payment, "pay")
    Payment.objects.update(next_check_at=timezone.now())
    rounds._claimed(Payment, None)  # and the worker is gone

    with time_machine.travel(timezone.now() + rounds.CLAIM + A_ROUND):
        rounds.ask_what_is_due()

    payment.refresh_from_db()
    assert payment.state == "paid"


def test_without_keys_nobody_is_asked(till, settings):
    till.begin(till.batch())
    Payment.objects.update(next_check_at=timezone.now())
    settings.PHONEPE_CLIENT_ID = ""

    assert rounds.ask_what_is_due() == 0


def test_a_seat_that_lapses_goes_to_who_waits_with_a_link(till):
    from academics import seats
    from coaching.messaging.models import CommunicationLog

    batch = till.batch(seats=1)
    till.order(batch)
    user, _ = till.person()
    seats.join_waiting_list(user, batch)
    Enrollment.objects.update(held_until=timezone.now())

    rounds.let_seats_lapse()

    offered = Enrollment.objects.get(user=user)
    assert (offered.status, offered.has_seat) == ("pending", True)
    assert offered.held_until > timezone.now() + timedelta(hours=23)
    assert CommunicationLog.objects.filter(contact=user.contact).count() == 1
    assert books.wrong() == []


def test_an_offer_that_nobody_takes_goes_to_the_next(till):
    from academics import seats
    from academics.models import WaitingPlace

    batch = till.batch(seats=1)
    till.order(batch)
    waiting = [till.person()[0] for _ in range(2)]
    for user in waiting:
        seats.join_waiting_list(user, batch)
    Enrollment.objects.update(held_until=timezone.now())
    rounds.let_seats_lapse()

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        rounds.let_seats_lapse()

    assert list(WaitingPlace.objects.values_list("state", flat=True)) == ["lapsed", "offered"]
    assert Enrollment.objects.get(has_seat=True).user == waiting[1]
    assert books.wrong() == []
