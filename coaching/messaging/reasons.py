"""Why a message waits, was held, cancelled or failed: in plain words, with the fix."""

# reason: (what happened, what to do). Twilio's codes are listed as twilio:<code>.
REASONS = {
    "suspected_bot": (
        "The form was filled in the way programs do it.",
        "Look at the enquiry; release the message if it is a real person.",
    ),
    "too_many_from_address": (
        "Too many enquiries came from one internet address within the hour.",
        "Look at them together; release those that are real people.",
    ),
    "too_many_from_network": (
        "Too many enquiries came from one network within the hour.",
        "Look at them together; release those that are real people.",
    ),
    "too_many_of_prefix": (
        "Too many new numbers with the same beginning asked within the hour.",
        "Look at them together; release those that are real people.",
    ),
    "sequential_numbers": (
        "Neighbouring numbers asked one after the other, as programs do it.",
        "Look at them together; release those that are real people.",
    ),
    "too_many_with_email": (
        "Too many enquiries gave this e-mail address today.",
        "Look at them together; release those that are real people.",
    ),
    "messaged_enough": (
        "Public forms have caused three messages to this number in 24 hours.",
        "Answer the person yourself, or release the message tomorrow.",
    ),
    "called_today": (
        "This number was called within the last 24 hours.",
        "It is called when they are over.",
    ),
    "budget_spent": (
        "The budget of this channel is spent for the hour or the day.",
        "Raise it in the centre's profile, or release the message when the next one begins.",
    ),
    "switched_off": (
        "Sending on this channel is switched off.",
        "Switch it on in the command centre, then release the message.",
    ),
    "too_few_arrive": (
        "Too few messages arrived or calls were answered, so the channel stopped for an hour.",
        "Look at the provider; then reset the stop and release the message.",
    ),
    "channel_paused": (
        "The provider refuses our keys, so the channel waits.",
        "Correct the keys; it leaves by itself then.",
    ),
    "cancelled_by_hand": (
        "Somebody cancelled it by hand.",
        "Write or call yourself if it was a real person.",
    ),
    "not_a_person": (
        "The enquiry was binned: not a person.",
        "Take the enquiry back if it was one.",
    ),
    "taken_back": (
        "It had been binned and was taken back.",
        "Release it when it is a real person.",
    ),
    "paid": ("What it asks for was paid meanwhile, in whole or in part.", "Nothing to do."),
    "order_over": ("The order that it is about was cancelled.", "Nothing to do."),
    "seat_let_go": (
        "The seat that it speaks of is no longer held.",
        "Send a new payment link if the person still wants it.",
    ),
    "superseded": ("The person asked again later and was answered then.", "Nothing to do."),
    "email_not_taken": (
        "The mail server did not take the e-mail: its sender, its size, its content or a quota.",
        "See what the mail provider's account says, then use Retry.",
    ),
    "number_invalid": ("This is not a telephone number.", "Ask the person for the right one."),
    "number_abroad": (
        "The number is outside the countries that we message and call.",
        "Write to the person by e-mail, or add the country in the centre's profile.",
    ),
    "number_not_mobile": (
        "The number is a landline or a special number, not a mobile.",
        "Call it yourself, or ask for a mobile number.",
    ),
    "no_consent": (
        "Nobody has agreed to be messaged on this number.",
        "Ask the person, and record the consent on the enquiry.",
    ),
    "opted_out": ("The person asked us to stop.", "Nothing to do: they can write START again."),
    "outside_calling_hours": ("Waiting for calling hours.", "It is dialled when they open."),
    "channel_not_configured": (
        "This channel has no provider yet.",
        "Set its keys; `manage.py doctor` names them.",
    ),
    "template_missing": (
        "WhatsApp needs an approved template for this message and language.",
        "Add its ContentSid under WhatsApp templates, then release the message.",
    ),
    "window_closed": (
        "The person's last WhatsApp is over 24 hours old, so free text is not allowed.",
        "Write a new message from an approved template.",
    ),
    "wording_broken": (
        "The message could not be written from its wording and data.",
        "Tell whoever looks after the system; the log names the message.",
    ),
    "earlier_in_doubt": (
        "An earlier message to this number is still being checked.",
        "It leaves by itself within two minutes.",
    ),
    "provider_unreachable": (
        "The provider could not be reached.",
        "It is tried again by itself for a day.",
    ),
    "provider_busy": ("The provider asked us to slow down.", "It is tried again by itself."),
    "provider_refused_login": (
        "The provider refused our keys.",
        "Check the account's keys with `manage.py doctor`; messages leave once they are right.",
    ),
    "gave_up": (
        "It could not be handed over for a whole day.",
        "Use Retry when the provider works again.",
    ),
    "outcome_unknown": (
        "The provider's answer was lost.",
        "We ask it whether the message left, before anything is sent again.",
    ),
    "maybe_sent": (
        "The mail server's answer was lost twice, so the e-mail may have arrived.",
        "Ask the person before sending it again.",
    ),
    "no_answer": ("Nobody picked up.", "It is tried again the next day, three times at most."),
    "never_answered": (
        "Nobody picked up in three calls on three days.",
        "Write to the person, or call at another time of day.",
    ),
    "busy": ("The line was busy.", "It is tried again the next day, three times at most."),
    "call_failed": ("The call could not be connected.", "Check the number."),
    "call_cancelled": ("The call was cancelled before it was answered.", "Call again if needed."),
    "email_refused": (
        "The mail server refused the address.",
        "Ask the person for the right e-mail address.",
    ),
    "email_bounced": ("The e-mail came back.", "Ask the person for the right e-mail address."),
    "email_complained": ("The person marked the e-mail as spam.", "Do not write by e-mail again."),
    "twilio:21211": ("The number does not exist.", "Ask the person for the right number."),
    "twilio:21212": (
        "Our own sender number is wrong.",
        "Correct TWILIO_WHATSAPP_FROM or TWILIO_VOICE_FROM.",
    ),
    "twilio:21408": (
        "The account may not send to this country.",
        "Switch the country on in Twilio's settings.",
    ),
    "twilio:21606": ("Our own sender number is wrong.", "Correct TWILIO_WHATSAPP_FROM."),
    "twilio:21608": (
        "A trial account sends only to verified numbers.",
        "Upgrade the Twilio account.",
    ),
    "twilio:21610": ("The person has blocked us at the provider.", "Do not write again."),
    "twilio:21614": ("The number is not a mobile.", "Ask the person for a mobile number."),
    "twilio:21617": ("The message is too long.", "Shorten the wording."),
    "twilio:21655": ("The template is not known to Twilio.", "Correct its ContentSid."),
    "twilio:21656": ("The template's variables do not fit.", "Submit the wording again."),
    "twilio:63003": ("The number is not on WhatsApp.", "Call, or write an e-mail."),
    "twilio:63007": ("Our WhatsApp sender is not set up.", "Correct TWILIO_WHATSAPP_FROM."),
    "twilio:63014": ("The person has blocked us on WhatsApp.", "Do not write again."),
    "twilio:63016": (
        "Free text is allowed only within 24 hours of the person's last message.",
        "Send it from an approved template.",
    ),
    "twilio:63021": ("WhatsApp refused the wording.", "Review the template."),
    "twilio:63024": ("The number is not on WhatsApp.", "Call, or write an e-mail."),
    "twilio:63027": ("The template has no version in this language.", "Submit it in the language."),
    "twilio:63028": ("The template's variables do not fit.", "Submit the wording again."),
    "twilio:63032": ("WhatsApp does not deliver to this person for now.", "Use another channel."),
    "twilio:63049": (
        "WhatsApp chose not to deliver this message.",
        "Use another channel; not again today.",
    ),
    "twilio:63051": ("Meta has locked the WhatsApp account.", "See the Meta Business Manager."),
    "twilio:13224": ("The number cannot be dialled.", "Ask the person for the right number."),
    "twilio:13227": (
        "The account may not call this country.",
        "Switch the country on in Twilio's settings.",
    ),
    "twilio:21215": (
        "The account may not call this country.",
        "Switch the country on in Twilio's settings.",
    ),
}


def explain(reason):
    """Return one or two sentences for `reason`: what happened and what to do."""
    if not reason:
        return ""
    if reason in REASONS:
        return " ".join(REASONS[reason])
    if reason.startswith("twilio:"):
        code = reason.removeprefix("twilio:")
        return f"Twilio refused it with code {code}. See twilio.com/docs/api/errors/{code}."
    return reason.replace("_", " ").capitalize() + "."
