"""The provider hangs, a worker hangs with it, and no visitor notices."""

import threading
import time

import httpx
import pytest

from tests.conftest import eventually

pytestmark = pytest.mark.stack

LIMIT_SECONDS = 0.5
HANG_SECONDS = 4


@pytest.fixture
def hanging_worker(product):
    """A worker in the middle of a request that the provider does not answer."""
    product.ask()
    for target in ("messages", "calls", "list"):
        product.sandbox.misbehave(target, "hang_before", times=None, seconds=HANG_SECONDS)
    worker = threading.Thread(target=product.work)
    worker.start()
    eventually(product.sandbox.requests)
    yield worker
    product.sandbox.control("faults", method="DELETE")
    worker.join()


def timed(ask, *where, **what):
    began = time.monotonic()
    answer = ask(*where, **what)
    return answer.status_code, time.monotonic() - began


def test_pages_and_the_enquiry_answer_at_once_while_the_provider_hangs(
    live_server, no_limits, hanging_worker
):
    with httpx.Client(base_url=live_server.url) as visitor:
        visitor.get("/")  # the first page of a process reads its templates
        answers = [timed(visitor.get, "/"), timed(visitor.get, "/courses/django/")]
        for name in ("Ravi", "Meena", "Kabir"):
            body = {"name": name, "phone": "98765 43210", "consent": True}
            answers.append(timed(visitor.post, "/public/leads", json=body))

    assert hanging_worker.is_alive(), "it was hanging all the while"
    assert [status for status, _ in answers] == [200, 200, 201, 201, 201]
    assert max(seconds for _, seconds in answers) < LIMIT_SECONDS


def test_control_a_page_that_sent_the_message_itself_would_hang(product):
    product.ask()
    product.sandbox.misbehave("messages", "hang_before", seconds=HANG_SECONDS)

    began = time.monotonic()
    product.work()

    assert time.monotonic() - began > LIMIT_SECONDS
