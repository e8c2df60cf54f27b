"""The tables of the other service: the same columns, unique keys, checks and indexes as ours."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

OPEN = ("new", "contacted", "interested")
STATES = (
    "held", "pending", "sending", "sent", "delivered", "read", "answered", "unknown", "failed",
    "cancelled", "received",
)  # fmt: skip


def moment(**more):
    return Field(sa_type=DateTime(timezone=True), **more)


def json_field():
    return Field(default_factory=dict, sa_type=JSON().with_variant(JSONB, "postgresql"))


def only_where(name, *columns, where):
    """A partial unique index, the same on Postgres and SQLite."""
    condition = text(where)
    return Index(
        name, *columns, unique=True, postgresql_where=condition, sqlite_where=condition
    )  # fmt: skip


def at_least_0(column):
    return CheckConstraint(f"{column} >= 0")


def valid_json(column):
    """What Django asks of a JSON column where the database has no type for it."""
    return CheckConstraint(f"json_valid({column})").ddl_if(dialect="sqlite")


class Course(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True, max_length=50)
    title: str = Field(max_length=120)
    price_paise: int


class Contact(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    phone: str = Field(unique=True, max_length=16)
    language: str = Field(default="en-in", max_length=5)
    opted_out_at: datetime | None = moment(default=None)
    last_inbound_at: datetime | None = moment(default=None)
    welcome_window_started_at: datetime | None = moment(default=None)
    created_at: datetime = moment()

    __table_args__ = (
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{6,14}$'").ddl_if(dialect="postgresql"),
    )  # fmt: skip


class Consent(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    action: str = Field(max_length=10)
    channel: str = Field(default="all", max_length=10)
    source: str = Field(max_length=10)
    wording_version: str = Field(default="", max_length=20)
    language: str = Field(default="", max_length=5)
    ip: str | None = None
    created_at: datetime = moment()


class Lead(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120)
    name_key: str = Field(max_length=120, index=True)
    email: str = Field(default="", max_length=254, index=True)
    phone: str = Field(max_length=16)
    phone_last4: str = Field(max_length=4, index=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    course_id: int | None = Field(default=None, foreign_key="course.id", index=True)
    message: str = Field(default="", sa_type=Text)
    source: str = Field(default="website", max_length=40, index=True)
    language: str = Field(default="en-in", max_length=5)
    status: str = Field(default="new", max_length=12)
    assigned_to_id: int | None = Field(default=None, index=True)
    user_id: int | None = Field(default=None, index=True)
    created_at: datetime = moment(index=True)
    updated_at: datetime = moment()

    __table_args__ = (
        Index("lead_status", "status", text("id DESC")),
        only_where(
            "open_lead_once", "contact_id", "name_key",
            where="status IN ('new', 'contacted', 'interested')",
        ),
    )  # fmt: skip


class Enquiry(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    key: str | None = Field(default=None, unique=True, max_length=260)
    via: str = Field(max_length=10)
    course_id: int | None = Field(default=None, foreign_key="course.id")
    message: str = Field(default="", sa_type=Text)
    source: str = Field(default="", max_length=40)
    utm: dict = json_field()
    referrer: str = Field(default="", max_length=300)
    ip: str | None = Field(default=None, index=True)
    suspicion: str = Field(default="", max_length=40)
    created_at: datetime = moment()

    __table_args__ = (valid_json("utm"),)


class Counter(SQLModel, table=True):
    scope: str = Field(primary_key=True, max_length=10)
    key: str = Field(primary_key=True, max_length=254)
    starts_at: datetime = moment(primary_key=True)
    count: int

    __table_args__ = (at_least_0("count"),)


class CommunicationLog(SQLModel, table=True):
    id: uuid.UUID = Field(primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")
    direction: str = Field(default="out", max_length=3)
    channel: str = Field(max_length=10)
    purpose: str = Field(max_length=40)
    subject: str = Field(default="", max_length=60, index=True)
    dedupe_key: str = Field(unique=True, max_length=160)
    state: str = Field(default="pending", max_length=10)
    reason: str = Field(default="", max_length=60)
    recipient: str = Field(max_length=254)
    language: str = Field(default="en-in", max_length=5)
    context: dict = json_field()
    body: str = Field(default="", sa_type=Text)
    attempts: int = 0
    looks: int = 0
    claim_token: uuid.UUID | None = None
    lease_until: datetime | None = moment(default=None)
    provider_id: str = Field(default="", max_length=255, index=True)
    created_at: datetime = moment()
    due_at: datetime = moment()
    trying_since: datetime = moment()
    posted_at: datetime | None = moment(default=None)
    accepted_at: datetime | None = moment(default=None)
    delivered_at: datetime | None = moment(default=None)
    answered_at: datetime | None = moment(default=None)
    ended_at: datetime | None = moment(default=None)
    duration_seconds: int | None = None
    debit_paise: int = 0
    released_at: datetime | None = moment(default=None)

    __table_args__ = (
        Index("log_state_due", "state", "due_at"),
        Index("log_timeline", "contact_id", text("created_at DESC")),
        Index(
            "log_held", "reason", text("id DESC"), postgresql_where=text("state = 'held'"),
            sqlite_where=text("state = 'held'"),
        ),
        Index(
            "log_failed", text("id DESC"), "channel", postgresql_where=text("state = 'failed'"),
            sqlite_where=text("state = 'failed'"),
        ),
        Index(
            "log_email", "recipient", postgresql_where=text("channel = 'email'"),
            sqlite_where=text("channel = 'email'"),
        ),
        CheckConstraint("state NOT IN ('held', 'failed', 'cancelled') OR reason <> ''"),
        CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})"),
        *map(at_least_0, ("attempts", "looks", "duration_seconds", "debit_paise")),
        valid_json("context"),
        only_where("log_provider_id_once", "channel", "provider_id", where="provider_id <> ''"),
        only_where(
            "log_one_request_in_flight", "contact_id", "channel",
            where="channel IN ('whatsapp', 'voice') AND "
            "state IN ('unknown', 'sending')",
        ),
    )  # fmt: skip
