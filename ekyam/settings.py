"""All settings, read from the environment; the four environments differ by variables alone."""

import base64
from pathlib import Path
from typing import Any

import environ

from ekyam import logs, start

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
EKYAM_ENVIRONMENT = env.str("EKYAM_ENVIRONMENT", default="dev")
HARDENED = EKYAM_ENVIRONMENT in start.HARDENED_ENVIRONMENTS

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str(
    "SECRET_KEY", default="" if HARDENED else "for development only, known to everybody, no secret"
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if HARDENED else ["*"])

# What Ekyam is called from outside, and the one private address that it may call.
PUBLIC_URL = env.str("PUBLIC_URL", default="" if HARDENED else "http://127.0.0.1:8000").rstrip("/")
SANDBOX_URL = env.str("SANDBOX_URL", default="").rstrip("/")
SANDBOX_TOKEN = env.str("SANDBOX_TOKEN", default="")
# Identity providers of one's own machine, for development and tests; and who is asked for the
# records of a domain, by DNS over HTTPS in its JSON form.
SSO_PRIVATE_URLS = env.list("SSO_PRIVATE_URLS", default=[])
ALERT_PRIVATE_URLS = env.list("ALERT_PRIVATE_URLS", default=[])
DNS_URL = env.str("DNS_URL", default="https://cloudflare-dns.com/dns-query")
# A language model that may suggest too, behind a chat endpoint as OpenAI has it; it is sent names
# of vendors' fields, never a value. Empty: none is asked.
EKYAM_MODEL_URL = env.str("EKYAM_MODEL_URL", default="")
EKYAM_MODEL_NAME = env.str("EKYAM_MODEL_NAME", default="")
EKYAM_MODEL_KEY = env.str("EKYAM_MODEL_KEY", default="")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Where the processes of one installation keep their counters together; empty: each its own.
METRICS_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")

# "id:base64 of 32 bytes", comma separated; the first one seals, all of them open.
VAULT_KEYS = env.list(
    "VAULT_KEYS",
    default=[]
    if HARDENED
    else ["dev:" + base64.b64encode(b"for development only, no secret!").decode()],
)

# The engine. Seconds; the retry schedule ends in a dead letter.
EKYAM_LEASE_SECONDS = env.int("EKYAM_LEASE_SECONDS", default=10)
# What changed stock in its target behind our back, such as an order, is told to us in this time.
EKYAM_STOCK_GRACE_SECONDS = env.float("EKYAM_STOCK_GRACE_SECONDS", default=5.0)
# How old a currency rate may be, beside the day that it is asked for.
EKYAM_RATE_DAYS = env.int("EKYAM_RATE_DAYS", default=30)
# For so long an alert that is over, and what was told of it, can be looked up.
EKYAM_ALERT_DAYS = env.int("EKYAM_ALERT_DAYS", default=90)
EKYAM_RETRY_SCHEDULE = [
    int(seconds)
    for seconds in env.list(
        "EKYAM_RETRY_SCHEDULE", default=["5", "30", "120", "600", "3600", "21600", "43200", "86400"]
    )
]

INSTALLED_APPS = [
    "ekyam.staff_app.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "django_otp.plugins.otp_static",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "django_htmx",
    "csp",
    "ekyam",
    "ekyam.tenants",
    "ekyam.audit",
    "ekyam.people",
    "ekyam.keys",
    "ekyam.sessions",
    "ekyam.team",
    "ekyam.visits",
    "ekyam.sso",
    "connectors",
    "flows",
    "portal",
    "portal.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ekyam.compression.Compression",
    "ekyam.headers.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "ekyam.sessions.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "ekyam.limits.Limits",
    "ekyam.staff_door.StaffAddress",
    "django.middleware.csrf.CsrfViewMiddleware",
    "ekyam.sessions.middleware.People",
    "ekyam.sessions.middleware.SecondFactors",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ekyam.away.ValkeyAway",
]

ROOT_URLCONF = "ekyam.urls"
WSGI_APPLICATION = "ekyam.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ]
        },
    }
]


def database(url: str, **options: Any) -> dict[str, Any]:
    """Read a database URL; what the URL says wins over our options."""
    read = env.db_url_config(url)
    read["OPTIONS"] = {"application_name": "ekyam", **options, **read.get("OPTIONS", {})}
    return {**read, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


# `default` is the runtime role, to which row-level security applies. `owner` owns the tables,
# and is for migrations and the set-up of tests only.
DATABASE_URL = env.str("DATABASE_URL", default="")
OWNER_DATABASE_URL = env.str("OWNER_DATABASE_URL", default=DATABASE_URL)
# Without a URL Django still starts (for checks and tools), and no query can succeed.
NO_DATABASE = "postgresql://ekyam_app@127.0.0.1:5432/ekyam"
PREPARED_AFTER = env.str("DATABASE_PREPARE_THRESHOLD", default="5")
DATABASES = {
    "default": database(
        DATABASE_URL or NO_DATABASE,
        pool={"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=20), "timeout": 5},
        # The engine says the same few sentences all day: PostgreSQL plans each of them once.
        server_side_binding=True,
        prepare_threshold=None if PREPARED_AFTER == "never" else int(PREPARED_AFTER),
    ),
    "owner": database(OWNER_DATABASE_URL or NO_DATABASE),
}
DATABASE_ROUTERS = ["ekyam.routers.OwnerMigrates"]

REDIS_URL = env.str("REDIS_URL", default="" if HARDENED else "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "ekyam",
        # Seconds: somebody waits for the page, and is told rather than kept.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "ekyam.sso.enforcement.PasswordGuard",
    "ekyam.people.accounts.PasswordBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "ekyam.people.passwords.GuessableValidator"},
]
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "ekyam.sessions.store"
# The cookie may outlive the session, whose row knows when it ends: these, or a company's own rule.
SESSION_COOKIE_AGE = 31 * 24 * 3600
EKYAM_SESSION_IDLE_MINUTES = env.int("EKYAM_SESSION_IDLE_MINUTES", default=60)
EKYAM_SESSION_HOURS = env.int("EKYAM_SESSION_HOURS", default=12)
ACCOUNT_ADAPTER = "ekyam.people.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Nobody signs up: an invitation marks the address that it was mailed to (people.accounts).
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# A refused password is answered after this long, whether there is such a person or not.
EKYAM_REFUSAL_SECONDS = 0.5

# "twilio", or "console": into the inbox page of development. Without one no phone can be set up.
SMS_GATEWAY = env.str("SMS_GATEWAY", default="" if HARDENED else "console")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")

EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default="django.core.mail.backends.smtp.EmailBackend"
    if HARDENED
    else "ekyam.people.inbox.InboxBackend",
)
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10  # seconds: somebody waits for the page
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ekyam@localhost")

# People sign in to a company's applications with Ekyam. Codes live a minute, tokens ten.
IDP_OIDC_ADAPTER = "ekyam.keys.sign_in.Provider"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 600
# A key, token or secret that is refused is answered after this long, whatever is wrong with it.
EKYAM_KEY_REFUSAL_SECONDS = 0.05
# How often in a minute an address may show what is not a key before it is not listened to.
EKYAM_REFUSALS_PER_MINUTE = env.int("EKYAM_REFUSALS_PER_MINUTE", default=60)

# Pages are in English. What templates mark for translation is gathered by manage.py makemessages
# into locale/; a catalogue there and a middleware that chooses are all that another language needs.
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
# Words are looked up where there is a language to find them in: a page says thousands of them.
USE_I18N = LOCALE_PATHS[0].is_dir()
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles" if HARDENED else None
# Outside production nothing needs collecting: files are served from where they are written.
WHITENOISE_USE_FINDERS = not HARDENED
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "ekyam.static_files.StaticFiles"
        if HARDENED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# What is not named is refused.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "upgrade-insecure-requests": HARDENED,
        # Where browsers tell of what was refused, if somebody collects it.
        "report-uri": env.list("CSP_REPORT_URI", default=[]) or None,
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# __Host- binds a cookie to this very host, to TLS and to no path. Strict would forget who somebody
# is who comes back from a vendor or an identity provider, and the tokens of their other pages.
SESSION_COOKIE_NAME = "__Host-session" if HARDENED else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HARDENED else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HARDENED
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.web.refusals.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = HARDENED
# Probes and scrapers come from inside, past the proxy that ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HARDENED else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HARDENED
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of our own stand before us, each of which appends to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
# Machines may send more than people: what a page is sent is bounded by SITE_BODY_BYTES.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 5
SITE_BODY_BYTES = 2 * 1024 * 1024

# Ekyam's own staff: a host of its own for the admin if it has one, and short sessions.
STAFF_HOST = env.str("STAFF_HOST", default="")
EKYAM_STAFF_SESSION_MINUTES = env.int("EKYAM_STAFF_SESSION_MINUTES", default=240)
EKYAM_STAFF_IDLE_MINUTES = env.int("EKYAM_STAFF_IDLE_MINUTES", default=15)

# The API. What is given by key or application is counted for each of them.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.seats.SeatAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.bodies.StrictJson"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.document.Described",
    "EXCEPTION_HANDLER": "portal.api.problems.answer_problem",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ekyam",
    "VERSION": "1",
    "DESCRIPTION": "What the portal shows and does, for programs. Lists page by `cursor`; errors"
    " are problem+json (RFC 9457), with codes that stay; an Idempotency-Key makes a repeat"
    " harmless.",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["portal.api.document.finish"],
    "COMPONENT_SPLIT_PATCH": False,
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
}

LOGGING = logs.configure(
    as_json=env.bool("LOG_JSON", default=EKYAM_ENVIRONMENT != "dev"),
    level=env.str("LOG_LEVEL", default="INFO"),
)

# Rows are the truth and the queue is a nudge: results and schedules are kept nowhere.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
# A message that is lost with its worker is said again by the sweeper within a second; one that is
# acknowledged late is done twice, and outlives the connection that it came by.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "flows.tasks.route*": {"queue": "ingest"},
    "flows.tasks.deliver*": {"queue": "deliver"},
    "flows.tasks.poll*": {"queue": "poll"},
    "flows.tasks.keep*": {"queue": "poll"},
    "flows.tasks.sync*": {"queue": "poll"},
    "flows.tasks.shadow*": {"queue": "poll"},
    "flows.tasks.mend*": {"queue": "poll"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "flows.tasks.sweep", "schedule": 1.0, "options": {"expires": 1.0}},
    "keep_keys": {"task": "ekyam.keys.tasks.keep_keys", "schedule": 3600.0},
    "forget_alerts": {"task": "flows.tasks.forget_alerts", "schedule": 3600.0},
    "forget_answers": {"task": "portal.api.tasks.forget_answers", "schedule": 3600.0},
    "end_visits": {
        "task": "ekyam.visits.tasks.end_visits",
        "schedule": 30.0,
        "options": {"expires": 29.0},
    },
    "plan_syncs": {"task": "flows.tasks.plan_syncs", "schedule": 10.0, "options": {"expires": 9.0}},
    "count_hours": {
        "task": "flows.tasks.count_hours",
        "schedule": 30.0,
        "kwargs": {"hours": 2},
        "options": {"expires": 29.0},
    },
    "watch": {"task": "flows.tasks.watch", "schedule": 60.0, "options": {"expires": 59.0}},
    "send_notices": {
        "task": "flows.tasks.send_notices",
        "schedule": 15.0,
        "options": {"expires": 14.0},
    },
    "count_day": {
        "task": "flows.tasks.count_hours",
        "schedule": 600.0,
        "kwargs": {"hours": 26},
        "options": {"expires": 599.0},
    },
}

start.refuse_unless_ready(globals())
