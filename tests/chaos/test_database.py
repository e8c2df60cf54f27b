"""The database dies, or is cut off at the worst moment: a visitor is told only what is true."""

import threading
import time
from contextlib import closing

import pytest

from tests.chaos.client import Client
from tests.chaos.conftest import everything_settles, hasty_house
from tests.chaos.proxy import Wire
from tests.conftest import eventually

pytestmark = pytest.mark.stack


def test_postgres_killed_under_load_loses_and_doubles_nothing(house, client):
    visitors = [threading.Thread(target=client.enquire) for _ in range(20)]
    for number, visitor in enumerate(visitors):
        visitor.start()
        if number == 10:
            house.postgres.kill()
        time.sleep(0.02)
    for visitor in visitors:
        visitor.join()

    everything_settles(house, client)


def test_without_postgres_the_page_says_so_and_the_same_key_works_later(house, client):
    house.postgres.down()
    enquiry = client.new()

    status = client.post(enquiry)
    house.postgres.start()
    client.insist(enquiry)

    assert status == 503
    everything_settles(house, client)


def test_of_two_in_a_deadlock_the_page_tries_again_and_saves_the_enquiry(house, client):
    first = client.enquire()
    again = client.new(phone=first.phone)
    visitor = threading.Thread(target=client.post, args=(again,))
    with house.connect() as rival:
        rival.execute("SET deadlock_timeout = '30s'")  # so that the page is the one to be ended
        take_the_key(rival, first, again.key)

        visitor.start()
        time.sleep(0.3)  # the page holds the contact and waits for the key
        rival.execute("SELECT 1 FROM accounts_contact WHERE phone = %s FOR UPDATE", [first.phone])
        rival.rollback()
        visitor.join()

    assert again.answers == [200]
    assert again.ids == first.ids


def take_the_key(rival, enquiry, key):
    """Write what the page will want to write; not committed."""
    rival.execute(
        f"CREATE TEMP TABLE rival AS SELECT * FROM leads_enquiry WHERE lead_id = {min(enquiry.ids)}"
    )
    rival.execute("UPDATE rival SET id = id + 1000000, key = %s", [f"api:{key}"])
    rival.execute("INSERT INTO leads_enquiry SELECT * FROM rival")


@pytest.fixture(scope="module")
def wired_house(shared_house):
    """The pages reach the database over a wire that can be cut, and wait briefly for a lock."""
    web, direct = shared_house.web, shared_house.web.environment["DATABASE_URL"]
    wire = Wire(shared_house.folder / "wire", shared_house.server.home)
    address = shared_house.database_at(shared_house.folder / "wire")
    web.restart(DATABASE_URL=f"{address}?options=-c%20lock_timeout%3D300ms")
    shared_house.wait_until_ready()
    yield shared_house, wire
    web.restart(DATABASE_URL=direct)
    shared_house.wait_until_ready()
    wire.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_cut_at_commit_gives_one_enquiry_and_a_true_answer(wired_house, when):
    house, wire = wired_house
    client = Client(house)
    wire.cut_next(when)

    client.enquire()

    assert wire.has_cut
    everything_settles(house, client)


def test_who_waits_too_long_for_a_lock_is_told_and_may_come_back(wired_house):
    house, _ = wired_house
    client = Client(house)
    first = client.enquire()
    again = client.new(phone=first.phone)
    with house.connect() as holder:
        holder.execute("SELECT 1 FROM accounts_contact WHERE phone = %s FOR UPDATE", [first.phone])
        status = client.post(again)

    client.insist(again)

    assert status == 503
    assert again.ids == first.ids
    eventually(lambda: house.sandbox.calls(first.phone))
    assert len(house.sandbox.messages(first.phone)) == 1


@pytest.fixture(scope="module")
def small_house():
    with hasty_house(database="sqlite", workers=1) as house:
        yield house


@pytest.mark.slow
def test_sqlite_survives_kills_of_everything_that_writes_to_it(small_house):
    client = Client(small_house)
    for moment in (0.1, 0.2, 0.3):
        visitors = [threading.Thread(target=client.enquire) for _ in range(6)]
        for visitor in visitors:
            visitor.start()
        time.sleep(moment)
        small_house.web.kill()
        small_house.worker.kill()
        for visitor in visitors:
            visitor.join()

    everything_settles(small_house, client, seconds=90)
    assert small_house.sql("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.slow
def test_somebody_who_reads_sqlite_for_long_holds_up_nobody(small_house):
    client = Client(small_house)
    with closing(small_house.sqlite()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM leads_lead").fetchall()

        for _ in range(5):
            assert client.enquire().answers == [201]

        everything_settles(small_house, client)
