"""Every request to Twilio keeps its official OpenAPI contract, checked by a second library."""

import json
from urllib.parse import parse_qs

import pytest
import requests
from django.conf import settings
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

CONTRACT = "coaching/sandbox/contracts/twilio_api_v2010.subset.json"


@pytest.fixture(scope="module")
def spec():
    return json.loads((settings.BASE_DIR / CONTRACT).read_text())


@pytest.fixture(scope="module")
def contract(spec):
    return OpenAPI.from_dict(spec)


def as_sent(row):
    """Rebuild the request of one row of the sandbox's log."""
    return requests.Request(
        row["method"],
        "https://api.twilio.com" + row["path"].split("?")[0],
        data=row["form"] if row["method"] == "POST" else None,
        params=row["form"] if row["method"] == "GET" else None,
        auth=(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN),
    ).prepare()


def known_fields(spec, path):
    template = path.replace(settings.TWILIO_ACCOUNT_SID, "{AccountSid}")
    body = spec["paths"][template]["post"]["requestBody"]["content"]
    return set(body["application/x-www-form-urlencoded"]["schema"]["properties"])


def check(contract, spec, row):
    prepared = as_sent(row)
    contract.validate_request(RequestsOpenAPIRequest(prepared))
    if row["method"] == "POST":
        unknown = set(parse_qs(prepared.body, keep_blank_values=True)) - known_fields(
            spec, row["path"]
        )
        assert not unknown, unknown


def test_welcome_retry_and_lookup_keep_the_contract(product, contract, spec):
    from academics.models import Course
    from tests.messaging.test_doubt import later

    product.sandbox.behave(callbacks={"drop": True})
    product.sandbox.misbehave("messages", "500_after")
    product.sandbox.misbehave("calls", "500_before")
    product.ask(course=Course.objects.first(), email="asha@example.com")
    for _ in range(4):
        product.work()
        later("whatsapp")
        later("voice")

    rows = [row for row in product.sandbox.log("request") if "/v1/Content" not in row["path"]]
    for row in rows:
        check(contract, spec, row)
    methods = {(row["method"], row["path"].rsplit("/", 1)[1].split("?")[0]) for row in rows}
    assert methods == {
        ("POST", "Messages.json"), ("POST", "Calls.json"),
        ("GET", "Messages.json"), ("GET", "Calls.json"),
    }  # fmt: skip


def test_control_a_field_that_twilio_does_not_know_is_caught(contract, spec):
    path = f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json"
    row = {"method": "POST", "path": path, "form": {"To": "whatsapp:+919876543210", "Frm": "x"}}

    with pytest.raises(AssertionError, match="Frm"):
        check(contract, spec, row)


def test_control_a_content_sid_of_the_wrong_form_is_caught(contract, spec):
    path = f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json"
    row = {"method": "POST", "path": path, "form": {"To": "whatsapp:+91", "ContentSid": "nope"}}

    with pytest.raises(OpenAPIError):
        check(contract, spec, row)
