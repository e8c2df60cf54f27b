"""What each channel does at this moment, and what it may still spend: for the owner's eyes.

Read fresh from the database; `pauses` and `spending` are what sending itself asks.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from coaching.centre.models import Profile
from coaching.messaging import gates, spending
from coaching.messaging.models import PAID_CHANNELS, Channel, Pause, Spend

BUDGETS = (("hour", "this hour"), ("day", "today"))


@dataclass(frozen=True)
class Budget:
    """One cap of a channel in paise (None: no limit), what is spent of it, and until when."""

    label: str
    spent_paise: int
    cap_paise: int | None
    ends_at: datetime

    @property
    def left_paise(self):
        return None if self.cap_paise is None else max(0, self.cap_paise - self.spent_paise)


@dataclass(frozen=True)
class Switch:
    """One channel: its open pauses by cause, its budgets, and what one request costs at most."""

    channel: str
    label: str
    is_configured: bool
    pauses: dict
    budgets: list
    price_paise: int

    @property
    def word(self):
        """What it does, in a word or two."""
        if self.off:
            return "stopped"
        if not self.is_configured:
            return "no provider"
        if self.refused:
            return "waiting"
        return "budget spent" if self.is_spent else "partly held" if self.broken else "on"

    @property
    def tone(self):
        """How loud its word is said: success, warning or danger."""
        quiet = {"on": "success", "partly held": "warning", "budget spent": "warning"}
        return quiet.get(self.word, "danger")

    @property
    def off(self):
        return self.pauses.get(Pause.Cause.OWNER)

    @property
    def refused(self):
        return self.pauses.get(Pause.Cause.REFUSED)

    @property
    def broken(self):
        return self.pauses.get(Pause.Cause.BREAKER)

    @property
    def holds_back(self):
        """The reason for which nothing, or nothing that strangers cause, leaves; or ''."""
        if not self.is_configured:
            return "channel_not_configured"
        causes = (
            (self.off, "switched_off"),
            (self.broken, "too_few_arrive"),
            (self.refused, "channel_paused"),
        )
        return next((reason for pause, reason in causes if pause), "")

    @property
    def cap_paise(self):
        """What may be spent in an hour at most, or None where there is no limit."""
        return min((b.cap_paise for b in self.budgets if b.cap_paise), default=None)

    @property
    def left_paise(self):
        """What may still be spent in this hour, or None where there is no limit."""
        return min((b.left_paise for b in self.budgets if b.cap_paise), default=None)

    @property
    def is_spent(self):
        """Whether not even one more request fits into the budget."""
        return self.left_paise is not None and self.left_paise < self.price_paise

    def room_again_at(self, paise=None):
        """When the budgets into which `paise` (one request) do not fit now begin anew, or None."""
        wanted = paise or self.price_paise
        short = [b.ends_at for b in self.budgets if b.cap_paise and b.left_paise < wanted]
        return max(short, default=None)

    @property
    def is_too_small(self):
        """Whether a budget is below the price of one request: none can ever leave."""
        return any(b.cap_paise and b.cap_paise < self.price_paise for b in self.budgets)


def now():
    """Return {channel: Switch} as things are at this moment. Five queries."""
    profile = Profile.current()
    pauses = {channel: {} for channel in Channel.values}
    for pause in Pause.objects.filter(ended_at=None):
        pauses[pause.channel][pause.cause] = pause
    return {
        channel: Switch(
            channel=channel,
            label=label,
            is_configured=gates.CHANNELS[channel].is_configured(),
            pauses=pauses[channel],
            budgets=_budgets(channel, profile) if channel in PAID_CHANNELS else [],
            price_paise=gates.CHANNELS[channel].price_paise(profile),
        )
        for channel, label in Channel.choices
    }


def _budgets(channel, profile):
    moment = timezone.now()
    return [
        Budget(
            label,
            spending.spent(channel, Spend.Period(period), moment),
            profile.budget_paise(channel, period),
            spending.ends_at(period, moment),
        )
        for period, label in BUDGETS
    ]
