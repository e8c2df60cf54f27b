"""The other service: the same enquiry in FastAPI and SQLModel, as somebody competent writes it.

It checks the same fields and writes the same rows under the same constraints in one transaction:
the contact by upsert (which locks it), the lead once while it is open, the enquiry with its unique
key, the consent, the counters, and three messages with their unique keys and the same words. It
rings no doorbell, writes no log line, and knows no second language: what is left out is in its
favour.

`DATABASE` is SQLAlchemy's address, `WORDS` a file with the three messages of a lead of ours,
`COUNTERS=0` leaves the counters out. `app` answers in threads, `app_async` in the event loop.
"""

import json
import os
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import phonenumbers
from fastapi import FastAPI, Header, HTTPException, Request, Response
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import create_engine, event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Session, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.bench.fastapi_tables import (
    OPEN,
    CommunicationLog,
    Consent,
    Contact,
    Counter,
    Course,
    Enquiry,
    Lead,
)

URL = os.environ["DATABASE"]
IS_SQLITE = URL.startswith("sqlite")
WORDS = json.loads(Path(os.environ["WORDS"]).read_text())
COUNTS = os.environ.get("COUNTERS", "1") == "1"
LIMIT = 1_000_000
WINDOW = timedelta(hours=24)
MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LINK = re.compile(r"://|www\.|\w\.(?:com|in|net|org|info|io|co|xyz|link|me)\b", re.I)
insert = sqlite.insert if IS_SQLITE else postgresql.insert


def storable(text):
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("The text holds a character that cannot be stored.")
    return text


def a_name(text):
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not any(c.isalpha() for c in name) or LINK.search(name):
        raise ValueError("Please write your name.")
    return name


def a_number(text):
    try:
        number = phonenumbers.parse(text, "IN")
    except phonenumbers.NumberParseException as error:
        raise ValueError("This is no phone number.") from error
    if not phonenumbers.is_valid_number(number):
        raise ValueError("This is no phone number.")
    return number


def an_email(text):
    if text and not EMAIL.fullmatch(text):
        raise ValueError("This e-mail address is not complete.")
    return text.lower()


Text = Annotated[str, AfterValidator(storable)]


class LeadIn(BaseModel):
    name: Annotated[Text, AfterValidator(a_name)] = Field(max_length=120)
    phone: Annotated[Text, AfterValidator(a_number)] = Field(max_length=40)
    consent: Literal[True]
    email: Annotated[Text, AfterValidator(an_email)] = Field("", max_length=254)
    course: Text = Field("", max_length=50)
    message: Text = Field("", max_length=2000)
    source: Text = Field("api", max_length=40)


class LeadOut(BaseModel):
    id: int
    status: str


def capture(session, given, ip, key):
    """Write one enquiry; returns the lead and whether it is new. The caller commits."""
    now = datetime.now(UTC)
    course = None
    if given.course:
        course = session.exec(select(Course).where(Course.slug == given.course)).first()
        if course is None:
            raise HTTPException(422, "There is no course of this name.")
    held = count(session, given.phone, ip, given.email, now) if COUNTS else ""
    held = held or why_not(given.phone)
    e164 = phonenumbers.format_number(given.phone, phonenumbers.PhoneNumberFormat.E164)
    contact = session.exec(
        insert(Contact)
        .values(phone=e164, language="en-in", welcome_window_started_at=now, created_at=now)
        .on_conflict_do_update(index_elements=["phone"], set_={"phone": e164})
        .returning(Contact.id, Contact.welcome_window_started_at)
    ).one()
    name_key = given.name.casefold()
    same = select(Lead).where(
        Lead.contact_id == contact.id, Lead.name_key == name_key, Lead.status.in_(OPEN)
    )
    lead = session.exec(same).first()
    is_new = lead is None
    lead = lead or Lead(
        name=given.name, name_key=name_key, phone=e164, phone_last4=e164[-4:],
        contact_id=contact.id, source=given.source, created_at=now,
    )  # fmt: skip
    lead.email = given.email or lead.email
    lead.course_id = course.id if course else lead.course_id
    lead.message = given.message or lead.message
    lead.updated_at = now
    session.add(lead)
    session.flush()
    session.add_all(
        [
            Enquiry(
                lead_id=lead.id, key=key, via="api", course_id=lead.course_id,
                message=given.message, source=given.source, ip=ip, created_at=now,
            ),
            Consent(
                contact_id=contact.id, action="given", source="api", wording_version="1",
                language="en-in", ip=ip, created_at=now,
            ),
        ]
    )  # fmt: skip
    session.flush()
    window = contact.welcome_window_started_at
    if is_new or now - window.replace(tzinfo=window.tzinfo or UTC) > WINDOW:
        session.execute(
            insert(CommunicationLog).on_conflict_do_nothing(index_elements=["dedupe_key"]),
            [message(lead, words, window, held, now) for words in WORDS],
        )
    return lead, is_new


def why_not(number):
    """Why this number is not messaged, or ''."""
    if phonenumbers.region_code_for_number(number) != "IN":
        return "number_abroad"
    return "" if phonenumbers.number_type(number) in MOBILE else "number_not_mobile"


def message(lead, words, window, held, now):
    return {
        "id": uuid.uuid4(),
        "contact_id": lead.contact_id,
        "channel": words["channel"],
        "purpose": "enquiry_welcome",
        "subject": f"lead:{lead.id}",
        "dedupe_key": f"enquiry_welcome:{lead.contact_id}:{window.isoformat()}:{words['channel']}",
        "state": "held" if held else "pending",
        "reason": held,
        "recipient": lead.email if words["channel"] == "email" else lead.phone,
        "context": {**words["context"], "name": lead.name.split(" ")[0]},
        "created_at": now,
        "due_at": now,
        "trying_since": now,
    }


def count(session, number, ip, email, now):
    """Raise the counters of this address, mailbox and number; returns why to hold, or ''."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    network = ip.rpartition(".")[0]
    places = [("post", ip), ("ip", ip), ("network", network)]
    places += [("email", email)] if email else []
    neighbours = [("near", int(digits) // 100), ("near½", (int(digits) + 50) // 100)]
    keys = sorted([*places, ("prefix", digits[:-4]), *((k, str(v)) for k, v in neighbours)])
    rows = [{"scope": scope, "key": key, "starts_at": hour, "count": 1} for scope, key in keys]
    upsert = insert(Counter)
    counts = session.execute(
        upsert.on_conflict_do_update(
            index_elements=["scope", "key", "starts_at"], set_={"count": Counter.count + 1}
        ).returning(Counter.count),
        rows,
    )
    return "too_many" if max(counts.scalars()) > LIMIT else ""


def known_by(session, key):
    """The lead that this idempotency key made before, or None."""
    if not key:
        return None
    found = select(Lead).join(Enquiry, Enquiry.lead_id == Lead.id).where(Enquiry.key == key)
    return session.exec(found).first()


def save(session, given, ip, key):
    """Capture and commit; a repeat or a race with the same enquiry gives the lead that is there."""
    known = known_by(session, key)
    if known:
        return known, False
    for last in (False, True):
        try:
            found = capture(session, given, ip, key)
            session.commit()
            return found
        except (exc.IntegrityError, exc.OperationalError):
            session.rollback()
            if last:
                raise


def with_immediate_transactions(engine):
    """What SQLite needs to take writers one after another instead of refusing them."""

    @event.listens_for(engine, "connect")
    def set_up(connection, _):
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


POOL = {"pool_size": int(os.environ.get("POOL", 8)), "max_overflow": 0, "pool_timeout": 20}
ABOUT_US = {"expire_on_commit": False}


def address(request):
    return request.headers["x-forwarded-for"].split(",")[-1].strip()


app = FastAPI()
if IS_SQLITE:
    engine = with_immediate_transactions(
        create_engine(URL, connect_args={"timeout": 20, "check_same_thread": False}, **POOL)
    )
else:
    engine = create_engine(URL, **POOL)


@app.post("/public/leads", status_code=201, response_model=LeadOut)
def create(given: LeadIn, request: Request, response: Response,
           idempotency_key: Annotated[str | None, Header()] = None):  # fmt: skip
    with Session(engine, **ABOUT_US) as session:
        lead, is_new = save(session, given, address(request), idempotency_key)
    response.status_code = 201 if is_new else 200
    return LeadOut(id=lead.id, status=lead.status)


app_async = FastAPI()
if not IS_SQLITE:
    async_engine = create_async_engine(URL, **POOL)


@app_async.post("/public/leads", status_code=201, response_model=LeadOut)
async def create_async(given: LeadIn, request: Request, response: Response,
                       idempotency_key: Annotated[str | None, Header()] = None):  # fmt: skip
    async with AsyncSession(async_engine, **ABOUT_US) as session:
        arguments = (given, address(request), idempotency_key)
        lead, is_new = await session.run_sync(lambda inner: save(inner, *arguments))
    response.status_code = 201 if is_new else 200
    return LeadOut(id=lead.id, status=lead.status)


if __name__ == "__main__":  # makes the tables and the course
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Course(slug="foundation", title="Python Foundation", price_paise=950000))
        session.commit()
