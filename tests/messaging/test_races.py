"""Two things at once, news out of order, clocks that disagree: still once, and nothing lost."""

import http.server
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from coaching.messaging import delivery, doubt, gates, receipts, services, sweeper, twilio
from coaching.messaging.channels import DeliveryError, email, whatsapp
from coaching.messaging.models import CommunicationLog, State
from tests.conftest import eventually
from tests.messaging.test_doubt import begun, later

ASHA = "+919876543210"
A_SID = "SM" + "a" * 32
A_CALL = "CA" + "a" * 32


@pytest.fixture(autouse=True)
def no_receipts(product):
    """The provider's callbacks are lost; each test tells its own."""
    product.sandbox.behave(callbacks={"drop": True})


def test_two_members_of_staff_release_one_message_and_it_leaves_once(product):
    product.ask(arrival={"suspicion": "suspected_bot"})
    first, second = product.log("whatsapp"), product.log("whatsapp")

    assert services.release(first) is True
    product.work()

    assert services.release(second) is False
    product.work()
    assert len(product.sandbox.messages(ASHA)) == 1


def test_two_members_of_staff_retry_one_message_and_it_leaves_once(product):
    product.ask()
    CommunicationLog.objects.filter(channel="whatsapp").update(state="failed", reason="x")
    first, second = product.log("whatsapp"), product.log("whatsapp")

    assert services.retry(first) is True
    product.work()

    assert services.retry(second) is False


def test_a_receipt_that_comes_while_we_ask_the_provider_wins(product, monkeypatch):
    product.sandbox.misbehave("messages", "500_before")
    product.ask()
    product.work()
    later("whatsapp")
    product.work()
    log = product.log("whatsapp")
    assert (log.state, log.looks) == (State.UNKNOWN, 1)

    def answer_after_the_receipt(*_):
        receipts.store(log.pk, A_SID, "delivered")
        return []

    monkeypatch.setattr(twilio, "find_sent", answer_after_the_receipt)
    later("whatsapp")
    doubt.resolve_unknown(log.pk)

    assert product.log("whatsapp").state == State.DELIVERED


def test_a_receipt_that_comes_while_the_row_waits_again_wins(product):
    product.ask()
    tomorrow = timezone.now() + timedelta(hours=10)
    CommunicationLog.objects.filter(channel="voice").update(attempts=1, due_at=tomorrow)
    log = product.log("voice")

    receipts.store(log.pk, A_CALL, "in-progress")
    receipts.store(log.pk, A_CALL, "completed", duration=30)
    later("voice")
    product.work()

    assert product.log("voice").state == State.ANSWERED
    assert product.sandbox.calls(ASHA) == []


def test_a_late_receipt_of_yesterdays_call_does_not_blind_todays(product):
    product.ask()
    product.work()
    log = product.log("voice")
    receipts.store(log.pk, log.provider_id, "no-answer")
    receipts.store(log.pk, log.provider_id, "ringing")

    later("voice")
    product.work()
    second = product.sandbox.calls(ASHA)[-1]["sid"]
    receipts.store(log.pk, second, "in-progress")

    assert second != log.provider_id
    assert product.log("voice").state == State.ANSWERED


def test_busy_before_the_providers_own_answer_plans_one_new_call(product, monkeypatch):
    product.ask()
    log = product.log("voice")
    place_call = twilio.place_call

    def answered_late(to, log_id):
        sid = place_call(to, log_id)
        receipts.store(log_id, sid, "ringing")
        receipts.store(log_id, sid, "busy")
        return sid

    monkeypatch.setattr(twilio, "place_call", answered_late)
    delivery.deliver(log.pk)
    monkeypatch.undo()
    assert product.log("voice").state == State.PENDING
    later("voice")
    product.work()

    receipts.store(log.pk, product.sandbox.calls(ASHA)[-1]["sid"], "in-progress")
    assert product.log("voice").state == State.ANSWERED


def test_one_429_on_the_next_days_call_does_not_lose_it(product):
    product.ask()
    product.work()
    log = product.log("voice")
    receipts.store(log.pk, log.provider_id, "no-answer")
    a_day_ago = timezone.now() - timedelta(hours=24, minutes=1)
    CommunicationLog.objects.filter(pk=log.pk).update(created_at=a_day_ago)
    product.sandbox.misbehave("calls", "429")

    later("voice")
    product.work()

    assert product.log("voice").state == State.PENDING


def test_what_could_not_leave_for_a_day_is_given_up_and_says_so(product):
    product.ask()
    a_day_ago = timezone.now() - timedelta(hours=24, minutes=1)
    CommunicationLog.objects.filter(channel="whatsapp").update(trying_since=a_day_ago)
    product.sandbox.misbehave("messages", "429")

    product.work()

    log = product.log("whatsapp")
    assert (log.state, log.reason) == (State.FAILED, "gave_up")


def test_the_sweepers_old_list_does_not_pull_back_a_mail_that_has_left(product):
    product.ask(email="asha@example.com")
    log = begun(product.log("email"))
    seen_by_the_sweeper = product.log("email")

    delivery.accepted(log, "<x@y>")
    delivery.into_doubt(seen_by_the_sweeper)

    assert product.log("email").state == State.SENT


def test_a_mail_server_slower_than_the_lease_still_gets_one_mail(product):
    product.ask(email="asha@example.com")
    log = begun(product.log("email"))
    past = timezone.now() - timedelta(seconds=1)
    CommunicationLog.objects.filter(pk=log.pk).update(lease_until=past)
    doubt.recover_expired_claims()

    delivery.accepted(log, email.send(log, email.prepare(log)))
    later("email")
    product.work()

    assert len(product.sandbox.mails("asha@example.com")) == 1


def test_a_refused_connection_is_not_counted_as_a_lost_answer(product, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    product.ask(email="asha@example.com")
    product.work()
    assert product.log("email").reason == "provider_unreachable"

    settings.EMAIL_PORT = port
    product.sandbox.misbehave("smtp", "reset_before")
    for _ in range(2):
        later("email")
        product.work()

    assert product.log("email").state == State.SENT


def test_two_requests_to_one_number_are_never_in_flight_together(product):
    lead = product.ask()
    services.queue(
        lead.contact, "login_code", {"code": "123456", "centre": "X"},
        subject="user:1", dedupe_key="code", channels=["whatsapp"],
    )  # fmt: skip
    code = product.log("whatsapp", purpose="login_code")

    welcome = begun(product.log("whatsapp", purpose="enquiry_welcome"))
    delivery.deliver(code.pk)

    waiting = product.log("whatsapp", purpose="login_code")
    assert (waiting.state, waiting.reason) == (State.PENDING, "earlier_in_doubt")
    delivery.into_doubt(welcome)
    for _ in range(4):
        later("whatsapp")
        product.work()
    texts = [product.sandbox.text(row["sid"]) for row in product.sandbox.messages(ASHA)]
    assert len(texts) == 2
    assert sum("123456" in text for text in texts) == 1


def test_a_clock_an_hour_ahead_does_not_double(product):
    product.sandbox.misbehave("messages", "500_after")
    product.ask()
    product.work()
    ahead = timezone.now() + timedelta(hours=1)
    CommunicationLog.objects.filter(channel="whatsapp").update(posted_at=ahead)

    for _ in range(3):
        later("whatsapp")
        product.work()

    assert len(product.sandbox.messages(ASHA)) == 1


def test_questions_that_hang_hold_up_nothing_else(product, monkeypatch):
    product.sandbox.misbehave("messages", "500_before", times=None)
    for n in range(10):
        product.ask(phone=f"98{n}65 43210")
    product.work()
    asked = threading.Event()

    def hang(*_):
        asked.set()
        time.sleep(3)
        raise DeliveryError("provider_unreachable")

    monkeypatch.setattr(twilio, "find_sent", hang)
    later("whatsapp")
    product.ask(name="Zoya", phone="98765 43299", email="zoya@example.com")
    doubts = threading.Thread(target=sweeper.settle_doubts)
    doubts.start()
    assert asked.wait(5)
    began = time.monotonic()
    sweeper.send_due(grace=timedelta(0))
    eventually(lambda: product.sandbox.mails("zoya@example.com"))
    took = time.monotonic() - began
    doubts.join()

    assert took < 2.5


def test_one_odd_answer_does_not_end_the_round(product, settings):
    class Odd(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_):
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    product.sandbox.misbehave("messages", "500_before")
    product.ask()
    product.work()
    later("whatsapp")
    product.ask(name="Zoya", phone="98765 43299", email="zoya@example.com")

    settings.TWILIO_BASE_URL = f"http://127.0.0.1:{server.server_port}"
    product.work()
    server.shutdown()

    assert product.sandbox.mails("zoya@example.com")


def test_a_message_that_left_the_catalogue_is_held_and_says_so(product):
    product.ask()
    CommunicationLog.objects.filter(channel="whatsapp").update(purpose="gone")

    product.work()

    log = product.log("whatsapp")
    assert (log.state, log.reason) == (State.HELD, "wording_broken")


def test_a_program_with_a_ticked_box_does_not_release_what_waits_for_consent(product):
    product.ask(consented=False)

    product.ask(arrival={"suspicion": "suspected_bot"})
    product.work()

    assert product.sandbox.messages(ASHA) == []


def test_writing_to_us_allows_an_answer_on_whatsapp_and_no_call(product):
    product.sandbox.writes(ASHA, "Fees?")
    contact = CommunicationLog.objects.get(direction="in").contact

    assert gates.has_consent(contact, "whatsapp") is True
    assert gates.has_consent(contact, "voice") is False
    assert whatsapp.may_write_freely(contact) is True
