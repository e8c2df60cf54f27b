"""Remember an answer for a moment: what every request asks and hardly anybody changes."""

import time
from functools import wraps

_forgetters = []


def for_seconds(seconds):
    """Keep each answer of a function in this process for `seconds`.

    Whoever changes what lies behind it calls `.forget()`; other processes see the change when
    their time is over. Not for anything a limit is counted by.
    """

    def decorate(function):
        kept = {}

        @wraps(function)
        def remembered(*args):
            known = kept.get(args)
            now = time.monotonic()
            if known is None or known[0] < now:
                known = kept[args] = (now + seconds, function(*args))
            return known[1]

        remembered.forget = kept.clear
        _forgetters.append(kept.clear)
        return remembered

    return decorate


def forget_everything():
    """For tests, whose database changes under their feet."""
    for forget in _forgetters:
        forget()
