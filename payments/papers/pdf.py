"""The paper as a PDF, set by Typst from `paper.typ` with the two fonts that lie beside it.

What people typed goes in as data (JSON), never as source, so a name cannot be markup. Nothing of
the machine is read, neither its fonts nor its clock: the same paper is the same bytes everywhere.
"""

import datetime as dt
import json
from functools import cache
from pathlib import Path

import typst

from payments.papers.sheet import sheet

FOLDER = Path(__file__).parent


def pdf(paper):
    """Return the PDF of `paper` (see `payments.papers`) as bytes.

    Any thread may call it, but no process that forks afterwards: Typst's threads stay behind.
    """
    return typst.compile(
        FOLDER / "paper.typ",
        root=FOLDER,
        font_paths=fonts(),
        sys_inputs={"sheet": json.dumps(sheet(paper))},
        timestamp=dt.datetime.fromisoformat(paper["issued_on"]).replace(tzinfo=dt.UTC),
    )


@cache
def fonts():
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[FOLDER / "fonts"],
    )
