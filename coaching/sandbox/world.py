"""What every part of the sandbox shares: memory, faults, behaviour, open pages, live calls."""

import asyncio
import sys
import traceback

from coaching.sandbox.events import Hub
from coaching.sandbox.faults import Faults
from coaching.sandbox.store import Store
from coaching.sandbox.times import now
from coaching.sandbox.webhooks import Webhooks

CALM = {
    "latency_ms": 0,
    "callbacks": {
        "double": False,
        "shuffle": False,
        "delay_ms": 0,
        "drop": False,
        "early": False,
    },
    "phonepe": {
        "lose": False,  # webhooks never arrive
        "times": 1,  # each arrives so often
        "shuffle": False,
        "delay_ms": 0,
        "forge": "",  # a forged one comes before each: wrong "hash", or right hash, false "body"
        "flat_refunds": False,  # a refund's fields at the root of the webhook
        "refund_ends": "COMPLETED",  # where a refund gets to by itself
        "refund_error": "BF_034",  # why it failed, where it ends FAILED: the balance is short
        "refund_seconds": 1,  # between two of its steps
        "token_seconds": 3600,  # real seconds, for the product keeps its token by its own clock
    },
}
CHOICES = {
    "forge": ("", "hash", "body"),
    "refund_ends": ("PENDING", "CONFIRMED", "COMPLETED", "FAILED"),
}


class World:
    def __init__(self, config):
        self.config = config
        self.store = Store(config.database)
        self.hub = Hub()
        self.faults = Faults(self.store)
        self.behaviour = _changed(CALM, self.store.setting("behaviour", {}))
        self.webhooks = Webhooks(self)
        self.lines = {}  # sid of each live call -> its Line
        self.kept_back = {}  # merchant's id -> webhooks that wait to be shuffled
        self._tasks = set()

    def behave(self, wanted):
        """Takes over the given keys, keeps the others. Raises ValueError for an unknown one."""
        self.behaviour = _changed(self.behaviour, wanted)
        self.store.keep_setting("behaviour", self.behaviour)

    def reset(self):
        """Everything under way stops without a word; only registered templates stay."""
        for task in list(self._tasks):
            task.cancel()
        self.lines.clear()
        self.kept_back.clear()
        self.store.wipe()
        self.faults.clear()
        self.behaviour = CALM
        self.hub.changed()

    async def wait(self, seconds):
        await asyncio.sleep(seconds * self.config.pace)

    async def until(self, at):
        """Waits for a moment in real milliseconds; one that is past is now."""
        await asyncio.sleep(max(0, at - now()) / 1000)

    def spawn(self, coroutine):
        """Runs beside the request that caused it; its failure is printed, never swallowed."""
        self.keep(asyncio.get_running_loop().create_task(coroutine))

    def keep(self, task):
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task):
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            traceback.print_exception(task.exception(), file=sys.stderr)

    def record(self, kind, **fields):
        """Writes one row of the log that tests and the page read. Returns its id."""
        fields.setdefault("at", now())
        return self.store.insert("log", kind=kind, **fields)

    async def close(self):
        self.hub.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.webhooks.close()
        self.store.close()


def _changed(behaviour, wanted):
    """A behaviour with the wanted keys in place. Raises ValueError for what makes no sense."""
    merged = dict(behaviour)
    for name, value in wanted.items():
        if name not in behaviour:
            raise ValueError(f"unknown behaviour: {name}")
        if isinstance(behaviour[name], dict):
            value = _changed(behaviour[name], value)
        elif name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} is one of {', '.join(map(repr, CHOICES[name]))}")
        merged[name] = value
    return merged
