"""What allauth asks of us: who has which number, and how a code or a letter goes out.

Everything to a person with a contact goes through the outbox, like every other message. Nothing
is ever sent to somebody we have no account of.
"""

import smtplib
import uuid

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from coaching.accounts.models import User
from coaching.accounts.phone import NotANumber, read_phone
from coaching.centre.models import Profile
from coaching.messaging.models import Channel
from coaching.messaging.services import queue

# allauth's answers to strangers; also sent to staff who ask for a code, who must not get one
NEVER_SENT = ("account/email/unknown_account", "account/email/account_already_exists")

log_event = structlog.get_logger(__name__)


def students_on(e164):
    """Return the active students of a number, the first by name first. Staff have passwords."""
    on_number = User.objects.filter(contact__phone=e164, is_active=True, is_staff=False)
    return on_number.order_by("name", "pk")


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False

    # --- numbers ---------------------------------------------------------------------------

    def clean_phone(self, phone):
        try:
            return read_phone(phone).e164
        except NotANumber:
            return phone

    def phone_form_field(self, **kwargs):
        return super().phone_form_field(**{"validators": [], **kwargs})

    def get_user_by_phone(self, phone):
        return students_on(phone).first()

    def get_phone(self, user):
        return (user.contact.phone, True) if user.contact_id else None

    def set_phone(self, user, phone, verified):
        """Numbers are changed by the centre, which knows the person."""

    def set_phone_verified(self, user, phone):
        """A number is as good as the centre's own record of it: nothing to write."""

    # --- what goes out ---------------------------------------------------------------------

    def send_verification_code_sms(self, user, phone, code, **kwargs):
        if not user.is_staff:
            self._queue_code(user, code, Channel.WHATSAPP)

    def send_unknown_account_sms(self, phone, **kwargs):
        """Nothing: a stranger's telephone is not ours to ring."""

    def send_mail(self, template_prefix, email, context):
        """Send an account letter, or a code, to a person we know; to anybody else nothing."""
        if template_prefix in NEVER_SENT:
            return
        user = context.get("user") or User.objects.filter(email=email.lower()).first()
        if user is None or not user.is_active:
            return
        if template_prefix == "account/email/login_code":
            if not user.is_staff:
                self._send_code_by_email(user, email, context["code"])
            return
        with override(user.contact.language if user.contact_id else get_language()):
            mail = self.render_mail(template_prefix, email, self._letter_context(user, context))
        self._post(user, mail)

    def send_password_reset_mail(self, user, email, context):
        """Only staff have passwords; a student gets a code instead, and the same screen."""
        if user.is_staff:
            super().send_password_reset_mail(user, email, context)

    def send_invitation(self, user):
        """Send a new member of staff the link to set their password."""
        from allauth.account.forms import default_token_generator
        from allauth.account.utils import user_pk_to_url_str

        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        url = self.get_reset_password_from_key_url(key)
        self.send_mail("account/email/invitation", user.email, {"user": user, "url": url})

    def get_reset_password_from_key_url(self, key):
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", key)

    def _letter_context(self, user, context):
        return {**context, "user": user, "centre": Profile.current(), "site_url": settings.SITE_URL}

    def _send_code_by_email(self, user, email, code):
        if user.contact_id:
            self._queue_code(user, code, Channel.EMAIL, email=email)
            return
        context = self._letter_context(user, {"code": code})
        self._post(user, self.render_mail("account/email/login_code", email, context))

    def _queue_code(self, user, code, channel, email=""):
        queue(
            user.contact,
            "login_code",
            {"code": code, "centre": Profile.current().name},
            subject=f"user:{user.pk}",
            dedupe_key=f"login_code:{uuid.uuid4()}",
            email=email,
            channels=(channel,),
            language=get_language(),
        )

    def _post(self, user, mail):
        """Through the outbox; straight away for whoever has no contact, as the first owner."""
        if user.contact_id:
            queue(
                user.contact,
                "account_mail",
                {"subject": mail.subject, "body": mail.body},
                subject=f"user:{user.pk}",
                dedupe_key=f"account_mail:{uuid.uuid4()}",
                email=mail.to[0],
                channels=(Channel.EMAIL,),
            )
            return
        try:
            mail.send()
        except (OSError, smtplib.SMTPException) as error:
            # The page says the same either way: it must not tell strangers who has an account.
            log_event.error("account_mail_failed", user=user.pk, why=type(error).__name__)

    # --- who gets in -----------------------------------------------------------------------

    def pre_login(self, request, user, **kwargs):
        """Staff never get in by a code, whichever page or API it was asked for on."""
        records = get_authentication_records(request, user)
        if user.is_staff and records and records[-1]["method"] == "code":
            messages.error(request, _("Please log in with your e-mail and password."))
            return redirect("account_login")
        return super().pre_login(request, user, **kwargs)

    def set_password(self, user, password):
        if not user.is_staff:
            raise PermissionDenied("Students log in by a code.")
        super().set_password(user, password)

    def get_login_stages(self):
        """Between the code and the log-in: who is it, where a family shares one number?"""
        stages = super().get_login_stages()
        after = stages.index("allauth.account.stages.LoginByCodeStage") + 1
        return [*stages[:after], "coaching.login.family.WhoIsLearning", *stages[after:]]

    def add_message(self, request, level, message_template=None, *args, **kwargs):
        """The pages say by themselves what happened; only what went wrong is a message."""
        if kwargs.get("message") or level >= messages.WARNING:
            super().add_message(request, level, message_template, *args, **kwargs)
