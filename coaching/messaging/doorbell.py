"""Tell the workers that a row is due. It may fail: the row is there, and the sweeper finds it."""

import time

import structlog

log_event = structlog.get_logger(__name__)

# After a failure the broker is left alone for a moment, so that no page waits for it twice.
QUIET_SECONDS = 5
_broken_until = 0.0


def ring(log_ids):
    """Ring once for each row. Never raises; returns whether every ring was heard."""
    from coaching.messaging.tasks import deliver

    global _broken_until
    if time.monotonic() < _broken_until:
        return False
    try:
        for log_id in log_ids:
            deliver.delay(log_id=str(log_id))
    except Exception as error:  # whatever the broker's client raises, the page must not
        _broken_until = time.monotonic() + QUIET_SECONDS
        log_event.warning("doorbell_failed", why=type(error).__name__)
        return False
    return True
