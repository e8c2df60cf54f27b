"""The doctor says whether fees can be paid online, and what is off where they cannot."""

import pytest

from payments import phonepe
from tests.wiring.test_doctor import demo_machine, doctor  # noqa: F401


@pytest.fixture(autouse=True)
def anew(sandbox):
    """The SDK keeps its token: each test begins without one, and leaves none."""
    phonepe.close()
    yield
    phonepe.close()


def test_keys_that_open_the_door_work(sandbox, centre):
    code, report = doctor()

    assert code == 0, report
    assert "✓ Online payment" in report and "through the sandbox." in report
    assert "✓ Payment webhook" in report and "/webhooks/phonepe/" in report


@pytest.mark.parametrize(
    ("what", "says"), [("401", "refuses the keys"), ("500_before", "does not answer")]
)
def test_keys_that_do_not_are_broken(sandbox, centre, what, says):
    sandbox.misbehave("token", what, times=None)

    code, report = doctor()

    assert code == 1
    assert "✗ Online payment" in report and says in report


def test_without_keys_fees_come_by_cash_and_the_product_is_well(sandbox, centre, settings):
    settings.PHONEPE_CLIENT_ID = ""

    code, report = doctor()

    assert code == 0
    assert "– Online payment" in report and "in cash or by bank transfer only" in report


def test_without_the_webhooks_password_payments_are_only_seen_later(sandbox, centre, settings):
    settings.PHONEPE_WEBHOOK_PASSWORD = ""

    code, report = doctor()

    assert code == 0
    assert "– Payment webhook" in report and "half a minute later" in report
