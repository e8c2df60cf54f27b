"""The daily comparison with the provider: what was sent twice, or never, is found and named."""

import http.server
import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from coaching.celery import app
from coaching.messaging import delivery, diff, gates, tasks
from coaching.messaging.channels import DeliveryError
from coaching.messaging.models import (
    Alert,
    Channel,
    CommunicationLog,
    DeliveryReceipt,
    ProviderDiff,
    State,
)
from tests.conftest import eventually
from tests.messaging.test_doubt import begun, later

ASHA = "+919876543210"
INDIA = ZoneInfo("Asia/Kolkata")
A_SID = "SM" + "a" * 32


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
        morning = datetime(day.year, day.month, day.day, 5, 10, tzinfo=INDIA) + timedelta(days=1)
        time_machine.move_to(morning)

    return move


@pytest.fixture
def no_receipts(product):
    product.sandbox.behave(callbacks={"drop": True})


def frozen_worker_sends(product, channel):
    """A worker freezes with its request begun; another sends; the first thaws, and sends too."""
    module = gates.CHANNELS[channel]
    frozen = begun(product.log(channel))
    prepared = module.prepare(frozen)
    for _ in range(4):
        later(channel)
        product.work()
    assert product.log(channel).state == State.SENT
    sid = module.send(frozen, prepared)
    delivery.accepted(frozen, sid)
    return sid


def restore_a_backup(channel):
    """Put the rows of `channel` back to where they were before anything left."""
    CommunicationLog.objects.filter(channel=channel).update(
        state=State.PENDING, provider_id="", posted_at=None, accepted_at=None, attempts=0,
        claim_token=None, lease_until=None,
    )  # fmt: skip


@contextmanager
def provider_that_lists(settings, *pages):
    """A provider that answers with these lists, one a page, whatever it is asked."""

    class Provider(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            number = int(self.path.partition("Page=")[2] or 0)
            after = f"/more?Page={number + 1}" if number + 1 < len(pages) else None
            body = json.dumps({"messages": pages[number], "next_page_uri": after}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TWILIO_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    yield
    server.shutdown()
    server.server_close()


def a_message(number, at, **more):
    """One message as the provider lists it; `at` is a moment, or None."""
    return {
        "sid": f"SM{number:032x}",
        "to": f"whatsapp:{ASHA}",
        "direction": "outbound-api",
        "date_created": at and format_datetime(at.astimezone(UTC)),
        **more,
    }


def list_requests(sandbox):
    return [row for row in sandbox.log("request") if row["method"] == "GET"]


def test_a_day_on_which_all_is_well_is_written_down_and_says_nothing(product, day, next_morning):
    product.ask(email="asha@example.com")
    product.work()
    next_morning()

    found = [diff.compare(day, channel) for channel in Channel]

    assert [(row.channel, row.provider_count) for row in found] == [
        ("whatsapp", 1), ("email", 1), ("voice", 1),
    ]  # fmt: skip
    assert all(row.is_clean for row in found)
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("channel", "said"),
    [("whatsapp", "1 WhatsApp message may have been sent twice"),
     ("voice", "1 call may have been sent twice")],
)  # fmt: skip
def test_a_second_send_of_a_frozen_worker_is_named_and_told_once(
    product, day, next_morning, no_receipts, channel, said
):
    product.ask()
    sid = frozen_worker_sends(product, channel)
    next_morning()

    found = diff.compare(day, channel)
    again = diff.compare(day, channel)

    [entry] = found.unclaimed
    assert (entry["sid"], entry["to"]) == (sid, "3210")
    assert entry["log"] == str(product.log(channel).pk)
    assert found.missing == []
    assert (found.provider_count, again.pk, again.unclaimed) == (2, found.pk, found.unclaimed)
    assert said in Alert.objects.get().text
    assert ASHA not in json.dumps(found.unclaimed)


def test_what_the_owner_has_put_away_is_not_told_again(product, day, next_morning, no_receipts):
    product.ask()
    frozen_worker_sends(product, "whatsapp")
    next_morning()
    diff.compare(day, "whatsapp")
    Alert.objects.update(closed_at=timezone.now())

    diff.compare(day, "whatsapp")

    assert Alert.objects.count() == 1


def test_a_receipt_says_which_of_two_rows_a_second_send_doubles(product, day, next_morning):
    lead = product.ask()
    first = product.log("whatsapp")
    frozen = begun(first)
    prepared = gates.CHANNELS["whatsapp"].prepare(frozen)
    for _ in range(3):
        later("whatsapp")
        product.work()
    product.settles("whatsapp", State.READ)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    CommunicationLog.objects.filter(pk=first.pk).update(posted_at=an_hour_ago)
    nearer = CommunicationLog.objects.create(
        contact=lead.contact, channel="whatsapp", purpose="enquiry_welcome", dedupe_key="later",
        recipient=ASHA, state=State.SENT, provider_id=A_SID,
        posted_at=timezone.now(),
    )  # fmt: skip
    sid = gates.CHANNELS["whatsapp"].send(frozen, prepared)
    eventually(lambda: DeliveryReceipt.objects.filter(provider_id=sid, is_ours=False).exists())
    next_morning()

    found = diff.compare(day, "whatsapp")

    assert [(entry["sid"], entry["log"]) for entry in found.unclaimed] == [(sid, str(first.pk))]
    assert [entry["log"] for entry in found.missing] == [str(nearer.pk)]


def test_without_a_receipt_the_request_that_was_made_nearest_to_it_is_named(
    product, day, next_morning, no_receipts
):
    lead = product.ask()
    frozen_worker_sends(product, "whatsapp")
    first = product.log("whatsapp")
    waited_since = timezone.now() - timedelta(hours=2)
    CommunicationLog.objects.filter(pk=first.pk).update(trying_since=waited_since)
    CommunicationLog.objects.create(
        contact=lead.contact, channel="whatsapp", purpose="enquiry_welcome", dedupe_key="earlier",
        recipient=ASHA, state=State.SENT, provider_id=A_SID,
        posted_at=timezone.now() - timedelta(hours=6),
    )  # fmt: skip
    next_morning()

    [entry] = diff.compare(day, "whatsapp").unclaimed

    assert entry["log"] == str(first.pk)


def call_is_busy(product):
    product.sandbox.phone(ASHA, call="busy")
    product.ask()
    product.work()
    product.settles("voice", State.PENDING, reason="busy")


def whatsapp_fails_for_now(product):
    product.sandbox.misbehave("messages", "fail_later", code=63018)
    product.ask()
    product.work()
    product.settles("whatsapp", State.PENDING, reason="twilio:63018")


@pytest.mark.parametrize(
    ("channel", "fails"), [("voice", call_is_busy), ("whatsapp", whatsapp_fails_for_now)]
)
def test_an_earlier_attempt_of_a_row_is_no_second_send(product, day, next_morning, channel, fails):
    fails(product)
    next_morning()

    found = diff.compare(day, channel)

    assert found.provider_count == 1
    assert found.is_clean


def test_control_without_its_receipts_an_earlier_attempt_would_look_like_a_second_send(
    product, day, next_morning
):
    call_is_busy(product)
    DeliveryReceipt.objects.all().delete()
    next_morning()

    assert len(diff.compare(day, "voice").unclaimed) == 1


def test_control_without_asking_what_rows_have_claimed_everything_is_reported(
    product, day, next_morning, no_receipts, monkeypatch
):
    product.ask()
    product.work()
    next_morning()
    monkeypatch.setattr(diff, "_claimed", lambda _sids: set())

    assert len(diff.compare(day, "whatsapp").unclaimed) == 1
    assert len(diff.compare(day, "voice").unclaimed) == 1


@pytest.mark.parametrize("channel", ["whatsapp", "voice"])
def test_a_row_that_says_sent_and_that_the_provider_lacks_is_named(
    product, day, next_morning, no_receipts, channel
):
    product.ask()
    product.work()
    log = product.log(channel)
    product.sandbox.control("reset", {})
    next_morning()

    found = diff.compare(day, channel)

    assert [(entry["sid"], entry["log"]) for entry in found.missing] == [
        (log.provider_id, str(log.pk))
    ]
    assert (found.provider_count, found.unclaimed) == (0, [])
    assert "the provider does not know 1 " in Alert.objects.get().text


def test_a_row_that_failed_is_not_looked_for_at_the_provider(product, day, next_morning):
    product.ask()
    product.work()
    CommunicationLog.objects.filter(channel="whatsapp").update(
        state=State.FAILED, reason="twilio:63024", provider_id=A_SID
    )
    next_morning()

    assert diff.compare(day, "whatsapp").missing == []


def test_the_demos_made_up_history_is_not_looked_for_at_the_provider(product, day, next_morning):
    product.ask()
    product.work()
    CommunicationLog.objects.filter(channel="whatsapp").update(provider_id="demo-1")
    next_morning()

    assert diff.compare(day, "whatsapp").missing == []


def test_a_list_of_several_pages_is_read_to_its_end(product, day, next_morning, no_receipts):
    for number in range(5):
        product.ask(name=f"Asha {number}", phone=f"98765 4321{number}")
    product.work()
    asked = len(list_requests(product.sandbox))
    next_morning()

    found = diff.compare(day, "whatsapp", page_size=2)

    assert len(list_requests(product.sandbox)) - asked == 3
    assert (found.provider_count, found.is_clean) == (5, True)


def test_a_list_that_never_ends_is_given_up(product, day, settings, monkeypatch):
    monkeypatch.setattr("coaching.messaging.twilio.MOST_PAGES", 2)

    with provider_that_lists(settings, [], [], []), pytest.raises(DeliveryError):
        diff.compare(day, "whatsapp")

    assert not ProviderDiff.objects.exists()


def test_a_day_begins_and_ends_at_midnight_in_india(centre, settings, time_machine):
    time_machine.move_to(datetime(2026, 11, 24, 5, 10, tzinfo=INDIA))
    moments = [(21, 23, 59), (22, 0, 1), (22, 23, 59), (23, 0, 1)]
    made = [
        a_message(n, datetime(2026, 11, day, hour, minute, tzinfo=INDIA))
        for n, (day, hour, minute) in enumerate(moments)
    ]

    with provider_that_lists(settings, made):
        found = diff.compare(datetime(2026, 11, 22).date(), "whatsapp")

    assert [entry["sid"] for entry in found.unclaimed] == [made[1]["sid"], made[2]["sid"]]
    assert found.provider_count == 2


def test_a_row_at_the_days_edge_is_found_though_the_providers_clock_is_an_hour_off(
    product, settings, time_machine
):
    product.ask()
    begun_at = datetime(2026, 11, 22, 23, 59, tzinfo=INDIA)
    there = a_message(1, begun_at + timedelta(hours=1))
    CommunicationLog.objects.filter(channel="whatsapp").update(
        state=State.SENT, provider_id=there["sid"], posted_at=begun_at
    )
    time_machine.move_to(datetime(2026, 11, 24, 5, 10, tzinfo=INDIA))

    with provider_that_lists(settings, [there]):
        found = diff.compare(begun_at.date(), "whatsapp")

    assert (found.provider_count, found.is_clean) == (0, True)


def test_odd_rows_of_the_provider_do_not_hide_the_others(centre, settings, time_machine):
    time_machine.move_to(datetime(2026, 11, 24, 5, 10, tzinfo=INDIA))
    noon = datetime(2026, 11, 22, 12, tzinfo=INDIA)
    odd = [
        None, 7, "text", [], {}, {"sid": None}, {"sid": "SM\x00"}, {"sid": ["SM"]},
        a_message(1, None), a_message(2, noon, date_created="soon"),
        a_message(3, noon, date_created=7), a_message(4, noon, direction="inbound"),
    ]  # fmt: skip
    readable = [a_message(5, noon, to=None, direction=None), a_message(6, noon, to="\x00"),
                a_message(7, noon)]  # fmt: skip

    with provider_that_lists(settings, odd, readable):
        found = diff.compare(noon.date(), "whatsapp")

    assert [entry["sid"] for entry in found.unclaimed] == [row["sid"] for row in readable]
    assert [entry["to"] for entry in found.unclaimed] == ["", "", "3210"]
    assert {entry["log"] for entry in found.unclaimed} == {""}


@pytest.mark.parametrize("fault", ["500_before", "401", "429", "bad_json"])
def test_a_provider_that_cannot_be_asked_is_asked_again_an_hour_later(
    product, day, next_morning, no_receipts, fault
):
    product.ask()
    product.work()
    next_morning()
    product.sandbox.misbehave("list", fault, times=None)

    tasks.compare_with_provider()

    assert not ProviderDiff.objects.exclude(channel="email").exists()
    assert not Alert.objects.exists()
    product.sandbox.control("faults", method="DELETE")
    tasks.compare_with_provider()
    assert ProviderDiff.objects.filter(day=day).count() == len(Channel)


def test_what_was_compared_is_not_compared_again_and_missed_days_are(
    product, day, next_morning, no_receipts
):
    next_morning()
    tasks.compare_with_provider()
    compared = ProviderDiff.objects.count()
    asked = len(list_requests(product.sandbox))

    tasks.compare_with_provider()

    assert compared == diff.DAYS * len(Channel)
    assert len(list_requests(product.sandbox)) == asked


def test_a_day_compared_before_it_was_over_is_compared_once_more(product, day, next_morning):
    product.ask()
    product.work()
    early = diff.compare(day, "whatsapp")
    next_morning()

    tasks.compare_with_provider()

    assert early.provider_count == 0, "its answers may still have been on the way"
    assert ProviderDiff.objects.get(day=day, channel="whatsapp").provider_count == 1


def test_a_letter_that_went_twice_is_reported(product, day, next_morning):
    product.sandbox.misbehave("smtp", "reset_after")
    product.ask(email="asha@example.com")
    product.work()
    later("email")
    product.work()
    next_morning()

    found = diff.compare(day, "email")

    assert len(product.sandbox.mails("asha@example.com")) == 2
    assert [entry["log"] for entry in found.unclaimed] == [str(product.log("email").pk)]
    assert "1 e-mail may have been sent twice" in Alert.objects.get().text


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
    assert f"to …3210 {sid} · WhatsApp · enquiry_welcome · Sent" in lines[2]
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


def test_every_schedule_names_a_task_that_the_workers_know():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
