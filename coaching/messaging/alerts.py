"""What the owner must know: a row that the command centre shows, and one mail to the owners."""

from datetime import timedelta
from email.utils import formataddr

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone

from coaching.accounts.models import User
from coaching.centre.models import Profile
from coaching.messaging.models import Alert

TELL_AGAIN = timedelta(minutes=5)
SAME_MATTER = timedelta(hours=24)

log_event = structlog.get_logger(__name__)


def raise_alert(key, text, *, until=None):
    """Open an alert, once however often it is raised. The mail follows within seconds.

    `until` (aware): when it is over by itself. One that is open takes the new words. What was
    closed within a day is the same matter again: it is shown again, and mailed no second time.
    """
    known = Alert.objects.filter(key=key, closed_at=None).first()
    if known:
        if (known.text, known.until) != (text, until):
            Alert.objects.filter(pk=known.pk, closed_at=None).update(text=text, until=until)
        return
    a_day_ago = timezone.now() - SAME_MATTER
    last = Alert.objects.filter(key=key, closed_at__gt=a_day_ago, told_at__gt=a_day_ago).first()
    try:
        with transaction.atomic():
            if last:
                Alert.objects.filter(pk=last.pk).update(closed_at=None, until=until, text=text)
            else:
                Alert.objects.create(key=key, text=text, until=until)
    except IntegrityError:
        return  # somebody else raised it at the same moment
    log_event.error("alert", key=key, text=text)


def close(key):
    """The matter is settled: the command centre no longer shows it."""
    Alert.objects.filter(key=key, closed_at=None).update(closed_at=timezone.now())


def close_what_is_over():
    Alert.objects.filter(until__lte=timezone.now(), closed_at=None).update(closed_at=timezone.now())


def mail_new():
    """Mail each alert that nobody was told of to the owners; whoever claims it tells it.

    One whose mail cannot leave stays on the command centre, and is tried again some minutes later:
    these few letters do not go through the outbox, which may be what has failed.
    """
    now = timezone.now()
    for alert in Alert.objects.filter(told_at=None, closed_at=None, tell_at__lte=now):
        mine = Alert.objects.filter(pk=alert.pk, told_at=None, tell_at=alert.tell_at)
        if not mine.update(tell_at=now + TELL_AGAIN):
            continue
        try:
            if _mail(alert):
                Alert.objects.filter(pk=alert.pk).update(told_at=timezone.now())
        except Exception as error:  # whatever the mail server's library raises
            log_event.warning("alert_not_mailed", key=alert.key, why=type(error).__name__)


def _mail(alert):
    owners = User.objects.filter(groups__name="owner", is_active=True).exclude(email=None)
    addresses = sorted(owners.values_list("email", flat=True))
    if not addresses or not settings.EMAIL_CONFIGURED:
        return 0
    centre = Profile.current().name
    return EmailMessage(
        f"{centre}: {alert.text.partition('. ')[0]}",
        f"{alert.text}\n\n{settings.SITE_URL}/admin/\n",
        formataddr((centre, settings.DEFAULT_FROM_EMAIL)),
        addresses,
    ).send()
