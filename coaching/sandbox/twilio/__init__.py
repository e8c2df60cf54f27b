"""Twilio's Messages, Calls and Content APIs, as far as the product uses them."""
