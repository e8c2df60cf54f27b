"""A day on which something is sent, and the morning on which it is compared with the provider."""

import time
from datetime import datetime, timedelta

import pytest
from django.utils import timezone


@pytest.fixture
def day(product):
    """Today in India, with more than a minute left of it."""
    while timezone.localtime().strftime("%H:%M") == "23:59":
        time.sleep(1)
    return timezone.localdate()


@pytest.fixture
def next_morning(day, time_machine):
    """Move to ten past five of the next day, when the comparison is made."""

    def move():
        india = timezone.get_current_timezone()
        morning = datetime(day.year, day.month, day.day, 5, 10, tzinfo=india) + timedelta(days=1)
        time_machine.move_to(morning)

    return move


@pytest.fixture
def no_receipts(product):
    """The provider's callbacks are lost, so only asking it can tell."""
    product.sandbox.behave(callbacks={"drop": True})
