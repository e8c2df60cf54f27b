"""What the till does by itself, every few seconds in every worker: ask, send back, let lapse.

Everything is a row with a time, so a webhook that never comes, a worker that dies and a broker
that is down cost seconds and no money. Needs neither the broker nor beat; any number of workers may
run it, for each row has one that claims it.
"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import structlog
from celery.signals import worker_init
from django.db import connection, transaction
from django.utils import timezone

from academics import seats
from academics.models import Batch, WaitingPlace
from coaching.accounts.models import Contact
from coaching.centre.models import Profile
from coaching.common import rounds
from coaching.common.states import move
from payments import notices, phonepe, refunds
from payments.models import Order, Payment, Refund
from payments.orders import due_now, let_lapse, link_until, open_order
from payments.services import settle

log_event = structlog.get_logger(__name__)

INTERVAL_SECONDS = 2
BATCH = 200
THREADS = 8
CLAIM = dt.timedelta(seconds=20)  # above what one question to PhonePe may take


def ask_what_is_due():
    """Ask PhonePe about each payment and refund whose time has come; returns how many."""
    if not phonepe.is_configured():
        return 0
    jobs = _claimed(Payment, settle) + _claimed(Refund, refunds.check) + _due_refunds()
    if jobs:
        with ThreadPoolExecutor(min(THREADS, len(jobs))) as pool:
            list(pool.map(_do, jobs))
    return len(jobs)


def _claimed(model, work):
    """Claim the rows of `model` that are to be checked: one worker wins each of them."""
    now = timezone.now()
    due = model.objects.filter(next_check_at__lte=now).order_by("next_check_at")[:BATCH]
    return [
        (work, pk)
        for pk, seen in due.values_list("pk", "next_check_at")
        if model.objects.filter(pk=pk, next_check_at=seen).update(next_check_at=now + CLAIM)
    ]


def _due_refunds():
    due = Refund.objects.filter(
        state=Refund.State.DUE, due_at__lte=timezone.now(), payment__method="phonepe"
    )
    return [
        (refunds.send, pk) for pk in due.order_by("due_at").values_list("pk", flat=True)[:BATCH]
    ]


def _do(job):
    _alone(*job)
    connection.close()


def _alone(work, row):
    """One bad row does not keep the others."""
    try:
        work(row)
    except Exception:
        log_event.exception("till_failed", what=work.__name__, row=str(row))


def let_seats_lapse():
    """Give back the seats that nobody paid for in time, and offer what is free to who waits."""
    lapsed = list(seats.lapsed(timezone.now()).select_related("batch")[:BATCH])
    for enrollment in lapsed:
        _alone(let_lapse, enrollment)
    waiting = WaitingPlace.objects.filter(state=WaitingPlace.State.OFFERED,
                                          offered_until__lte=timezone.now())  # fmt: skip
    for place in waiting[:BATCH]:
        move(place, WaitingPlace.State.LAPSED)
    for batch in Batch.objects.filter(waiting_places__state="waiting").distinct():
        _alone(offer_what_is_free, batch)


def offer_what_is_free(batch):
    """Offer each free seat of a batch to who waits for it, in their order."""
    place = seats.next_in_line(batch)
    while place and offer(place):
        place = seats.next_in_line(batch)


@transaction.atomic
def offer(place):
    """Offer a seat to who waits first: held for a day, with an order and the link to pay by.

    True when there was one to offer.
    """
    user, until = place.user, link_until(Profile.current())
    contact = Contact.objects.locked(user.contact.phone)
    enrollment = seats.offer(place, until=until)
    if enrollment is None:
        return False
    order = open_order(
        user=user, contact=contact, batch=enrollment.batch, plan=Order.Plan.FULL, until=until,
        name=user.name, email=user.email or "", language=contact.language, waited=True,
    )  # fmt: skip
    notices.seat_offered(order, until=until, paise=due_now(order, timezone.localdate()))
    return True


@worker_init.connect
def start(**_):
    rounds.start(ask_what_is_due, let_seats_lapse, seconds=INTERVAL_SECONDS)
