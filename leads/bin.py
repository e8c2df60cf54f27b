"""Enquiries that are no person's: put into the bin, singly or thousands at once, and taken back.

An enquiry in the bin (`Lead.Status.JUNK`) is kept, and counts nowhere. What still waited to be sent
to its number is cancelled, unless another enquiry on the number is open. A number's messages and
enquiries change under the contact's lock, as in `capture_lead`, so that whoever asks at the same
moment is either seen here or sees what was done. `seen_at` is when the list was looked at: what
came or changed since is left alone.
"""

import time

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from coaching.accounts.models import Contact
from coaching.messaging import bulk
from coaching.messaging.catalogue import FROM_STRANGERS
from coaching.messaging.models import CommunicationLog, State
from coaching.messaging.services import NOT_A_PERSON, TAKEN_BACK
from leads.models import Lead

log_event = structlog.get_logger(__name__)

STAYS = (Lead.Status.JUNK, Lead.Status.ENROLLED)
HAS_OPEN_TWIN = Exists(
    Lead.objects.open().filter(contact=OuterRef("contact"), name_key=OuterRef("name_key"))
)


def can_be_binned(leads, seen_at):
    """Return those of `leads` (a QuerySet) that may go: never enrolled, nor there already."""
    return leads.exclude(status__in=STAYS).filter(updated_at__lte=seen_at)


def waiting(contacts):
    """Return what public forms caused that would still be sent to these."""
    return CommunicationLog.objects.filter(
        contact__in=contacts, purpose__in=FROM_STRANGERS, state__in=(State.HELD, State.PENDING)
    )


def throw_away(leads, seen_at):
    """Put them into the bin; returns how many went.

    Stops after `bulk.PATIENCE_SECONDS` or `bulk.AT_ONCE`, as a release does: call again for the
    rest. Commits each batch.
    """
    return _in_steps(can_be_binned(leads, seen_at), _throw_away)


def in_the_bin(leads, seen_at):
    """Return those of `leads` that were in the bin at `seen_at` and still are."""
    return leads.filter(status=Lead.Status.JUNK, updated_at__lte=seen_at)


def can_be_taken_back(leads, seen_at):
    """Return those of them whose person has no other open enquiry: nobody is doubled."""
    return in_the_bin(leads, seen_at).filter(~HAS_OPEN_TWIN)


def cancelled(contacts):
    """Return what was cancelled with enquiries of these and is not out of date yet."""
    return CommunicationLog.objects.filter(
        contact__in=contacts, state=State.CANCELLED, reason=NOT_A_PERSON,
        created_at__gte=F("contact__welcome_window_started_at"),
    )  # fmt: skip


def take_back(leads, seen_at):
    """Make them new enquiries again, their messages held for a look; returns how many.

    Steps as in `throw_away`.
    """
    return _in_steps(can_be_taken_back(leads, seen_at), _take_back)


def _in_steps(leads, move):
    deadline = time.monotonic() + bulk.PATIENCE_SECONDS
    moved = 0
    while moved < bulk.AT_ONCE and time.monotonic() < deadline:
        batch = _move_batch(leads, move)
        if not batch:
            break
        moved += batch
    log_event.info(move.__name__.strip("_"), enquiries=moved)
    return moved


@transaction.atomic
def _move_batch(leads, move):
    """Move the newest of `leads`. Two people at once take different ones, and nobody waits."""
    newest = leads.select_related(None).order_by("-pk").select_for_update(skip_locked=True)
    batch = dict(newest.values_list("pk", "contact")[: bulk.BATCH])
    free = Contact.objects.filter(pk__in=batch.values()).select_for_update(skip_locked=True)
    contacts = set(free.values_list("pk", flat=True))  # not those who are asking at this moment
    return move([pk for pk, contact in batch.items() if contact in contacts], contacts)


def _throw_away(leads, contacts):
    now = timezone.now()
    moved = Lead.objects.filter(pk__in=leads).update(status=Lead.Status.JUNK, updated_at=now)
    wanted = Exists(Lead.objects.open().filter(contact=OuterRef("contact")))
    unwanted = waiting(contacts).filter(~wanted)
    unwanted.update(state=State.CANCELLED, reason=NOT_A_PERSON, ended_at=now)
    return moved


def _take_back(leads, contacts):
    now = timezone.now()
    still = Lead.objects.filter(~HAS_OPEN_TWIN, pk__in=leads, contact__in=contacts)
    people = {  # the newest of each: the bin may hold several of one person
        (contact, key): pk
        for pk, contact, key in still.order_by("pk").values_list("pk", "contact", "name_key")
    }
    again = cancelled({contact for contact, _ in people})
    again.update(state=State.HELD, reason=TAKEN_BACK, due_at=now, ended_at=None)
    back = Lead.objects.filter(pk__in=people.values())
    return back.update(status=Lead.Status.NEW, updated_at=now)
