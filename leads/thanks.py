"""What the page after an enquiry says: how far the welcome is, and nothing that will not come.

A message that is held may wait for ever, so it is never promised; nor is one that waits on a
channel which will hold it as soon as its turn comes.
"""

from dataclasses import replace

from coaching.messaging import switches
from leads.services import next_steps

# Held because our side cannot send. For every other reason a person looks at the enquiry first.
OUR_SIDE = (
    "budget_spent",
    "channel_not_configured",
    "switched_off",
    "template_missing",
    "too_few_arrive",
    "wording_broken",
)


def what_happens(lead):
    """Return the page's `steps` (NextSteps) and `look`: why a person turns to the enquiry, or "".

    `look` is a reason for which a message is held, "our_side" where only we are in the way, or
    "nothing_queued" where there is no message at all.
    """
    channels = switches.now()
    steps = [_foreseen(step, channels[step.channel]) for step in next_steps(lead)]
    held = [step.reason for step in steps if step.state == "held"]
    looks = [reason for reason in held if reason not in OUR_SIDE]
    if looks:
        look = looks[0]
    elif held:
        look = "our_side"
    else:
        look = "" if steps else "nothing_queued"
    shown = [step for step in steps if step.state != "held" or step.reason in OUR_SIDE]
    return {"steps": shown, "look": look}


def _foreseen(step, channel):
    """Return `step` as held where its channel will hold it when its turn comes, or has come."""
    if step.state == "pending":
        if channel.off or not channel.is_configured:
            return replace(step, state="held", reason="switched_off")
        if not step.due_at and (channel.broken or channel.is_spent):
            return replace(step, state="held", reason="budget_spent")
    return step


def is_welcomed(lead):
    """Whether the newest enquiry queued a welcome; else an earlier one of the day stands for it."""
    asked_at = lead.enquiries.values_list("created_at", flat=True).first()
    welcomes = lead.communication_logs.filter(purpose="enquiry_welcome")
    return asked_at is None or welcomes.filter(created_at__gte=asked_at).exists()
