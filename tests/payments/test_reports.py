"""The owner's figures against a ledger that was added up by hand."""

import datetime as dt
from datetime import date

import pytest
from django.utils import timezone

from academics.models import Batch
from payments import refunds, reports
from payments.models import Order, Payment, Refund
from payments.reports import Dues, Takings
from payments.services import record
from tests.admin.money import plain_fees
from tests.payments.conftest import Till

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def clock(time_machine):
    return lambda moment: time_machine.move_to(f"2026-{moment} +0530")


def pay(order, paise, method="cash"):
    return record(
        Order.objects.get(pk=order.pk), method=method, amount_paise=paise, by=None, note="desk"
    )


def give_back(order, paise):
    return refunds.refund_order(
        Order.objects.get(pk=order.pk), paise, Refund.Why.GOODWILL, note="kindness"
    )[0]


@pytest.fixture
def ledger(clock, centre):
    """Asha and Chitra in a batch of ₹9,500, Bala in one of ₹18,000 in three parts of ₹6,000.

    Came: 10 Oct ₹9,500, 31 Oct 23:59 ₹6,000, 1 Nov 00:00 ₹9,500, 3 Nov ₹6,000. Went back: 6 Nov
    ₹2,000.50; ₹1,000 more was promised on 7 Nov and is not back yet.
    """
    plain_fees()
    till = Till()
    clock("10-10 12:00")
    first = till.batch(starts_on=date(2026, 10, 12))
    other = till.batch(course="analytics", starts_on=date(2026, 10, 12))
    orders = {name: till.order(first, who=till.person(name)) for name in ("Asha", "Chitra")}
    pay(orders["Asha"], 950_000)
    clock("10-31 23:59")
    orders["Bala"] = till.order(other, who=till.person("Bala"), plan="instalments")
    pay(orders["Bala"], 600_000)
    clock("11-01 00:00")
    pay(orders["Chitra"], 950_000)
    clock("11-03 09:00")
    pay(orders["Bala"], 600_000, "bank")
    clock("11-05 18:00")
    back = give_back(orders["Asha"], 200_050)
    clock("11-06 18:00")
    refunds.paid_back_by_hand(back, by=None, note="cash")
    clock("11-07 10:00")
    give_back(orders["Chitra"], 100_000)
    return orders | {"first": first, "other": other}


def test_revenue_is_what_came_less_what_was_back_on_those_days(ledger):
    assert reports.takings(OCTOBER, NOVEMBER) == [
        Takings(1_550_000, 0),
        Takings(1_550_000, 200_050),
    ]
    assert reports.takings(NOVEMBER)[0].revenue_paise == 1_349_950
    assert reports.returning() == 100_000


def test_a_day_ends_at_midnight_in_india(ledger):
    assert reports.by_day(OCTOBER[0], NOVEMBER[1]) == [
        (date(2026, 11, 6), Takings(0, 200_050)),
        (date(2026, 11, 3), Takings(600_000, 0)),
        (date(2026, 11, 1), Takings(950_000, 0)),
        (date(2026, 10, 31), Takings(600_000, 0)),
        (date(2026, 10, 10), Takings(950_000, 0)),
    ]


def test_control_days_of_another_zone_would_move_money_into_another_month(ledger):
    with timezone.override(dt.UTC):
        ours = reports.takings(NOVEMBER)

    in_utc = Payment.objects.filter(
        paid_at__gte=dt.datetime(2026, 11, 1, tzinfo=dt.UTC), state="paid"
    )
    assert ours == [Takings(1_550_000, 200_050)]
    assert sum(payment.received_paise for payment in in_utc) == 600_000


def test_batches_and_courses_add_up_to_the_whole(ledger):
    batches = reports.by_batch(*NOVEMBER)
    courses = reports.by_course(batches)

    assert batches == [
        (ledger["first"], Takings(950_000, 200_050)),
        (ledger["other"], Takings(600_000, 0)),
    ]
    assert [taken for _, taken in courses] == [taken for _, taken in batches]
    assert sum((taken for _, taken in courses), Takings()) == reports.takings(NOVEMBER)[0]


def test_money_goes_along_to_the_batch_that_the_student_moves_to(ledger):
    from payments.orders import change_batch

    target = Batch.objects.exclude(pk=ledger["first"].pk).filter(course__slug="foundation").first()

    change_batch(Order.objects.get(pk=ledger["Chitra"].pk), target)

    assert dict(reports.by_batch(*NOVEMBER))[target] == Takings(950_000, 0)


def test_what_is_late_is_known_on_the_day_after(ledger):
    assert reports.dues() == Dues(1, 600_000)
    assert reports.overdue_dues(date(2026, 11, 30)) == Dues(0, 0)
    assert reports.overdue_dues(date(2026, 12, 1)) == Dues(1, 600_000)
    late = reports.overdue(date(2026, 12, 1)).get()
    assert (late.name, late.since, late.overdue_paise) == ("Bala", date(2026, 11, 30), 600_000)


def test_part_payments_and_later_parts_are_told_apart(ledger, clock):
    clock("11-20 10:00")
    pay(ledger["Bala"], 100_050)

    late = reports.overdue(date(2026, 12, 1)).get()

    assert (late.left_paise, late.overdue_paise) == (499_950, 499_950)


def test_who_left_or_never_came_owes_nothing(ledger):
    Till().order(ledger["first"], who=Till().person("Devi"))
    refunds.leave(Order.objects.get(pk=ledger["Bala"].pk))

    assert reports.dues() == Dues(0, 0)
    assert reports.unpaid().get().name == "Devi"


def test_held_money_is_no_revenue_until_somebody_decides(ledger):
    Payment.objects.create(
        order=ledger["Bala"], amount_paise=600_000, received_paise=500_000, state="held",
        reason="amount_differs", merchant_order_id="P1-x",
    )  # fmt: skip

    assert reports.takings(NOVEMBER) == [Takings(1_550_000, 200_050)]
    assert reports.payments_to_look_at(timezone.now()).get().merchant_order_id == "P1-x"


@pytest.mark.parametrize(("minutes", "is_stuck"), [(14, False), (16, True)])
def test_an_attempt_is_stuck_when_its_page_closed_and_nobody_knows_the_end(
    ledger, minutes, is_stuck
):
    now = timezone.now()
    Payment.objects.create(
        order=ledger["Bala"], amount_paise=600_000, state="pending", merchant_order_id="P1-x",
        page_until=now - dt.timedelta(minutes=minutes),
    )  # fmt: skip

    assert reports.payments_to_look_at(now).exists() is is_stuck


def test_refunds_that_need_a_hand_are_those_by_hand_failed_or_slow(ledger):
    now = timezone.now()
    by_hand = reports.refunds_to_look_at(now).get()
    online = Payment.objects.create(
        order=ledger["Bala"], amount_paise=600_000, received_paise=600_000, state="paid",
        paid_at=now, merchant_order_id="P1-x",
    )  # fmt: skip
    made = [refunds.give_back(online, 10_000, "goodwill") for _ in range(4)]
    Refund.objects.filter(pk=made[0].pk).update(due_at=None)
    Refund.objects.filter(pk=made[1].pk).update(attempt=2)
    Refund.objects.filter(pk=made[2].pk).update(
        state="pending", created_at=now - dt.timedelta(days=4)
    )

    assert by_hand.amount_paise == 100_000
    assert reports.refunds_to_look_at(now).count() == 4  # the last is on its way as it should be


def test_the_figures_cost_the_same_whatever_came(ledger, django_assert_num_queries):
    with django_assert_num_queries(2):
        reports.takings(OCTOBER, NOVEMBER)
    with django_assert_num_queries(3):
        reports.by_batch(*NOVEMBER)
    with django_assert_num_queries(2):
        reports.by_day(*NOVEMBER)
    with django_assert_num_queries(1):
        reports.overdue_dues(date(2026, 12, 1))
