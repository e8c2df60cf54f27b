"""Message templates: what the Content API registered, and filling one in."""

import hashlib
import json
import re

from coaching.sandbox.times import DAY, now
from coaching.sandbox.twilio.refusal import Refused

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
TYPES = {"twilio/text", "twilio/quick-reply", "twilio/call-to-action"}
LONGEST = 1024


def content_sid(friendly_name, language):
    """The same name and language are the same template, in every sandbox there is.

    Twilio draws these by lot; here the product can know them without asking.
    """
    name = f"{friendly_name}:{language}".encode()
    return "HX" + hashlib.md5(name, usedforsecurity=False).hexdigest()


def register(store, friendly_name, language, variables, types):
    """Adds or replaces a template. Returns its sid. Raises Refused."""
    if not friendly_name or not language:
        raise Refused(20001, "friendly_name and language are required")
    if not isinstance(types, dict) or not types or set(types) - TYPES:
        raise Refused(20001, f"types must be out of {', '.join(sorted(TYPES))}")
    if not all(isinstance(one, dict) and one.get("body") for one in types.values()):
        raise Refused(20001, "every type needs a body")
    sid = content_sid(friendly_name, language)
    at = now()
    store.run(
        "INSERT INTO contents (sid, friendly_name, language, variables, types, created_at,"
        " updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (sid) DO UPDATE SET"
        " variables = ?4, types = ?5, updated_at = ?6",
        sid,
        friendly_name,
        language,
        json.dumps(variables or {}),
        json.dumps(types),
        at,
    )
    return sid


def fill(store, sid, variables):
    """(text, buttons) of a template with its variables put in. Raises Refused."""
    row = store.one("SELECT types FROM contents WHERE sid = ?", sid)
    if row is None:
        raise Refused(21655, f"ContentSid {sid} is not registered")
    content = next(iter(json.loads(row["types"]).values()))
    actions = content.get("actions", [])
    wanted = set(PLACEHOLDER.findall(json.dumps(content, ensure_ascii=False)))
    if wanted != set(variables):
        raise Refused(
            63028,
            f"the template takes {sorted(wanted) or 'no variables'}, got {sorted(variables)}",
        )

    def put_in(text):
        return PLACEHOLDER.sub(lambda found: variables[found[1]], text)

    body = put_in(content["body"])
    if len(body) > LONGEST:
        raise Refused(63021, f"the filled template has {len(body)} characters, {LONGEST} allowed")
    buttons = [
        {"title": put_in(a.get("title", "")), "id": a.get("id"), "url": put_in(a.get("url", ""))}
        for a in actions
    ]
    return body, buttons


def read_variables(text):
    """ContentVariables as a dict of non-empty one-line strings. Raises Refused."""
    try:
        variables = json.loads(text or "{}")
    except ValueError as error:
        raise Refused(21656, "ContentVariables is not JSON") from error
    if not isinstance(variables, dict):
        raise Refused(21656, "ContentVariables must be a JSON object")
    for name, value in variables.items():
        if not isinstance(value, str):
            raise Refused(21656, f"ContentVariables: {name} must be a string")
        if not value.strip() or set(value) & set("\n\r\t"):
            raise Refused(21656, f"ContentVariables: {name} is empty or has a line break or tab")
    return variables


def window_is_open(phone):
    """WhatsApp takes free text only within 24 hours of the person's own last message."""
    last = phone["last_inbound_at"] if phone else None
    return last is not None and now() - last < DAY
