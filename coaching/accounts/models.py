"""Who we deal with: a Contact is one telephone number, a User is one person who logs in."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property

from coaching.accounts import phone
from coaching.common.lookups import starts_with

# A repeat writes its own number again, which takes the lock. A welcome window that is still open
# stays as it is.
LOCKED = """
    INSERT INTO accounts_contact (phone, language, created_at, welcome_window_started_at)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (phone) DO UPDATE SET
        phone = excluded.phone,
        welcome_window_started_at = CASE
            WHEN accounts_contact.welcome_window_started_at > %s
                THEN accounts_contact.welcome_window_started_at
            ELSE COALESCE(
                excluded.welcome_window_started_at, accounts_contact.welcome_window_started_at
            )
        END
    RETURNING *
"""


class ContactQuerySet(models.QuerySet):
    def having(self, e164, *, language="en-in"):
        """Return the contact of an E.164 number, made if it is new. Safe against races."""
        contact, _ = self.get_or_create(phone=e164, defaults={"language": language})
        return contact

    def locked(self, e164, *, language="en-in", welcome_window=None):
        """Return the contact of a number, made if new, locked until the transaction ends.

        Whoever changes several rows of one person takes this lock first: one order, no deadlock.
        With `welcome_window` (a timedelta) a window is open on return: the one that began less
        than that ago, or a new one. One statement.
        """
        now = timezone.now()
        moment, cutoff = map(
            connection.ops.adapt_datetimefield_value, (now, now - (welcome_window or timedelta(0)))
        )
        opened = moment if welcome_window else None
        contact = self.raw(LOCKED, [e164, language, moment, opened, cutoff])[0]
        contact.is_new = contact.created_at == now
        return contact

    def starting(self, text):
        """Contacts whose number begins as `text` does, however it is typed: '98765', '+91 98'.

        Answered by the index on the number. Without a + the country may be left out.
        """
        digits = "".join(c for c in text if c.isdecimal() and c.isascii())
        if text.strip().startswith("+") or digits.startswith("00"):
            return self.filter(starts_with("phone", "+" + digits.removeprefix("00")))
        digits = digits.lstrip("0")
        begins = starts_with("phone", f"+91{digits}")
        if digits.startswith("91"):  # the country's code, or a mobile number such as 91234 56789
            begins |= starts_with("phone", f"+{digits}")
        return self.filter(begins)


class Contact(models.Model):
    """One telephone number. Siblings may share it; the timeline and the opt-out belong to it."""

    phone = models.CharField(max_length=16, unique=True, help_text="E.164, such as +919876543210")
    language = models.CharField(max_length=5, default="en-in")
    opted_out_at = models.DateTimeField(
        null=True, blank=True, help_text="Set by STOP; nothing but codes and receipts is sent."
    )
    last_inbound_at = models.DateTimeField(
        null=True, blank=True, help_text="Last WhatsApp from this number: opens 24 hours of replies"
    )
    welcome_window_started_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ContactQuerySet.as_manager()
    is_new = False  # True on the instance for which `locked` has just made the row

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="contact_phone_is_e164",
                condition=models.Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
            )
        ]

    def __str__(self):
        return phone.for_people(self.phone)


class ConsentQuerySet(models.QuerySet):
    def update(self, **_):
        raise PermissionDenied("Consents are only ever added to.")


class Consent(models.Model):
    """One act of agreeing or withdrawing; rows are only ever added (a trigger holds it)."""

    class Action(models.TextChoices):
        GIVEN = "given", "Given"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Source(models.TextChoices):
        FORM = "form", "Enquiry form"
        API = "api", "API"
        WHATSAPP = "whatsapp", "WhatsApp"
        CALL = "call", "Phone call"
        LINK = "link", "Link in an e-mail"
        STAFF = "staff", "Staff"

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="consents")
    action = models.CharField(max_length=10, choices=Action)
    channel = models.CharField(max_length=10, default="all", help_text="What it covers")
    source = models.CharField(max_length=10, choices=Source)
    wording_version = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=5, blank=True)
    given_by = models.CharField(
        max_length=120, blank=True, help_text="The parent or guardian who agreed for a minor"
    )
    ip = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.get_action_display()} · {self.get_source_display()}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise PermissionDenied("Consents are only ever added to.")
        super().save(*args, **kwargs)


class UserManager(BaseUserManager):
    def create_user(self, email=None, password=None, **fields):
        email = self.normalize_email(email).lower() if email else None
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        """Make the first owner (`manage.py createsuperuser`)."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        user.set_role("owner")
        return user

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """Anyone who logs in. Staff have a password; students get a code by e-mail or WhatsApp."""

    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(max_length=120)
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="users"
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the command centre")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case"),
        ]

    def __str__(self):
        return self.name or self.email or f"User {self.pk}"

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name.split(" ")[0]

    @cached_property
    def role(self):
        """owner, counsellor, teacher, student, or '' — by group, the highest first."""
        from coaching.accounts.roles import ROLES

        names = {group.name for group in self.groups.all()}
        return next((role for role in ROLES if role in names), "")

    @transaction.atomic
    def set_role(self, role):
        """Give the user exactly one role, and with it the right to open the command centre."""
        from coaching.accounts.roles import ROLES, STAFF_ROLES

        others = Group.objects.filter(name__in=ROLES).exclude(name=role)
        self.groups.remove(*others)
        self.groups.add(Group.objects.get_or_create(name=role)[0])
        self.is_staff = role in STAFF_ROLES
        self.save(update_fields=["is_staff"])
        self.__dict__.pop("role", None)
