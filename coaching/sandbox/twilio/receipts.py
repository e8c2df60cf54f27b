"""Sends status callbacks the way the current behaviour says: late, doubled, shuffled or never."""

import asyncio

from coaching.sandbox.webhooks import out_of_order


class Receipts:
    """The callbacks of one message or call, in the order they happened."""

    def __init__(self, world, url, sid, number, method="POST"):
        self._world, self._url, self._method = world, url, method
        self._sid, self._number = sid, number
        self._kept_back = []

    async def report(self, params):
        """Tells the product. With `shuffle` on, everything waits for `finish`."""
        if not self._url:
            return
        if self._world.behaviour["callbacks"]["shuffle"]:
            self._kept_back.append(params)
        else:
            await self._send(params)

    async def finish(self):
        """Sends what was kept back, in any order but the right one."""
        kept_back, self._kept_back = self._kept_back, []
        for params in out_of_order(kept_back):
            await self._send(params)

    async def _send(self, params):
        how = self._world.behaviour["callbacks"]
        if how["drop"]:
            return
        if how["delay_ms"]:
            await asyncio.sleep(how["delay_ms"] / 1000)
        for _ in range(2 if how["double"] else 1):
            await self._world.webhooks.send(
                self._url, params, sid=self._sid, number=self._number, method=self._method
            )
