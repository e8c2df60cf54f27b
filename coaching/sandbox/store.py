"""The sandbox's memory: one SQLite file, used from the event loop's thread only.

Every statement is small and commits by itself, so that a kill at any moment leaves what was
answered in place. `synchronous=OFF` is right here: a stand-in must survive its own death, not
the machine's.
"""

import json
import sqlite3
from contextlib import contextmanager

from coaching.sandbox.times import now

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, sid TEXT UNIQUE NOT NULL, number TEXT NOT NULL,
    direction TEXT NOT NULL, recipient TEXT NOT NULL, sender TEXT, service_sid TEXT,
    body TEXT NOT NULL, media TEXT NOT NULL DEFAULT '[]', buttons TEXT NOT NULL DEFAULT '[]',
    status TEXT NOT NULL, error_code INTEGER, callback TEXT, fate INTEGER,
    created_at INTEGER NOT NULL, sent_at INTEGER, updated_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_number ON messages (number, id);
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY, sid TEXT UNIQUE NOT NULL, number TEXT NOT NULL,
    recipient TEXT NOT NULL, sender TEXT NOT NULL, status TEXT NOT NULL, form TEXT NOT NULL,
    answered_by TEXT, sequence INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, started_at INTEGER, answered_at INTEGER, ended_at INTEGER,
    duration INTEGER, updated_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS calls_by_number ON calls (number, id);
CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY, call_sid TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,
    text TEXT NOT NULL, voice TEXT, language TEXT);
CREATE INDEX IF NOT EXISTS lines_by_call ON lines (call_sid, id);
CREATE TABLE IF NOT EXISTS phones (
    number TEXT PRIMARY KEY, name TEXT, email TEXT,
    whatsapp TEXT NOT NULL DEFAULT 'ok', call TEXT NOT NULL DEFAULT 'answer',
    last_inbound_at INTEGER, active_at INTEGER NOT NULL, seen_at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS contents (
    sid TEXT PRIMARY KEY, friendly_name TEXT NOT NULL, language TEXT NOT NULL,
    variables TEXT NOT NULL, types TEXT NOT NULL, approval TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
    number TEXT, subject TEXT NOT NULL, message_id TEXT, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS mail_recipients (address TEXT NOT NULL, mail_id INTEGER NOT NULL,
    PRIMARY KEY (address, mail_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, merchant_order_id TEXT UNIQUE NOT NULL, order_id TEXT UNIQUE NOT NULL,
    amount INTEGER NOT NULL, state TEXT NOT NULL, error_code TEXT, detailed_error_code TEXT,
    request TEXT NOT NULL, told TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL, expire_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, transaction_id TEXT UNIQUE NOT NULL, merchant_order_id TEXT NOT NULL,
    mode TEXT NOT NULL, amount INTEGER NOT NULL, state TEXT NOT NULL, error_code TEXT,
    detailed_error_code TEXT, due_at INTEGER, updated_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_by_order ON attempts (merchant_order_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS one_payment_per_order ON attempts (merchant_order_id)
    WHERE state = 'COMPLETED';
CREATE TABLE IF NOT EXISTS refunds (
    id INTEGER PRIMARY KEY, merchant_refund_id TEXT UNIQUE NOT NULL, refund_id TEXT UNIQUE NOT NULL,
    merchant_order_id TEXT NOT NULL, amount INTEGER NOT NULL, state TEXT NOT NULL,
    error_code TEXT, detailed_error_code TEXT, ends TEXT NOT NULL, fate TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS refunds_by_order ON refunds (merchant_order_id, id);
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, answered_at INTEGER,
    method TEXT, path TEXT, status INTEGER, accepted INTEGER, direction TEXT, sid TEXT,
    number TEXT, recipient TEXT, sender TEXT, form TEXT, code INTEGER, detail TEXT);
CREATE INDEX IF NOT EXISTS log_by_number ON log (number, id);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
WIPED = (
    *("messages", "calls", "lines", "phones", "mails", "mail_recipients"),
    *("orders", "attempts", "refunds", "log", "settings"),
)


class Store:
    def __init__(self, path):
        if str(path) != ":memory:":
            path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("PRAGMA busy_timeout=5000")
        self._connection.executescript(SCHEMA)

    def all(self, sql, *values):
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql, *values):
        return self._connection.execute(sql, values).fetchone()

    def run(self, sql, *values):
        return self._connection.execute(sql, values).rowcount

    # Table and column names below come from this package's own code, never from a request.

    def insert(self, table, **fields):
        names, marks = ", ".join(fields), ", ".join("?" * len(fields))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        return self._connection.execute(sql, [_plain(v) for v in fields.values()]).lastrowid

    def update(self, table, key, value, **fields):
        names = ", ".join(f"{name} = ?" for name in fields)
        sql = f"UPDATE {table} SET {names} WHERE {key} = ?"  # noqa: S608
        return self.run(sql, *[_plain(v) for v in fields.values()], value)

    @contextmanager
    def together(self):
        """Several writes, one commit. Nothing may be awaited inside."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def setting(self, name, default):
        row = self.one("SELECT value FROM settings WHERE name = ?", name)
        return json.loads(row["value"]) if row else default

    def keep_setting(self, name, value):
        self.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, json.dumps(value))

    def touch_phone(self, number):
        """Every number that anything was ever sent to is a phone on the page."""
        self.run(
            "INSERT INTO phones (number, active_at) VALUES (?1, ?2)"
            " ON CONFLICT (number) DO UPDATE SET active_at = ?2",
            number,
            now(),
        )

    def phone(self, number):
        return self.one("SELECT * FROM phones WHERE number = ?", number)

    def wipe(self):
        """Forgets everything but the registered message templates."""
        with self.together():
            for table in WIPED:
                self.run(f"DELETE FROM {table}")  # noqa: S608

    def close(self):
        self._connection.close()


def _plain(value):
    return json.dumps(value) if isinstance(value, dict | list | tuple) else value
