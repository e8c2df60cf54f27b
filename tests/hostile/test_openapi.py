"""The API does what its own description says, for requests that nobody would think of."""

import json

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from coaching.api import api
from coaching.wsgi import application

SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
SCHEMA.app = application
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
operations = SCHEMA.include(path_regex="^/public/").parametrize()


@pytest.mark.usefixtures("no_limits")
@operations
@settings(
    derandomize=True, database=None, deadline=None, max_examples=150,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_one_that_the_description_knows(case):
    plain = {"Accept-Encoding": "identity"}  # its client in this process unpacks nothing
    case.call_and_validate(checks=CHECKS, headers=plain)


def test_the_description_knows_every_answer_of_the_contract():
    answers = SCHEMA.raw_schema["paths"]["/public/leads"]["post"]["responses"]

    assert {int(status) for status in answers} == {
        200, 201, 400, 403, 413, 415, 422, 429, 503,
    }  # fmt: skip


def test_other_methods_are_405_and_say_which_is_allowed(db):
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = Client().generic(method, "/public/leads")

        assert (answer.status_code, answer["Allow"]) == (405, "POST")
