"""The long run: enquiries at a steady rate, while warm processes die and the provider lies."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import redis

from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.faultpoints import IN_WEB, IN_WORKER, arm, disarm, has_struck

# Of a hundred kills. What dies most often in real life is what is deployed most often.
SHARES = {
    "worker": 40, "worker at a point": 22, "web": 12, "web at a point": 8,
    "broker": 7, "Postgres": 7, "beat": 4,
}  # fmt: skip
LIES = {
    "messages": ("500_before", "500_after", "reset_after", "hang_after", "429", "bad_json"),
    "calls": ("500_before", "500_after", "reset_after", "hang_after", "429", "bad_json"),
    "smtp": ("450", "reset_after"),
}
LATENCY_MS = 100
KILLS_BETWEEN_FLUSHES = 20


class Storm:
    """`rate` is in enquiries a second; the enquiries wait when the kills fall behind."""

    lies = LIES
    points_of_web, points_of_worker = IN_WEB, IN_WORKER
    web_says = "POST /public/leads"  # once it is warm

    def __init__(self, house, *, leads, kills, rate, seed, say, share_of_each_lie=0.01):
        self.house, self.leads, self.kills, self.rate, self.say = house, leads, kills, rate, say
        self.share_of_each_lie = share_of_each_lie
        self.client = Client(house)
        self.random = random.Random(seed)
        self.killed = Counter()
        self.flushes = 0
        self._over = threading.Event()  # the last enquiry has been posted
        self.settled_after = None  # seconds after the last fault; None: not within the time

    def rage(self):
        """Post, kill and lie; returns when every visitor has an answer and the lies have ended."""
        self.house.sandbox.behave(latency_ms=LATENCY_MS)
        for target, lies in self.lies.items():
            for lie in lies:
                self.house.sandbox.misbehave(
                    target, lie, times=None, share=self.share_of_each_lie, seconds=12
                )
        with ThreadPoolExecutor(64) as visitors, ThreadPoolExecutor(1) as one:
            killer = one.submit(self._kill)
            for _ in self._steadily():
                visitors.submit(self.visit)
            self._over.set()
        killer.result()
        disarm(self.house)
        self.house.sandbox.control("faults", method="DELETE")

    def visit(self):
        self.client.enquire(email=True, seconds=120)

    def unsettled(self):
        return invariants.unsettled(self.house, self.client)

    def mood(self):
        """How the providers' receipts come until the next kill."""
        return {"callbacks": {"drop": self.random.random() < 0.5}}

    def settle(self, seconds):
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if not self.unsettled():
                self.settled_after = time.monotonic() - began
                return
            time.sleep(1)

    def _steadily(self):
        for number in range(self.leads):
            is_ahead = number / self.leads > self.killed.total() / self.kills
            self._over.wait(1 if is_ahead else 1 / self.rate)
            yield number

    def _kill(self):
        began, pause = time.monotonic(), self.leads / self.rate / self.kills
        while self.killed.total() < self.kills and not self._over.is_set():
            kind = self.random.choices(list(SHARES), list(SHARES.values()))[0]
            self.house.sandbox.behave(**self.mood())
            if self._strike(kind):
                self.killed[kind] += 1
                self.say(f"{self.killed.total()} of {self.kills}: {kind}")
            if self.killed.total() // KILLS_BETWEEN_FLUSHES > self.flushes:
                self._flush()
            early = began + self.killed.total() * pause - time.monotonic()
            self._over.wait(max(0, early) * self.random.uniform(0.5, 1))

    def _flush(self):
        with suppress(redis.RedisError):  # it is being started again: next time
            self.house.redis().flushall()
            self.flushes += 1

    def _strike(self, kind):
        """Kill one warm process; returns whether one died."""
        if kind.endswith("at a point"):
            return self._strike_at_a_point(in_web=kind.startswith("web"))
        victim = {
            "worker": self.random.choice(self.house.workers),
            "web": self.house.web,
            "broker": self.house.broker,
            "beat": self.house.beats[0],
            "Postgres": self.house.postgres,
        }[kind]
        if not self._becomes_warm(victim):
            return False
        victim.kill()
        return True

    def _strike_at_a_point(self, *, in_web):
        if not all(map(self._becomes_warm, [self.house.web] if in_web else self.house.workers)):
            return False
        point = self.random.choice(self.points_of_web if in_web else self.points_of_worker)
        arm(self.house, point)
        struck = self._within(10, lambda: has_struck(self.house, point))
        disarm(self.house)
        return struck

    def _becomes_warm(self, part):
        """Wait until it has done some work since it was started, so that there is some to lose."""
        words = ""
        if part is self.house.web:
            words = self.web_says
        elif part in self.house.workers:
            words = " accepted "
        return self._within(20, lambda: part.is_alive and part.has_said(words))

    def _within(self, seconds, condition):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._over.is_set():
            if condition():
                return True
            time.sleep(0.05)
        return False
