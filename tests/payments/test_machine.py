"""Whatever happens in whatever order, every paid rupee has a seat or a refund."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from payments import refunds
from tests.payments import books
from tests.payments.machine import Machine

pytestmark = pytest.mark.django_db(transaction=True)


def run(till, examples, steps):
    machine = type("ThisMachine", (Machine,), {"till": till})
    till.sandbox.behave(phonepe={"refund_seconds": 0.01})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_few_lives_of_a_till(till):
    run(till, examples=4, steps=12)


@pytest.mark.slow
def test_many_lives_of_a_till(till):
    run(till, examples=20, steps=25)


def test_control_a_till_that_keeps_what_came_too_much_is_found_out(till, monkeypatch):
    monkeypatch.setattr(refunds, "give_back", lambda *_, **__: None)

    with pytest.raises((AssertionError, Flaky, ExceptionGroup)):
        run(till, examples=30, steps=25)

    assert any("goes back" in line for line in books.wrong())
