"""The three ways out, each a module with the same four functions.

`is_configured()` · `price_paise(profile)` is what one request costs at most · `prepare(log)` writes
what will be sent, before anything is promised to the network · `send(log, prepared)` makes the one
request and returns the provider's id.
"""

import requests


class DeliveryError(Exception):
    """It certainly did not leave. `permanent`: trying again is useless.

    `reason` is a key of `messaging.reasons`; `retry_after` (seconds) is the provider's own wish.
    """

    def __init__(self, reason, *, permanent=False, retry_after=None):
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class OutcomeUnknown(Exception):
    """It may or may not have left: ask the provider before anything is sent again."""


def never_connected(error):
    """Whether a requests.ConnectionError says that no connection was made: nothing has left."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")
