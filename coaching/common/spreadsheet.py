"""Lists as CSV that a spreadsheet opens without running any of it."""

import csv

from django.http import StreamingHttpResponse
from django.utils import timezone


def as_csv(name, header, rows):
    """Stream `rows` (of any values) under `header` as `name`-<today>.csv; nobody keeps a copy."""
    response = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    file = f"{name}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    response["Cache-Control"] = "no-store"
    return response


class _Echo:
    def write(self, value):
        return value


def _lines(header, rows):
    writer = csv.writer(_Echo())
    yield "\ufeff"  # so that spreadsheets read Hindi names right
    yield writer.writerow(header)
    for cells in rows:
        yield writer.writerow([_harmless(str(cell)) for cell in cells])


def _harmless(text):
    """A cell that begins like a formula is shown as text, not run."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
