"""Tells open pages that something changed, at most five times a second each.

Under load a thousand changes become one nudge: the page fetches itself again, so nothing is lost.
"""

import asyncio

GAP = 0.2
HEARTBEAT = 15


class Hub:
    def __init__(self):
        self._listeners = set()
        self._closing = asyncio.Event()

    def changed(self):
        for listener in self._listeners:
            listener.set()

    def close(self):
        """Ends every open stream, so that the server can stop at once."""
        self._closing.set()
        self.changed()

    async def stream(self):
        """Server-sent events: one `changed` right away (the page may be stale), then on news."""
        news = asyncio.Event()
        self._listeners.add(news)
        try:
            yield b"retry: 1000\nevent: changed\ndata: now\n\n"
            while not self._closing.is_set():
                try:
                    await asyncio.wait_for(news.wait(), HEARTBEAT)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                news.clear()
                if not self._closing.is_set():
                    yield b"event: changed\ndata: now\n\n"
                    await asyncio.sleep(GAP)
        finally:
            self._listeners.discard(news)
