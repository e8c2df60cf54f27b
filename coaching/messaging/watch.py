"""What is looked after all the time: pauses that are over, too few arrivals, alerts to mail."""

from datetime import timedelta

from django.utils import timezone

from coaching.centre.models import Profile
from coaching.messaging import alerts, pauses
from coaching.messaging.catalogue import FROM_STRANGERS
from coaching.messaging.models import Channel, DeliveryReceipt

# Which receipts say that it arrived, or was answered, and which that it was not.
ARRIVED = {Channel.WHATSAPP: ("delivered",), Channel.VOICE: ("completed",)}
NOT_ARRIVED = {
    Channel.WHATSAPP: ("undelivered", "failed"),
    Channel.VOICE: ("busy", "no-answer", "failed"),
}
LEAST_PERCENT = {Channel.WHATSAPP: 50, Channel.VOICE: 5}
HOUR = timedelta(hours=1)


def watch():
    """One round; run it as often as you like, in as many processes as you like."""
    pauses.end_what_is_over()
    alerts.close_what_is_over()
    for channel in ARRIVED:
        check_arrivals(channel)
    alerts.mail_new()


def check_arrivals(channel):
    """Hold what strangers cause on a channel where too few arrive (the circuit breaker).

    Looks at the newest outcomes of the last hour that receipts told of, since the breaker was last
    reset; a receipt that never came says nothing. Fewer than `breaker_outcomes` prove nothing.
    """
    enough = Profile.current().breaker_outcomes
    if not enough:
        return
    receipts = DeliveryReceipt.objects.filter(
        received_at__gt=max(timezone.now() - HOUR, pauses.last_reset(channel)),
        log__channel=channel,
        log__purpose__in=FROM_STRANGERS,
        status__in=ARRIVED[channel] + NOT_ARRIVED[channel],
    )
    newest = receipts.order_by("-received_at").values_list("status", flat=True)[: 2 * enough]
    outcomes = list(newest)
    if len(outcomes) < enough:
        return
    arrived = sum(status in ARRIVED[channel] for status in outcomes)
    if arrived * 100 < LEAST_PERCENT[channel] * len(outcomes):
        verb = "answered" if channel == Channel.VOICE else "delivered"
        pauses.trip(
            channel,
            f"{channel.label}: only {arrived} of the last {len(outcomes)} were {verb}. What the "
            "website causes on this channel is held for an hour; look at it and at the provider.",
        )
