"""A list is planned for what it is asked, whatever it was asked before.

SQLite keeps no plans, so that there is nothing to see in it.
"""

from contextlib import nullcontext

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coaching.common import admin, lookups
from coaching.messaging.models import CommunicationLog

ENQUIRIES = "/admin/leads/lead/"
MESSAGES = "/admin/messaging/communicationlog/"
OFTEN = 6  # a statement is prepared the fourth time
on_postgres = connection.vendor == "postgresql"


def plans_kept(browser, page):
    """Whether Postgres keeps a plan of the list's own statements, after many visits."""
    begun = timezone.now()
    for _ in range(OFTEN):
        assert browser.get(page).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE prepare_time > %s AND statement "
            """~ '"(status|state)" = |LIKE'""",
            [begun],
        )
        return cursor.fetchone()[0] > 0


PAGES = [
    ENQUIRIES, f"{ENQUIRIES}?status__exact=new", f"{ENQUIRIES}?q=asha", f"{ENQUIRIES}?q=98765",
    f"{MESSAGES}?state__exact=pending", f"{MESSAGES}?q=98765", f"{MESSAGES}?q=asha@",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_no_plan_is_kept_for_all_that_may_be_asked_of_a_list(ask, browser_of, page):
    ask(email="asha@example.com")

    assert not on_postgres or not plans_kept(browser_of("owner"), page)


@pytest.mark.parametrize("page", PAGES)
def test_control_without_the_guard_plans_are_kept(ask, browser_of, page, monkeypatch):
    monkeypatch.setattr(admin, "planned_anew", nullcontext)
    monkeypatch.setattr(lookups, "planned_anew", nullcontext)
    ask(email="asha@example.com")

    assert not on_postgres or plans_kept(browser_of("owner"), page)


def test_an_email_and_what_failed_are_found_by_their_own_small_indexes(ask, browser_of):
    ask(email="asha@example.com")
    if not on_postgres:
        return
    with connection.cursor() as cursor:  # a table of three rows is read whole otherwise
        cursor.execute("SET LOCAL enable_seqscan = off")
    browser = browser_of("owner")

    searched = browser.get(f"{MESSAGES}?q=asha@").context["cl"].queryset
    failed = browser.get(f"{MESSAGES}?state__exact=failed&channel__exact=voice").context["cl"]

    assert "log_email" in searched.order_by().explain()
    assert "log_failed" in failed.queryset.explain()
    assert CommunicationLog.objects.filter(pk__in=searched).count() == 1


def test_the_list_of_messages_looks_up_no_consents(ask, browser_of):
    """Postgres would read them all, into a hash, for the fifty rows of a page."""
    ask()

    with CaptureQueriesContext(connection) as asked:
        response = browser_of("owner").get(MESSAGES)

    assert response.context["cl"].result_count == 2
    assert not any("accounts_consent" in query["sql"] for query in asked)
