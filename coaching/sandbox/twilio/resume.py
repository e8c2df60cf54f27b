"""After a restart: what was under way goes on, as it would at the provider."""

import json

from coaching.sandbox.twilio import messages
from coaching.sandbox.twilio.calls import Call


def resume(world):
    for sid in messages.unfinished(world):
        world.spawn(messages.deliver(world, sid))
    rows = world.store.all(
        "SELECT * FROM calls WHERE status IN ('queued', 'ringing', 'in-progress') ORDER BY id"
    )
    for row in rows:
        call = Call(world, row, json.loads(row["form"]))
        # A conversation cannot be picked up in the middle of a sentence: the line has dropped.
        world.spawn(call.run() if row["status"] != "in-progress" else call.drop())
