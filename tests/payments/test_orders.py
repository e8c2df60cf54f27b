"""What a place costs, by when, and what becomes of it when people change their minds."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from academics import seats
from academics.models import Batch, Enrollment
from coaching.accounts.models import User
from coaching.centre.models import Profile
from payments import access, refunds
from payments.models import Coupon, Order, Payment, Refund
from payments.orders import change_batch, due_now, let_lapse
from payments.pricing import CouponRefused, due_on, fitted
from payments.services import approve, record, reject
from tests.payments import books

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner(db):
    return User.objects.create_user("partner@example.com", "x", name="Partner")


def profile(**fields):
    Profile.fresh()
    Profile.objects.update(**fields)
    from coaching.common import remember

    remember.forget_everything()


def pay(order, owner, paise=None):
    return record(
        order, method="cash", amount_paise=paise or order.owed_paise, by=owner, note="at the desk"
    )


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("at joining", dt.date(2026, 12, 1)),
        ("On joining", dt.date(2026, 12, 1)),
        ("week 1", dt.date(2026, 12, 7)),
        ("week 4", dt.date(2026, 12, 28)),
        ("after 30 days", dt.date(2026, 12, 31)),
        ("2027-01-15", dt.date(2027, 1, 15)),
        ("2020-01-15", dt.date(2026, 12, 1)),
        ("some day", dt.date(2027, 1, 6)),
    ],
)
def test_words_of_an_instalment_become_a_day(when, day):
    batch = Batch(starts_on=dt.date(2026, 12, 7))

    assert due_on(when, 1, batch, dt.date(2026, 12, 1)) == day


@given(
    parts=st.lists(st.integers(1, 10**7), min_size=1, max_size=6),
    total=st.integers(100, 10**7),
)
def test_parts_always_make_the_total(parts, total):
    day = dt.date(2026, 12, 1)
    if total > sum(parts):
        total = sum(parts)

    made = fitted([(paise, day) for paise in parts], total)

    assert sum(paise for paise, _ in made) == total
    assert all(paise > 0 for paise, _ in made)


def test_the_whole_fee_before_the_start_has_the_centres_discount(desk):
    profile(early_discount_paise=50_000)

    whole = desk.order(desk.batch())
    in_parts = desk.order(desk.batch(), plan="instalments")

    assert (whole.total_paise, in_parts.total_paise) == (900_000, 950_000)
    assert [line.kind for line in whole.lines.filter(is_included=False)] == ["fee", "discount"]


def test_no_discount_on_the_day_it_starts(desk):
    profile(early_discount_paise=50_000)

    order = desk.order(desk.batch(starts_on=timezone.localdate()))

    assert order.total_paise == 950_000


@pytest.mark.parametrize(
    ("fields", "total"),
    [({"percent": 10}, 855_000), ({"amount_paise": 100_000}, 850_000),
     ({"amount_paise": 99_000_000}, 100)],
)  # fmt: skip
def test_a_coupon_takes_its_part_and_at_least_a_rupee_is_paid(desk, fields, total):
    Coupon.objects.create(code="diwali", **fields)

    assert desk.order(desk.batch(), code=" Diwali ").total_paise == total


@pytest.mark.parametrize(
    "fields",
    [
        {"is_active": False},
        {"ends_on": dt.date(2020, 1, 1)},
        {"starts_on": dt.date(2099, 1, 1)},
        {"max_uses": 0},
    ],
)
def test_a_coupon_that_does_not_count_is_refused_and_nothing_is_held(desk, fields):
    Coupon.objects.create(code="DIWALI", percent=10, **fields)
    batch = desk.batch()

    with pytest.raises(CouponRefused):
        desk.order(batch, code="DIWALI")

    batch.refresh_from_db()
    assert batch.seats_taken == 0
    assert not Order.objects.exists()


def test_a_coupon_is_used_once_by_each_person(desk):
    Coupon.objects.create(code="DIWALI", percent=10)
    who = desk.person()
    desk.order(desk.batch(), who=who, code="DIWALI")

    with pytest.raises(CouponRefused):
        desk.order(desk.batch(course="django"), who=who, code="DIWALI")


def test_what_lapses_gives_back_the_seat_and_the_coupon(desk):
    coupon = Coupon.objects.create(code="DIWALI", percent=10, max_uses=1)
    order = desk.order(desk.batch(), code="DIWALI")

    assert let_lapse(order.enrollment) is True
    assert let_lapse(order.enrollment) is False

    coupon.refresh_from_db()
    assert (coupon.uses, Batch.objects.get(pk=order.enrollment.batch_id).seats_taken) == (0, 0)
    assert desk.order(desk.batch(), code="DIWALI").holds_coupon


def test_asking_again_is_the_same_order_and_another_plan_replaces_it(desk):
    batch, who = desk.batch(), desk.person()
    first = desk.order(batch, who=who)

    assert desk.order(batch, who=who) == first
    other = desk.order(batch, who=who, plan="instalments")

    first.refresh_from_db()
    assert (first.state, other.state) == ("cancelled", "open")
    assert Batch.objects.get(pk=batch.pk).seats_taken == 1


def test_what_is_to_be_paid_now(desk, owner):
    order = desk.order(desk.batch(), plan="instalments")
    today = timezone.localdate()
    first, second = order.instalments.all()

    assert due_now(order, today) == first.amount_paise
    assert due_now(order, second.due_on) == order.total_paise
    pay(order, owner, first.amount_paise)
    order.refresh_from_db()
    assert due_now(order, today) == second.amount_paise
    pay(order, owner)
    order.refresh_from_db()
    assert due_now(order, today) == 0


def test_a_part_payment_opens_the_course_for_the_days_of_grace(desk, owner):
    order = desk.order(desk.batch())

    pay(order, owner, 100_000)

    enrollment = Enrollment.objects.get()
    assert enrollment.status == "active"
    assert enrollment.access_until == timezone.localdate() + dt.timedelta(days=5)
    assert books.wrong() == []


def test_much_cash_needs_a_second_person(desk, owner, partner):
    profile(approval_above_paise=500_000)
    order = desk.order(desk.batch())

    payment = pay(order, owner)

    assert (payment.state, Enrollment.objects.get().status) == ("approval", "pending")
    with pytest.raises(PermissionError):
        approve(payment, by=owner)
    assert approve(payment, by=partner) is True
    assert approve(payment, by=partner) is False
    payment.refresh_from_db()
    assert (payment.state, payment.approved_by) == ("paid", partner)
    assert Enrollment.objects.get().status == "active"
    assert books.wrong() == []


def test_the_database_refuses_one_person_who_approves_alone(desk, owner):
    profile(approval_above_paise=0)
    payment = pay(desk.order(desk.batch()), owner)

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(approved_by=owner)


def test_what_is_not_approved_unlocks_nothing(desk, owner, partner):
    profile(approval_above_paise=0)
    payment = pay(desk.order(desk.batch()), owner)

    assert reject(payment, by=partner, reason="no such money") is True

    assert approve(payment, by=partner) is False
    assert Enrollment.objects.get().status == "pending"


@pytest.mark.parametrize("paise", [0, 99, -100, 950_001])
def test_what_is_no_amount_is_refused(desk, owner, paise):
    order = desk.order(desk.batch())

    with pytest.raises(ValueError, match="is owed"):
        record(order, method="cash", amount_paise=paise, by=owner, note="")

    assert not Payment.objects.exists()


def test_what_waits_for_approval_counts_as_come(desk, owner):
    profile(approval_above_paise=0)
    order = desk.order(desk.batch())
    pay(order, owner)

    with pytest.raises(ValueError, match="₹0 is owed"):
        record(order, method="cash", amount_paise=100, by=owner, note="")


def test_another_batch_of_the_course_costs_nothing_more(desk, owner):
    old, new = desk.batch(), desk.new_batch(seats=5)
    order = desk.order(old)
    pay(order, owner)

    assert change_batch(order, new, by=owner) == []

    assert Enrollment.objects.get().batch == new
    assert [Batch.objects.get(pk=b.pk).seats_taken for b in (old, new)] == [0, 1]
    assert books.wrong() == []


def test_a_dearer_course_leaves_the_difference_to_be_paid(desk, owner):
    order = desk.order(desk.batch())
    pay(order, owner)
    dearer = desk.batch(course="django")

    change_batch(order, dearer, by=owner)

    order.refresh_from_db()
    difference = dearer.course.price_paise - 950_000
    assert order.owed_paise == difference > 0
    assert Enrollment.objects.get().access_until is not None
    assert books.wrong() == []


def test_a_cheaper_course_gives_the_difference_back(desk, owner):
    profile(approval_above_paise=10_000_000)
    order = desk.order(desk.batch(course="django"))
    pay(order, owner)
    before = order.total_paise

    [refund] = change_batch(order, desk.batch(), by=owner)

    order.refresh_from_db()
    assert refund.amount_paise == before - 950_000
    assert (order.kept_paise, order.owed_paise) == (950_000, 0)
    assert Enrollment.objects.get().access_until is None
    assert books.wrong() == []


def test_there_and_back_again_costs_what_the_course_costs(desk, owner):
    profile(approval_above_paise=10_000_000)
    dear, cheap = desk.batch(course="django"), desk.batch()
    order = desk.order(dear)
    pay(order, owner)
    fee = order.total_paise
    change_batch(order, cheap, by=owner)

    assert change_batch(order, dear, by=owner) == []

    order.refresh_from_db()
    assert (order.total_paise, order.kept_paise) == (fee, 950_000)
    assert order.owed_paise == fee - 950_000
    assert books.wrong() == []


def test_a_gift_of_the_centre_is_not_owed_again(desk, owner):
    order = desk.order(desk.batch())
    pay(order, owner)

    refunds.refund_order(order, 50_000, Refund.Why.GOODWILL, by=owner)

    order.refresh_from_db()
    assert (order.owed_paise, order.kept_paise) == (0, 900_000)


def test_a_full_batch_takes_nobody_along(desk, owner):
    order = desk.order(desk.batch())
    pay(order, owner)
    full = desk.batch(seats=1, course="django")
    seats.hold(desk.person()[0], full, until=timezone.now())

    with pytest.raises(seats.BatchFull):
        change_batch(order, full, by=owner)

    order.refresh_from_db()
    assert order.total_paise == 950_000
    assert books.wrong() == []


def test_a_fee_is_overdue_after_its_days_of_grace(desk, owner):
    order = desk.order(desk.batch(), plan="instalments")
    first, second = order.instalments.all()
    pay(order, owner, first.amount_paise)
    order.refresh_from_db()

    assert access.last_day(order, Profile.current()) == second.due_on + dt.timedelta(days=5)


@pytest.mark.parametrize(
    ("table", "broken"),
    [
        (Order, {"settled_paise": 950_001}),
        (Order, {"refunded_paise": 1}),
        (Order, {"total_paise": 99}),
        (Order, {"state": "gone"}),
        (Payment, {"amount_paise": 1}),
        (Payment, {"returned_paise": 950_001}),
        (Payment, {"applied_paise": 950_001}),
        (Payment, {"received_paise": 5}),
        (Payment, {"merchant_order_id": "P1"}),
    ],
)
def test_the_database_refuses_books_that_cannot_be(desk, owner, table, broken):
    pay(desk.order(desk.batch()), owner)
    if table is Order and "refunded_paise" in broken:
        broken = {"refunded_paise": 950_001}

    with pytest.raises(IntegrityError), transaction.atomic():
        table.objects.update(**broken)


def test_one_open_order_for_one_place(desk):
    order = desk.order(desk.batch())
    order.pk, order.token, order._state.adding = None, "other", True

    with pytest.raises(IntegrityError), transaction.atomic():
        order.save()


def test_two_refunds_of_an_order_are_never_in_flight_together(desk, owner):
    order = desk.order(desk.batch())
    pay(order, owner)
    for _ in range(2):
        refunds.refund_order(order, 1000, Refund.Why.GOODWILL, by=owner)

    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.update(state="sending")
