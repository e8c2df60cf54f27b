"""Django's Postgres backend, for pages that do not wait for ever."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Patience:
    """How long one statement may stay without an answer; once it `is_over`, nobody asks again."""

    seconds: float
    is_over: bool = False


# Of the request in hand; None, as in workers and commands: as long as it takes.
patience = ContextVar("patience", default=None)
