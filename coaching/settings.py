"""Everything the product reads from the environment, in one place.

Each name is listed in `.env.example`. A provider without keys turns its feature off, and
`manage.py doctor` names it; with SANDBOX=1 the stand-ins of `coaching.sandbox` take its place.
"""

import datetime as dt
import hashlib
import tempfile
from pathlib import Path
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

from coaching.sandbox import config as stand_in

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")  # what the environment sets already wins
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / ".var"))).absolute()

# --- the site --------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
SANDBOX = env.bool("SANDBOX", False)
if SANDBOX and not DEBUG:
    raise ImproperlyConfigured(
        "SANDBOX=1 puts stand-ins in the providers' place and is refused when DEBUG is off. "
        "Unset SANDBOX, or set DEBUG=1 on a machine that is only a demo."
    )
PORT = env.int("PORT", 8000)
SITE_URL = env.str("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
SECRET_KEY = env.str("SECRET_KEY", "") or ("only-for-debug-" + "0" * 40 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set: 50 random characters, kept secret.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
USE_HTTPS = SITE_URL.startswith("https://")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USE_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if USE_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "coaching",
    "leads",
    "payments",
    "academics",
    "coaching.messaging",
    "coaching.centre",
    "coaching.accounts",
    "coaching.common",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.usersessions",
    "anymail",
    "corsheaders",
    "csp",
    "django_htmx",
    "django_structlog",
    "ninja",
]

MIDDLEWARE = [
    "coaching.common.middleware.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "coaching.common.outage.HonestOutage",
    "coaching.common.middleware.RefuseUnreadable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "coaching.common.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "coaching.login.StaffNeedsSecondFactor",
]

ROOT_URLCONF = "coaching.urls"
WSGI_APPLICATION = "coaching.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "coaching.centre.context.centre",
            ],
        },
    }
]

# --- storage ---------------------------------------------------------------------------------

EMBEDDED_DATABASE = {
    "ENGINE": "django.db.backends.sqlite3", "NAME": str(VAR_DIR / "db.sqlite3")
}  # fmt: skip
DATABASES = {"default": env.db("DATABASE_URL") if "DATABASE_URL" in env else EMBEDDED_DATABASE}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL with IMMEDIATE transactions: Django's defaults answered 45% of concurrent posts with a
    # 500. FULL: an acknowledged enquiry survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["ENGINE"] = "coaching.common.sqlite"
    DATABASES["default"]["CONN_MAX_AGE"] = None  # opening one costs more than a page
    # A file, as in real life: the tests' threads and processes share it.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["ENGINE"] = "coaching.common.postgres"
    DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])  # a socket's folder
    DATABASES["default"].setdefault("OPTIONS", {})
    DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 3)
    # A worker that waits for a server whose line is cut gives up after a minute, not after hours.
    DATABASES["default"]["OPTIONS"].setdefault("keepalives_idle", 30)
    DATABASES["default"]["OPTIONS"].setdefault("tcp_user_timeout", 60_000)
    # A process that freezes within a transaction holds locks that all others wait for.
    DATABASES["default"]["OPTIONS"].setdefault(
        "options", "-c idle_in_transaction_session_timeout=5s"
    )
    # Prepared once a connection, asked by number: half of the database's work with an enquiry.
    DATABASES["default"]["OPTIONS"].setdefault("server_side_binding", True)
    DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 3)
    DATABASES["default"]["CONN_MAX_AGE"] = 600  # a page that opens one waits a tenth of a second
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Rate limits and log-in codes stay in the database, so that they work while Redis is down.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}

# A socket's path may have about 100 characters; a deep folder gets one in the temporary folder.
BROKER_SOCKET = VAR_DIR / "valkey.sock"
if len(str(BROKER_SOCKET)) > 100:
    _short = hashlib.sha256(str(VAR_DIR).encode()).hexdigest()[:12]
    BROKER_SOCKET = Path(tempfile.gettempdir()) / f"coaching-{_short}.sock"
REDIS_URL = env.str("REDIS_URL", f"unix://{BROKER_SOCKET}")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ROOT = BASE_DIR / "static" / "root"
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = False  # `make run` collects, as production does
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

# --- people ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# API clients log in under /_allauth/app/v1/ and get a JWT; the pages keep their sessions.
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"  # noqa: S105
HEADLESS_JWT_ALGORITHM = "HS256"

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
ACCOUNT_ADAPTER = "coaching.login.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # sign-up itself is closed by the adapter
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_FORMS = {
    "login": "coaching.login.forms.StaffLoginForm",
    "request_login_code": "coaching.login.forms.RequestCodeForm",
    "confirm_login_code": "coaching.login.forms.ConfirmCodeForm",
}
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home_after_login"
LOGOUT_REDIRECT_URL = "landing"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Coaching centre"
MFA_REQUIRED_FOR_STAFF = not DEBUG
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30

# --- language and time -----------------------------------------------------------------------

LANGUAGE_CODE = "en-in"
LANGUAGES = [("en-in", "English"), ("hi", "हिन्दी")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
FORMAT_MODULE_PATH = ["coaching.common.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"

# --- providers -------------------------------------------------------------------------------

SANDBOX_URL = env.str("SANDBOX_URL", f"http://127.0.0.1:{PORT + 1}") if SANDBOX else ""
SANDBOX_SMTP_PORT = env.int("SANDBOX_SMTP_PORT", PORT + 3)

TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", "")
TWILIO_WHATSAPP_FROM = env.str("TWILIO_WHATSAPP_FROM", "")
TWILIO_VOICE_FROM = env.str("TWILIO_VOICE_FROM", "")
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", "").rstrip("/")
if SANDBOX and not TWILIO_ACCOUNT_SID:
    # A variable that is set wins; the sandbox fills in what is missing.
    TWILIO_BASE_URL = TWILIO_BASE_URL or SANDBOX_URL
    TWILIO_ACCOUNT_SID = stand_in.SANDBOX_ACCOUNT_SID
    TWILIO_AUTH_TOKEN = TWILIO_AUTH_TOKEN or stand_in.SANDBOX_AUTH_TOKEN
    TWILIO_WHATSAPP_FROM = TWILIO_WHATSAPP_FROM or "+14155238886"
    TWILIO_VOICE_FROM = TWILIO_VOICE_FROM or "+14155550100"
TWILIO_SIMULATED = bool(SANDBOX_URL) and TWILIO_BASE_URL == SANDBOX_URL
TWILIO_TIMEOUT_SECONDS = 8.0  # below the outbox's lease

EMAIL_URL = env.str("EMAIL_URL", "")
ANYMAIL_ESP = env.str("ANYMAIL_ESP", "")
ANYMAIL_WEBHOOK_SECRET = env.str("ANYMAIL_WEBHOOK_SECRET", "")  # without it, no webhook
EMAIL_SIMULATED = SANDBOX and not EMAIL_URL and not ANYMAIL_ESP
if ANYMAIL_ESP:
    EMAIL_BACKEND = f"anymail.backends.{ANYMAIL_ESP}.EmailBackend"
    ANYMAIL = {
        # Providers call their one key by different names.
        **{
            f"{ANYMAIL_ESP.upper()}_{name}": env.str("ANYMAIL_API_KEY", "")
            for name in ("API_KEY", "API_TOKEN", "SERVER_TOKEN")
        },
        "WEBHOOK_SECRET": [ANYMAIL_WEBHOOK_SECRET] if ANYMAIL_WEBHOOK_SECRET else [],
        "REQUESTS_TIMEOUT": 8,
        "SEND_DEFAULTS": {"esp_extra": {}},
    }
elif EMAIL_URL or EMAIL_SIMULATED:
    _mail = env.email_url_config(EMAIL_URL or f"smtp://127.0.0.1:{SANDBOX_SMTP_PORT}")
    globals().update(_mail)
EMAIL_CONFIGURED = bool(ANYMAIL_ESP or EMAIL_URL or EMAIL_SIMULATED)
EMAIL_TIMEOUT = 8
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "frontdesk@example.com")

PHONEPE_CLIENT_ID = env.str("PHONEPE_CLIENT_ID", "")
PHONEPE_CLIENT_SECRET = env.str("PHONEPE_CLIENT_SECRET", "")
PHONEPE_CLIENT_VERSION = env.int("PHONEPE_CLIENT_VERSION", 1)
PHONEPE_ENV = env.str("PHONEPE_ENV", "sandbox").lower()
PHONEPE_BASE_URL = env.str("PHONEPE_BASE_URL", "").rstrip("/")
PHONEPE_WEBHOOK_USERNAME = env.str("PHONEPE_WEBHOOK_USERNAME", "")
PHONEPE_WEBHOOK_PASSWORD = env.str("PHONEPE_WEBHOOK_PASSWORD", "")
if PHONEPE_ENV not in ("sandbox", "production"):
    raise ImproperlyConfigured("PHONEPE_ENV is sandbox or production.")
if SANDBOX and not PHONEPE_CLIENT_ID:
    PHONEPE_BASE_URL = PHONEPE_BASE_URL or f"{SANDBOX_URL}/phonepe"
    PHONEPE_CLIENT_ID = stand_in.SANDBOX_CLIENT_ID
    PHONEPE_CLIENT_SECRET = PHONEPE_CLIENT_SECRET or stand_in.SANDBOX_CLIENT_SECRET
    PHONEPE_WEBHOOK_USERNAME = PHONEPE_WEBHOOK_USERNAME or stand_in.SANDBOX_WEBHOOK_USERNAME
    PHONEPE_WEBHOOK_PASSWORD = PHONEPE_WEBHOOK_PASSWORD or stand_in.SANDBOX_WEBHOOK_PASSWORD
PHONEPE_SIMULATED = bool(SANDBOX_URL) and f"{SANDBOX_URL}/phonepe" == PHONEPE_BASE_URL

# First values of the centre's own settings; after the first start the owner edits them.
# 0 = no limit; budgets in paise, an hour's a quarter of the day's (but never under ten messages).
FIRST_LIMITS = {
    "leads_per_ip_hour": env.int("LIMIT_LEADS_PER_IP_HOUR", 30),
    "leads_per_network_hour": env.int("LIMIT_LEADS_PER_NETWORK_HOUR", 100),
    "leads_per_prefix_hour": env.int("LIMIT_LEADS_PER_PREFIX_HOUR", 50),
    "sequential_numbers": env.int("LIMIT_SEQUENTIAL_NUMBERS", 5),
    "budget_whatsapp_paise_day": env.int("BUDGET_WHATSAPP_PAISE_DAY", 50_000),
    "budget_voice_paise_day": env.int("BUDGET_VOICE_PAISE_DAY", 100_000),
}
for _name in ("whatsapp", "voice"):
    _day = FIRST_LIMITS[f"budget_{_name}_paise_day"]
    FIRST_LIMITS[f"budget_{_name}_paise_hour"] = min(_day, max(_day // 4, 10_000))
if min(FIRST_LIMITS.values()) < 0:
    raise ImproperlyConfigured("LIMIT_… and BUDGET_… must be 0 (no limit) or more.")
CALLING_WINDOW = env.str("CALLING_WINDOW", "09:00-21:00")
if CALLING_WINDOW == "always" and not SANDBOX:
    raise ImproperlyConfigured(
        "CALLING_WINDOW=always is for the sandbox. Give hours inside 09:00-21:00 IST."
    )
# Only a stand-in is ever called at night: with the real Twilio the lawful hours count.
CALLING_ALWAYS = CALLING_WINDOW == "always" and bool(TWILIO_BASE_URL)
LAWFUL_CALLING_HOURS = (dt.time(9), dt.time(21))  # TRAI; the older 2010 rule barred 21:00-09:00
try:
    FIRST_CALLING_HOURS = (
        LAWFUL_CALLING_HOURS
        if CALLING_WINDOW == "always"
        else tuple(dt.time.fromisoformat(part.strip()) for part in CALLING_WINDOW.split("-"))
    )
    _opens, _closes = FIRST_CALLING_HOURS
    if not LAWFUL_CALLING_HOURS[0] <= _opens < _closes <= LAWFUL_CALLING_HOURS[1]:
        raise ValueError(CALLING_WINDOW)
except ValueError as error:
    raise ImproperlyConfigured(
        f"CALLING_WINDOW={CALLING_WINDOW} must be hours like 09:00-21:00, and inside these."
    ) from error

# --- the API ---------------------------------------------------------------------------------

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/public/"
CORS_ALLOW_METHODS = ["POST", "OPTIONS"]
CORS_ALLOW_HEADERS = ["content-type", "idempotency-key"]
CORS_ALLOW_CREDENTIALS = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- logs and errors -------------------------------------------------------------------------

from coaching.common.logs import configure  # noqa: E402

LOGGING = configure(readable=DEBUG)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
SENTRY_DSN = env.str("SENTRY_DSN", "")
if SENTRY_DSN:
    import sentry_sdk

    from coaching.common.logs import without_people

    sentry_sdk.init(
        SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=without_people,
    )

from coaching.admin_theme import UNFOLD  # noqa: E402, F401
