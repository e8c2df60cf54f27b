"""The ceiling, run: the raw transactions of `ceiling` in two processes, and those of pgbench."""

import json
import shutil
import subprocess
import sys


def transactions(address, bodies, seconds):
    """The seconds that each transaction took, in two processes: as many as the services have."""
    connections = "8" if "host=" in address else "1"
    command = [sys.executable, "-m", "tests.bench.ceiling", address, str(seconds), connections]
    runs = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for run in runs:
        run.stdin.write(json.dumps(bodies))
        run.stdin.close()
    took = [json.loads(run.stdout.read()) for run in runs]
    if any(run.wait() for run in runs):
        raise RuntimeError("a process of the ceiling failed")
    return sum(took, [])


def pgbench(product, bodies, seconds):
    """The same transaction from Postgres' own client, which is not written in Python."""
    rows = ", ".join("('{}')".format(body.replace("'", "''")) for body in bodies)
    script = product.folder / "pgbench.sql"
    script.write_text(f"BEGIN;\nINSERT INTO ceiling (body) VALUES {rows};\nCOMMIT;\n")
    logs = product.folder / "pgbench"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    subprocess.run(
        [
            product.server.bin / "pgbench", "-n", "-c", "16", "-j", "2", "-T", str(int(seconds)),
            "-f", script, "-l", "-h", product.server.home, "-U", "coaching", "ceiling",
        ],
        check=True, cwd=logs, capture_output=True,
    )  # fmt: skip
    lines = [line.split() for file in logs.iterdir() for line in file.read_text().splitlines()]
    return [int(line[2]) / 1e6 for line in lines]
