"""A page that is there already: the ceiling of the server that serves ours."""

import os
from pathlib import Path

PAGE = Path(os.environ["PAGE"]).read_bytes()
HEAD = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Encoding", "gzip"),
    ("Content-Length", str(len(PAGE))),
]


def application(environ, start_response):
    start_response("200 OK", HEAD)
    return [PAGE]
