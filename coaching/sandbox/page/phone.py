"""One person's phone: WhatsApp and calls in the order they happened."""

import json

from coaching.sandbox import people
from coaching.sandbox.numbers import readable
from coaching.sandbox.page.call import live_call, past_call
from coaching.sandbox.page.markup import Safe, fill, join, options
from coaching.sandbox.page.words import as_written
from coaching.sandbox.times import clock
from coaching.sandbox.twilio.refusal import WORDS
from coaching.sandbox.twilio.templates import window_is_open

MESSAGES_SHOWN, CALLS_SHOWN = 100, 20

PHONE = """<section class="phone" aria-labelledby="phone-title">
<div class="phone-head">
<a class="back" href="/">‹<span class="hidden"> All phones</span></a>
<div><h1 id="phone-title">$name</h1>
<p>$number · <span id="window" data-live>$window</span></p></div>
<details class="behaviour" id="behaviour"><summary>Behaviour</summary>
<form method="post" action="/phones/$raw/settings" class="stack">
<label>WhatsApp <select name="whatsapp">$whatsapp</select></label>
<label>When called <select name="call">$call</select></label>
<label>Name <input name="name" value="$known_name" autocomplete="off"></label>
<label>Mail address <input name="email" type="email" value="$email" autocomplete="off"></label>
<button>Save</button>
</form></details>
</div>
<div class="live-call" id="live-call" data-live>$live</div>
<ol class="chat" id="chat" data-live data-scroll tabindex="0" aria-label="Messages and calls">
$items</ol>
<div id="replies" class="replies" data-live>$replies</div>
<form class="composer" method="post" action="/phones/$raw/whatsapp">
<label class="hidden" for="reply">Reply on WhatsApp</label>
<input id="reply" name="body" required maxlength="1600" autocomplete="off"
 placeholder="Reply on WhatsApp">
<button>Send</button>
</form>
</section>
"""
WHATSAPP_CHOICES = (
    ("ok", "delivered and read"),
    ("unread", "delivered, never read"),
    ("unreachable", "not on WhatsApp (63024)"),
    ("blocked", "blocked the centre (63014)"),
)
CALL_CHOICES = (
    ("answer", "answers by itself"),
    ("manual", "I answer on this page"),
    ("no_answer", "nobody answers"),
    ("busy", "busy"),
    ("voicemail", "voicemail answers"),
)

BUBBLE = """<li id="message-$sid" class="bubble $side">
<p>$body</p>$buttons
<span class="meta"><time>$at</time> $ticks</span>$problem</li>
"""
TICKS = {
    "accepted": ("…", "waiting"),
    "queued": ("…", "waiting"),
    "sent": ("✓", "sent"),
    "delivered": ("✓✓", "delivered"),
    "read": ("✓✓", "read"),
    "undelivered": ("!", "not delivered"),
    "failed": ("!", "failed"),
}
REPLY = """<form method="post" action="/phones/$raw/whatsapp"><input type="hidden" name="body"
 value="$title"><button name="button" value="$id">$title</button></form>"""


def phone_column(world, row):
    number = row["number"]
    messages = world.store.all(
        "SELECT * FROM (SELECT * FROM messages WHERE number = ? ORDER BY id DESC LIMIT ?)"
        " ORDER BY id",
        number,
        MESSAGES_SHOWN,
    )
    sids = world.store.all(
        "SELECT sid FROM calls WHERE number = ? ORDER BY id DESC LIMIT ?", number, CALLS_SHOWN
    )
    calls = [people.call_shown(world, one["sid"]) for one in sids]
    entries = [(one["created_at"], _bubble(one)) for one in messages]
    entries += [(one["created_at"], past_call(one)) for one in calls if one["state"] == "over"]
    entries.sort(key=lambda entry: entry[0])
    live = join(live_call(one, number) for one in calls if one["state"] != "over")
    return fill(
        PHONE,
        name=row["name"] or readable(number),
        known_name=row["name"],
        number=readable(number),
        raw=number,
        email=row["email"],
        window="24-hour window open" if window_is_open(row) else "window closed: templates only",
        whatsapp=options(WHATSAPP_CHOICES, row["whatsapp"]),
        call=options(CALL_CHOICES, row["call"]),
        live=live,
        items=join(html for _, html in entries) or Safe('<li class="empty">Nothing yet.</li>'),
        replies=_quick_replies(messages, number),
    )


def _bubble(row):
    is_ours = row["direction"] == "inbound"  # the person's own words
    sign, words = TICKS.get(row["status"], ("", row["status"]))
    ticks = fill(
        '<span class="tick $status" role="img" aria-label="$words">$sign</span>',
        status=row["status"],
        words=words,
        sign=sign,
    )
    media = [f"Attachment: {url.rsplit('/', 1)[-1]}" for url in json.loads(row["media"])]
    error = row["error_code"]
    return fill(
        BUBBLE,
        sid=row["sid"],
        side="mine" if is_ours else "theirs",
        body=as_written("\n".join([*media, row["body"]]).strip()),
        buttons=join(
            fill('<span class="offered">$title</span>', title=one["title"])
            for one in json.loads(row["buttons"])
        ),
        at=clock(row["created_at"]),
        ticks="" if is_ours else ticks,
        problem=fill('<span class="problem">$why ($code)</span>', why=WORDS.get(error), code=error)
        if error
        else "",
    )


def _quick_replies(messages, number):
    """The buttons under the last message, as long as nobody has answered it."""
    last = messages[-1] if messages else None
    if last is None or last["direction"] == "inbound":
        return ""
    return join(
        fill(REPLY, raw=number, title=one["title"], id=one["id"] or one["title"])
        for one in json.loads(last["buttons"])
        if not one.get("url")
    )
