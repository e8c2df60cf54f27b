"""Structured logs: one event a line with its request id, and nobody's number or address in it."""

import logging
import re

import structlog

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
# Signed links are keys: whoever reads a log must not be able to use them.
KEY_IN_PATH = re.compile(r"/(unsubscribe|enquiries|key|pay|receipts|return)/[^/\s'\"?]+")
# Nine digits or more that are no part of a longer word, a UUID or a provider's SID.
PHONE = re.compile(r"(?<![\w.-])(?:whatsapp:)?\+?\d[\d\s-]{7,}\d(?![\w-])")
SECRET_KEYS = {"password", "token", "authorization", "secret", "cookie"}
PERSONAL_KEYS = {"name", "email", "phone", "to", "recipient", "body", "message_text", "ip"}


def redact(text):
    """Replace e-mail addresses, phone numbers and signed links in `text`."""
    text = KEY_IN_PATH.sub(r"/\1/[key]", text)
    return PHONE.sub("[phone]", EMAIL.sub("[email]", text))


def without_people(event, _hint=None):
    """Take what could name a person out of an error report (Sentry's before_send)."""
    for error in event.get("exception", {}).get("values", []):
        # Postgres quotes the whole failing row; numbers and addresses may be anywhere.
        error["value"] = redact((error.get("value") or "").split("DETAIL:")[0])
    request = event.get("request", {})
    for key in ("data", "cookies", "query_string"):
        request.pop(key, None)
    if "url" in request:
        request["url"] = redact(request["url"])
    return event


def without_noise(_logger, _method, event):
    """One line a request is enough: the one that says how it ended."""
    if event.get("event") in ("request_started", "task_enqueued"):
        raise structlog.DropEvent
    return event


def without_phonepes_chatter(record):
    """PhonePe's SDK tells the root logger of every token and connection; its warnings stay."""
    return record.levelno >= logging.WARNING or "/phonepe/sdk/" not in record.pathname


def without_personal_data(_logger, _method, event):
    for key, value in event.items():
        if key in SECRET_KEYS or key in PERSONAL_KEYS:
            event[key] = "[removed]"
        elif isinstance(value, str) and key not in ("timestamp", "request_id"):
            event[key] = redact(value)
    return event


def for_reading(_logger, _method, event):
    """Leave out what only a machine needs, so that a line fits the terminal."""
    event.pop("logger", None)
    if event.get("user_id") is None:
        event.pop("user_id", None)
    if "request_id" in event:
        event["request_id"] = event["request_id"][:8]
    return event


def configure(*, readable):
    """Set structlog up and return Django's LOGGING: readable lines for a person, else JSON."""
    shared = [
        without_noise,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
    ]
    ending = (
        [for_reading, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]
        if readable
        else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.filter_by_level,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_personal_data,
                    *ending,
                ],
                "foreign_pre_chain": shared,
            }
        },
        "filters": {"chatter": {"()": lambda: without_phonepes_chatter}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "structured",
                "filters": ["chatter"],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "twilio": {"level": "WARNING"},  # its INFO lines carry numbers
            "twilio.http_client": {"level": "WARNING"},
        },
    }
