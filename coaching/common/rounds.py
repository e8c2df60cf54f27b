"""Jobs that every worker process repeats, each in a thread of its own, until it is told to stop."""

import threading

import structlog
from celery.signals import worker_shutting_down
from django.db import close_old_connections

log_event = structlog.get_logger(__name__)

_stopping = threading.Event()


def start(*jobs, seconds):
    """Begin to repeat each job, `seconds` apart. One that fails is logged and tried again."""
    for job in jobs:
        threading.Thread(
            target=_repeat, args=(job, seconds), name=job.__name__, daemon=True
        ).start()


def _repeat(job, seconds):
    while not _stopping.wait(seconds):
        try:
            close_old_connections()
            job()
        except Exception:  # the database is gone, say: the next round tries again
            log_event.exception("round_failed", job=job.__name__)


@worker_shutting_down.connect
def stop(**_):
    _stopping.set()
