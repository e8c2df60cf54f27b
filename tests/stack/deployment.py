"""Dockerfile, .dockerignore, Procfile and compose.yaml, read as their tools read them: as much of
each format as these files use.
"""

import re
import shutil
from fnmatch import fnmatch

import yaml

from coaching.run import BASE_DIR

HOST = {"SITE_DOMAIN": "centre.example.in", "SECRET_KEY": "k" * 50, "POSTGRES_PASSWORD": "p" * 48}
NAME = re.compile(r"\$\{(\w+)(?::\?([^}]*))?\}")  # ${NAME}, or ${NAME:?why it is needed}


def compose(host=HOST):
    """compose.yaml as a dictionary, with the host's variables put in."""

    def put_in(found):
        name, complaint = found.groups()
        if complaint and not host.get(name):
            raise ValueError(f"{name}: {complaint}")
        return host.get(name, "")

    return yaml.safe_load(NAME.sub(put_in, (BASE_DIR / "compose.yaml").read_text()))


def dockerfile():
    """The Dockerfile's instructions, [(instruction, words)], oldest first."""
    text = re.sub(r"(?m)^#.*\n", "", (BASE_DIR / "Dockerfile").read_text()).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def image_environment():
    """What the last stage of the Dockerfile sets."""
    last = max(n for n, (name, _) in enumerate(dockerfile()) if name == "FROM")
    words = " ".join(words for name, words in dockerfile()[last:] if name == "ENV").split()
    return dict(word.split("=", 1) for word in words)


def procfile():
    lines = (BASE_DIR / "Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def is_let_through(path):
    """Whether .dockerignore lets `path` into the image; the last line that matches decides."""
    parts = path.split("/")
    prefixes = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    kept = True
    for line in (BASE_DIR / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!")
            if any(fnmatch(prefix, pattern) for prefix in prefixes):
                kept = line.startswith("!")
    return kept


def copy_what_the_image_gets(folder):
    """`COPY . .`, as far as .dockerignore lets it."""

    def left_out(parent, names):
        inside = str(parent).removeprefix(str(BASE_DIR)).lstrip("/")
        return [name for name in names if not is_let_through(f"{inside}/{name}".lstrip("/"))]

    shutil.copytree(BASE_DIR, folder, ignore=left_out)
