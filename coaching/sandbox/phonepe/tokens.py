"""Tokens to the API: signed instead of stored, so that neither a restart nor a reset ends them.

Seconds since 1970 in what is told, as PhonePe does; milliseconds inside.
"""

import hashlib
import hmac

from coaching.sandbox.phonepe import refusal
from coaching.sandbox.times import now

SCHEME = "O-Bearer"
EXPIRED_AT = "phonepe_tokens_expired_at"


def issue(world, form):
    """The token service's answer. Raises Refused for wrong credentials."""
    keys = world.config.phonepe
    wanted = {
        "client_id": keys.client_id,
        "client_secret": keys.client_secret,
        "client_version": keys.client_version,
        "grant_type": "client_credentials",
    }
    if form != wanted:
        raise refusal.NoClient()
    at, lifetime = now(), world.behaviour["phonepe"]["token_seconds"]
    terms = f"{at}.{at + lifetime * 1000}"
    token = f"{terms}.{_signature(world, terms)}"
    issued_at = at // 1000
    return {
        "access_token": token,
        "encrypted_access_token": _signature(world, token),
        "token_type": SCHEME,
        "issued_at": issued_at,
        "expires_in": lifetime,
        "expires_at": issued_at + lifetime,
        "session_expires_at": issued_at + lifetime,
    }


def check(world, header):
    """Raises Refused unless the Authorization header carries a token that is still good."""
    scheme, _, token = header.partition(" ")
    terms, _, signature = token.rpartition(".")
    wanted = _signature(world, terms)
    if scheme != SCHEME or not hmac.compare_digest(signature.encode(), wanted.encode()):
        raise refusal.unauthenticated()
    issued_at, expires_at = map(int, terms.split("."))
    if now() >= expires_at or issued_at <= world.store.setting(EXPIRED_AT, 0):
        raise refusal.unauthenticated()


def expire_all(world):
    """Every token issued so far stops working."""
    world.store.keep_setting(EXPIRED_AT, now())


def _signature(world, text):
    secret = world.config.phonepe.client_secret.encode()
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
