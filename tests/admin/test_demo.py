"""The demo's people: there after the first run, once, and none of their messages can leave."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from coaching.accounts.models import User
from coaching.messaging import reports, sweeper
from coaching.messaging.models import CommunicationLog
from leads.models import Lead
from payments import reports as reports_of_money
from payments.admin.audit import audit
from payments.models import Order, Payment, Receipt


@pytest.fixture
def demo(centre, settings, capsys):
    settings.DEBUG = True
    call_command("demo_people")
    return capsys.readouterr().out


def test_the_demo_prints_its_log_ins(demo):
    assert "owner@example.com" in demo and "front-desk-demo" in demo
    assert {user.role for user in User.objects.all()} == {
        "owner", "counsellor", "teacher", "student",
    }  # fmt: skip
    assert not User.objects.get(email="student@example.com").has_usable_password()


def test_a_second_run_adds_nothing_and_keeps_a_changed_password(demo):
    before = (User.objects.count(), Lead.objects.count(), CommunicationLog.objects.count())
    owner = User.objects.get(email="owner@example.com")
    owner.set_password("my own words")
    owner.save()

    call_command("demo_people")

    assert (User.objects.count(), Lead.objects.count(), CommunicationLog.objects.count()) == before
    owner.refresh_from_db()
    assert owner.check_password("my own words")


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_demo_is_sent(demo):
    before = sorted(CommunicationLog.objects.values_list("pk", "state"))

    assert sweeper.send_due() == []
    assert sorted(CommunicationLog.objects.values_list("pk", "state")) == before


def test_no_screen_of_the_demo_is_empty(demo, people_free_owner):
    html = people_free_owner.get("/admin/").content.decode()

    assert "Ritu Sharma" in html and "Next batches" in html
    assert all(leg.count for speed in reports.response_times() for leg in speed.legs)
    assert {need.label: bool(need.count) for need in reports.needing_a_hand()} == {
        "Held": True, "Failed": True, "Being checked": False,
    }  # fmt: skip


@pytest.fixture
def people_free_owner(client, demo):
    client.force_login(
        User.objects.get(email="owner@example.com"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return client


def test_known_passwords_are_refused_outside_the_demo(centre, settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="refused"):
        call_command("demo_people")

    assert not User.objects.exists()


def test_the_till_of_the_demo_is_alive_and_its_books_close(demo, people_free_owner):
    shown = " ".join(
        people_free_owner.get(f"/admin/payments/order/{page}/").content.decode()
        for page in ("money", "reconciliation")
    )

    assert Order.objects.count() == 6 and Receipt.objects.count() == 4
    assert reports_of_money.overdue_dues(timezone.localdate()).count == 1
    assert reports_of_money.payments_to_look_at(timezone.now()).get().state == "approval"
    assert reports_of_money.refunds_to_look_at(timezone.now()).count() == 1
    assert "Sneha Wankhede" in shown and "Nikita Agarwal" in shown
    assert [check.label for check in audit() if check.wrong_count] == []


def test_a_second_run_adds_no_money_and_phonepe_is_never_asked(demo):
    before = list(Order.objects.values_list("pk", "paid_paise", "refunded_paise"))

    call_command("demo_people")

    assert list(Order.objects.values_list("pk", "paid_paise", "refunded_paise")) == before
    assert not Payment.objects.exclude(next_check_at=None).exists()
