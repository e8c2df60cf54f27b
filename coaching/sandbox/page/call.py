"""Calls on a person's phone: the one that rings now, and those in the history."""

from coaching.sandbox.numbers import readable
from coaching.sandbox.page.markup import Safe, fill, join
from coaching.sandbox.times import clock

CALL = """<li id="call-$sid" class="call-entry"><details id="transcript-$sid"><summary>
<span aria-hidden="true">☎</span> Call · $status · <time>$at</time></summary>
<ol class="transcript">$lines</ol></details></li>
"""
LINE = '<li class="$who"><time>$at</time> <span>$text</span>$voice</li>'

LIVE = """<article class="ringing-$state" id="call-$sid">
<h2>$title</h2><p>from $sender</p>
<ol class="transcript" data-scroll tabindex="0" aria-label="What was said">$lines</ol>
<form method="post" action="/phones/$raw/calls/$sid" class="call-buttons">$buttons</form>
$say</article>
"""
SAY = """<form method="post" action="/phones/$raw/calls/$sid" class="composer">
<label class="hidden" for="say">Say on the phone</label>
<input type="hidden" name="do" value="say">
<input id="say" name="text" required autocomplete="off" placeholder="Say something">
<button>Say</button></form>"""
ANSWER = Safe(
    '<button name="do" value="answer" class="go">Answer</button>'
    '<button name="do" value="decline" class="stop">Decline</button>'
)
KEYPAD = '<span class="keypad" role="group" aria-label="Keypad">$keys</span>'
HANG_UP = Safe('<button name="do" value="hangup" class="stop">Hang up</button>')


def _lines(call):
    return join(
        fill(
            LINE,
            who=said["who"],
            at=clock(said["at"]),
            text=said["text"],
            voice=fill(
                ' <small lang="en">$voice</small>',
                voice=" · ".join(filter(None, (said["language"], said["voice"]))),
            )
            if said["voice"] or said["language"]
            else "",
        )
        for said in call["transcript"]
    )


def past_call(call):
    seconds = f", {call['duration']} s" if call["duration"] else ""
    return fill(
        CALL,
        sid=call["sid"],
        status=call["status"] + seconds,
        at=clock(call["created_at"]),
        lines=_lines(call),
    )


def live_call(call, number):
    state, listens = call["state"], call["listens_for"]
    buttons = [ANSWER] if state == "ringing" else []
    if "dtmf" in listens:
        keys = join(
            fill('<button name="digits" value="$key">$key</button>', key=k) for k in "1234567890*#"
        )
        buttons.append(
            fill('<span class="keypad" role="group" aria-label="Keypad">$k</span>', k=keys)
        )
    if state == "talking":
        buttons.append(HANG_UP)
    titles = {"ringing": "Incoming call", "talking": "In a call"}
    return fill(
        LIVE,
        raw=number,
        sid=call["sid"],
        state=state,
        title=titles.get(state, "Dialling"),
        sender=readable(call["sender"]),
        lines=_lines(call),
        buttons=join(buttons),
        say=fill(SAY, raw=number, sid=call["sid"]) if "speech" in listens else "",
    )
