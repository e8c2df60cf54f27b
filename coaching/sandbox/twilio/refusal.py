"""How Twilio says no, and the code it gives for each reason."""

from coaching.sandbox import exchange

AUTHENTICATE = 20003
NOT_FOUND = 20404
TOO_MANY = 20429
SERVER = 20500
PARAMETER = 20001

# What Twilio answers when one field of a request is missing or malformed.
MISSING = {
    "messages": {"To": 21604, "From": 21603, "Body": 21602},
    "calls": {"To": 21201, "From": 21213, "Url": 21205},
}
INVALID = {
    "messages": {
        "To": 21211,
        "From": 21212,
        "Body": 21617,
        "StatusCallback": 21609,
        "ContentSid": 21655,
        "ContentVariables": 21656,
        "MediaUrl": 21620,
    },
    "calls": {
        "To": 21211,
        "From": 21212,
        "Url": 21205,
        "StatusCallback": 21609,
        "StatusCallbackEvent": 21626,
    },
}

WORDS = {
    63014: "The recipient has blocked this sender",
    63016: "Free-form text outside the 24 hour window; a template is needed",
    63024: "The recipient cannot be reached on WhatsApp",
}


class Refused(exchange.Refused):
    """Becomes an error answer in Twilio's shape."""

    @property
    def body(self):
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def unauthenticated():
    return Refused(AUTHENTICATE, "Authenticate", 401)


def not_found(path):
    return Refused(NOT_FOUND, f"The requested resource {path} was not found", 404)


def invalid(resource, field, why):
    code = INVALID.get(resource, {}).get(field, PARAMETER)
    return Refused(code, f"{field}: {why}")


def missing(resource, field):
    code = MISSING.get(resource, {}).get(field, PARAMETER)
    return Refused(code, f"A '{field}' is required")
