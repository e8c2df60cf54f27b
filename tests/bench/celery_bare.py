"""The bare worker: Celery with eight threads and one task that makes one request or one mail.

No row, no gate, no claim: what the messages of an enquiry cost at the least.
"""

import os
import smtplib
import threading

import requests
from celery import Celery

BODY = "Welcome! Here is what you asked for. " * 20
app = Celery("bare", broker=os.environ["BROKER"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, task_default_queue="bare")
mine = threading.local()


@app.task
def post(path, to):
    if not hasattr(mine, "session"):
        mine.session = requests.Session()
    fields = {"To": to, "From": "+14155550100", "Body": BODY}
    mine.session.post(f"{os.environ['PROVIDER']}/{path}.json", data=fields, timeout=8)


@app.task
def mail(to):
    with smtplib.SMTP("127.0.0.1", int(os.environ["MAIL_PORT"]), timeout=8) as server:
        server.sendmail("desk@example.com", [to], f"Subject: Welcome\n\n{BODY}")
