"""The people behind the numbers: how their phones behave and what they do with them."""

import json

from coaching.sandbox.times import DAY, now

WHATSAPP = ("ok", "unread", "unreachable", "blocked")
CALL = ("answer", "manual", "no_answer", "busy", "voicemail")
CHOICES = {"whatsapp": WHATSAPP, "call": CALL, "window": ("open", "closed")}
DOINGS = {"answer", "decline", "hangup", "press", "say"}


def change(world, number, wanted):
    """Sets how a phone behaves, whose it is and its mail address. Raises ValueError."""
    if not number:
        raise ValueError("a number is required")
    if unknown := set(wanted) - {*CHOICES, "email", "name"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    for name, choices in CHOICES.items():
        if name in wanted and wanted[name] not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}")
    fields = dict(wanted)
    if window := fields.pop("window", None):
        # For tests: the 24 hours are real time, and nobody waits a day for a test.
        fields["last_inbound_at"] = now() if window == "open" else now() - DAY
    if fields.get("email"):
        fields["email"] = fields["email"].strip().lower()
    with world.store.together():
        world.store.touch_phone(number)
        if fields:
            world.store.update("phones", "number", number, **fields)
    world.hub.changed()
    return shown(world, number)


def shown(world, number):
    """Raises KeyError for a number nobody has met."""
    row = world.store.phone(number)
    if row is None:
        raise KeyError(number)
    return dict(row)


def act(world, number, sid, do, value=""):
    """What the person does in a call. False when it had no effect. Raises ValueError, KeyError."""
    if do not in DOINGS:
        raise ValueError(f"do is one of {', '.join(sorted(DOINGS))}")
    if do in {"press", "say"} and not value.strip():
        raise ValueError("press needs digits, say needs text")
    if do == "press" and set(value) - set("0123456789*#"):
        raise ValueError("digits are 0 to 9, * and #")
    call = world.store.one("SELECT sid FROM calls WHERE sid = ? AND number = ?", sid, number)
    if call is None:
        raise KeyError(sid)
    line = world.lines.get(sid)
    return line is not None and line.act(do, value)


def call_shown(world, sid):
    """A call with its transcript and what can be done with it now. Raises KeyError."""
    row = world.store.one("SELECT * FROM calls WHERE sid = ?", sid)
    if row is None:
        raise KeyError(sid)
    lines = world.store.all("SELECT * FROM lines WHERE call_sid = ? ORDER BY id", sid)
    line = world.lines.get(sid)
    fields = ("at", "who", "text", "voice", "language")
    return {
        **dict(row),
        "form": json.loads(row["form"]),
        "state": line.state if line else "over",
        "listens_for": sorted(line.listens_for) if line else [],
        "transcript": [{name: said[name] for name in fields} for said in lines],
    }
