"""One person, one timeline: messages, calls, consents, enquiries, enrolments and money of a number
in one order."""

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from coaching.accounts.models import Consent
from coaching.common.money import inr
from coaching.messaging.catalogue import CATALOGUE
from coaching.messaging.models import Channel, CommunicationLog, State
from coaching.messaging.reports import HELD_BECAUSE
from leads.models import Enquiry
from leads.templatetags.sources import source_name
from payments.admin import reasons
from payments.models import Payment, Refund

ICONS = {Channel.WHATSAPP: "chat", Channel.EMAIL: "mail", Channel.VOICE: "call"}
TONES = {
    State.HELD: "warning", State.UNKNOWN: "warning", State.FAILED: "danger",
    State.CANCELLED: "muted", State.DELIVERED: "success", State.READ: "success",
    State.ANSWERED: "success", State.SENT: "info", State.RECEIVED: "info",
}  # fmt: skip
PAYMENT_TONES = {"paid": "success", "held": "danger", "approval": "warning", "failed": "muted"}
MOMENTS = (
    ("posted_at", "left us"), ("accepted_at", "accepted"), ("delivered_at", "delivered"),
    ("answered_at", "read"), ("ended_at", "ended"),
)  # fmt: skip
CALL_WORDS = {"delivered_at": "rang", "answered_at": "picked up"}


@dataclass
class Event:
    """One line of the timeline. `when` is aware; the page shows it in IST."""

    when: datetime
    icon: str
    title: str
    text: str = ""
    tone: str = "muted"
    state: str = ""
    is_inbound: bool = False
    is_simulated: bool = False
    moments: list = field(default_factory=list)  # (word, datetime, seconds since it was asked for)
    receipts: list = field(default_factory=list)
    explanation: str = ""
    log: CommunicationLog | None = None
    can_retry: bool = False
    can_release: bool = False


def is_simulated(channel):
    return settings.EMAIL_SIMULATED if channel == Channel.EMAIL else settings.TWILIO_SIMULATED


def is_secret(log):
    message = CATALOGUE.get(log.purpose)
    return bool(message and message.secret)


def title_of(log):
    if log.direction == CommunicationLog.Direction.IN:
        return f"{log.get_channel_display()} from the person"
    return f"{log.get_channel_display()}: {log.purpose.replace('_', ' ')}"


def words_of(log):
    """Return what was said, as far as staff may see it."""
    if is_secret(log):
        return "The words are private: only the person sees them."
    return log.body


def moments_of(log):
    """Return (word, moment, seconds after it was asked for) of what is known about a message."""
    words = CALL_WORDS if log.channel == Channel.VOICE else {}
    return [
        (words.get(name, word), moment, max(0.0, (moment - log.created_at).total_seconds()))
        for name, word in MOMENTS
        if (moment := getattr(log, name))
    ]


def timeline(contact, *, limit=50):
    """Return the newest `limit` Events of a number, newest first, in seven queries."""
    logs = contact.communication_logs.prefetch_related("receipts").order_by("-created_at", "-pk")
    events = [_of_log(log) for log in logs[:limit]]
    events += [_of_consent(consent) for consent in contact.consents.all()[:limit]]
    enquiries = Enquiry.objects.filter(lead__contact=contact).select_related("lead", "course")
    events += [_of_enquiry(enquiry) for enquiry in enquiries[:limit]]
    orders = contact.orders.select_related("enrollment__batch__course", "created_by")
    events += [event for order in orders[:limit] for event in _of_order(order)]
    money = {"order__contact": contact}
    payments = Payment.objects.filter(**money).select_related("recorded_by", "receipt")
    events += [_of_payment(payment) for payment in payments[:limit]]
    refunds = Refund.objects.filter(**money).select_related("payment", "by", "receipt")
    events += [_of_refund(refund) for refund in refunds[:limit]]
    return sorted(events, key=lambda event: event.when, reverse=True)[:limit]


def _of_log(log):
    is_inbound = log.direction == CommunicationLog.Direction.IN
    return Event(
        when=log.created_at,
        icon=ICONS[log.channel],
        title=title_of(log),
        text=words_of(log),
        tone=TONES.get(log.state, "muted"),
        state=log.get_state_display(),
        is_inbound=is_inbound,
        is_simulated=is_simulated(log.channel),
        moments=[] if is_inbound else moments_of(log),
        receipts=list(log.receipts.all()),
        explanation=log.explanation,
        log=log,
        can_retry=log.state == State.FAILED and not is_secret(log),
        can_release=log.state == State.HELD,
    )


def _of_consent(consent):
    given = consent.action == Consent.Action.GIVEN
    return Event(
        when=consent.created_at,
        icon="check_circle" if given else "block",
        title="Agreed to be contacted" if given else "Asked us to stop",
        text=f"Through {source_name(consent.source)}",
        tone="success" if given else "danger",
    )


def _of_enquiry(enquiry):
    about = f" about {enquiry.course}" if enquiry.course else ""
    why = HELD_BECAUSE.get(enquiry.suspicion, enquiry.suspicion)
    held = f" Sending was held: {why}." if why else ""
    return Event(
        when=enquiry.created_at,
        icon="contact_support",
        title=f"{enquiry.lead.name} asked{about}",
        text=(enquiry.message + held).strip(),
        tone="info",
        state=f"through {source_name(enquiry.via)}",
    )


def _of_order(order):
    """Return what happened to an order's enrolment: begun, paid for, ended."""
    enrollment, batch = order.enrollment, order.enrollment.batch
    who = f"by {order.created_by}" if order.created_by else "by themselves"
    about = f"{order.name} · {batch.course}, {batch}"
    yield Event(
        when=order.created_at, icon="how_to_reg", title="Enrolment begun", tone="info",
        text=f"{about}. {order.get_plan_display()}: {inr(order.total_paise)}.", state=who,
    )  # fmt: skip
    if enrollment.activated_at:
        yield Event(when=enrollment.activated_at, icon="school", title="In the batch",
                    text=about, tone="success")  # fmt: skip
    if enrollment.ended_at:
        yield Event(when=enrollment.ended_at, icon="logout", title="Enrolment ended", text=about)


def _of_payment(payment):
    by = f", recorded by {payment.recorded_by}" if payment.recorded_by else ""
    return Event(
        when=payment.paid_at or payment.created_at,
        icon="payments",
        title=f"{inr(payment.amount_paise)} by {payment.get_method_display()}{by}",
        text="\n".join(filter(None, [payment.note, _paper(payment)])),
        tone=PAYMENT_TONES.get(payment.state, "info"),
        state=payment.get_state_display(),
        explanation=reasons.of_payment(payment),
    )


def _of_refund(refund):
    return Event(
        when=refund.ended_at or refund.created_at,
        icon="undo",
        title=f"{inr(refund.amount_paise)} back: {refund.get_why_display()}",
        text="\n".join(filter(None, [refund.note, _paper(refund)])),
        tone={"completed": "success", "failed": "danger"}.get(refund.state, "info"),
        state=refund.get_state_display(),
        explanation=reasons.of_refund(refund),
    )


def _paper(row):
    receipt = getattr(row, "receipt", None)
    return f"Paper {receipt}." if receipt else ""
