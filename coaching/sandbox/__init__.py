"""Stand-ins for the providers: what is said to Twilio, PhonePe and a mail server lands here.

A process of its own (`python -m coaching.sandbox`) with its own SQLite file. It speaks the
providers' protocols over real HTTP and SMTP and imports nothing else of this project, so that the
product cannot tell it from the real thing, and a test can make it misbehave on purpose.
"""
