"""Seats: as many people as chairs, whoever comes, leaves, waits or is late."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from academics import seats
from academics.models import Batch, Enrollment, WaitingPlace
from tests.payments import books
from tests.payments.conftest import Till

pytestmark = pytest.mark.django_db


def soon():
    return timezone.now() + timedelta(minutes=20)


@pytest.fixture
def desk(centre):
    """People and batches; no provider is asked here."""
    return Till()


@pytest.fixture
def hold(desk):
    def hold(batch, who=None):
        user, _ = who or desk.person()
        return seats.hold(user, batch, until=soon())

    return hold


def test_a_seat_that_is_held_is_taken_and_one_person_holds_one(desk, hold):
    batch, who = desk.batch(seats=2), desk.person()

    assert hold(batch, who).pk == hold(batch, who).pk

    batch.refresh_from_db()
    assert (batch.seats_taken, batch.seats_left) == (1, 1)


def test_a_full_batch_has_no_seat_to_hold(desk, hold):
    batch = desk.batch(seats=1)
    hold(batch)

    with pytest.raises(seats.BatchFull):
        hold(batch)

    assert Enrollment.objects.count() == 1


def test_seats_sold_elsewhere_count(desk, hold):
    batch = desk.batch(seats=3)
    Batch.objects.filter(pk=batch.pk).update(seats_taken_elsewhere=3)

    with pytest.raises(seats.BatchFull):
        hold(batch)


def test_a_hold_that_lapses_frees_the_seat_and_late_money_takes_one_again(desk, hold):
    batch = desk.batch(seats=1)
    enrollment = hold(batch)
    Enrollment.objects.update(held_until=timezone.now())

    assert list(seats.lapsed(timezone.now())) == [enrollment]
    assert seats.let_go(enrollment) is True
    assert seats.let_go(enrollment) is False
    assert seats.admit(enrollment) is True

    batch.refresh_from_db()
    assert (enrollment.status, batch.seats_taken) == ("active", 1)


def test_late_money_finds_no_seat_when_another_has_it(desk, hold):
    batch = desk.batch(seats=1)
    late = hold(batch)
    seats.let_go(late)
    seats.admit(hold(batch))

    with pytest.raises(seats.BatchFull):
        seats.admit(late)


def test_who_waits_comes_before_who_walks_in(desk, hold):
    batch = desk.batch(seats=1)
    first = hold(batch)
    waiting, _ = desk.person()
    place = seats.join_waiting_list(waiting, batch)
    assert seats.join_waiting_list(waiting, batch) == place
    seats.cancel(first)

    with pytest.raises(seats.BatchFull):
        hold(batch)
    enrollment = seats.offer(seats.next_in_line(batch), until=soon())

    assert enrollment.user == waiting
    assert seats.offer(place, until=soon()) is None
    assert seats.next_in_line(batch) is None
    seats.admit(enrollment)
    assert WaitingPlace.objects.get().state == "taken"


def test_moving_takes_the_seat_along(desk, hold):
    old, new = desk.batch(seats=1), desk.batch(seats=1, course="django")
    enrollment = hold(old)
    seats.admit(enrollment)

    seats.change_batch(enrollment, new)

    assert [b.seats_taken for b in Batch.objects.filter(pk__in=[old.pk, new.pk])].count(1) == 1
    assert (Enrollment.objects.get().batch, Enrollment.objects.get().batch_changes) == (new, 1)
    with pytest.raises(seats.AlreadyEnrolled):
        seats.change_batch(enrollment, new)


def test_moving_to_a_full_batch_changes_nothing(desk, hold):
    old, new = desk.batch(seats=1), desk.batch(seats=1, course="django")
    hold(new)
    enrollment = hold(old)

    with pytest.raises(seats.BatchFull):
        seats.change_batch(enrollment, new)

    assert Enrollment.objects.get(pk=enrollment.pk).batch == old
    assert Batch.objects.get(pk=old.pk).seats_taken == 1


def test_a_form_that_was_opened_before_does_not_undo_a_sale(desk, hold):
    batch = desk.batch(seats=5)
    hold(batch)

    batch.seats = 6
    batch.save()

    batch.refresh_from_db()
    assert (batch.seats, batch.seats_taken) == (6, 1)


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "active", "has_seat": False},
        {"status": "cancelled", "has_seat": True},
        {"status": "pending", "has_seat": True, "held_until": None},
        {"status": "guest"},
    ],
)
def test_the_database_refuses_what_cannot_be(desk, hold, broken):
    hold(desk.batch())

    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.update(**broken)


def test_the_database_itself_refuses_an_oversold_batch(desk):
    batch = desk.batch(seats=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(seats_taken=2)


def test_the_classroom_is_open_to_who_has_paid_and_is_not_overdue(desk, hold):
    enrollment = hold(desk.batch())
    today = timezone.localdate()
    assert not enrollment.is_open_on(today)

    seats.admit(enrollment)
    assert enrollment.is_open_on(today)
    Enrollment.objects.update(access_until=today - timedelta(days=1))
    enrollment.refresh_from_db()

    assert not enrollment.is_open_on(today)
    assert not Enrollment.objects.open_on(today).exists()
    assert Enrollment.objects.open_on(today - timedelta(days=1)).get() == enrollment
    assert not any("oversold" in line for line in books.wrong())
