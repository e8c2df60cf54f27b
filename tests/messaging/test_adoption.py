"""What becomes of what was found: adopted after a restore, and printed by the command."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from coaching.messaging import diff
from coaching.messaging.models import CommunicationLog, State
from tests.messaging.comparison import ASHA, frozen_worker_sends


def restore_a_backup(channel):
    """Put the rows of `channel` back to where they were before anything left."""
    CommunicationLog.objects.filter(channel=channel).update(
        state=State.PENDING, provider_id="", posted_at=None, accepted_at=None, attempts=0,
        claim_token=None, lease_until=None,
    )  # fmt: skip


@pytest.mark.parametrize("channel", ["whatsapp", "voice"])
def test_after_a_restore_what_had_left_is_not_sent_again(
    product, day, next_morning, no_receipts, channel
):
    product.ask()
    product.work()
    restore_a_backup(channel)
    next_morning()

    adopted = diff.adopt(diff.compare(day, channel))
    product.work()

    log = product.log(channel)
    assert (adopted, log.state) == (1, State.SENT)
    assert {timezone.localdate(log.posted_at), timezone.localdate(log.accepted_at)} == {day}
    assert diff.compare(day, channel).is_clean
    assert len(product.sandbox.messages(ASHA) + product.sandbox.calls(ASHA)) == 2


def test_control_after_a_restore_it_would_be_sent_again(product, day, next_morning, no_receipts):
    product.ask()
    product.work()
    restore_a_backup("whatsapp")
    next_morning()

    diff.compare(day, "whatsapp")
    product.work()

    assert len(product.sandbox.messages(ASHA)) == 2


def test_where_two_messages_stand_against_one_row_a_person_decides(
    product, day, next_morning, no_receipts
):
    product.ask()
    frozen_worker_sends(product, "whatsapp")
    restore_a_backup("whatsapp")
    next_morning()

    found = diff.compare(day, "whatsapp")

    assert len(found.unclaimed) == 2
    assert diff.adopt(found) == 0
    assert product.log("whatsapp").state == State.PENDING


def test_the_command_prints_the_table_and_names_what_it_found(
    product, day, next_morning, no_receipts
):
    product.ask()
    sid = frozen_worker_sends(product, "whatsapp")
    next_morning()
    out = StringIO()

    call_command("compare_with_provider", stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0].split() == [*f"{day:%d %b %Y}".split(), "provider", "unclaimed", "missing"]
    assert lines[1].split() == ["WhatsApp", "2", "1", "0"]
    assert f"to …3210 {sid} · WhatsApp · enquiry welcome · Sent" in lines[2]
    assert lines[3].split() == ["E-mail", "0", "0", "0"]
    assert lines[4].split() == ["Call", "1", "0", "0"]


def test_the_command_adopts_after_a_restore(product, day, next_morning, no_receipts):
    product.ask()
    product.work()
    restore_a_backup("whatsapp")
    next_morning()
    out = StringIO()

    call_command("compare_with_provider", "--adopt", f"--day={day}", stdout=out)

    assert out.getvalue().splitlines()[1].split() == ["WhatsApp", "1", "0", "0"]
    assert product.log("whatsapp").state == State.SENT


@pytest.mark.parametrize("wrong", ["2026-13-01", "yesterday", "2999-01-01"])
def test_the_command_refuses_a_day_that_is_none_or_has_not_begun(db, wrong):
    with pytest.raises(CommandError):
        call_command("compare_with_provider", f"--day={wrong}")


def test_the_command_says_when_the_provider_does_not_answer(product, settings):
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(CommandError, match="does not answer"):
        call_command("compare_with_provider", stdout=StringIO())
