"""The other service as it runs: FastAPI and SQLModel, two workers, a database of its own."""

import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack

from tests.bench import load
from tests.conftest import eventually, is_up
from tests.environment import free_ports

UVICORN = (
    "{python} -m uvicorn {module}:{app} --port {port} --workers 2 --no-access-log --log-level error"
)
GRANIAN = (
    "{python} -m granian --interface asgi --host 127.0.0.1 --port {port} --workers 2 --no-ws "
    "--log-level error {module}:{app}"
)
# On SQLite one connection a process: more of them only wait for each other's lock.
VARIANTS = {
    "postgres": [(server, app, 8) for server in (UVICORN, GRANIAN) for app in ("app", "app_async")],
    "sqlite": [(server, "app", pool) for server in (UVICORN, GRANIAN) for pool in (1, 4)],
}


class Rival:
    """One way to run it, for a `with`. `address` is its own, empty database."""

    def __init__(self, folder, address, words, *, variant, counters=True, is_prepared=False):
        server, app, pool = variant
        self.name = f"{server.split()[2]}, {'async' if 'async' in app else 'threads'}, pool {pool}"
        self.port = free_ports(1)
        file = folder / "words.json"
        file.write_text(json.dumps(words))
        self.environment = {
            **os.environ, "DATABASE": address, "WORDS": str(file), "POOL": str(pool),
            "COUNTERS": str(int(counters)),
        }  # fmt: skip
        self.is_prepared = is_prepared
        self.command = server.format(
            python=sys.executable, module="tests.bench.fastapi_leads", app=app, port=self.port
        ).split()

    def __enter__(self):
        if not self.is_prepared:
            subprocess.run(
                [sys.executable, "-m", "tests.bench.fastapi_leads"], env=self.environment,
                check=True,
            )  # fmt: skip
        self.process = subprocess.Popen(self.command, env=self.environment)
        eventually(lambda: is_up(f"http://127.0.0.1:{self.port}/openapi.json"), seconds=20)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


def best_variant(folder, address, words, database, numbers):
    """Try every way to run it, in turns, and return the one that answers the most enquiries."""
    rates = {variant: [] for variant in VARIANTS[database]}
    with ExitStack() as stack:
        rivals = {}
        for variant in rates:
            rival = Rival(folder, address, words, variant=variant, is_prepared=bool(rivals))
            rivals[variant] = stack.enter_context(rival)
        for seconds in (1, 2, 2, 2):  # the first is to get warm
            for variant, rival in rivals.items():
                rows = load.run(port=rival.port, first=next(numbers), seconds=seconds)
                rates[variant].append(len(rows) / seconds)
        for variant, rival in rivals.items():
            rate = statistics.median(rates[variant][1:])
            print(f"Tried on {database}: {rival.name}: {rate:.0f} a second  ", flush=True)
    print()
    return max(rates, key=lambda variant: statistics.median(rates[variant][1:]))
