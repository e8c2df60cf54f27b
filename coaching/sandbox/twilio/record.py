"""What is known about a call, and telling the product about it."""

from coaching.sandbox.times import now, rfc2822
from coaching.sandbox.twilio.bodies import VERSION
from coaching.sandbox.twilio.receipts import Receipts

LONGEST_CALL = 4 * 3600
SIP = {"completed": "200", "busy": "486", "no-answer": "487", "failed": "404", "canceled": "487"}


class CallRecord:
    """The stored side of a call: its row, its transcript, its status callbacks."""

    def __init__(self, world, row, form):
        self._world, self._form = world, form
        self.sid, self.number = row["sid"], row["number"]
        self._to, self._from = row["recipient"], row["sender"]
        self._events = set(form.get("StatusCallbackEvent", ["completed"]))
        self._sequence, self._answered_by = row["sequence"], row["answered_by"]
        self._pace = world.config.pace
        self._limit = form.get("TimeLimit", LONGEST_CALL)
        self._receipts = Receipts(
            world,
            form.get("StatusCallback"),
            self.sid,
            self.number,
            form.get("StatusCallbackMethod", "POST"),
        )

    async def end(self, status):
        """Closes the row and reports the end."""
        row, at = self._world.store.one("SELECT * FROM calls WHERE sid = ?", self.sid), now()
        answered = row["answered_at"]
        seconds = 0
        if answered:
            seconds = min(round((at - answered) / 1000 / self._pace), self._limit)
        self.update(status=status, ended_at=at, duration=seconds)
        self.note("note", {"no-answer": "nobody answered"}.get(status, status))
        extra = {"CallDuration": str(seconds), "SipResponseCode": SIP[status]}
        if answered:
            extra["Duration"] = str(-(-seconds // 60))
        if status == "failed" and self._form.get("fails_with"):
            extra["ErrorCode"] = str(self._form["fails_with"])
        await self.tell("completed", status, extra)
        await self._receipts.finish()

    async def tell(self, event, status, extra=None):
        if event not in self._events:
            return
        params = self.params(status) | {
            "Timestamp": rfc2822(now()),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
        }
        self._sequence += 1
        self.update(sequence=self._sequence)
        await self._receipts.report(params | (extra or {}))

    def params(self, status):
        """What every request about this call carries."""
        params = {
            "CallSid": self.sid,
            "AccountSid": self._world.config.account_sid,
            "From": self._from,
            "To": self._to,
            "Caller": self._from,
            "Called": self._to,
            "CallStatus": status,
            "Direction": "outbound-api",
            "ApiVersion": VERSION,
        }
        if self._answered_by:
            params["AnsweredBy"] = self._answered_by
        return params

    def update(self, **fields):
        self._world.store.update("calls", "sid", self.sid, **fields, updated_at=now())
        self._world.hub.changed()

    def note(self, who, text, voice=None, language=None):
        """A line of the transcript; who is caller, person, or note for what happened."""
        self._world.store.insert(
            "lines",
            call_sid=self.sid,
            at=now(),
            who=who,
            text=text,
            voice=voice,
            language=language,
        )
        self._world.hub.changed()

    def complain(self, kind, code, detail):
        """Writes down what the product did wrong: an `error` or a `violation`."""
        self._world.record(
            kind,
            sid=self.sid,
            number=self.number,
            recipient=self._to,
            code=code,
            detail=detail,
        )
