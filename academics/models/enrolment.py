"""Who is in a batch (Enrollment), and who would like to be when a seat is free (WaitingPlace)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academics.models.courses import Batch


class EnrollmentQuerySet(models.QuerySet):
    def of(self, user):
        return self.filter(user=user)

    def live(self):
        return self.exclude(status=Enrollment.Status.CANCELLED)

    def open_on(self, day):
        """Enrolments whose classroom is open on `day` (IST): paid, and no fee overdue for long."""
        in_it = self.filter(status__in=[Enrollment.Status.ACTIVE, Enrollment.Status.COMPLETED])
        return in_it.filter(Q(access_until=None) | Q(access_until__gte=day))


class Enrollment(models.Model):
    """A User in a Batch: pending (a seat is held until `held_until`) → active → completed.

    `academics.seats` makes every change, under the batch's lock, so that `Batch.seats_taken` is
    the number of rows here with `has_seat`. `access_until` (the last open day, IST; empty: no
    end) is written by payments: an overdue fee is no status of its own.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting for payment")
        ACTIVE = "active", _("Active")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrollments"
    )
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="enrollments")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    has_seat = models.BooleanField(default=False, help_text="Counted in the batch's seats")
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when the seat waits for the payment"
    )
    access_until = models.DateField(
        null=True, blank=True, help_text="The last day with access (IST); empty: no end"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    batch_changes = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "enrolment"
        indexes = [
            models.Index(
                fields=["held_until"], name="enrollment_hold",
                condition=Q(status="pending", has_seat=True),
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                name="enrolled_once_in_a_batch",
                fields=["user", "batch"],
                condition=~Q(status="cancelled"),
                violation_error_message="This student is in the batch already.",
            ),
            models.CheckConstraint(
                name="enrollment_status_is_known",
                condition=Q(status__in=["pending", "active", "completed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="enrolled_means_seated",
                condition=Q(status="pending")
                | Q(status__in=["active", "completed"], has_seat=True)
                | Q(status="cancelled", has_seat=False),
            ),
            models.CheckConstraint(
                name="a_held_seat_has_an_end",
                condition=~Q(status="pending", has_seat=True, held_until=None),
            ),
        ]

    def __str__(self):
        return f"{self.user} · {self.batch}"

    def is_open_on(self, day):
        """Whether the classroom is open to the student on `day` (IST)."""
        is_in = self.status in (self.Status.ACTIVE, self.Status.COMPLETED)
        return is_in and (self.access_until is None or day <= self.access_until)


class WaitingPlace(models.Model):
    """A place in the queue of a full batch. A freed seat is offered to the lowest number first.

    An offer is an Enrollment with a seat held until `offered_until`; unpaid by then, the seat
    goes to the next.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("Seat offered")
        TAKEN = "taken", _("Seat taken")
        LAPSED = "lapsed", _("Offer lapsed")
        LEFT = "left", _("Left the list")

    TRANSITIONS = {
        State.WAITING: {State.OFFERED, State.TAKEN, State.LEFT},
        State.OFFERED: {State.TAKEN, State.LAPSED, State.LEFT},
        State.TAKEN: set(),
        State.LAPSED: set(),
        State.LEFT: set(),
    }

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="waiting_places"
    )
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="waiting_places")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    offered_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = "place on a waiting list"
        verbose_name_plural = "waiting lists"
        constraints = [
            models.UniqueConstraint(
                name="waits_once_for_a_batch",
                fields=["user", "batch"],
                condition=Q(state__in=["waiting", "offered"]),
            ),
            models.CheckConstraint(
                name="waiting_state_is_known",
                condition=Q(state__in=["waiting", "offered", "taken", "lapsed", "left"]),
            ),
            models.CheckConstraint(
                name="an_offer_has_an_end",
                condition=~Q(state="offered", offered_until=None),
            ),
        ]

    def __str__(self):
        return f"{self.user} waits for {self.batch}"
