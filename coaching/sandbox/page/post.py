"""Mails: the column beside a phone, the mailbox page, and the frame a mail is rendered in."""

from starlette.responses import HTMLResponse

from coaching.sandbox import mails
from coaching.sandbox.numbers import readable
from coaching.sandbox.page.markup import Safe, fill, join
from coaching.sandbox.times import clock

COLUMN = """<section class="mails" aria-labelledby="mails-title">
<h2 id="mails-title">$title</h2>
<div id="mail-list" data-live>$items</div>
</section>
"""
NOTHING = '<p class="empty">$why</p>'
MAIL = """<details class="mail" id="mail-$id" name="mail"$open><summary>
<strong>$subject</strong> <span>$sender → $to</span> <time>$at</time></summary>
<dl>$headers</dl>
<iframe title="Mail: $subject" src="/mails/$id/body" loading="lazy"
 sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
$attachments</details>
"""
HEADER = "<dt>$name</dt><dd>$value</dd>"
SHOWN_HEADERS = (
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Reply-To",
    "Auto-Submitted",
)
TEXT_ONLY = """<!doctype html><meta charset="utf-8"><style>pre{white-space:pre-wrap;
overflow-wrap:anywhere;font:1rem/1.5 system-ui,sans-serif;margin:1rem}</style><pre>$text</pre>"""

# A mail brings its own inline styles, which the page's policy forbids and a srcdoc frame would
# inherit. So it gets a document and a policy of its own: styles yes; scripts, forms and anything
# fetched from elsewhere no.
BODY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data: http://localhost:* http://127.0.0.1:*;"
    " frame-ancestors 'self'"
)


def column(world, row):
    """Mails of one phone's owner."""
    found = mails.of_phone(world.store, row)
    whose = row["email"] or readable(row["number"])
    why = "No mail yet. Set this person's mail address under Behaviour to see theirs here."
    return _column(f"Mails · {whose}", found, why)


def mailbox(world, address, is_home=False):
    """On the home page, where it is one column of several, no mail is open at first."""
    if address:
        return _column(f"Mails · {address}", mails.to_address(world.store, address), "No mail.")
    found = world.store.all("SELECT * FROM mails ORDER BY id DESC LIMIT 50")
    return _column("All mails", found, "No mail yet. What the centre sends arrives here.", is_home)


def _column(title, found, why, is_closed=False):
    items = join(_mail(row, is_open=at == 0 and not is_closed) for at, row in enumerate(found))
    return fill(COLUMN, title=title, items=items or fill(NOTHING, why=why))


def _mail(row, is_open):
    shown = mails.taken_apart(row)
    headers = shown["headers"]
    attachments = ", ".join(filter(None, shown["attachments"]))
    return fill(
        MAIL,
        id=row["id"],
        open=Safe(" open") if is_open else "",
        subject=row["subject"] or "(no subject)",
        sender=shown["from"] or row["sender"],
        to=shown["to"],
        at=clock(row["at"]),
        headers=join(
            fill(HEADER, name=name, value=headers[name])
            for name in SHOWN_HEADERS
            if name in headers
        ),
        attachments=fill('<p class="attached">Attachments: $names</p>', names=attachments)
        if attachments
        else "",
    )


def body(row):
    """The mail's own document, links opening in a new tab."""
    shown = mails.taken_apart(row)
    text = '<base target="_blank">' + shown["html"] if shown["html"] else None
    return HTMLResponse(
        text or fill(TEXT_ONLY, text=shown["text"]),
        headers={
            "Content-Security-Policy": BODY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
    )
