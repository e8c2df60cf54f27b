"""The long life of the state machine of tests/payments; `make chaos` runs it, no test does."""

import os

import pytest

from tests.payments.conftest import till  # noqa: F401
from tests.payments.test_machine import run


@pytest.mark.django_db(transaction=True)
def test_many_long_lives_of_a_till(till):  # noqa: F811
    run(till, examples=int(os.environ["CHAOS_LIVES"]), steps=40)
