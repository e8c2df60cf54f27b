"""The hands of a worker process: for each channel threads of its own.

So a provider that hangs holds up nothing but itself, and one slow call does not keep a WhatsApp
waiting. The doorbell and the sweeper both hand rows over here; a row that is in hand already is
not taken twice. Across processes the claim in the database decides.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import connection

from coaching.messaging import delivery
from coaching.messaging.models import Channel

log_event = structlog.get_logger(__name__)

HANDS = 10  # per channel: 30 requests a second to a provider that takes 300 ms
_pools = {
    channel: ThreadPoolExecutor(HANDS, thread_name_prefix=channel) for channel in Channel.values
}
_in_hand = set()
_lock = threading.Lock()


def take(rows):
    """Deliver the rows, given as (id, channel); returns at once, with one future for each."""
    known = [(log_id, _pools[channel]) for log_id, channel in rows if channel in _pools]
    with _lock:
        new = [(log_id, pool) for log_id, pool in known if log_id not in _in_hand]
        _in_hand.update(log_id for log_id, _ in new)
    return [pool.submit(_deliver, log_id) for log_id, pool in new]


def stop():
    """Take nothing more; what has not begun stays due, for the next worker."""
    for pool in _pools.values():
        pool.shutdown(wait=False, cancel_futures=True)


def _deliver(log_id):
    try:
        delivery.deliver(log_id)
    except Exception:  # the row is still there, and the sweeper comes back to it
        log_event.exception("delivery_failed", log=str(log_id))
        connection.close()  # it may be what is broken
    finally:
        with _lock:
            _in_hand.discard(log_id)
