"""Follows a TwiML document as Twilio does: says, pauses, listens, asks for the next document."""

from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

WORDS_A_SECOND = 15  # characters, about the pace of a spoken sentence
LONGEST_LINE = 20  # seconds, so that a demo never stalls on a long text
PLAY_SECONDS = 3
PATIENCE = 25  # seconds a person at the page is given to answer
DOCUMENT_LIMIT = 200
SPOKEN = {"Say", "Pause", "Play"}


class DocumentError(Exception):
    """The product's answer cannot be followed. `code` is Twilio's: 11200, 12100, 11206."""

    def __init__(self, code, detail):
        super().__init__(detail)
        self.code, self.detail = code, detail


class UnknownVerb(Exception):
    """Not a product failure but a gap or a misspelling; noted as a violation."""


class Conversation:
    """One answered call. `fetch(url, method, params)` returns XML text or raises DocumentError."""

    def __init__(self, line, fetch, note):
        self._line, self._fetch, self._note = line, fetch, note
        self._base = None  # URL of the current document; None while it came inline

    async def follow(self, text, base):
        """Plays a document and all that it leads to. Raises what Line and the fetch raise."""
        self._base = base
        for _ in range(DOCUMENT_LIMIT):
            following = await self._play(text)
            if following is None:
                return
            url, method, params = following
            text = await self._fetch(url, method, params)
            self._base = url
        raise DocumentError(11206, f"more than {DOCUMENT_LIMIT} documents in one call")

    async def _play(self, text):
        """Returns (url, method, params) of the next document, or None when the call is to end."""
        for verb in read_document(text):
            if verb.tag in SPOKEN:
                await self._speak(verb)
            elif verb.tag == "Gather":
                if following := await self._gather(verb):
                    return following
            elif verb.tag == "Redirect":
                return self._absolute(verb.text or ""), verb.get("method", "POST"), {}
            elif verb.tag in {"Hangup", "Reject"}:
                return None
            else:
                raise UnknownVerb(verb.tag)
        return None

    async def _speak(self, verb):
        """Says, plays or waits. Returns the act that barged in, if somebody listens for one."""
        if verb.tag == "Pause":
            return await self._listen(float(verb.get("length", 1)))
        if verb.tag == "Play":
            self._note("caller", f"♪ {(verb.text or '').strip()}")
            return await self._listen(PLAY_SECONDS)
        words = " ".join("".join(verb.itertext()).split())
        for _ in range(max(1, int(verb.get("loop", 1)))):
            self._note("caller", words, verb.get("voice"), verb.get("language"))
            if act := await self._listen(min(len(words) / WORDS_A_SECOND, LONGEST_LINE)):
                return act
        return None

    async def _listen(self, seconds):
        if self._line.listens_for:
            return await self._line.next(seconds)
        await self._line.pause(seconds)
        return None

    async def _gather(self, verb):
        """Returns the next document's address when something was heard, else None."""
        inputs = frozenset(verb.get("input", "dtmf").split())
        self._line.listens_for = inputs
        try:
            act = None
            for nested in verb:
                if nested.tag not in SPOKEN:
                    raise UnknownVerb(f"Gather/{nested.tag}")
                if act := await self._speak(nested):
                    break
            heard = await self._collect(verb, act)
        finally:
            self._line.listens_for = frozenset()
        if heard is None:
            if verb.get("actionOnEmptyResult") != "true":
                return None
            heard = {"Digits": ""} if "dtmf" in inputs else {}
            heard |= {"SpeechResult": ""} if "speech" in inputs else {}
        return self._absolute(verb.get("action", "")), verb.get("method", "POST"), heard

    async def _collect(self, verb, act):
        seconds = float(verb.get("timeout", 5))
        if self._line.is_attended:
            seconds = max(seconds, PATIENCE)
        limit = int(verb.get("numDigits", 0)) or None
        finish = verb.get("finishOnKey", "#")
        digits = ""
        while True:
            if act is None:
                # Between two digits the document's own time-out counts, not the page's patience.
                act = await self._line.next(float(verb.get("timeout", 5)) if digits else seconds)
            if act is None:
                return {"Digits": digits} if digits else None
            if act.do == "say":
                self._note("person", act.value)
                return {"SpeechResult": act.value, "Confidence": "0.92"}
            for key in act.value:
                self._note("person", f"pressed {key}")
                if finish and key in finish:
                    return {"Digits": digits} if digits else None
                digits += key
                if limit and len(digits) >= limit:
                    return {"Digits": digits}
            act = None

    def _absolute(self, address):
        if self._base is None and not urlsplit(address).scheme:
            raise DocumentError(11100, f"{address!r} must be absolute in inline TwiML")
        return urljoin(self._base or "", address.strip())


def read_document(text):
    """The verbs of a document. Raises DocumentError."""
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - our own product's answer
    except ElementTree.ParseError as error:
        raise DocumentError(12100, f"not XML: {error}") from error
    if root.tag != "Response":
        raise DocumentError(12100, f"the root element is {root.tag}, not Response")
    return root
