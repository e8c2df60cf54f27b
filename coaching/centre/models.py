"""The centre itself: what the owner edits, and every page, message and limit reads."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from coaching.centre.fees import Fees
from coaching.centre.limits import Limits
from coaching.common import remember

LAWFUL_OPENING, LAWFUL_CLOSING = settings.LAWFUL_CALLING_HOURS


def first_opening():
    return settings.FIRST_CALLING_HOURS[0]


def first_closing():
    return settings.FIRST_CALLING_HOURS[1]


class Profile(Limits, Fees):
    """The one row that says who the centre is, how far it may go, and its rules about fees."""

    name = models.CharField(max_length=120, default="Our coaching centre")
    tagline = models.CharField(max_length=200, blank=True)
    tagline_hi = models.CharField("tagline in Hindi", max_length=200, blank=True)
    city = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=250, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    phone = models.CharField(
        max_length=16, blank=True, help_text="Shown on the website, such as +917120000000"
    )
    whatsapp = models.CharField(
        max_length=16, blank=True, help_text="The number of the website's WhatsApp button"
    )
    email = models.EmailField(blank=True)
    gstin = models.CharField(
        "GSTIN",
        max_length=15,
        blank=True,
        validators=[RegexValidator(r"^\d{2}[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]$")],
        help_text="Leave empty if the centre is not registered: no tax is shown then.",
    )
    calling_opens = models.TimeField(
        "calls from", default=first_opening, help_text="IST, not before 9:00 AM"
    )
    calling_closes = models.TimeField(
        "calls until", default=first_closing, help_text="IST, not after 9:00 PM"
    )
    welcome_window_hours = models.PositiveSmallIntegerField(
        "hours until the next welcome",
        default=24,
        validators=[MinValueValidator(1)],
        help_text="A number that asks again within this time gets no second welcome.",
    )
    regions = models.CharField(
        "countries we message and call",
        max_length=80,
        default="IN",
        help_text="Two-letter codes. Enquiries from elsewhere are kept; only sending waits.",
    )

    class Meta:
        verbose_name = "centre's profile"
        verbose_name_plural = "centre's profile"
        constraints = [
            models.CheckConstraint(name="profile_is_one_row", condition=models.Q(pk=1)),
            models.CheckConstraint(
                name="welcome_window_is_open",
                condition=models.Q(welcome_window_hours__gte=1),
                violation_error_message="One welcome in at least one hour.",
            ),
            models.CheckConstraint(
                name="calling_hours_are_lawful",
                condition=models.Q(
                    calling_opens__gte=LAWFUL_OPENING,
                    calling_closes__lte=LAWFUL_CLOSING,
                    calling_opens__lt=models.F("calling_closes"),
                ),
                violation_error_message=(
                    "Calls are lawful from 9:00 AM to 9:00 PM. Choose hours inside these, the "
                    "first before the second."
                ),
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        for code in self.region_codes:
            if len(code) != 2 or not code.isalpha():
                raise ValidationError({"regions": f"“{code}” is no two-letter country code."})

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        _remembered.forget()

    @classmethod
    def current(cls):
        """Return the centre's profile for reading, as it was at most a second ago."""
        return _remembered()

    @classmethod
    def fresh(cls):
        """Return the centre's profile as it is now, made with its first values if need be."""
        return cls.objects.get_or_create(pk=1, defaults=settings.FIRST_LIMITS)[0]

    @property
    def state_code(self):
        """The state of a registered centre: the GSTIN's first two digits ('' without one)."""
        return self.gstin[:2]

    @property
    def region_codes(self):
        return {code.strip().upper() for code in self.regions.split(",") if code.strip()}

    @property
    def welcome_window(self):
        return dt.timedelta(hours=self.welcome_window_hours)

    def may_call_at(self, moment):
        """Whether calls may be placed at `moment` (aware): opens ≤ its time in India < closes."""
        if settings.CALLING_ALWAYS:
            return True
        local = moment.astimezone(timezone.get_default_timezone()).time()
        return self.calling_opens <= local < self.calling_closes

    def next_calling_time(self, moment):
        """Return `moment` when calls may be placed then, else the next opening, in IST."""
        if self.may_call_at(moment):
            return moment
        local = moment.astimezone(timezone.get_default_timezone())
        opening = dt.datetime.combine(local.date(), self.calling_opens, local.tzinfo)
        return opening if local < opening else opening + dt.timedelta(days=1)


_remembered = remember.for_seconds(1)(Profile.fresh)


class Policy(models.Model):
    """One thing the centre says about itself (refunds, demo class, address), in three languages."""

    key = models.CharField(max_length=60, unique=True)
    value = models.TextField(blank=True, help_text="The plain fact")
    say_en = models.TextField("in English")
    say_hinglish = models.TextField("in Hinglish", blank=True)
    say_hi = models.TextField("in Hindi", blank=True)
    is_archived = models.BooleanField(default=False)

    class Meta:
        ordering = ["key"]
        verbose_name_plural = "policies"

    def __str__(self):
        return self.key.replace("_", " ").replace(".", " · ")

    def say(self, language):
        """Return the sentence in `language` ('en-in', 'hi', 'hinglish'), English where missing."""
        by_language = {"hi": self.say_hi, "hinglish": self.say_hinglish}
        return by_language.get(language) or self.say_en


class Holiday(models.Model):
    """A day without classes."""

    date = models.DateField(unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["date"]

    def __str__(self):
        return f"{self.date:%d %b %Y} · {self.name}"
