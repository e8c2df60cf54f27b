"""Settings that would be dangerous or useless are refused at the start, in one sentence."""

import os
import subprocess
import sys

import pytest

ASK = "from django.conf import settings; print(settings.{name})"


def settings_with(name="DEBUG", **environment):
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME")}
    return subprocess.run(
        [sys.executable, "-c", ASK.format(name=name)],
        env={
            **keep,
            "DJANGO_SETTINGS_MODULE": "coaching.settings",
            "DEBUG": "1",
            "SANDBOX": "1",
            "SECRET_KEY": "x" * 50,
            **environment,
        },
        capture_output=True,
        text=True,
    )


def test_the_sandbox_is_refused_when_debug_is_off():
    run = settings_with(DEBUG="0", CALLING_WINDOW="09:00-21:00")

    assert run.returncode != 0
    assert "refused when DEBUG is off" in run.stderr


def test_calls_at_any_hour_need_the_sandbox():
    run = settings_with(SANDBOX="0", CALLING_WINDOW="always")

    assert "is for the sandbox" in run.stderr


def test_with_the_real_twilio_the_lawful_hours_count_even_in_the_demo():
    real = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "secret"}

    assert settings_with("CALLING_ALWAYS", CALLING_WINDOW="always").stdout == "True\n"
    assert settings_with("CALLING_ALWAYS", CALLING_WINDOW="always", **real).stdout == "False\n"


@pytest.mark.parametrize("window", ["22:00-23:00", "9-21", "08:00-20:00", "21:00-09:00", "soon"])
def test_calling_hours_that_are_no_lawful_hours_are_refused(window):
    run = settings_with(CALLING_WINDOW=window)

    assert "must be hours like 09:00-21:00" in run.stderr


def test_a_variable_that_is_set_wins_over_the_sandbox():
    stand_in = settings_with("TWILIO_BASE_URL", TWILIO_BASE_URL="http://127.0.0.1:9999")
    real = settings_with("TWILIO_BASE_URL", TWILIO_ACCOUNT_SID="AC" + "1" * 32)
    mail = settings_with("EMAIL_HOST", EMAIL_URL="smtp://user:p%40ss@mail.example:587")

    assert stand_in.stdout == "http://127.0.0.1:9999\n"
    assert real.stdout == "\n"
    assert mail.stdout == "mail.example\n"


def test_a_folder_with_odd_characters_holds_the_database(tmp_path):
    folder = tmp_path / "c++ #1 x"

    run = settings_with("DATABASES['default']['NAME']", VAR_DIR=str(folder))

    assert run.stdout == f"{folder / 'db.sqlite3'}\n"


def test_no_secret_has_a_default_outside_debug():
    run = settings_with(DEBUG="0", SANDBOX="0", SECRET_KEY="", CALLING_WINDOW="09:00-21:00")

    assert "SECRET_KEY" in run.stderr
