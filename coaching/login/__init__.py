"""Logging in: password for staff, a code for students, and nobody signs up by themselves."""

from coaching.login.adapter import AccountAdapter
from coaching.login.middleware import StaffNeedsSecondFactor

__all__ = ["AccountAdapter", "StaffNeedsSecondFactor"]
