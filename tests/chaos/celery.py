"""The product's worker, with the fault points installed and, on demand, a guard switched off.

CHAOS_HASTE divides the waiting times of outbox and till, so that a test need not wait for half a
minute.
CHAOS_CLOCK_HOURS sets this process's clock wrong.
"""

import os
from datetime import timedelta

import django
from django.utils import timezone

from tests.chaos import faultpoints, guards

right_now = timezone.now
wrong_by = timedelta(hours=float(os.environ.get("CHAOS_CLOCK_HOURS", 0)))
timezone.now = lambda: right_now() + wrong_by  # before the models take it as their default
django.setup()

from coaching.celery import app  # noqa: E402, F401
from coaching.messaging import delivery, doubt, sweeper  # noqa: E402
from payments import rounds  # noqa: E402

WAITS = {
    delivery: ("LEASE", "FIRST_LOOK", "IN_FLIGHT"),
    doubt: ("SECOND_LOOK", "ASK_AGAIN"),
    sweeper: ("INTERVAL_SECONDS", "GRACE"),
    rounds: ("INTERVAL_SECONDS",),
}
haste = float(os.environ.get("CHAOS_HASTE", 1))
for module, names in WAITS.items():
    for name in names:
        setattr(module, name, getattr(module, name) / haste)
sweeper.send_due.__defaults__ = (sweeper.GRACE,)  # it was read when the function was made

guards.switch_off(guards.IN_WORKER)
faultpoints.install_in_worker()
