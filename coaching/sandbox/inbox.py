"""The SMTP side: takes every mail, or misbehaves the way a test asked for."""

import asyncio

from aiosmtpd.smtp import SMTP

from coaching.sandbox import mails
from coaching.sandbox.faults import cut
from coaching.sandbox.times import now

LARGEST = 30 * 1024 * 1024
REFUSALS = {
    "450": "450 4.2.1 Mailbox busy, try again later",
    "550": "550 5.1.1 No such mailbox here",
}


class Inbox:
    """aiosmtpd calls these by name for each command."""

    def __init__(self, world):
        self._world = world

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        fault = self._world.faults.take("smtp", address)
        if fault and (fault.what in REFUSALS or fault.what == "error"):
            reply = REFUSALS.get(fault.what, f"{fault.code or 451} Refused on demand")
            self._record(envelope, [address], False, int(reply[:3]))
            return reply
        session.fault = fault or getattr(session, "fault", None)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        arrived_at, world = now(), self._world
        fault, session.fault = getattr(session, "fault", None), None
        if fault and fault.is_before:
            self._record(envelope, envelope.rcpt_tos, False, None)
            return await self._break_off(server, fault)
        mail_id = mails.keep(
            world, envelope.mail_from or "", envelope.rcpt_tos, envelope.content, arrived_at
        )
        row = self._record(envelope, envelope.rcpt_tos, True, 250, mail_id, arrived_at)
        if fault:
            return await self._break_off(server, fault)
        if latency := world.behaviour["latency_ms"]:
            await asyncio.sleep(latency / 1000)
        world.store.update("log", "id", row, answered_at=now())
        return f"250 2.0.0 Accepted as {mail_id}"

    async def _break_off(self, server, fault):
        if fault.what.startswith("hang"):
            await asyncio.sleep(fault.seconds)
        cut(server.transport)
        return "421 4.3.0 Gone"  # never arrives

    def _record(self, envelope, recipients, accepted, status, mail_id=None, at=None):
        mail = mails.read(envelope.content) if envelope.content else {}
        headers = ("From", "To", "Subject", "Message-ID", "List-Unsubscribe")
        return self._world.record(
            "mail",
            at=at or now(),
            sid=None if mail_id is None else str(mail_id),
            recipient=", ".join(recipients).lower(),
            sender=envelope.mail_from,
            form={name: str(mail[name]) for name in headers if mail and mail[name]},
            status=status,
            accepted=accepted,
        )


async def listen(world, host):
    """Opens the SMTP port in the running loop. Raises OSError when it is taken."""
    loop = asyncio.get_running_loop()
    handler = Inbox(world)
    return await loop.create_server(
        lambda: SMTP(handler, hostname="sandbox.localhost", loop=loop, data_size_limit=LARGEST),
        host,
        world.config.smtp_port,
    )
