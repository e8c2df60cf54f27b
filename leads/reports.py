"""What the owner wants to know about enquiries, each answer of bounded cost."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from coaching.common.lookups import capped_count
from coaching.messaging.models import Channel, CommunicationLog
from leads.models import Lead

WELCOME = "enquiry_welcome"
FUNNEL_DAYS = 30
STAGES = (Lead.Status.NEW, Lead.Status.CONTACTED, Lead.Status.INTERESTED, Lead.Status.ENROLLED)


def start_of_day(days_ago=0):
    """Return midnight of the centre's own day, `days_ago` days back."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)


def new_today():
    return capped_count(Lead.objects.unbinned().filter(created_at__gte=start_of_day()))


def waiting_for_a_first_reply():
    """Enquiries that no person has answered yet: the machine's welcome does not count."""
    return capped_count(Lead.objects.filter(status=Lead.Status.NEW))


@dataclass(frozen=True)
class Stage:
    """One step of the funnel: how many got at least this far, of all who asked (0-100)."""

    status: str
    label: str
    count: int
    percent: int


def funnel(days=FUNNEL_DAYS):
    """Return the Stages for enquiries of the last `days` days, and how many of them were lost.

    Who is lost is counted among those who asked, because how far they had come is not known.
    """
    rows = Lead.objects.filter(created_at__gte=start_of_day(days - 1)).order_by()
    counts = dict(rows.values_list("status").annotate(count=Count("pk")))
    binned = counts.pop(Lead.Status.JUNK, 0)
    asked = sum(counts.values())
    stages = []
    for place, status in enumerate(STAGES):
        reached = asked if place == 0 else sum(counts.get(later, 0) for later in STAGES[place:])
        percent = round(100 * reached / asked) if asked else 0
        label = status.label if place else "Asked"
        stages.append(Stage(status, label, reached, percent))
    return stages, counts.get(Lead.Status.LOST, 0), binned


def newest(limit=8):
    return with_channels(list(Lead.objects.unbinned().for_list().order_by("-pk")[:limit]))


def with_channels(leads):
    """Give each lead `channels`: its number's newest welcome per channel, in one query."""
    logs = CommunicationLog.objects.filter(
        contact_id__in={lead.contact_id for lead in leads}, purpose=WELCOME
    )
    found = {}
    for log in logs.order_by("created_at", "pk").defer("body", "context"):
        found.setdefault(log.contact_id, {})[log.channel] = log
    for lead in leads:
        states = found.get(lead.contact_id, {})
        lead.channels = [states[channel] for channel in Channel.values if channel in states]
    return leads


@dataclass(frozen=True)
class LeadSpeed:
    """How fast one channel reached this lead: seconds since they asked, None where not yet."""

    log: CommunicationLog
    accepted: float | None
    delivered: float | None
    answered: float | None


def speed_of(lead):
    """Return a LeadSpeed for each channel of this lead's own welcome (none when it had none)."""
    logs = lead.communication_logs.filter(purpose=WELCOME, subject=lead.subject)
    newest_of = {log.channel: log for log in logs.order_by("created_at", "pk")}
    return [
        LeadSpeed(log, *(_seconds(log, name) for name in ("accepted", "delivered", "answered")))
        for channel in Channel.values
        if (log := newest_of.get(channel))
    ]


def _seconds(log, name):
    moment = getattr(log, f"{name}_at")
    return max(0.0, (moment - log.created_at).total_seconds()) if moment else None
