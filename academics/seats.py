"""Seats: held, taken, given back and offered on; every change of an Enrollment's status is here.

Each function locks the batch first, so that `Batch.seats_taken` stays the number of enrolments
with a seat, whoever comes at once; a CHECK on the batch is the backstop. They join the caller's
transaction or open one. Whoever also holds a person's lock (`Contact.locked`) takes it before.
Times are UTC.
"""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from academics.models import Batch, Enrollment, WaitingPlace
from coaching.common.states import move

Status = Enrollment.Status


class BatchFull(Exception):
    """No seat is free, or those that are belong to people who waited for them."""


class AlreadyEnrolled(Exception):
    """The student is in the batch already."""


@transaction.atomic
def hold(user, batch, *, until, waited=False):
    """Return the student's pending enrolment, with a seat held at least until `until`.

    The same enrolment again for the same student. `waited`: the seat is one that the waiting list
    offers. Raises AlreadyEnrolled, or BatchFull when no seat is free for them.
    """
    batch = _locked(batch.pk)
    enrollment = Enrollment.objects.live().filter(user=user, batch=batch).first()
    if enrollment and enrollment.status != Status.PENDING:
        raise AlreadyEnrolled
    if enrollment is None:
        enrollment = Enrollment(user=user, batch=batch)
    if not enrollment.has_seat:
        if not waited and batch.seats_left <= _waiting(batch):
            raise BatchFull
        _take(batch)
    enrollment.has_seat = True
    enrollment.held_until = max(until, enrollment.held_until or until)
    enrollment.save()
    return enrollment


@transaction.atomic
def admit(enrollment):
    """Make a pending enrolment active: it has been paid for. Brings the instance up to date.

    A seat that is no longer held is taken again. Raises BatchFull (nothing is changed) when none
    is free; False when it was not pending any more.
    """
    batch = _locked(enrollment.batch_id)
    enrollment.refresh_from_db()
    if enrollment.status != Status.PENDING:
        return False
    if not enrollment.has_seat:
        if batch.seats_left <= _waiting(batch):
            raise BatchFull
        _take(batch)
    enrollment.status, enrollment.has_seat, enrollment.held_until = Status.ACTIVE, True, None
    enrollment.activated_at = timezone.now()
    enrollment.save()
    for place in WaitingPlace.objects.filter(user_id=enrollment.user_id, batch=batch):
        move(place, WaitingPlace.State.TAKEN)
    return True


@transaction.atomic
def let_go(enrollment):
    """Give back the seat of an enrolment that nobody paid for in time. True if it held one.

    The enrolment stays pending: money that comes late takes a seat again, if one is free.
    """
    batch = _locked(enrollment.batch_id)
    held = Enrollment.objects.filter(pk=enrollment.pk, status=Status.PENDING, has_seat=True)
    if not held.update(has_seat=False, held_until=None):
        return False
    _free(batch)
    return True


@transaction.atomic
def cancel(enrollment):
    """End an enrolment that is not over, and free its seat. True the first time."""
    batch = _locked(enrollment.batch_id)
    enrollment.refresh_from_db()
    if enrollment.status in (Status.CANCELLED, Status.COMPLETED):
        return False
    if enrollment.has_seat:
        _free(batch)
    enrollment.status, enrollment.has_seat, enrollment.held_until = Status.CANCELLED, False, None
    enrollment.ended_at = timezone.now()
    enrollment.save()
    return True


@transaction.atomic
def change_batch(enrollment, batch):
    """Move an enrolment, with its seat, to another batch.

    Raises BatchFull when that has no free seat, AlreadyEnrolled when the student is in it.
    """
    for pk in sorted({enrollment.batch_id, batch.pk}):  # one order, no deadlock
        _locked(pk)
    enrollment.refresh_from_db()
    batch.refresh_from_db()
    if Enrollment.objects.live().filter(user_id=enrollment.user_id, batch=batch).exists():
        raise AlreadyEnrolled
    if enrollment.has_seat:
        if batch.seats_left <= _waiting(batch):
            raise BatchFull
        _take(batch)
        _free(enrollment.batch)
    enrollment.batch = batch
    enrollment.batch_changes += 1
    enrollment.save()


def join_waiting_list(user, batch):
    """Return the student's place in the queue of a full batch, the same one each time."""
    with transaction.atomic():
        batch = _locked(batch.pk)
        if Enrollment.objects.live().exclude(status=Status.PENDING).filter(user=user, batch=batch):
            raise AlreadyEnrolled
        waiting = WaitingPlace.objects.filter(user=user, batch=batch)
        open_states = [WaitingPlace.State.WAITING, WaitingPlace.State.OFFERED]
        return waiting.filter(state__in=open_states).first() or waiting.create(
            user=user, batch=batch
        )


def next_in_line(batch):
    """Return the place of who waits first, or None."""
    waiting = WaitingPlace.objects.filter(batch=batch, state=WaitingPlace.State.WAITING)
    return waiting.select_related("user__contact").order_by("pk").first()


@transaction.atomic
def offer(place, *, until):
    """Offer a free seat to who waits first, until `until`. Returns the pending enrolment.

    None when there is nothing to offer: no seat is free, or somebody else is the first by now.
    """
    batch = _locked(place.batch_id)
    if batch.is_full or batch.is_archived or next_in_line(batch) != place:
        return None
    try:
        enrollment = hold(place.user, batch, until=until, waited=True)
    except AlreadyEnrolled:
        move(place, WaitingPlace.State.TAKEN)
        return None
    move(place, WaitingPlace.State.OFFERED, offered_until=until)
    return enrollment


def lapsed(now):
    """Return the pending enrolments whose seat was held until `now` or earlier."""
    return Enrollment.objects.filter(status=Status.PENDING, has_seat=True, held_until__lte=now)


def _locked(batch_id):
    return Batch.objects.select_for_update().get(pk=batch_id)


def _waiting(batch):
    return WaitingPlace.objects.filter(batch=batch, state=WaitingPlace.State.WAITING).count()


def _take(batch):
    """One seat, or BatchFull: checked by the statement itself, not by what was read before."""
    free = Batch.objects.filter(
        pk=batch.pk, seats__gt=F("seats_taken") + F("seats_taken_elsewhere")
    )
    if not free.update(seats_taken=F("seats_taken") + 1):
        raise BatchFull


def _free(batch):
    Batch.objects.filter(pk=batch.pk).update(seats_taken=F("seats_taken") - 1)
