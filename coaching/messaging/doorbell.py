"""Tell the workers that rows are due. It may fail: the rows are there, and the sweeper finds them.

A thread of its own does the ringing, so that no page ever waits for the broker, and rings once
for all that came while it was busy. Its connection gives up within a third of a second.
"""

import os
import queue
import threading
import time
from collections import defaultdict
from functools import cache

import structlog
from celery import current_app
from kombu.pools import producers

log_event = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.3
PAUSE_SECONDS = 0.01  # between two rings: in a flood one stands for many rows
QUIET_SECONDS = 5  # after a failure the broker is left alone
AT_ONCE = 300

_rows = queue.SimpleQueue()
_ringer = None
_lock = threading.Lock()


def ring(rows):
    """Ring for each row, given as (id, channel). Returns at once and never raises."""
    if rows:
        _start()
        for row in rows:
            _rows.put(row)


def ring_for(task):
    """Ring for a task of another app that looks for its due rows itself, given by its name."""
    ring([(task, None)])


def _start():
    """Start the ringing thread; a forked process needs one of its own."""
    global _ringer
    if _ringer == os.getpid():
        return
    with _lock:
        if _ringer != os.getpid():
            threading.Thread(target=_ring_for_ever, name="doorbell", daemon=True).start()
            _ringer = os.getpid()


def _ring_for_ever():
    while True:
        rows = [_rows.get()]
        while len(rows) < AT_ONCE and not _rows.empty():
            rows.append(_rows.get())
        if ring_now(rows):
            time.sleep(PAUSE_SECONDS)
        else:
            time.sleep(QUIET_SECONDS)
            while not _rows.empty():  # the sweeper has found these meanwhile
                _rows.get()


def ring_now(rows):
    """Ring once for all the rows; returns whether the broker heard it, within a moment."""
    from coaching.messaging.tasks import deliver

    log_ids = defaultdict(list)
    for log_id, channel in rows:
        log_ids[channel].append(str(log_id))
    tasks = set(log_ids.pop(None, []))
    try:
        with producers[_line()].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            if log_ids:
                deliver.apply_async(kwargs={"log_ids": log_ids}, producer=producer)
            for task in tasks:
                current_app.send_task(task, producer=producer, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises
        log_event.warning("doorbell_failed", why=type(error).__name__, rows=len(rows))
        return False
    return True


@cache
def _line(address=None):
    options = {
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
        "max_retries": 0,
    }
    return current_app.connection_for_write(address, transport_options=options)
