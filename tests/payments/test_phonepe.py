"""The one file that speaks PhonePe: what its SDK gets wrong is kept from the rest."""

import subprocess
import sys
import threading

import pytest

from coaching.messaging.models import Alert
from coaching.run import BASE_DIR
from payments import phonepe
from payments.services import settle
from tests.payments import books

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_client_of_its_own():
    """What a test sets must reach the client, which keeps what it was built with."""
    phonepe.close()
    yield
    phonepe.close()


def asked(till, path="/status"):
    """How often PhonePe was asked for something, by the end of its address."""
    return sum(row["path"].endswith(path) for row in till.sandbox.log("phonepe"))


def test_a_token_that_has_expired_costs_one_request_more(till):
    payment = till.begin(till.batch())
    till.sandbox.control("phonepe/tokens/expiry")

    assert phonepe.order_state(payment.merchant_order_id).state == "PENDING"

    assert asked(till) == 2


def test_keys_that_are_refused_are_told_once_and_taken_back_when_they_work(till, settings):
    payment = till.begin(till.batch())
    till.do(payment, "pay")
    right = settings.PHONEPE_CLIENT_SECRET
    phonepe.close()
    settings.PHONEPE_CLIENT_SECRET = "wrong"

    for _ in range(3):
        assert settle(payment.pk).state == "pending"
    assert Alert.objects.filter(key="phonepe:keys", closed_at=None).count() == 1

    phonepe.close()
    settings.PHONEPE_CLIENT_SECRET = right
    assert settle(payment.pk).state == "paid"
    assert not Alert.objects.filter(closed_at=None).exists()


def test_a_silent_phonepe_is_left_after_the_time_out(till, monkeypatch):
    payment = till.begin(till.batch())
    phonepe.close()
    monkeypatch.setattr(phonepe, "TIMEOUT_SECONDS", (1, 0.3))
    till.sandbox.misbehave("status", "hang_before", seconds=5)

    with pytest.raises(phonepe.Unclear):
        phonepe.order_state(payment.merchant_order_id)

    assert settle(payment.pk).state == "pending"


def test_a_phonepe_that_is_not_there_is_unclear(till, settings):
    payment = till.begin(till.batch())
    phonepe.close()
    settings.PHONEPE_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(phonepe.Unclear):
        phonepe.order_state(payment.merchant_order_id)


@pytest.mark.parametrize("name", ["../../oauth", "P1?x=1", "P 1", "", "P" * 64, "पी1"])
def test_an_id_that_is_not_ours_never_reaches_an_address(till, name):
    with pytest.raises(phonepe.UnknownId):
        phonepe.order_state(name)

    assert asked(till) == 0


def test_an_order_phonepe_has_never_heard_of_is_told_from_trouble(till):
    with pytest.raises(phonepe.UnknownId):
        phonepe.order_state("P1-none")
    with pytest.raises(phonepe.UnknownId):
        phonepe.refund_state("R1-none")


def test_nothing_without_a_value_is_sent(till):
    till.begin(till.batch())

    [order] = till.ledger()["orders"]

    assert "null" not in str(order["request"]).lower()
    assert None not in order["request"].values()
    assert "metaInfo" not in order["request"]


def test_in_production_too_no_order_is_told_to_a_telemetry_host(till, settings):
    settings.PHONEPE_ENV = "production"
    payment = till.begin(till.batch())
    phonepe.order_state(payment.merchant_order_id)

    assert phonepe._client.should_publish_events is False
    assert all(row["path"].startswith("/phonepe/") for row in till.sandbox.log("phonepe"))


def test_closing_ends_the_threads_and_the_next_call_builds_another(till):
    payment = till.begin(till.batch())
    before = phonepe._client
    phonepe.close()

    left = [t.name for t in threading.enumerate() if "PhonePe" in t.name]
    phonepe.order_state(payment.merchant_order_id)

    assert left == []
    assert phonepe._client is not before


FORK = """
import os, sys
import django; django.setup()
from payments import phonepe
names = sys.argv[1:]
phonepe.order_state(names[0])  # the client is built before the fork
mine = phonepe._client
child = os.fork()
wrong = 0
for turn in range(60):
    name = names[turn % len(names)] if child else names[-1 - turn % len(names)]
    wrong += phonepe.order_state(name).amount_paise != int(name.rsplit("_", 1)[1])
wrong += not child and phonepe._client is mine
if not child:
    os._exit(1 if wrong else 0)
_, status = os.waitpid(child, 0)
sys.exit(1 if wrong or status else 0)
"""


def test_after_a_fork_everybody_gets_the_answers_to_their_own_questions(till, settings):
    names = [f"F{n}_{10_000 + n}" for n in range(8)]
    for name in names:
        phonepe.open_page(name, int(name.rsplit("_", 1)[1]), "http://localhost/return/")

    done = subprocess.run(
        [sys.executable, "-c", FORK, *names],
        cwd=BASE_DIR, timeout=60, capture_output=True, text=True,
        env={
            "DJANGO_SETTINGS_MODULE": "coaching.settings", "DEBUG": "1", "SANDBOX": "1",
            "SECRET_KEY": "x" * 40, "PHONEPE_BASE_URL": settings.PHONEPE_BASE_URL,
        },
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-2000:]


def test_the_same_webhook_header_in_every_spelling_phonepe_uses(settings):
    import hashlib

    settings.PHONEPE_WEBHOOK_USERNAME, settings.PHONEPE_WEBHOOK_PASSWORD = "shop", "secret123"
    right = hashlib.sha256(b"shop:secret123").hexdigest()

    assert all(map(phonepe.is_genuine, [right, right.upper(), f"SHA256 {right}", f" {right} "]))
    assert not any(map(phonepe.is_genuine, [None, "", right[:-1], right + "0", "SHA256"]))
    assert books.wrong() == []
