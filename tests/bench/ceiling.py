"""The ceiling: what the database client itself does with the bytes of one enquiry.

    python -m tests.bench.ceiling ADDRESS SECONDS CONNECTIONS < rows.json

A process with so many connections, each on a thread: BEGIN, one INSERT of all the rows as they
are, COMMIT, again and again. Prints the seconds that each transaction took, as JSON.
"""

import json
import sqlite3
import sys
import threading
import time

import psycopg

TABLE = "CREATE TABLE IF NOT EXISTS ceiling (id {key}, body text NOT NULL)"
INSERT = "INSERT INTO ceiling (body) VALUES {rows}"


def postgres(address, rows):
    connection = psycopg.connect(address, autocommit=True)
    text = INSERT.format(rows=", ".join(["(%s)"] * len(rows)))

    def once():
        with connection.transaction():
            connection.execute(text, rows, prepare=True)

    return once


def sqlite(address, rows):
    connection = sqlite3.connect(address, timeout=20, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    text = INSERT.format(rows=", ".join(["(?)"] * len(rows)))

    def once():
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(text, rows)
        connection.execute("COMMIT")

    return once


def create_table(address):
    if "host=" in address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(TABLE.format(key="bigserial PRIMARY KEY"))
    else:
        sqlite3.connect(address).execute(TABLE.format(key="integer PRIMARY KEY"))


def main(address, seconds, connections):
    rows = json.load(sys.stdin)
    connect = postgres if "host=" in address else sqlite
    took = []

    def work(once):
        while (begun := time.perf_counter()) < ends:
            once()
            took.append(time.perf_counter() - begun)

    workers = [connect(address, rows) for _ in range(connections)]
    ends = time.perf_counter() + seconds
    threads = [threading.Thread(target=work, args=(once,)) for once in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
