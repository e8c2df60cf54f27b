"""The guarantee behind the doorbell: every row that is due leaves, whatever was missed.

Three threads in every worker process: one hands what is due to the crew, one settles what is in
doubt, one watches over pauses and alerts; so a provider that hangs on questions holds up nothing
else. They need neither the broker nor beat. Any number of workers may run them, because every
claim has one winner.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from celery.signals import worker_init, worker_shutting_down
from django.conf import settings
from django.db import connection
from django.utils import timezone

from coaching.common import rounds
from coaching.messaging import crew, doubt, pauses, watch
from coaching.messaging.models import Channel, CommunicationLog, State

log_event = structlog.get_logger(__name__)

INTERVAL_SECONDS = 5
GRACE = timedelta(seconds=3)  # the doorbell comes first
BATCH = 500
THREADS = 8


def send_due(grace=GRACE):
    """Hand what is due to the crew; returns a future for each row. Not inside a transaction."""
    due = CommunicationLog.objects.due(timezone.now() - grace).order_by("due_at", "pk")
    rows = []
    for channel in set(Channel.values) - set(pauses.not_yet()):  # none behind another's crowd
        rows += due.filter(channel=channel).values_list("pk", "channel")[:BATCH]
    return crew.take(rows)


def settle_doubts():
    """Free the claims of dead workers, and ask providers about lost answers; returns how many."""
    doubt.recover_expired_claims()
    rows = CommunicationLog.objects.filter(state=State.UNKNOWN, due_at__lte=timezone.now())
    log_ids = list(rows.order_by("posted_at", "pk").values_list("pk", flat=True)[:BATCH])
    if log_ids:
        with ThreadPoolExecutor(min(THREADS, len(log_ids))) as pool:
            list(pool.map(_resolve, log_ids))
    return len(log_ids)


def _resolve(log_id):
    """One bad row does not keep the others."""
    try:
        doubt.resolve_unknown(log_id)
    except Exception:
        log_event.exception("sweep_failed", log=str(log_id))
    finally:
        connection.close()


@worker_init.connect
def start(**_):
    settings.VAR_DIR.mkdir(exist_ok=True)
    rounds.start(send_due, settle_doubts, watch.watch, seconds=INTERVAL_SECONDS)


@worker_shutting_down.connect
def stop(**_):
    crew.stop()
