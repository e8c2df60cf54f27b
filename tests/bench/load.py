"""The visitors' side: a process of its own on plain sockets, so that it takes little of the CPU.

    python -m tests.bench.load '{"port": 8000, "first": 0, "seconds": 3, "connections": 32}'

Closed loop: each connection sends its next request when the answer is there. With `rate`, an open
loop: so many enquiries a second are sent whether answers come or not. With `path`, pages instead
of enquiries. Prints JSON: the number of each request, when it was sent, when its answer was there.
"""

import asyncio
import json
import subprocess
import sys
import time

from tests.bench.people import get, post, visitor

PATIENCE_SECONDS = 30


class Visit(asyncio.Protocol):
    """One kept connection, one request at a time."""

    def __init__(self, load):
        self.load = load
        self.received = b""
        self.number = self.sent_at = None

    def connection_made(self, transport):
        self.transport = transport
        self.load.free(self)

    def send(self, number):
        self.number = number
        request = self.load.request(number)
        self.sent_at = time.time()
        self.transport.write(request)

    def data_received(self, data):
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            answered_at = time.time()
            self.load.answered(self.number, self.sent_at, answered_at, int(head[9:12]))
            self.received, self.sent_at = b"", None
            self.load.free(self)

    def connection_lost(self, error):
        if self.sent_at:
            self.load.answered(self.number, self.sent_at, time.time(), 0)


def _length(head):
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])


class Load:
    def __init__(self, *, port, first, seconds, connections=32, rate=None, path=None):
        self.port, self.next, self.seconds, self.connections = port, first, seconds, connections
        self.rate = rate
        self.page = get(path) if path else None
        self.idle, self.rows, self.under_way, self.ends = [], [], 0, 0

    def request(self, number):
        """The bytes of one request."""
        return self.page or post(visitor(number))

    def free(self, visit):
        if self.rate is None and time.time() < self.ends:
            self.send_on(visit)
        else:
            self.idle.append(visit)

    def send_on(self, visit):
        self.under_way += 1
        self.next += 1
        visit.send(self.next - 1)

    def answered(self, number, sent_at, answered_at, status):
        self.under_way -= 1
        self.rows.append((number, sent_at, answered_at, status))

    async def run(self):
        loop = asyncio.get_running_loop()
        self.ends = time.time() + self.seconds
        for _ in range(self.connections):
            await loop.create_connection(lambda: Visit(self), "127.0.0.1", self.port)
        if self.rate:
            await self.send_at_the_rate()
        last_answer = self.ends + PATIENCE_SECONDS
        while (time.time() < self.ends or self.under_way) and time.time() < last_answer:
            await asyncio.sleep(0.02)
        return self.rows

    async def send_at_the_rate(self):
        begun = time.time()
        for n in range(int(self.rate * self.seconds)):
            await asyncio.sleep(max(0, begun + n / self.rate - time.time()))
            while not self.idle:  # every connection waits for an answer
                await asyncio.sleep(0.001)
            self.send_on(self.idle.pop(0))


def run(expected=201, module="tests.bench.load", **how):
    """Run a load in a process of its own and return its rows; raises when an answer is wrong."""
    command = [sys.executable, "-m", module, json.dumps(how)]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    wrong = [row[3] for row in rows if row[3] != expected]
    if wrong or not rows:
        raise RuntimeError(f"{len(wrong)} of {len(rows)} answers were not {expected}: {wrong[:5]}")
    return rows


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Load(**json.loads(sys.argv[1])).run())))
