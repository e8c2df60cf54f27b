"""`POST /public/leads`: for other websites, with the same promises as the form."""

import pytest

from leads.models import Enquiry, Lead

GOOD = {"name": "Asha Rao", "phone": "98765 43210", "consent": True}


@pytest.fixture
def post(client, centre):
    def send(body=None, **headers):
        return client.post(
            "/public/leads", {**GOOD, **(body or {})}, content_type="application/json",
            headers=headers,
        )  # fmt: skip

    return send


def test_a_new_enquiry_is_201_with_its_id(post):
    answer = post({"email": "asha@example.com", "course": "django", "source": "google-form"})

    lead = Lead.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"id": lead.pk, "status": "new"}
    assert (lead.course.slug, lead.source, lead.email) == (
        "django", "google-form", "asha@example.com",
    )  # fmt: skip


def test_the_same_enquiry_again_is_200_with_the_same_id(post):
    first, again = post(), post({"phone": "+919876543210"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_the_same_idempotency_key_is_200_with_the_same_id(post):
    headers = {"Idempotency-Key": "abc-1"}

    first, again = post(**headers), post(**headers)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Enquiry.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone": "12345"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "\x00"}, "name"),
        ({"consent": False}, "consent"),
        ({"consent": None}, "consent"),
        ({"email": "not-an-address"}, "email"),
        ({"course": "astrology"}, "course"),
        ({"message": "x" * 2001}, "message"),
        ({"message": "a\x00b"}, "message"),
        ({"source": "\ud800"}, "source"),
    ],
)
def test_what_is_wrong_is_422_and_names_the_field(post, change, field):
    answer = post(change)

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert Lead.objects.count() == 0


@pytest.mark.parametrize("missing", ["name", "phone", "consent"])
def test_what_is_missing_is_422(client, centre, missing):
    body = {key: value for key, value in GOOD.items() if key != missing}

    answer = client.post("/public/leads", body, content_type="application/json")

    assert answer.status_code == 422
    assert missing in answer.json()["errors"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_other_content_types_are_415(client, centre, kind):
    answer = client.post("/public/leads", '{"name": "Asha"}', content_type=kind)

    assert answer.status_code == 415


def test_a_foreign_origin_is_403_and_saves_nothing(post):
    assert post(Origin="https://evil.example").status_code == 403
    assert Lead.objects.count() == 0


def test_an_origin_on_the_list_is_served_and_told_so(post, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://site.example"]

    answer = post(Origin="https://site.example")

    assert answer.status_code == 201
    assert answer["Access-Control-Allow-Origin"] == "https://site.example"


def test_our_own_pages_may_post(post, settings):
    assert post(Origin=settings.SITE_URL).status_code == 201


@pytest.mark.parametrize("body", ["{", "[]", "null", '"x"', "{}" * 3])
def test_broken_json_is_a_clear_4xx(client, centre, body):
    answer = client.post("/public/leads", body, content_type="application/json")

    assert answer.status_code in (400, 422)


def test_a_number_abroad_is_saved_as_201_and_held(post):
    from coaching.messaging.models import CommunicationLog

    assert post({"phone": "+14155550123"}).status_code == 201
    reasons = CommunicationLog.objects.values_list("reason", flat=True)
    assert set(reasons) == {"number_abroad"}


def test_the_description_is_for_staff(client, centre):
    assert client.get("/api/openapi.json").status_code == 302
    assert client.get("/api/docs").status_code == 302
