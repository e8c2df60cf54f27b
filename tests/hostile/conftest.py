"""What the hostile tests share: staff at the door, and no limit that would stop us too early."""

import pytest

from coaching.accounts.models import User
from tests.hostile.site import Database, Site, environment, prepare


@pytest.fixture
def no_limits(centre, settings):
    """Counters off: what is held here is held by the gate under test alone."""
    for name in settings.FIRST_LIMITS:
        setattr(centre, name, 0)
    centre.save()


@pytest.fixture
def owner(client, db, settings):
    """A browser in which the owner is logged in."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    user = User.objects.create_user("owner@example.com", "front-desk-demo", name="Owner")
    user.set_role("owner")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture(scope="session")
def own_database(tmp_path_factory):
    """A Postgres for these tests alone."""
    folder = tmp_path_factory.mktemp("outage")
    for parent in (folder, *folder.parents[:2]):  # Postgres runs as somebody else where we are root
        parent.chmod(0o755)
    database = Database(folder)
    database.start()
    yield database
    database.stop()


@pytest.fixture(scope="session")
def sites(own_database):
    """The site as on a server, as in the demo (DEBUG=1), and without its guard."""
    on_a_server = environment(own_database.home.parent, "0")
    in_the_demo = environment(own_database.home.parent, "1")
    prepare(on_a_server)
    prepare(in_the_demo)
    sites = {
        "server": Site(on_a_server),
        "demo": Site(in_the_demo),
        "unguarded": Site(on_a_server, "tests.hostile.unguarded:application"),
    }
    yield sites
    for site in sites.values():
        site.stop()
