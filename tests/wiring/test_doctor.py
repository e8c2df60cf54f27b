"""The doctor says what works, what is off and what that costs, and fails only on what is broken."""

import io

import pytest
from django.core.management import call_command


@pytest.fixture(autouse=True)
def demo_machine(settings):
    settings.DEBUG = True


def doctor():
    out = io.StringIO()
    code = 0
    try:
        call_command("doctor", stdout=out)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue()


def test_a_demo_machine_is_healthy(sandbox, centre):
    code, report = doctor()

    assert code == 0, report
    assert "✓ WhatsApp" in report
    assert "✓ Calls" in report
    assert "✓ E-mail " in report


def test_what_is_not_configured_is_off_and_says_what_that_costs(sandbox, centre, settings):
    settings.TWILIO_ACCOUNT_SID = ""
    settings.EMAIL_CONFIGURED = False

    code, report = doctor()

    assert code == 0
    assert "– WhatsApp" in report
    assert "no call is placed" in report
    assert "EMAIL_URL is not set" in report


def test_keys_that_are_refused_are_broken(sandbox, centre):
    sandbox.misbehave("list", "401")

    code, report = doctor()

    assert code == 1
    assert "✗ WhatsApp" in report
    assert "refuses the keys" in report


def test_a_broker_that_is_gone_is_broken(sandbox, centre, settings):
    settings.REDIS_URL = "redis://127.0.0.1:9"

    code, report = doctor()

    assert code == 1
    assert "✗ Broker" in report


def test_a_missing_template_is_named(sandbox, centre, settings):
    from coaching.messaging.models import WhatsAppTemplate

    WhatsAppTemplate.objects.filter(message="enquiry_welcome", language="hi").delete()
    settings.TWILIO_BASE_URL = ""
    settings.TWILIO_SIMULATED = False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coaching.messaging.twilio.ask_for_anything", lambda: None)
        code, report = doctor()

    assert code == 1
    assert "enquiry_welcome (hi)" in report


def test_without_phonepes_sdk_the_product_runs_and_says_what_is_off(sandbox, centre, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    code, report = doctor()

    assert code == 0
    assert "– Online payment" in report
    assert "requirements-nodeps.txt" in report
