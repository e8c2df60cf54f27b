"""Bodies, headers and addresses that nobody means: thrown at every door."""

import json

PAGES = ["/", "/courses/django/", "/privacy/", "/robots.txt", "/sitemap.xml", "/accounts/login/",
         "/accounts/login/code/", "/accounts/password/reset/", "/admin/", "/admin/login/",
         "/portal/", "/accounts/password/reset/key/zzzzzzzzzzzzz-x-y/", "/unsubscribe/rubbish/",
         "/enquiries/rubbish/", "/livez", "/readyz", "/nothing/"]  # fmt: skip
DOORS = ["/enquiries/", "/public/leads", "/accounts/login/", "/accounts/login/code/",
         "/accounts/password/reset/", "/admin/login/", "/unsubscribe/rubbish/",
         "/webhooks/twilio/inbound/", "/webhooks/twilio/message-status/",
         "/webhooks/twilio/voice/answer/", "/webhooks/twilio/voice/status/"]  # fmt: skip
FORM = "application/x-www-form-urlencoded"
DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES = {
    "empty": ("application/json", b""),
    "NUL": ("application/json", b"\x00"),
    "invalid UTF-8": ("application/json", b'{"name": "\xff\xfe\xfd"}'),
    "raw surrogate": ("application/json", b'{"name": "\xed\xa0\x80", "phone": "1"}'),
    "100,000 levels": ("application/json", DEEP),
    "100,000 levels inside": ("application/json", b'{"name": ' + DEEP + b"}"),
    "huge int": ("application/json", b'{"phone": ' + b"9" * 10_000 + b"}"),
    "UTF-16": ("application/json; charset=utf-16", json.dumps({}).encode("utf-16")),
    "no such charset": ("application/json; charset=klingon", b"{}"),
    "no codec of text": ("multipart/form-data; boundary=x; charset=hex", b"--x--"),
    "halves of characters": ("multipart/form-data; boundary=x; charset=utf-7", b"--x--"),
    "no boundary": ("multipart/form-data", b"rubbish"),
    "boundary of rubbish": ("multipart/form-data; boundary=\xff", b"rubbish"),
    "multipart rubbish": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: \x00"),
    "no multipart": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64'
        b"\r\n\r\n%%%\r\n--x--",
    ),
    "5,000 fields": (FORM, b"&".join(b"f%d=1" % n for n in range(5000))),
    "broken percents": (FORM, b"name=%zz%&phone=%%%00%f&consent=%ud800"),
    "invalid UTF-8 form": (FORM, b"name=\xff\xfe&phone=\xed\xa0\x80"),
    "form in UTF-16": (FORM + "; charset=utf-16", b"name=a"),
    "XML": ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    "wrong type": ("image/png", b"\x89PNG"),
    "no type": ("", b"name=a"),
    "2 MB": (FORM, b"a=" + b"b" * 2_000_000),
}
HEADERS = {
    "cookies": {"Cookie": "sessionid=\xff\x00;;=;a=b=c; csrftoken='\"; django_language=xx"},
    "a NUL written in octal": {"Cookie": 'sessionid="' + "a" * 32 + '\\000"'},
    "long session": {"Cookie": "sessionid=" + "a" * 5000},
    "messages": {"Cookie": "messages=W1siX19qc29uX21lc3NhZ2UiLDAsMjAsIngiXV0:x:y"},
    "language": {"Accept-Language": "xx-\xff;q=NaN,*;q=1e999," + "a-" * 2000},
    "host": {"Host": "evil.example:99999"},
    "hostless": {"Host": "\xff[::"},
    "origin": {"Origin": "null"},
    "referer": {"Referer": "http://\x00\xff" + "r" * 9000},
    "agent": {"User-Agent": "\x00" * 100},
    "forwarded": {"X-Forwarded-For": "\xff, ::::1, 999.1.1.1, %00" + "," * 5000},
    "range": {"Range": "bytes=9-1,-", "If-Modified-Since": "\xff", "If-None-Match": "\x00"},
    "htmx": {"HX-Request": "true", "HX-Current-URL": "\xff\x00", "HX-Target": "\x00"},
    "accept": {"Accept": "*/" + "*" * 5000, "Accept-Encoding": "\xff;q=x"},
}  # fmt: skip
QUERIES = ["lang=\xff", "lang=" + "h" * 5000, "lang=hi&lang=en", "course=%ff%fe",
           "utm_source=%ED%A0%80", "next=%2F%2Fevil.example", "next=javascript:alert(1)",
           "a=%00", "&&&===", "a[b]=%zz",
           "&".join(f"f{n}=1" for n in range(5000))]  # fmt: skip
PATHS = ["/%00/", "/courses/%00/", "/courses/%ff/", "/courses/%ED%A0%80/",
         "/courses/" + "a" * 5000 + "/", "/enquiries/%ff%00/", "/enquiries/" + "a:" * 2000 + "/",
         "/unsubscribe/%F0%9F%98%80/",
         "/unsubscribe/W10:1x:x/", "/accounts/password/reset/key/%00-x/", "/static/%00",
         "/static/../../etc/passwd",
         "/static/%2e%2e/%2e%2e/etc/passwd", "/error.css/%00", "/admin/%ff/",
         "/admin/leads/lead/" + "9" * 40 + "/change/", "/admin/r/99999999999/x/"]  # fmt: skip
SURROGATE = json.dumps("\ud800")
ODD_JSON = {
    f'{{"name": {SURROGATE}, "phone": "98765 43210", "consent": true}}': {"name"},
    f'{{"name": "Asha", "phone": {SURROGATE}, "consent": true}}': {"phone"},
    f'{{{SURROGATE}: 1, "name": "", "phone": "98765 43210", "consent": true}}': {"name"},
    '{"name": NaN, "phone": Infinity, "consent": -Infinity}': {"name", "phone", "consent"},
    '{"name": ["Asha"], "phone": {"a": 1}, "consent": "yes"}': {"name", "phone", "consent"},
    '{"name": "Asha", "phone": 9876543210, "consent": true}': {"phone"},
    '{"name": "Asha", "phone": "98765 43210", "consent": true, "consent": false}': {"consent"},
    '{"name": "Asha", "phone": "98765 43210", "consent": true, "course": null}': {"course"},
    '{"name": "Asha", "phone": "98765 43210", "consent": true, "email": "a\\u0000"}': {"email"},
    '{"name": "\\u202e\\u200b", "phone": "98765 43210", "consent": true}': {"name"},
    **dict.fromkeys(["[]", "null", "true", "[[{}]]", '"x"', "1e999"], {"name", "phone", "consent"}),
}  # fmt: skip
ODD_TWILIO = {
    "NUL in the words": {"MessageSid": "SM1", "From": "whatsapp:+919876543210", "Body": "a\x00b"},
    "long words": {"MessageSid": "SM1", "From": "whatsapp:+919876543210", "Body": "b" * 100_000},
    "long name": {"MessageSid": "SM1", "From": "whatsapp:+919876543210", "ProfileName": "n" * 9000},
    "no sender": {"MessageSid": "SM1", "Body": "Hello"},
    "sender of words": {"MessageSid": "SM1", "From": "whatsapp:owner", "Body": "Hello"},
    "no fields": {},
}
