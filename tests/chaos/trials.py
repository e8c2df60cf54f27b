"""The trials beside the long run: workers frozen past their lease, and guards switched off."""

import random
import threading
import time

from tests.chaos import invariants
from tests.chaos.client import Client
from tests.chaos.conftest import LEASE_SECONDS, hasty_house
from tests.chaos.storm import Storm

# Long enough for the others to give up the frozen worker's claims and to ask twice.
FROZEN_SECONDS = LEASE_SECONDS + 5
LATENCY_MS = 300


def freeze(times, seed, say):
    """Freeze a busy worker `times` times past its lease; returns what was sent twice."""
    chance = random.Random(seed)
    with hasty_house() as house:
        client, over = Client(house), threading.Event()
        house.sandbox.behave(latency_ms=LATENCY_MS)
        visitor = threading.Thread(target=_keep_asking, args=(client, over))
        visitor.start()
        for number in range(times):
            worker = house.workers[number % 2]
            time.sleep(1 + chance.random())
            worker.freeze()
            time.sleep(FROZEN_SECONDS)
            worker.thaw()
            say(f"{number + 1} of {times} freezes")
        over.set()
        visitor.join()
        settles(house, client, 60)
        logs = "".join(worker.log.read_text() for worker in house.workers)
        return {
            "enquiries": len(client.acknowledged),
            "doubled": invariants.doubled(house, client),
            "told": logs.count("sent_twice"),
            "broken": invariants.broken_promises(house, client)
            + invariants.unsettled(house, client)
            + invariants.lost(house, client),
        }


def _keep_asking(client, over):
    while not over.wait(0.2):
        client.enquire()


def settles(house, client, seconds):
    deadline = time.monotonic() + seconds
    while invariants.unsettled(house, client) and time.monotonic() < deadline:
        time.sleep(0.5)


def guard_off(guard, seed, say):
    """A small storm without one guard; returns how many things are wrong afterwards."""
    with hasty_house(CHAOS_GUARD_OFF=guard) as house:
        storm = Storm(
            house, leads=60, kills=6, rate=5, seed=seed, say=say, share_of_each_lie=0.05
        )  # fmt: skip
        storm.rage()
        storm.settle(20)
        return len(invariants.violations(house, storm.client))
