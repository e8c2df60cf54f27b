"""Negative controls: the product without one of its guards, which must turn the checks red.

CHAOS_GUARD_OFF names the guard; it is read in the processes of the fault runs only.
"""

import os
from functools import wraps

from tests.chaos.faultpoints import reached


def switch_off(guards):
    """Switch off the guard that the environment names, if it is one of `guards`."""
    name = os.environ.get("CHAOS_GUARD_OFF", "")
    if name in guards:
        guards[name]()


def without_doubt():
    """A lost answer counts as not sent, as with a plain task that retries on errors."""
    from coaching.messaging import delivery
    from coaching.messaging.channels import DeliveryError, OutcomeUnknown, email, voice, whatsapp

    def careless(send):
        @wraps(send)
        def wrapped(*args):
            try:
                return send(*args)
            except OutcomeUnknown as error:
                raise DeliveryError("provider_busy", retry_after=1) from error

        return wrapped

    for channel in (whatsapp, email, voice):
        channel.send = careless(channel.send)
    delivery.EMAIL_ATTEMPTS = 99


def without_one_winner():
    """A row that somebody is sending can be claimed once more."""
    from coaching.messaging.models import CommunicationLog, State

    def due(self, moment):
        return self.filter(state__in=[State.PENDING, State.SENDING], due_at__lte=moment)

    type(CommunicationLog.objects.all()).due = due


def without_sweeper():
    from coaching.messaging import sweeper

    sweeper.send_due = lambda *_, **__: 0


def without_outbox():
    """The messages are queued once the enquiry is saved, not together with it."""
    from django.db import transaction

    from leads import services

    queue_welcome = services.welcome

    def later(*args, **kwargs):
        reached("after-commit")
        queue_welcome(*args, **kwargs)

    services.welcome = lambda *args, **kwargs: transaction.on_commit(lambda: later(*args, **kwargs))


def without_key():
    """The enquiry's key is forgotten as soon as it is read."""
    from leads import services

    services._by_key = lambda _key: None
    capture = services.capture_lead

    def keyless(*, arrival, **fields):
        from dataclasses import replace

        return capture(arrival=replace(arrival, key=None), **fields)

    services.capture_lead = keyless


def without_swallowing():
    """The doorbell is a plain `.delay()` whose failure reaches the page."""
    from django.db import transaction

    from coaching.messaging import doorbell, services, tasks

    def ring(rows):
        for log_id, channel in rows:
            tasks.deliver.delay(log_ids={channel: [str(log_id)]})

    on_commit = transaction.on_commit
    doorbell.ring = ring
    services.transaction.on_commit = lambda act, robust=False: on_commit(act)


def without_asking():
    """The body of a webhook is believed: a payment that it calls completed is booked as paid."""
    from django.db import transaction
    from django.utils import timezone

    from payments import services, webhooks
    from payments.models import Payment

    store = webhooks._store

    def believing(key, event, about, *rest):
        store(key, event, about, *rest)
        payment = Payment.objects.filter(merchant_order_id=about).first()
        if payment and key.endswith(":COMPLETED"):
            with transaction.atomic():
                services.receive(services._locked(payment), timezone.now())

    webhooks._store = believing


def without_rounds():
    """The till does nothing by itself: only webhooks and return pages make it ask."""
    from types import SimpleNamespace

    from payments import rounds

    rounds.rounds = SimpleNamespace(start=lambda *_, **__: None)


IN_WEB = {
    "outbox": without_outbox,
    "key": without_key,
    "doorbell": without_swallowing,
    "asking": without_asking,
}
IN_WORKER = {
    "doubt": without_doubt,
    "claim": without_one_winner,
    "sweeper": without_sweeper,
    "rounds": without_rounds,
}
