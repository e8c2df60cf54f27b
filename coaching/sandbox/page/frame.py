"""The head of every page; and what all but the payer's screen have: notice, list of phones."""

from starlette.responses import HTMLResponse

from coaching.sandbox.numbers import readable
from coaching.sandbox.page.markup import Safe, fill, join
from coaching.sandbox.times import clock

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PHONES_SHOWN = 100

DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/sandbox.css">
$head
</head>
<body class="$view">
$body
</body>
</html>
"""
REFRESHED = Safe('<script src="/static/sandbox.js" defer></script>')

PAGE = """<header class="notice">
<p><strong>Simulation.</strong> These phones and mailboxes exist only here. Nothing leaves this
machine: no message is sent, nobody is called, no money moves.</p>
<nav aria-label="Sandbox"><a href="/">Phones</a> <a href="/mails">Mails</a>
<a href="/payments">Payments</a>
<a href="$site_url">The centre's site ↗</a></nav>
</header>
<main>
<section class="phones" aria-labelledby="phones-title">
<h2 id="phones-title">Phones</h2>
<ul class="phone-list" id="phone-list" data-live>$phones</ul>
<details class="newcomer"$newcomer_open id="newcomer">
<summary>Write as somebody new</summary>
<form method="post" action="/phones" class="stack">
<label>Mobile number <input name="number" type="tel" required autocomplete="off"
 placeholder="+91 98765 43210"></label>
<label>Name <input name="name" autocomplete="off" placeholder="Asha"></label>
<label>WhatsApp message <input name="body" required autocomplete="off"
 placeholder="Hello, what does the Python course cost?"></label>
<button>Send to the centre</button>
</form>
</details>
</section>
$columns
</main>"""

PHONE = """<li id="phone-$digits"><a href="/phones/$number"$current>
<span class="avatar" aria-hidden="true">$initial</span>
<span class="who"><strong>$name</strong> <span class="last">$last</span></span>
<span class="when"><time>$at</time> $unread</span></a></li>
"""
UNREAD = '<span class="unread" aria-label="$count unread">$count</span>'
NOBODY = """<li class="empty">No phone yet. Fill in the enquiry form on the centre's site with any
mobile number: it appears here with the WhatsApp message and the call it gets.</li>"""


def page(world, title, columns, *, view, number=None, status=200):
    phones = world.store.all(
        "SELECT phones.*, (SELECT count(*) FROM messages WHERE messages.number = phones.number"
        " AND direction != 'inbound' AND created_at > seen_at) AS unread,"
        " (SELECT body FROM messages WHERE messages.number = phones.number ORDER BY id DESC"
        " LIMIT 1) AS last, EXISTS (SELECT 1 FROM calls WHERE calls.number = phones.number"
        " AND status IN ('queued', 'ringing', 'in-progress')) AS on_call"
        " FROM phones ORDER BY active_at DESC LIMIT ?",
        PHONES_SHOWN,
    )
    body = fill(
        PAGE,
        site_url=world.config.site_url,
        phones=join(_phone(row, number) for row in phones) or Safe(NOBODY),
        newcomer_open=Safe(" open") if not phones else "",
        columns=columns,
    )
    return document(f"{title} · Sandbox phones", body, view=view, head=REFRESHED, status=status)


def document(title, body, *, view, head="", status=200, forms_lead_to=""):
    """A whole page. `forms_lead_to`: the origin that its forms are redirected to, if any."""
    text = fill(DOCUMENT, title=title, head=head, view=view, body=body)
    policy = POLICY.replace("form-action 'self'", f"form-action 'self' {forms_lead_to}".strip())
    return HTMLResponse(text, status, HEADERS | {"Content-Security-Policy": policy})


def _phone(row, chosen):
    name = row["name"] or readable(row["number"])
    return fill(
        PHONE,
        digits=row["number"].lstrip("+"),
        number=row["number"],
        current=Safe(' aria-current="page"') if row["number"] == chosen else "",
        initial=(row["name"] or "☎")[0],
        name=name,
        last=Safe('<span class="calling">☎ On the phone</span>')
        if row["on_call"]
        else (row["last"] or "no message yet")[:80],
        at=clock(row["active_at"]),
        unread=fill(UNREAD, count=row["unread"]) if row["unread"] else "",
    )
