"""E-mail through Django's backend: SMTP, or a provider by django-anymail.

The Message-ID is made from the row, so that a repeat after a lost answer is the same letter to
the mail program that shows it, and can be counted.
"""

import smtplib
import threading
import time
from email.utils import formataddr

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailRecipientsRefused,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend

from coaching.centre.models import Profile
from coaching.messaging import catalogue, links, signals
from coaching.messaging.channels import DeliveryError, OutcomeUnknown, never_connected

KEEP_SECONDS = 20
LOGIN_WANTED = (530, 534, 535, 538)
_line = threading.local()

WITHOUT_METADATA = {"mailersend", "postal"}  # their mails are found by the provider's id alone


def is_configured():
    return settings.EMAIL_CONFIGURED


def price_paise(_profile):
    return 0


def message_id(log):
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return f"<{log.id}@{domain}>"


def prepare(log):
    """Return the mail of `log`, written but not sent."""
    message = catalogue.CATALOGUE[log.purpose]
    unsubscribe = links.unsubscribe(log.contact) if message.stoppable else ""
    subject, text, html = catalogue.email_of(
        log, {"unsubscribe_url": unsubscribe, "site_url": settings.SITE_URL}
    )
    centre = Profile.current()
    headers = {"Message-ID": message_id(log)}
    if unsubscribe:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    if settings.EMAIL_SIMULATED:
        headers["X-Sandbox-Phone"] = log.contact.phone
    mail = EmailMultiAlternatives(
        subject,
        text,
        from_email=formataddr((centre.name, settings.DEFAULT_FROM_EMAIL)),
        to=[log.recipient],
        reply_to=[centre.email] if centre.email else None,
        headers=headers,
    )
    if html:
        mail.attach_alternative(html, "text/html")
    for _receiver, file in signals.attaching.send_robust(type(log), log=log):
        if isinstance(file, tuple):  # not None, nor the error that was logged
            mail.attach(*file)
    if settings.ANYMAIL_ESP and settings.ANYMAIL_ESP not in WITHOUT_METADATA:
        mail.metadata = {"log": str(log.id)}
    return mail


def send(log, mail):
    mail.connection = _connect()
    is_good = False
    try:
        mail.send()
        is_good = True
    except smtplib.SMTPRecipientsRefused as error:
        permanent = all(code >= 500 for code, _ in error.recipients.values())
        reason = "email_refused" if permanent else "provider_busy"
        raise DeliveryError(reason, permanent=permanent) from error
    except smtplib.SMTPResponseException as error:  # not the address: sender, content, quota, login
        if error.smtp_code in LOGIN_WANTED:
            raise DeliveryError("provider_refused_login") from error
        permanent = error.smtp_code >= 500
        reason = "email_not_taken" if permanent else "provider_busy"
        raise DeliveryError(reason, permanent=permanent) from error
    except AnymailRecipientsRefused as error:
        raise DeliveryError("email_refused", permanent=True) from error
    except AnymailUnsupportedFeature as error:
        raise DeliveryError("wording_broken", permanent=True) from error
    except AnymailAPIError as error:
        raise _from_provider(error) from error
    except (smtplib.SMTPException, OSError, AnymailError, requests.RequestException) as error:
        raise OutcomeUnknown(type(error).__name__) from error
    finally:
        _put_down(mail.connection, is_good)
    status = getattr(mail, "anymail_status", None)
    return (status.message_id if status else None) or message_id(log)


def _connect():
    """Open the connection first: a failure here means that nothing can have left.

    A thread keeps its line to an SMTP server for a few seconds: greeting and TLS take longer than
    the letter. Whether the other end still listens is asked before anything depends on it.
    """
    try:
        connection = get_connection()
        kept = _line.__dict__.pop("kept", None)
        if kept and _is_the_same(kept, connection):
            return kept
        connection.open()
    except ImproperlyConfigured as error:  # a mail provider's key is missing
        raise DeliveryError("provider_refused_login") from error
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
        raise DeliveryError("provider_refused_login") from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError("provider_unreachable") from error
    return connection


def _is_the_same(kept, wanted):
    same_server = (kept.host, kept.port, kept.username) == (
        wanted.host, wanted.port, wanted.username,
    )  # fmt: skip
    try:
        if same_server and time.monotonic() - _line.since < KEEP_SECONDS:
            return kept.connection.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        pass
    _hang_up(kept)
    return False


def _put_down(connection, is_good):
    if is_good and isinstance(connection, EmailBackend):
        _line.kept, _line.since = connection, time.monotonic()
    else:
        _hang_up(connection)


def _hang_up(connection):
    """The letter is handed over or not by now; a rude goodbye changes nothing."""
    try:
        connection.close()
    except (smtplib.SMTPException, OSError):
        return


def _from_provider(error):
    """Translate the answer of a mail provider's API, or the lack of one."""
    status = getattr(error, "status_code", None)
    if isinstance(error.__cause__, requests.ConnectionError) and never_connected(error.__cause__):
        return DeliveryError("provider_unreachable")
    if status == 429:
        return DeliveryError("provider_busy")
    if status in (401, 403):
        return DeliveryError("provider_refused_login")
    if status and 400 <= status < 500 and status not in (408, 409):
        return DeliveryError("email_refused", permanent=True)
    return OutcomeUnknown(f"HTTP {status}")
