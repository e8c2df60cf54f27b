"""Everything we say to people and hear from them: one row each, before anything is sent."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from coaching.accounts.models import Consent, Contact
from coaching.common.ids import uuid7
from coaching.messaging import reasons


class Channel(models.TextChoices):
    WHATSAPP = "whatsapp", "WhatsApp"
    EMAIL = "email", "E-mail"
    VOICE = "voice", "Call"


class State(models.TextChoices):
    HELD = "held", "Held"
    PENDING = "pending", "Waiting"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    READ = "read", "Read"
    ANSWERED = "answered", "Answered"
    UNKNOWN = "unknown", "Being checked"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    RECEIVED = "received", "Received"


class CommunicationLogQuerySet(models.QuerySet):
    def due(self, moment):
        return self.filter(state=State.PENDING, due_at__lte=moment)

    def for_sending(self):
        """With the contact, and whether anybody has agreed on its number (`is_agreed`)."""
        given = Consent.objects.filter(contact=OuterRef("contact"), action=Consent.Action.GIVEN)
        return self.select_related("contact").annotate(is_agreed=Exists(given))

    def outbound(self):
        return self.filter(direction=CommunicationLog.Direction.OUT)


class CommunicationLog(models.Model):
    """One message or call: the outbox it is sent from, and the audit trail it leaves.

    `id` travels in the provider's callback address, so that a callback finds its row even before
    the provider's own answer arrived. Times are UTC. `dedupe_key` is unique: the same thing is
    never queued twice, whoever asks.
    """

    class Direction(models.TextChoices):
        OUT = "out", "To the person"
        IN = "in", "From the person"

    # Forward only, but for a second try: sent → pending after a refusal that is worth one.
    # Evidence of a send always wins, so it may lift a row out of unknown, failed, or waiting again.
    _EVIDENCE = {State.DELIVERED, State.READ, State.ANSWERED}
    TRANSITIONS = {
        State.HELD: {State.PENDING, State.CANCELLED},
        State.PENDING: {
            State.PENDING, State.SENDING, State.HELD, State.CANCELLED, State.FAILED, State.SENT,
            *_EVIDENCE,
        },
        State.SENDING: {
            State.SENT, State.PENDING, State.HELD, State.CANCELLED, State.FAILED, State.UNKNOWN,
            *_EVIDENCE,
        },
        State.UNKNOWN: {State.SENT, State.PENDING, State.FAILED, *_EVIDENCE},
        State.SENT: {State.PENDING, State.FAILED, *_EVIDENCE},
        State.DELIVERED: {State.READ, State.ANSWERED, State.FAILED, State.PENDING},
        State.READ: set(),
        State.ANSWERED: set(),
        State.FAILED: {State.PENDING, *_EVIDENCE},
        State.CANCELLED: {State.HELD},  # what was cancelled as no person's: `release_held`
        State.RECEIVED: set(),
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="communication_logs",
        db_index=False,  # the timeline's index begins with it
    )  # fmt: skip
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=40, help_text="The message's name in the catalogue")
    subject = models.CharField(
        max_length=60, blank=True, help_text="What it is about, such as lead:12"
    )
    dedupe_key = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=60, blank=True)
    recipient = models.CharField(max_length=254, help_text="E.164 number or e-mail address")
    language = models.CharField(max_length=5, default="en-in")
    context = models.JSONField(default=dict, blank=True, help_text="What the wording needs")
    body = models.TextField(blank=True, help_text="The words as they were sent or received")

    attempts = models.PositiveSmallIntegerField(default=0, help_text="Requests to the provider")
    looks = models.PositiveSmallIntegerField(default=0, help_text="Checks of an unknown outcome")
    claim_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    provider_id = models.CharField(max_length=255, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(
        default=timezone.now, help_text="Not before; of a held message, since when it is held"
    )
    trying_since = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When this attempt could first have left"
    )
    posted_at = models.DateTimeField(null=True, editable=False, help_text="Request begun")
    accepted_at = models.DateTimeField(null=True, editable=False, help_text="Provider accepted")
    delivered_at = models.DateTimeField(null=True, editable=False, help_text="Delivered, or rang")
    answered_at = models.DateTimeField(null=True, editable=False, help_text="Read, or answered")
    ended_at = models.DateTimeField(null=True, editable=False, help_text="Failed, cancelled, over")
    duration_seconds = models.PositiveIntegerField(null=True, editable=False)
    debit_paise = models.PositiveIntegerField(
        default=0, editable=False, help_text="What the last request took from the budget"
    )
    released_at = models.DateTimeField(
        null=True, editable=False, help_text="A person let it go: counters no longer hold it"
    )

    objects = CommunicationLogQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "message"
        permissions = [
            ("release_communicationlog", "Can release held messages"),
            ("retry_communicationlog", "Can retry failed messages"),
        ]
        # Not `db_index` or `unique`: on Postgres those make a second index, for searches by
        # beginning.
        indexes = [
            models.Index(fields=["subject"], name="log_subject"),
            models.Index(fields=["provider_id"], name="log_provider_id"),
            models.Index(fields=["state", "due_at"], name="log_state_due"),
            models.Index(fields=["contact", "-created_at"], name="log_timeline"),
            models.Index(fields=["reason", "-id"], name="log_held", condition=Q(state="held")),
            models.Index(fields=["-id", "channel"], name="log_failed", condition=Q(state="failed")),
            models.Index(
                name="log_email",
                fields=["recipient"],
                opclasses=["varchar_pattern_ops"],  # searched by its beginning
                condition=Q(channel="email"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(name="log_dedupe_key_once", fields=["dedupe_key"]),
            models.CheckConstraint(name="log_state_is_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="log_stopped_says_why",
                condition=~Q(state__in=["held", "failed", "cancelled"]) | ~Q(reason=""),
            ),
            models.UniqueConstraint(
                name="log_provider_id_once",
                fields=["channel", "provider_id"],
                condition=~Q(provider_id=""),
            ),
            # Two requests to one number at once could not be told apart if their answers were lost.
            models.UniqueConstraint(
                name="log_one_request_in_flight",
                fields=["contact", "channel"],
                condition=Q(channel__in=["whatsapp", "voice"])
                & Q(state__in=["unknown", "sending"]),
            ),
        ]

    def __str__(self):
        what = self.purpose.replace("_", " ")
        return f"{self.get_channel_display()} · {what} · {self.get_state_display()}"

    @property
    def explanation(self):
        """Why it is where it is, in plain words, with the fix; '' when there is nothing to say."""
        return reasons.explain(self.reason)


class DeliveryReceipt(models.Model):
    """One status callback of a provider, stored once, whatever order they arrive in."""

    log = models.ForeignKey(
        CommunicationLog, on_delete=models.CASCADE, null=True, related_name="receipts"
    )
    provider_id = models.CharField(max_length=255)
    status = models.CharField(max_length=40)
    error_code = models.CharField(max_length=20, blank=True)
    is_ours = models.BooleanField(
        default=True, help_text="It told of the row's own message, not of a second one"
    )
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["received_at", "pk"]
        indexes = [models.Index(fields=["-received_at"], name="receipt_newest")]
        constraints = [
            models.UniqueConstraint(name="receipt_once", fields=["provider_id", "status"])
        ]

    def __str__(self):
        return f"{self.provider_id} {self.status}"
