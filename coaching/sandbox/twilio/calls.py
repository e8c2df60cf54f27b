"""The life of a call: it rings, is answered or not, follows the product's TwiML, ends."""

import asyncio
import uuid

from coaching.sandbox.numbers import bare
from coaching.sandbox.times import now
from coaching.sandbox.twilio.line import HungUp, Line, Redirected
from coaching.sandbox.twilio.record import CallRecord
from coaching.sandbox.twilio.twiml import Conversation, DocumentError, UnknownVerb
from coaching.sandbox.webhooks import DOCUMENT_SECONDS

RING_SECONDS = 2
BUSY_SECONDS = 1


def by_sid(world, sid):
    return world.store.one("SELECT * FROM calls WHERE sid = ?", sid)


def accept(world, form, fails_with=None):
    """Stores a checked call; `place` makes the phone ring."""
    number, at, sid = bare(form["To"]), now(), "CA" + uuid.uuid4().hex
    world.store.touch_phone(number)
    world.store.insert(
        "calls",
        sid=sid,
        number=number,
        recipient=form["To"],
        sender=form["From"],
        status="queued",
        form={**form, "fails_with": fails_with},
        created_at=at,
        updated_at=at,
    )
    return sid


class Call(CallRecord):
    """Runs one call from the first ring to the end, and reports what was asked for."""

    def __init__(self, world, row, form):
        super().__init__(world, row, form)
        phone = world.store.phone(self.number)
        self._manner = phone["call"] if phone else "answer"
        self.line = Line(self._pace, is_attended=self._manner == "manual")

    async def run(self, reported=None):
        """`reported` is set once the first event is known to the product."""
        world = self._world
        world.lines[self.sid] = self.line
        try:
            status = await self._stages(reported)
        finally:
            self.line.state = "over"
            if world.lines.get(self.sid) is self.line:
                del world.lines[self.sid]
        await self.end(status)

    async def drop(self):
        """Ends a call that a restart of the sandbox cut off in the middle."""
        self.note("note", "the line dropped")
        await self.end("completed")

    async def _stages(self, reported):
        try:
            await self.line.pause(0 if reported else 0.3)
            self.update(started_at=now())
            await self.tell("initiated", "initiated")
            if reported:
                reported.set()
            await self.line.pause(0.3)
            if self._form.get("fails_with"):
                return "failed"
            self.line.state = "ringing"
            self.update(status="ringing")
            self.note("note", "ringing")
            await self.tell("ringing", "ringing")
            if status := await self._ring():
                return status
        except HungUp:
            return "canceled"
        try:
            async with asyncio.timeout(self._limit * self._pace):
                await self._talk()
        except HungUp as ended:
            self.note("note", "hung up" if str(ended) == "hangup" else "ended by the centre")
        except TimeoutError:
            self.note("note", f"cut off after {self._limit} s")
        return "completed"

    async def _ring(self):
        """None once somebody answered, else how the call ended."""
        manner, timeout = self._manner, self._form.get("Timeout", 60)
        patience = {"answer": RING_SECONDS, "voicemail": RING_SECONDS, "busy": BUSY_SECONDS}
        act = await self.line.next(min(patience.get(manner, timeout), timeout))
        if manner == "busy" or (act and act.do == "decline"):
            return "busy"
        if act is None and (manner in {"manual", "no_answer"} or timeout < patience[manner]):
            return "no-answer"
        return None

    async def _talk(self):
        self.update(status="in-progress", answered_at=now())
        self.note("note", "voicemail answered" if self._manner == "voicemail" else "answered")
        detection = self._form.get("MachineDetection")
        is_async = self._form.get("AsyncAmd") == "true"
        if detection:
            self._answered_by = "machine_start" if self._manner == "voicemail" else "human"
            if detection == "DetectMessageEnd" and self._manner == "voicemail":
                self._answered_by = "machine_end_beep"
            if not is_async:
                await self.line.pause(1)
            self.update(answered_by=self._answered_by)
        await self.tell("answered", "in-progress")
        if detection and is_async and self._form.get("AsyncAmdStatusCallback"):
            self._world.spawn(self._report_machine())
        self.line.state = "talking"
        url, twiml = self._form.get("Url"), self._form.get("Twiml")
        method = self._form.get("Method", "POST")
        conversation = Conversation(self.line, self._fetch, self.note)
        while True:
            try:
                text = twiml if twiml else await self._fetch(url, method, {})
                return await conversation.follow(text, None if twiml else url)
            except Redirected as other:
                url, twiml, method = other.url, other.twiml, other.method
            except DocumentError as error:
                self.complain("error", error.code, error.detail)
                self.note("note", f"an application error has occurred ({error.code})")
                return None
            except UnknownVerb as verb:
                self.complain("violation", 12200, f"TwiML verb not known here: {verb}")
                self.note("note", f"unknown TwiML verb {verb}")
                return None

    async def _fetch(self, url, method, extra):
        """The next document's text; FallbackUrl is asked when the address itself fails."""
        params = self.params("in-progress") | extra
        answer = await self._ask(url, method, params)
        if answer.status == 200:
            return answer.text
        why = answer.error or f"{url} answered {answer.status}"
        if fallback := self._form.get("FallbackUrl"):
            params |= {"ErrorCode": "11200", "ErrorUrl": url}
            answer = await self._ask(fallback, self._form.get("FallbackMethod", "POST"), params)
            if answer.status == 200:
                return answer.text
        raise DocumentError(11200, why)

    def _ask(self, url, method, params):
        return self._world.webhooks.send(
            url,
            params,
            sid=self.sid,
            number=self.number,
            method=method,
            seconds=DOCUMENT_SECONDS,
        )

    async def _report_machine(self):
        await self._world.wait(1)
        params = self.params("in-progress") | {"MachineDetectionDuration": "1000"}
        method = self._form.get("AsyncAmdStatusCallbackMethod", "POST")
        await self._ask(self._form["AsyncAmdStatusCallback"], method, params)
