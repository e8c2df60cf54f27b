"""Tell the workers that a row is due. It may fail: the row is there, and the sweeper finds it.

The page waits behind this, so the doorbell has a connection of its own that gives up within a
third of a second, and after a failure the broker is left alone for a moment.
"""

import time
from functools import cache

import structlog
from celery import current_app
from kombu.pools import producers

log_event = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.3
QUIET_SECONDS = 5
_broken_until = 0.0


@cache
def _line():
    options = {
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
        "max_retries": 0,
    }
    return current_app.connection_for_write(transport_options=options)


def ring(log_ids):
    """Ring once for each row. Never raises; returns whether every ring was heard."""
    from coaching.messaging.tasks import deliver

    global _broken_until
    if not log_ids:
        return True
    if time.monotonic() < _broken_until:
        return False
    try:
        with producers[_line()].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            for log_id in log_ids:
                deliver.apply_async(kwargs={"log_id": str(log_id)}, producer=producer)
    except Exception as error:  # whatever the broker's client raises, the page must not
        _broken_until = time.monotonic() + QUIET_SECONDS
        log_event.warning("doorbell_failed", why=type(error).__name__)
        return False
    return True
