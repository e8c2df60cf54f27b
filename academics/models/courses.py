"""What is taught (Course) and when (Batch)."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coaching.common.counted import Counted
from coaching.common.money import inr

WEEKDAYS = [
    (1, _("Mon")),
    (2, _("Tue")),
    (3, _("Wed")),
    (4, _("Thu")),
    (5, _("Fri")),
    (6, _("Sat")),
    (7, _("Sun")),
]


def a_list_of_text(value):
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValidationError("Give a list of lines.")


def a_list_of_instalments(value):
    for part in value if isinstance(value, list) else [None]:
        if (
            not isinstance(part, dict)
            or not isinstance(part.get("paise"), int)
            or part["paise"] <= 0
            or not isinstance(part.get("when"), str)
        ):
            raise ValidationError("Each instalment needs an amount in paise and when it is due.")


def weekdays(value):
    if not isinstance(value, list) or not value or not set(value) <= set(range(1, 8)):
        raise ValidationError("Choose the days of the week.")


class CourseQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_archived=False)

    def with_batches(self):
        """Courses with their open batches in `course.open_batches`: two queries in all."""
        batches = models.Prefetch(
            "batches",
            queryset=Batch.objects.open().order_by("starts_on", "pk"),
            to_attr="open_batches",
        )
        return self.prefetch_related(batches)


class Course(models.Model):
    """What is taught. Prices include GST where the centre is registered."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    title_hi = models.CharField("title in Hindi", max_length=120, blank=True)
    summary = models.CharField(max_length=250, blank=True)
    summary_hi = models.CharField("summary in Hindi", max_length=250, blank=True)
    level = models.CharField(max_length=60, blank=True)
    price_paise = models.PositiveIntegerField(validators=[MinValueValidator(100)])
    duration_weeks = models.PositiveSmallIntegerField(default=8)
    hours = models.PositiveSmallIntegerField(default=48)
    prerequisites = models.TextField(blank=True)
    syllabus = models.JSONField(default=list, blank=True, validators=[a_list_of_text])
    instalments = models.JSONField(
        default=list,
        blank=True,
        validators=[a_list_of_instalments],
        help_text='Such as [{"paise": 500000, "when": "at joining"}]',
    )
    trainer = models.CharField(max_length=120, blank=True)
    trainer_experience = models.CharField(max_length=200, blank=True)
    aliases = models.JSONField(
        default=list,
        blank=True,
        validators=[a_list_of_text],
        help_text="Other names people use for it",
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    objects = CourseQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="course_price_positive", condition=Q(price_paise__gt=0))
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("course", args=[self.slug])

    def clean(self):
        total = sum(part["paise"] for part in self.instalments or [])
        if total and self.price_paise and total != self.price_paise:
            difference = f"{inr(abs(total - self.price_paise))} " + (
                "too much" if total > self.price_paise else "missing"
            )
            raise ValidationError(
                {
                    "instalments": f"The instalments make {inr(total)}, the price is "
                    f"{inr(self.price_paise)}: {difference}."
                }
            )

    def title_in(self, language):
        return (self.title_hi if language == "hi" else "") or self.title

    def summary_in(self, language):
        return (self.summary_hi if language == "hi" else "") or self.summary


class BatchQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_archived=False, course__is_archived=False)

    def open(self):
        """Batches that can still be joined: not begun yet, full ones included."""
        return self.filter(is_archived=False, starts_on__gte=timezone.localdate())


class Batch(Counted, models.Model):
    """A dated run of a Course. Seats change only under the batch's lock (`academics.seats`)."""

    COUNTED = ("seats_taken",)

    class Mode(models.TextChoices):
        ONLINE = "online", _("Online")
        OFFLINE = "offline", _("At the centre")

    code = models.CharField(max_length=30, unique=True)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="batches")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.ONLINE)
    starts_on = models.DateField()
    days = models.JSONField(default=list, validators=[weekdays], help_text="1 Monday … 7 Sunday")
    start_time = models.TimeField(help_text="IST")
    end_time = models.TimeField(help_text="IST")
    seats = models.PositiveSmallIntegerField()
    seats_taken = models.PositiveSmallIntegerField(default=0, editable=False)
    seats_taken_elsewhere = models.PositiveSmallIntegerField(
        "seats sold outside this system", default=0
    )
    meeting_link = models.URLField(blank=True, help_text="Never shown; students are sent through.")
    is_archived = models.BooleanField(default=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on", "pk"]
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(
                name="batch_is_not_overbooked",
                condition=Q(seats__gte=F("seats_taken") + F("seats_taken_elsewhere")),
                violation_error_message="More seats are taken than the batch has.",
            ),
            models.CheckConstraint(
                name="batch_ends_after_it_starts",
                condition=Q(end_time__gt=F("start_time")),
                violation_error_message="The class must end after it starts.",
            ),
        ]

    def __str__(self):
        return self.code

    def clean(self):
        """Say it before the database does: a form without `seats_taken` skips the constraint."""
        if None not in (self.seats, self.seats_taken_elsewhere) and self.seats_left < 0:
            taken = self.seats_taken + self.seats_taken_elsewhere
            raise ValidationError({"seats": f"{taken} seats are taken already: more than that."})

    @property
    def seats_left(self):
        return self.seats - self.seats_taken - self.seats_taken_elsewhere

    @property
    def is_full(self):
        return self.seats_left <= 0

    @property
    def days_text(self):
        """'Mon, Wed, Fri', or 'Mon to Thu' for four days and more in a row."""
        names = dict(WEEKDAYS)
        days = sorted(self.days)
        if len(days) > 3 and days[-1] - days[0] == len(days) - 1:
            return gettext("%(first)s to %(last)s") % {
                "first": names[days[0]],
                "last": names[days[-1]],
            }
        return ", ".join(str(names[day]) for day in days)
