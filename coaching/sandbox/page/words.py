"""WhatsApp's own markup in a message: *bold*, _italic_ and links that can be tapped."""

import re

from coaching.sandbox.page.markup import Safe, fill

LINK = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)])")
BOLD = re.compile(r"(?<!\w)\*(\S(?:[^*\n]*\S)?)\*(?!\w)")
ITALIC = re.compile(r"(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)")


def as_written(text):
    """Escapes everything; links are set apart first, so that no markup is seen inside one."""
    html = ""
    for at, part in enumerate(LINK.split(text)):
        if at % 2:
            html += fill('<a href="$url" target="_blank" rel="noopener">$url</a>', url=part)
        else:
            part = fill("$part", part=part)
            html += ITALIC.sub(r"<em>\1</em>", BOLD.sub(r"<strong>\1</strong>", part))
    return Safe(html)
