"""People of the command centre, logged in, and enquiries to look at."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from coaching.accounts.models import User
from coaching.accounts.phone import read_phone
from coaching.centre.models import Profile
from coaching.messaging import alerts, pauses, spending
from coaching.messaging.models import ProviderDiff
from leads.services import Arrival, capture_lead
from tests.browser.product import chromium

LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
    (e) => window.violations.push(e.violatedDirective + " " + e.blockedURI));
"""
STAFF = ("owner", "counsellor", "teacher")


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def people(db):
    """One user of each role; the permissions come from the role's table alone."""
    assert Group.objects.get(name="owner").permissions.exists()
    users = {}
    for role in (*STAFF, "student"):
        users[role] = User.objects.create_user(
            f"{role}@example.com", "front-desk-demo" if role in STAFF else None, name=role.title()
        )
        users[role].set_role(role)
    return users


@pytest.fixture
def browser_of(people):
    """A logged-in client of a role, with CSRF checked as a browser would meet it or not."""

    def browser(role, *, checks_csrf=False):
        client = Client(enforce_csrf_checks=checks_csrf)
        client.force_login(
            people[role], backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client

    return browser


@pytest.fixture
def ask(db, centre):
    def ask(name="Asha Rao", phone="98765 43210", **more):
        arrival = Arrival(via="form", **more.pop("arrival", {}))
        return capture_lead(name=name, phone=read_phone(phone), arrival=arrival, **more).lead

    return ask


@pytest.fixture
def set_limits(centre):
    """Set fields of the centre's profile, as the owner does: `set_limits(leads_per_ip_hour=3)`."""

    def set_limits(**limits):
        profile = Profile.fresh()
        for name, value in limits.items():
            setattr(profile, name, value)
        profile.save()
        return profile

    return set_limits


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, **chromium()}


@pytest.fixture
def site(live_server, centre, settings):
    settings.DEBUG = True
    call_command("demo_people", verbosity=0)
    return live_server.url


@pytest.fixture
def open_page(browser, site):
    """Open a browser of a width and scheme: `page, complaints = open_page(360, "dark")`."""
    contexts = []

    def open_page(width, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=site
        )
        contexts.append(context)
        context.add_init_script(LISTEN)
        page, complaints = context.new_page(), []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page, complaints

    yield open_page
    for context in contexts:
        context.close()


def log_in(page, email):
    page.goto("/accounts/login/?next=/admin/")
    page.fill("#id_login", email)
    page.fill("#id_password", "front-desk-demo")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/admin/")


def settle(page):
    """Scripts run when the page has loaded, and have drawn what they draw two frames later."""
    page.evaluate("() => new Promise(r => setTimeout(() => requestAnimationFrame(r), 100))")


@pytest.fixture
def trouble(site):
    """A channel switched off, one that refuses our keys, one that tripped, a budget all spent."""
    pauses.switch_off("email", by="Meera Joshi")
    pauses.refused("voice")
    pauses.trip("whatsapp", "WhatsApp: only 21 of the last 50 were delivered.")
    spending.debit("whatsapp", 12_450, Profile.fresh(), timezone.now())
    alerts.raise_alert("diff:whatsapp:2026-11-22", "22 Nov: 1 message may have been sent twice.")
    ProviderDiff.objects.create(day=timezone.localdate(), channel="whatsapp", provider_count=3)
