"""What keeps sending within bounds, and what the owner is told when it was not."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from coaching.messaging.models.outbox import Channel

PAID_CHANNELS = (Channel.WHATSAPP, Channel.VOICE)


class Spend(models.Model):
    """What a channel has spent in one hour or one day of India, in paise.

    Debited before a request leaves, in one statement that refuses to pass the budget.
    """

    class Period(models.TextChoices):
        HOUR = "hour", "Hour"
        DAY = "day", "Day"

    channel = models.CharField(max_length=10, choices=Channel)
    period = models.CharField(max_length=4, choices=Period)
    starts_at = models.DateTimeField()
    paise = models.BigIntegerField()

    class Meta:
        ordering = ["-starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="spend_once_a_period", fields=["channel", "period", "starts_at"]
            ),
            models.CheckConstraint(name="spend_is_not_negative", condition=Q(paise__gte=0)),
        ]

    def __str__(self):
        return f"{self.channel} {self.period} {self.starts_at:%d %b %Y %H:%M} {self.paise} paise"


class Pause(models.Model):
    """A time in which nothing, or nothing that strangers cause, leaves on a channel.

    `owner`: switched off by hand; what is due is held. `refused`: the provider refused our keys;
    rows wait, and one is tried each minute. `breaker`: too few messages arrived; what strangers
    cause is held until `until`.
    """

    class Cause(models.TextChoices):
        OWNER = "owner", "Switched off by hand"
        REFUSED = "refused", "The provider refuses our keys"
        BREAKER = "breaker", "Too few arrive"

    channel = models.CharField(max_length=10, choices=Channel)
    cause = models.CharField("why", max_length=10, choices=Cause)
    since = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now, help_text="When one row is tried")
    until = models.DateTimeField("ends by itself", null=True)
    ended_at = models.DateTimeField("ended", null=True)
    ended_by = models.CharField(
        max_length=120, blank=True, db_default="", help_text="Who switched it on again"
    )
    by = models.CharField("stopped by", max_length=120, blank=True)

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = "stop"
        verbose_name_plural = "earlier stops"
        permissions = [("switch_channels", "Can switch channels off and on")]
        constraints = [
            models.UniqueConstraint(
                name="one_open_pause", fields=["channel", "cause"], condition=Q(ended_at=None)
            )
        ]

    def __str__(self):
        return f"{self.get_channel_display()}: {self.get_cause_display()}"


class Alert(models.Model):
    """One thing that the owner must know: shown in the command centre, and mailed once."""

    key = models.CharField(max_length=80, help_text="What it is about: open at most once")
    text = models.CharField("what happened", max_length=400)
    created_at = models.DateTimeField("raised", default=timezone.now)
    until = models.DateTimeField(null=True, help_text="When it is over by itself")
    tell_at = models.DateTimeField(default=timezone.now, help_text="When its mail is tried")
    told_at = models.DateTimeField("mailed to the owners", null=True)
    closed_at = models.DateTimeField("settled, or put away", null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "notice"
        constraints = [
            models.UniqueConstraint(
                name="one_open_alert", fields=["key"], condition=Q(closed_at=None)
            )
        ]

    def __str__(self):
        return self.text


class ProviderDiff(models.Model):
    """One day's comparison of what the provider has with what our rows say."""

    day = models.DateField()  # of India
    channel = models.CharField(max_length=10, choices=Channel)
    provider_count = models.PositiveIntegerField(help_text="Requests that the provider has")
    unclaimed = models.JSONField(default=list, help_text="The provider has it, no row does")
    missing = models.JSONField(default=list, help_text="A row says sent, the provider lacks it")
    compared_at = models.DateTimeField("compared", default=timezone.now)

    class Meta:
        ordering = ["-day", "channel"]
        verbose_name = "daily comparison"
        constraints = [models.UniqueConstraint(name="diff_once", fields=["day", "channel"])]

    def __str__(self):
        return f"{self.day:%d %b %Y} · {self.get_channel_display()}"

    @property
    def is_clean(self):
        return not self.unclaimed and not self.missing

    @property
    def our_count(self):
        """How many requests of the day our rows know of, derived: only the differences are kept.

        All that the provider has, without those that no row claims, and with those it lacks. Exact
        while `diff.MOST_NAMED` of either are not passed. Mail servers keep no list: the count of
        e-mails is our own, and `unclaimed` names the second tries among them.
        """
        if self.channel == Channel.EMAIL:
            return self.provider_count
        return self.provider_count - len(self.unclaimed) + len(self.missing)

    @property
    def meaning(self):
        """What the day's comparison means for the owner, and what to do when it differs."""
        said, is_mail = [], self.channel == Channel.EMAIL
        if self.unclaimed:
            why = ", because the mail server's answer was lost" if is_mail else ""
            said.append(
                f"{len(self.unclaimed)} may have reached somebody twice{why}. The day's page says "
                "whom, in case they ask."
            )
        if self.missing:
            said.append(
                f"Of those we count as sent, the provider does not know {len(self.missing)}. The "
                "day's page says which: write or call yourself."
            )
        if said:
            return " ".join(said)
        if not self.provider_count:
            return "Nothing was sent."
        if is_mail:
            return "Each was handed over once. Mail servers keep no list to compare with."
        return "Both have the same."
