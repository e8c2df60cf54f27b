"""Faults on demand: the next requests of a kind go wrong in a chosen way.

`…_before` means that nothing was accepted; `…_after` that it was, callbacks and all, and only the
caller does not get to know. Kept in the store, so that a restart does not heal them.
"""

import asyncio
import random
import socket
import struct
from dataclasses import asdict, dataclass, fields

from starlette.responses import Response

from coaching.sandbox.numbers import bare

TARGETS = {"messages", "calls", "list", "smtp"} | {
    *("token", "pay", "status", "refund", "refund_status"),  # PhonePe's
}
CAN_FAIL_LATER = {"messages", "calls", "refund"}
HTTP = {
    "500_before",
    "500_after",
    "hang_before",
    "hang_after",
    "reset_before",
    "reset_after",
    "429",
    "401",
    "bad_json",
    "error",
    "fail_later",
}
SMTP = {"450", "550", "hang_before", "hang_after", "reset_before", "reset_after", "error"}


@dataclass
class Fault:
    target: str
    what: str
    code: int | str = 0
    status: int = 400
    times: int | None = 1  # None: until cleared
    to: str | None = None
    seconds: float = 30
    retry_after: int = 2
    share: float = 1  # of the matching requests; below 1 it is drawn by lot

    def __post_init__(self):
        known = SMTP if self.target == "smtp" else HTTP
        if self.target not in CAN_FAIL_LATER:
            known = known - {"fail_later"}
        if self.target not in TARGETS or self.what not in known:
            raise ValueError(f"no such fault: {self.target} {self.what}")
        if self.times is not None and self.times < 1:
            raise ValueError("times is at least 1, or null")

    @property
    def is_before(self):
        return self.what.endswith("_before") or self.what in {"429", "401", "error", "450", "550"}

    def fits(self, target, addresses):
        if self.target != target:
            return False
        if self.to is not None and not {self.to, bare(self.to)} & set(addresses):
            return False
        return self.share >= 1 or random.random() < self.share  # noqa: S311 - not a secret


class Faults:
    def __init__(self, store):
        self._store = store
        self._faults = [Fault(**kept) for kept in store.setting("faults", [])]

    def add(self, wanted):
        """Raises ValueError or TypeError when one of them makes no sense; then none is added."""
        names = {field.name for field in fields(Fault)}
        for one in wanted:
            if unknown := set(one) - names:
                raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        self._faults += [Fault(**one) for one in wanted]
        self._keep()

    def clear(self):
        self._faults = []
        self._keep()

    def listed(self):
        return [asdict(fault) for fault in self._faults]

    def take(self, target, *addresses):
        """The fault this request suffers, or None. Uses it up."""
        for fault in self._faults:
            if fault.fits(target, addresses):
                if fault.times is not None:
                    fault.times -= 1
                    self._faults = [f for f in self._faults if f.times is None or f.times > 0]
                    self._keep()
                return fault
        return None

    def _keep(self):
        self._store.keep_setting("faults", self.listed())


def cut(transport):
    """Ends a TCP connection with a reset instead of a goodbye."""
    if transport is None or transport.is_closing():
        return
    if sock := transport.get_extra_info("socket"):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class NoAnswer(Response):
    """Stands in an answer's place: waits, then resets the connection. Nothing is ever sent."""

    def __init__(self, seconds=0):
        super().__init__()
        self._seconds = seconds

    async def __call__(self, scope, receive, send):
        gone = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({gone}, timeout=self._seconds)
        finally:  # also when the sandbox itself is stopped meanwhile
            gone.cancel()
            cut(scope["state"]["transport"])
        await asyncio.sleep(0)  # let the server notice before it looks for an answer


async def _left(receive):
    while (await receive())["type"] != "http.disconnect":
        pass
