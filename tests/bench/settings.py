"""A server's settings, but calls may be placed at the hour of the measurement."""

from coaching.settings import *  # noqa: F403

CALLING_ALWAYS = True
