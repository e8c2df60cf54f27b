"""The person's end of one live call: what they do, and waiting for it."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Act:
    """press (digits) or say (text); the other doings end or answer the call."""

    do: str
    value: str = ""


class HungUp(Exception):
    """The call is over: the person hung up, the product ended it, or its time was up."""


class Redirected(Exception):
    """The product put another document in this one's place (`url` or inline `twiml`)."""

    def __init__(self, url=None, twiml=None, method="POST"):
        super().__init__()
        self.url, self.twiml, self.method = url, twiml, method


class Line:
    def __init__(self, pace, is_attended):
        self._pace = pace
        self._acts = asyncio.Queue()
        self.state = "waiting"  # then ringing, talking, over
        self.listens_for = frozenset()  # dtmf, speech: open only inside a Gather
        # Somebody sits at the page: they need longer than a machine to type an answer.
        self.is_attended = is_attended

    def act(self, do, value=""):
        """True when it had an effect: nobody answers a silent phone or presses into a monologue."""
        if do in {"answer", "decline"}:
            heard = self.state == "ringing"
        elif do == "hangup":
            heard = self.state == "talking"
        elif do == "press":
            heard = "dtmf" in self.listens_for
        else:
            heard = do == "say" and "speech" in self.listens_for
        if heard:
            self.is_attended = True
            self._acts.put_nowait(Act(do, value))
        return heard

    def end(self):
        """The product ends the call through the API."""
        self._acts.put_nowait(Act("end"))

    def redirect(self, **document):
        self._acts.put_nowait(Redirected(**document))

    async def next(self, seconds):
        """What the person does within so many simulated seconds, or None.

        Raises HungUp or Redirected.
        """
        try:
            act = await asyncio.wait_for(self._acts.get(), seconds * self._pace)
        except TimeoutError:
            return None
        if isinstance(act, Redirected):
            raise act
        if act.do in {"hangup", "end"}:
            raise HungUp(act.do)
        return act

    async def pause(self, seconds):
        """Lets time pass; only the end of the call cuts it short."""
        end = asyncio.get_running_loop().time() + seconds * self._pace
        while (left := end - asyncio.get_running_loop().time()) > 0:
            await self.next(left / self._pace)
