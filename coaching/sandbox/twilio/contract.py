"""Checks a request against Twilio's own description of its API.

Twilio ignores a misspelt field; here it is refused, because to the product it means a feature
that silently does not work. Validators are built once, so that a check costs microseconds.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker

from coaching.sandbox.times import read_range
from coaching.sandbox.twilio.refusal import PARAMETER, Refused, invalid, missing

SPEC = json.loads(
    (Path(__file__).parent.parent / "contracts" / "twilio_api_v2010.subset.json").read_text()
)
FORM = "application/x-www-form-urlencoded"
formats = FormatChecker(formats=())


@formats.checks("uri")
def is_callback_url(text):
    """Absolute, http or https, and a host name Twilio accepts: without an underscore."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and "_" not in host


@formats.checks("date-time", raises=(ValueError, TypeError))
def is_moment(text):
    return bool(read_range(text))


def _resolved(schema):
    if ref := schema.get("$ref"):
        node = SPEC
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
        return _resolved(node)
    if "items" in schema:
        return {**schema, "items": _resolved(schema["items"])}
    return schema


class Contract:
    """What one operation takes: the form of a POST, or the query of a GET."""

    def __init__(self, resource, path, method):
        operation = SPEC["paths"][path][method]
        self._resource = resource
        if method == "post":
            body = operation["requestBody"]["content"][FORM]["schema"]
            properties, self._required = body["properties"], body.get("required", [])
        else:
            query = [p for p in operation["parameters"] if p["in"] == "query"]
            properties, self._required = {p["name"]: p["schema"] for p in query}, []
        self._fields = {name: _resolved(schema) for name, schema in properties.items()}
        self._validators = {
            name: Draft4Validator(schema, format_checker=formats)
            for name, schema in self._fields.items()
        }

    def read(self, pairs):
        """Typed fields from (name, text) pairs. Raises Refused for the first thing wrong."""
        fields = {}
        for name, text in pairs:
            schema = self._fields.get(name)
            if schema is None:
                raise Refused(PARAMETER, f"Unknown parameter: {name}")
            if schema["type"] == "array":
                fields.setdefault(name, []).append(text)
            elif name in fields:
                raise invalid(self._resource, name, "given more than once")
            else:
                fields[name] = self._typed(name, schema["type"], text)
        for name in self._required:
            if fields.get(name, "") == "":
                raise missing(self._resource, name)
        for name, value in fields.items():
            if error := next(self._validators[name].iter_errors(value), None):
                raise invalid(self._resource, name, error.message)
        return fields

    def _typed(self, name, kind, text):
        try:
            if kind == "integer":
                return int(text)
            if kind == "number":
                return float(text)
            if kind == "boolean":
                return {"true": True, "false": False}[text.lower()]
        except (ValueError, KeyError) as error:
            raise invalid(self._resource, name, f"{text!r} is not a valid {kind}") from error
        return text


ROOT = "/2010-04-01/Accounts/{AccountSid}"
CREATE_MESSAGE = Contract("messages", f"{ROOT}/Messages.json", "post")
LIST_MESSAGES = Contract("messages", f"{ROOT}/Messages.json", "get")
FETCH_MESSAGE = Contract("messages", f"{ROOT}/Messages/{{Sid}}.json", "get")
CREATE_CALL = Contract("calls", f"{ROOT}/Calls.json", "post")
LIST_CALLS = Contract("calls", f"{ROOT}/Calls.json", "get")
FETCH_CALL = Contract("calls", f"{ROOT}/Calls/{{Sid}}.json", "get")
UPDATE_CALL = Contract("calls", f"{ROOT}/Calls/{{Sid}}.json", "post")
