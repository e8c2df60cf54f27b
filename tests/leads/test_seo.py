"""What search engines and link previews read."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from academics.models import Course

pytestmark = pytest.mark.django_db
PNG_LIMIT = 300_000


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def head(client, path):
    return client.get(path).content.decode().split("</head>")[0]


def json_ld(client, path):
    text = re.search(
        r'<script type="application/ld\+json">(.*?)</script>', head(client, path), re.S
    )
    return json.loads(text[1])


@pytest.mark.parametrize("path", ["/", "/courses/django/", "/privacy/"])
def test_each_language_names_its_own_address_and_the_other(centre, client, path):
    site = settings.SITE_URL

    english, hindi = head(client, path + "?lang=en-in"), head(client, path + "?lang=hi")

    assert f'<link rel="canonical" href="{site}{path}">' in english
    assert f'<link rel="canonical" href="{site}{path}?lang=hi">' in hindi
    for page in (english, hindi):
        assert f'hreflang="hi" href="{site}{path}?lang=hi"' in page
        assert f'hreflang="en-in" href="{site}{path}"' in page
        assert f'hreflang="x-default" href="{site}{path}"' in page


def test_campaign_addresses_are_the_same_page(centre, client):
    page = head(client, "/?utm_source=poster&course=django")

    assert f'<link rel="canonical" href="{settings.SITE_URL}/">' in page


def test_a_shared_link_shows_the_course(centre, client):
    page = head(client, "/courses/django/")

    assert '<meta property="og:title" content="Django Web Development">' in page
    assert 'content="Build and put online a complete website of your own."' in page
    assert f'<meta property="og:image" content="{settings.SITE_URL}/static/img/og' in page
    assert '<meta property="og:locale" content="en_IN">' in page


def test_the_preview_picture_is_small_enough_for_whatsapp():
    picture = Path(settings.BASE_DIR / "static" / "img" / "og.png").read_bytes()

    assert int.from_bytes(picture[16:20]) == 1200
    assert int.from_bytes(picture[20:24]) == 630
    assert len(picture) < PNG_LIMIT


def test_the_landing_page_lists_the_centre_and_its_courses(centre, client):
    organisation, courses = json_ld(client, "/")["@graph"]

    assert organisation["@type"] == "EducationalOrganization"
    assert organisation["name"] == centre.name
    assert organisation["telephone"] == centre.phone
    assert [entry["item"]["offers"]["price"] for entry in courses["itemListElement"]] == [
        9500, 18000, 24000,
    ]  # fmt: skip


def test_the_course_names_its_dates(centre, client):
    course = json_ld(client, "/courses/foundation/")

    assert [instance["courseMode"] for instance in course["hasCourseInstance"]] == [
        "Online", "Onsite",
    ]  # fmt: skip


def test_nothing_in_the_data_can_close_the_script(centre, client):
    Course.objects.filter(slug="django").update(summary="</script><img src=x>&")

    assert json_ld(client, "/courses/django/")["description"] == "</script><img src=x>&"
    assert "<img src=x>" not in client.get("/courses/django/").content.decode()


def test_private_pages_stay_out_of_search(client, centre):
    robots = client.get("/robots.txt").content.decode()

    for path in ("/admin/", "/portal/", "/api/", "/enquiries/"):
        assert f"Disallow: {path}" in robots


def test_the_sitemap_lists_what_is_offered(client, centre):
    Course.objects.filter(slug="django").update(is_archived=True)

    sitemap = client.get("/sitemap.xml").content.decode()

    assert f"<loc>{settings.SITE_URL}/courses/foundation/</loc>".split("://")[1] in sitemap
    assert "/courses/django/" not in sitemap
