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
}


class World:
    def __init__(self, config):
        self.config = config
        self.store = Store(config.database)
        self.hub = Hub()
        self.faults = Faults(self.store)
        self.behaviour = self.store.setting("behaviour", CALM)
        self.webhooks = Webhooks(self)
        self.lines = {}  # sid of each live call -> its Line
        self._tasks = set()

    def behave(self, wanted):
        """Takes over the given keys, keeps the others. Raises ValueError for an unknown one."""
        callbacks = wanted.get("callbacks", {})
        if unknown := (set(wanted) - set(CALM)) | (set(callbacks) - set(CALM["callbacks"])):
            raise ValueError(f"unknown behaviour: {', '.join(sorted(unknown))}")
        merged = {**self.behaviour, **wanted}
        merged["callbacks"] = {**self.behaviour["callbacks"], **callbacks}
        self.behaviour = merged
        self.store.keep_setting("behaviour", merged)

    def reset(self):
        """Everything under way stops without a word; only registered templates stay."""
        for task in list(self._tasks):
            task.cancel()
        self.lines.clear()
        self.store.wipe()
        self.faults.clear()
        self.behaviour = CALM
        self.hub.changed()

    async def wait(self, seconds):
        await asyncio.sleep(seconds * self.config.pace)

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
