"""People of the command centre, logged in, and enquiries to look at."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from coaching.accounts.models import User
from coaching.accounts.phone import read_phone
from coaching.centre.models import Profile
from leads.services import Arrival, capture_lead

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
