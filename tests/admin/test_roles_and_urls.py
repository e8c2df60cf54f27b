"""Who may open which page of the command centre, typed by hand."""

import pytest
from django.urls import reverse

from academics.models import Batch, Course
from coaching.accounts.models import User
from coaching.messaging.models import Alert, CommunicationLog, Pause

OK, MOVED, REFUSED, MISSING = 200, 302, 403, 404
PAGES = {
    # page: owner, counsellor, teacher
    "/admin/": (OK, OK, OK),
    "/admin/leads/lead/": (OK, OK, REFUSED),
    "/admin/leads/lead/add/": (OK, OK, REFUSED),
    "/admin/leads/lead/{lead}/change/": (OK, OK, REFUSED),
    "/admin/leads/lead/export/": (OK, REFUSED, REFUSED),
    "/admin/leads/lead/bin/": (OK, REFUSED, REFUSED),
    "/admin/leads/lead/take-back/": (OK, REFUSED, REFUSED),
    "/admin/messaging/communicationlog/": (OK, OK, REFUSED),
    "/admin/messaging/communicationlog/{log}/change/": (OK, OK, REFUSED),
    "/admin/messaging/communicationlog/{log}/release/": (OK, REFUSED, REFUSED),
    "/admin/messaging/communicationlog/{log}/retry/": (OK, OK, REFUSED),
    "/admin/messaging/communicationlog/release/": (OK, REFUSED, REFUSED),
    "/admin/messaging/communicationlog/cancel/": (OK, REFUSED, REFUSED),
    "/admin/leads/lead/release/": (OK, REFUSED, REFUSED),
    "/admin/messaging/pause/": (OK, REFUSED, REFUSED),
    "/admin/messaging/pause/add/": (REFUSED, REFUSED, REFUSED),
    "/admin/messaging/pause/all/stop/": (OK, REFUSED, REFUSED),
    "/admin/messaging/pause/voice/stop/": (OK, REFUSED, REFUSED),
    "/admin/messaging/pause/telegram/stop/": (MISSING, REFUSED, REFUSED),
    "/admin/messaging/alert/": (OK, REFUSED, REFUSED),
    "/admin/messaging/alert/add/": (REFUSED, REFUSED, REFUSED),
    "/admin/messaging/providerdiff/": (OK, REFUSED, REFUSED),
    "/admin/messaging/providerdiff/add/": (REFUSED, REFUSED, REFUSED),
    "/admin/messaging/communicationlog/add/": (REFUSED, REFUSED, REFUSED),
    "/admin/messaging/whatsapptemplate/": (OK, REFUSED, REFUSED),
    "/admin/accounts/contact/": (OK, OK, REFUSED),
    "/admin/accounts/contact/{contact}/change/": (OK, OK, REFUSED),
    "/admin/accounts/consent/": (OK, REFUSED, REFUSED),
    "/admin/accounts/user/": (OK, REFUSED, REFUSED),
    "/admin/accounts/user/add/": (OK, REFUSED, REFUSED),
    "/admin/accounts/user/{user}/change/": (OK, REFUSED, REFUSED),
    "/admin/centre/profile/1/change/": (OK, REFUSED, REFUSED),
    "/admin/centre/profile/add/": (REFUSED, REFUSED, REFUSED),
    "/admin/centre/policy/": (OK, REFUSED, REFUSED),
    "/admin/centre/holiday/": (OK, REFUSED, REFUSED),
    "/admin/academics/course/": (OK, OK, OK),
    "/admin/academics/course/add/": (OK, REFUSED, REFUSED),
    "/admin/academics/course/{course}/change/": (OK, OK, OK),
    "/admin/academics/batch/": (OK, OK, OK),
    "/admin/academics/batch/{batch}/change/": (OK, OK, OK),
    "/admin/academics/batch/add/": (OK, REFUSED, REFUSED),
    "/admin/auth/group/": (MISSING, MISSING, MISSING),
    "/admin/mfa/authenticator/": (MISSING, MISSING, MISSING),
}
POSTS = {
    "/admin/leads/lead/{lead}/status/": (MOVED, MOVED, REFUSED),
    "/admin/leads/lead/{lead}/bin/": (MOVED, REFUSED, REFUSED),
    "/admin/leads/lead/{lead}/take-back/": (MOVED, REFUSED, REFUSED),
    "/admin/leads/lead/bin/": (OK, REFUSED, REFUSED),
    "/admin/leads/lead/take-back/": (OK, REFUSED, REFUSED),
    "/admin/leads/lead/{lead}/counsellor/": (MOVED, MOVED, REFUSED),
    "/admin/leads/lead/{lead}/consent/": (MOVED, MOVED, REFUSED),
    "/admin/leads/lead/{lead}/opt-out/": (MOVED, MOVED, REFUSED),
    "/admin/messaging/communicationlog/{log}/release/": (MOVED, REFUSED, REFUSED),
    "/admin/messaging/communicationlog/{log}/retry/": (MOVED, MOVED, REFUSED),
    "/admin/messaging/communicationlog/release/": (OK, REFUSED, REFUSED),
    "/admin/messaging/communicationlog/cancel/": (OK, REFUSED, REFUSED),
    "/admin/leads/lead/release/": (OK, REFUSED, REFUSED),
    "/admin/messaging/pause/all/stop/": (MOVED, REFUSED, REFUSED),
    "/admin/messaging/pause/voice/stop/": (MOVED, REFUSED, REFUSED),
    "/admin/messaging/pause/all/start/": (MOVED, REFUSED, REFUSED),
    "/admin/messaging/pause/voice/start/": (MOVED, REFUSED, REFUSED),
    "/admin/messaging/pause/voice/breaker/": (MOVED, REFUSED, REFUSED),
    "/admin/messaging/alert/{alert}/seen/": (MOVED, REFUSED, REFUSED),
    "/admin/accounts/user/{user}/invitation/": (MOVED, REFUSED, REFUSED),
}
ROLES = ("owner", "counsellor", "teacher")


@pytest.fixture
def address(ask, people):
    lead = ask()
    ids = {
        "lead": lead.pk, "contact": lead.contact_id, "log": CommunicationLog.objects.first().pk,
        "user": people["counsellor"].pk, "course": Course.objects.first().pk,
        "batch": Batch.objects.first().pk, "alert": Alert.objects.create(key="x", text="X").pk,
    }  # fmt: skip
    return lambda page: page.format(**ids)


def test_every_role_sees_its_pages_and_no_others(address, browser_of):
    browsers = [browser_of(role) for role in ROLES]

    seen = {page: tuple(b.get(address(page)).status_code for b in browsers) for page in PAGES}

    assert seen == PAGES


def test_every_role_does_its_acts_and_no_others(address, browser_of):
    browsers = [browser_of(role) for role in ROLES]
    words = {"status": "contacted"}

    seen = {
        page: tuple(b.post(address(page), words).status_code for b in browsers) for page in POSTS
    }

    assert seen == POSTS


@pytest.mark.parametrize("page", [*PAGES, *POSTS])
def test_a_student_is_refused_and_a_stranger_is_asked_to_log_in(address, browser_of, client, page):
    if PAGES.get(page, (OK,))[0] == MISSING:
        return  # the admin answers the same to everybody who is not staff
    as_student = browser_of("student").get(address(page), follow=True)
    as_stranger = client.get(address(page), follow=True)

    assert as_student.status_code == REFUSED
    assert as_stranger.redirect_chain[-1][0].startswith(reverse("account_login"))


@pytest.mark.parametrize("page", POSTS)
def test_an_act_needs_a_csrf_token_and_never_happens_by_a_link(address, browser_of, page):
    forged = browser_of("owner", checks_csrf=True).post(address(page), {"status": "lost"})
    linked = browser_of("owner").get(address(page))

    assert forged.status_code == REFUSED
    assert linked.status_code in (OK, 405)
    assert not CommunicationLog.objects.exclude(state="pending").exists()
    assert not Pause.objects.exists() and not Alert.objects.exclude(closed_at=None).exists()
    assert set(User.objects.values_list("is_active", flat=True)) == {True}


def test_only_who_may_see_the_meeting_link_sees_it(address, browser_of, centre):
    batch = Batch.objects.exclude(meeting_link="").first()
    page = reverse("admin:academics_batch_change", args=[batch.pk])

    texts = {role: browser_of(role).get(page).content.decode() for role in ROLES}

    assert [batch.meeting_link in texts[role] for role in ROLES] == [True, False, False]


def test_the_side_bar_offers_only_what_opens(address, browser_of):
    for role in ROLES:
        browser = browser_of(role)
        groups = browser.get("/admin/").context["sidebar_navigation"]
        links = [str(i["link"]) for group in groups for i in group["items"] if i["has_permission"]]

        answers = {link: browser.get(link, follow=True).status_code for link in links}

        assert set(answers.values()) == {OK}, (role, answers)


def test_the_palette_keeps_no_names(address, browser_of, ask):
    ask(name="Zubin Mehta", phone="98100 00001")

    found = browser_of("owner").get("/admin/search/?s=zubin&extended=1")

    assert b"Zubin" not in found.content
