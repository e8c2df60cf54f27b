"""One house for all short fault tests: hasty, healed after each test. Numbers are never reused."""

import pytest

from tests.chaos.client import Client
from tests.chaos.faultpoints import disarm
from tests.chaos.invariants import lost, unsettled, violations
from tests.conftest import eventually, is_up
from tests.stack.house import House

HASTE = "20"  # a lease of 1.5 s, two looks 3 s apart, a sweep every quarter of a second
LEASE_SECONDS = 1.5


def hasty_house(**more):
    return House(
        wsgi="tests.chaos.wsgi", celery="tests.chaos.celery", CHAOS_HASTE=HASTE,
        **{"workers": 2, **more},
    )  # fmt: skip


@pytest.fixture(scope="package")
def shared_house():
    with hasty_house() as house:
        yield house


def heal(house):
    disarm(house)
    for extra in house.beats[1:]:
        extra.down()
        house.beats.remove(extra)
    house.sandbox.control("faults", method="DELETE")
    quiet = dict.fromkeys(("double", "shuffle", "early", "drop"), False)
    house.sandbox.behave(latency_ms=0, callbacks=quiet)
    for part in house.parts:
        if part.is_alive:
            part.thaw()
        elif not part.is_wanted:
            part.start()
    eventually(lambda: is_up(f"{house.url}/readyz"), seconds=20)


@pytest.fixture
def house(shared_house):
    yield shared_house
    heal(shared_house)


@pytest.fixture
def client(house):
    return Client(house)


def everything_settles(house, client, seconds=60):
    """Wait until every acknowledged enquiry is answered; then nothing may be wrong."""

    def what_is_open():
        return unsettled(house, client) or lost(house, client)

    try:
        eventually(lambda: not what_is_open(), seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}: {what_is_open()}") from None
    assert violations(house, client) == []
