"""Enquiry to admission: a Lead is one potential student, an Enquiry is one time they asked."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from academics.models import Course
from coaching.accounts.models import Contact
from coaching.common.lookups import starts_with
from coaching.common.names import name_key
from coaching.messaging.models import CommunicationLog


class LeadQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status__in=Lead.OPEN)

    def unbinned(self):
        """Enquiries of people, as far as anybody knows: all but those in the bin (`leads.bin`)."""
        return self.exclude(status=Lead.Status.JUNK)

    def for_list(self):
        return self.select_related("contact", "course", "assigned_to")

    def search(self, text):
        """Enquiries by the number's last four digits, the number's or the e-mail's beginning, or
        the name's. Each way is answered by an index; what is none of them finds nothing."""
        text = " ".join(text.split())
        digits = "".join(c for c in text if c.isdigit())
        if not text:
            return self
        if "@" in text:
            return self.filter(starts_with("email", text.lower()))
        if digits and not any(c.isalpha() for c in text):
            if len(digits) == 4:
                return self.filter(phone_last4=digits)
            return self.filter(contact__in=Contact.objects.starting(text))
        name = name_key(text)
        return self.filter(starts_with("name_key", name)) if name else self.none()


class Lead(models.Model):
    """A potential student. While it is open, the same number and name is the same lead."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        CONTACTED = "contacted", "Contacted"
        INTERESTED = "interested", "Interested"
        ENROLLED = "enrolled", "Enrolled"
        LOST = "lost", "Lost"
        JUNK = "junk", "Not a person"  # binned: `leads.bin` puts it there, and takes it out

    OPEN = (Status.NEW, Status.CONTACTED, Status.INTERESTED)

    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=120, editable=False, db_index=True)
    email = models.EmailField(blank=True, db_index=True)
    phone = models.CharField(max_length=16, help_text="E.164, such as +919876543210")
    phone_last4 = models.CharField(max_length=4, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="leads")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, null=True, blank=True)
    message = models.TextField(blank=True, validators=[MaxLengthValidator(2000)])
    source = models.CharField(max_length=40, default="website")
    language = models.CharField(max_length=5, default="en-in")
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True,
        related_name="assigned_leads",
    )  # fmt: skip
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False,
        related_name="leads", help_text="The student it became",
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "enquiry"
        verbose_name_plural = "enquiries"
        permissions = [("export_lead", "Can export enquiries")]
        # Not `db_index`: on Postgres that makes a second index, for searches by beginning.
        indexes = [
            models.Index(fields=["status", "-id"], name="lead_status"),
            models.Index(fields=["phone_last4"], name="lead_last4"),
            models.Index(fields=["source"], name="lead_source"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="open_lead_once",
                fields=["contact", "name_key"],
                condition=Q(status__in=["new", "contacted", "interested"]),
                violation_error_message="There is already an open enquiry of this person.",
            )
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.derive()
        super().save(*args, **kwargs)

    def derive(self):
        """Set what is searched by."""
        self.name_key = name_key(self.name)
        self.phone_last4 = self.phone[-4:]
        self.email = self.email.lower()

    def mark(self, status):
        """Move the enquiry to `status` by hand. True when it moved.

        An enrolled one never does, and one in the bin is taken back first. Raises ValidationError
        when reopening it would double an open enquiry of the same person.
        """
        fixed = [status, Lead.Status.ENROLLED, Lead.Status.JUNK]
        movable = Lead.objects.filter(pk=self.pk).exclude(status__in=fixed)
        try:
            with transaction.atomic():
                moved = movable.update(status=status, updated_at=timezone.now())
        except IntegrityError as error:
            raise ValidationError(
                f"{self.name} has another open enquiry already. Carry on with that one."
            ) from error
        if moved:
            self.status = status
        return bool(moved)

    def assign_to(self, user):
        """Make `user` (staff, or None) the one who looks after this enquiry."""
        Lead.objects.filter(pk=self.pk).update(assigned_to=user, updated_at=timezone.now())
        self.assigned_to = user

    @property
    def subject(self):
        """How messages about this lead name it in the timeline."""
        return f"lead:{self.pk}"

    @property
    def communication_logs(self):
        """Return the timeline of the number, as a QuerySet: siblings share it."""
        return CommunicationLog.objects.filter(contact_id=self.contact_id)


class Enquiry(models.Model):
    """One form or API post as it arrived: kept whole, and the memory of its idempotency key."""

    class Via(models.TextChoices):
        FORM = "form", "Website form"
        API = "api", "API"
        WHATSAPP = "whatsapp", "WhatsApp"
        STAFF = "staff", "Staff"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="enquiries")
    key = models.CharField(
        max_length=260, null=True, help_text="Idempotency key: the same key, one lead"
    )
    via = models.CharField(max_length=10, choices=Via)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, null=True, db_index=False)
    message = models.TextField(blank=True)
    source = models.CharField(max_length=40, blank=True)
    utm = models.JSONField(default=dict, blank=True, help_text="Campaign fields of the address")
    referrer = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True, db_index=True)
    suspicion = models.CharField(max_length=40, blank=True, help_text="Why sending was held")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "time they asked"
        verbose_name_plural = "times they asked"
        constraints = [models.UniqueConstraint(name="enquiry_key_once", fields=["key"])]

    def __str__(self):
        return f"{self.get_via_display()} {self.created_at:%d %b %Y %H:%M}"


class Tally(models.Model):
    """How often one address, network, beginning of a number … has asked in one hour (UTC).

    Written by `leads.flood` in one statement; short-lived, never shown.
    """

    pk = models.CompositePrimaryKey("scope", "key", "starts_at")
    scope = models.CharField(max_length=10)
    key = models.CharField(max_length=254)
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    def __str__(self):
        return f"{self.scope} {self.key}: {self.count}"
