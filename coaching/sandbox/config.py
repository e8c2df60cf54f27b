"""The only place where the sandbox reads its environment."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

# The product's own settings use the same values when it runs against the sandbox.
SANDBOX_ACCOUNT_SID = "AC" + "5a" * 16
SANDBOX_AUTH_TOKEN = "sandbox-auth-token"  # noqa: S105 - a stand-in's token opens nothing
SANDBOX_CLIENT_ID = "SANDBOX_CLIENT"
SANDBOX_CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105
SANDBOX_CLIENT_VERSION = 1
SANDBOX_WEBHOOK_USERNAME = "sandbox_webhooks"
SANDBOX_WEBHOOK_PASSWORD = "sandbox2webhooks"  # noqa: S105
WHATSAPP_SENDER = "whatsapp:+14155238886"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class PhonePeKeys:
    client_id: str
    client_secret: str
    client_version: str
    username: str  # of the webhooks
    password: str

    @property
    def webhook_authorization(self):
        return hashlib.sha256(f"{self.username}:{self.password}".encode()).hexdigest()


@dataclass(frozen=True)
class Config:
    port: int
    smtp_port: int
    database: Path
    site_url: str
    account_sid: str
    auth_token: str
    whatsapp_sender: str
    phonepe: PhonePeKeys
    pace: float  # multiplies every waiting time of the simulated world; faults stay in real seconds

    @property
    def inbound_url(self):
        return f"{self.site_url}/webhooks/twilio/inbound/"

    @property
    def phonepe_webhook_url(self):
        return f"{self.site_url}/webhooks/phonepe/"


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
        phonepe=PhonePeKeys(
            client_id=read("PHONEPE_CLIENT_ID") or SANDBOX_CLIENT_ID,
            client_secret=read("PHONEPE_CLIENT_SECRET") or SANDBOX_CLIENT_SECRET,
            client_version=read("PHONEPE_CLIENT_VERSION") or str(SANDBOX_CLIENT_VERSION),
            username=read("PHONEPE_WEBHOOK_USERNAME") or SANDBOX_WEBHOOK_USERNAME,
            password=read("PHONEPE_WEBHOOK_PASSWORD") or SANDBOX_WEBHOOK_PASSWORD,
        ),
        pace=pace,
    )
