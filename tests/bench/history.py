"""Two years of enquiries at once: the rows that each one leaves, written by the server itself.

As many a day as it takes, so that a hundred times the rows are a hundred times the enquiries of
every day, of this week as of the first. The same number in the row gives the same person in every
database.
"""

from types import SimpleNamespace

FIRST_NAMES = (
    "Asha Dev Zoya Ravi Meera Arjun Kavya Imran Neha Rohan Sana Vikram Pooja Anil Divya Farhan "
    "Geeta Harish Isha Jatin"
)
LAST_NAMES = "Rao Khan Kulkarni Sharma Iyer Patil Das Singh Nair Gupta"

# Every hundredth number ends alike; the others are scattered, as those of `people` are.
PEOPLE = """
CREATE UNLOGGED TABLE person AS
SELECT n,
    CASE WHEN n % 100 = 0 THEN '+918' || lpad((n / 100)::text, 5, '0') || '7777'
        ELSE '+919' || lpad((n * 618033989::bigint % 1000000000)::text, 9, '0') END AS phone,
    first || ' ' || last AS name,
    lower(first || ' ' || last) AS name_key,
    CASE WHEN n % 5 > 0 THEN lower(first || '.' || last) || n || '@example.in' ELSE '' END AS email,
    now() - ({rows} - n) * interval '730 days' / {rows} AS created_at
FROM generate_series(1, {rows}) AS n,
    LATERAL (SELECT split_part('{firsts}', ' ', n % 20 + 1) AS first,
        split_part('{lasts}', ' ', n / 20 % 10 + 1) AS last) AS named
"""
ROWS = """
INSERT INTO accounts_contact (id, phone, language, created_at, welcome_window_started_at)
SELECT n, phone, 'en-in', created_at, created_at FROM person;

INSERT INTO leads_lead (id, name, name_key, email, phone, phone_last4, contact_id, course_id,
    message, source, language, status, created_at, updated_at)
SELECT n, name, name_key, email, phone, right(phone, 4), n,
    (SELECT min(id) FROM academics_course), 'Is there a batch in the evening?',
    (array['website', 'google', 'instagram', 'referral'])[n % 4 + 1], 'en-in',
    (array['new', 'contacted', 'contacted', 'contacted', 'interested', 'interested', 'enrolled',
        'lost', 'lost', 'lost'])[1 + floor(random() * 10)], created_at, created_at
FROM person;

INSERT INTO leads_enquiry (id, lead_id, via, course_id, message, source, utm, referrer, ip,
    suspicion, created_at)
SELECT n, n, 'form', (SELECT min(id) FROM academics_course), 'Is there a batch in the evening?',
    'website', '{}', '', '10.0.0.0'::inet + n, '', created_at
FROM person;

INSERT INTO accounts_consent (id, contact_id, action, channel, source, wording_version, language,
    ip, created_at)
SELECT n, n, 'given', 'all', 'form', '1', 'en-in', '10.0.0.0'::inet + n, created_at FROM person;

INSERT INTO messaging_communicationlog (id, contact_id, direction, channel, purpose, subject,
    dedupe_key, state, reason, recipient, language, context, body, attempts, looks, provider_id,
    created_at, due_at, trying_since, posted_at, accepted_at, delivered_at, debit_paise)
SELECT
    (lpad(to_hex((extract(epoch FROM created_at) * 1000)::bigint), 12, '0') || '7'
        || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
    n, 'out', channel, 'enquiry_welcome', 'lead:' || n, 'enquiry_welcome:' || n || ':' || channel,
    state,
    CASE state
        WHEN 'held' THEN (array['suspected_bot', 'too_many_from_address', 'budget_spent',
            'number_abroad'])[n % 4 + 1]
        WHEN 'failed' THEN 'twilio:63003' WHEN 'cancelled' THEN 'put_away' ELSE '' END,
    CASE channel WHEN 'email' THEN email ELSE phone END, 'en-in',
    jsonb_build_object('name', name, 'centre', 'Python Coaching Centre'),
    'Namaste ' || name || ', thank you for asking about our courses. ' || repeat('More. ', 15),
    1, 0, CASE WHEN is_out THEN 'SM' || hash ELSE '' END, created_at, created_at, created_at,
    CASE WHEN is_out THEN created_at + random() * interval '0.1 seconds' END,
    CASE WHEN is_out THEN created_at + random() * interval '1 second' END,
    CASE WHEN state IN ('delivered', 'read', 'answered')
        THEN created_at + random() * interval '9 seconds' END,
    0
FROM person
CROSS JOIN (VALUES ('whatsapp'), ('email'), ('voice')) AS channels (channel),
    LATERAL (SELECT random() + n * 0 AS chance, md5(n || channel) AS hash) AS drawn,
    LATERAL (SELECT CASE WHEN chance < 0.01 THEN 'held' WHEN chance < 0.03 THEN 'failed'
        WHEN chance < 0.035 THEN 'cancelled' WHEN chance < 0.0351 THEN 'unknown'
        WHEN chance < 0.4 THEN 'sent' WHEN chance < 0.8 THEN 'delivered'
        WHEN channel = 'voice' THEN 'answered' ELSE 'read' END AS state) AS became,
    LATERAL (SELECT state NOT IN ('held', 'cancelled') AS is_out) AS went
WHERE channel <> 'email' OR email <> ''
ORDER BY n;
"""
COUNTS = """
SELECT (SELECT count(*) FROM leads_lead) AS leads,
    (SELECT count(*) FROM messaging_communicationlog) AS messages,
    (SELECT count(*) FROM messaging_communicationlog WHERE state = 'held') AS held
"""


def fill(product, rows):
    """Write `rows` enquiries with what belongs to them; returns how many leads, messages, held."""
    people = PEOPLE.format(rows=rows, firsts=FIRST_NAMES, lasts=LAST_NAMES)
    with product.connect(autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # looks no foreign key up
        connection.execute("SET synchronous_commit = off")
        connection.execute("SELECT setseed(0.5)")
        for statement in (people, *ROWS.split(";")):
            connection.execute(statement)
        connection.execute("DROP TABLE person")
        connection.execute("VACUUM ANALYZE")
        leads, messages, held = connection.execute(COUNTS).fetchone()
    return SimpleNamespace(leads=leads, messages=messages, held=held)
