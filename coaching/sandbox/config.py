"""The only place where the sandbox reads its environment."""

import os
from dataclasses import dataclass
from pathlib import Path

# The product's own settings use the same two values when it runs against the sandbox.
SANDBOX_ACCOUNT_SID = "AC" + "5a" * 16
SANDBOX_AUTH_TOKEN = "sandbox-auth-token"  # noqa: S105 - a stand-in's token opens nothing
WHATSAPP_SENDER = "whatsapp:+14155238886"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Config:
    port: int
    smtp_port: int
    database: Path
    site_url: str
    account_sid: str
    auth_token: str
    whatsapp_sender: str
    pace: float  # multiplies every waiting time of the simulated world; faults stay in real seconds

    @property
    def inbound_url(self):
        return f"{self.site_url}/webhooks/twilio/inbound/"


def from_environment():
    """Raises ValueError with a sentence that can be shown as it is."""
    read = os.environ.get
    try:
        port = int(read("SANDBOX_PORT") or 8001)
        smtp_port = int(read("SANDBOX_SMTP_PORT") or 8003)
        pace = float(read("SANDBOX_PACE") or 1)
    except ValueError as error:
        raise ValueError(f"SANDBOX_PORT, SANDBOX_SMTP_PORT, SANDBOX_PACE: {error}") from error
    if pace <= 0:
        raise ValueError("SANDBOX_PACE must be more than 0")
    sender = read("TWILIO_WHATSAPP_FROM") or WHATSAPP_SENDER
    return Config(
        port=port,
        smtp_port=smtp_port,
        database=Path(read("SANDBOX_DB") or "sandbox.sqlite3"),
        site_url=(read("SITE_URL") or "http://localhost:8000").rstrip("/"),
        account_sid=read("TWILIO_ACCOUNT_SID") or SANDBOX_ACCOUNT_SID,
        auth_token=read("TWILIO_AUTH_TOKEN") or SANDBOX_AUTH_TOKEN,
        whatsapp_sender="whatsapp:" + sender.removeprefix("whatsapp:"),
        pace=pace,
    )
