"""All settings, one file. What differs between machines comes from the environment:
DATABASE_URL, REDIS_URL, SECRET_KEY, DEBUG, ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS and a few more.
Business rules (thresholds, windows, cuts) are policy rows in the database, never settings.
"""

from pathlib import Path

import environ
import structlog
from celery.schedules import crontab
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "insecure-development-key") if DEBUG else env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
REDIS_URL = env.str("REDIS_URL")
# The cache (log-in rate limits) is a table: Redis may be down, and people still log in.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
    }
}

INSTALLED_APPS = [
    "kam.core",
    "staff",
    "approvals",
    "accounts",
    "notifications",
    "sales",
    "tiering",
    "credit",
    "complaints",
    "visits",
    "mailings",
    "kam.home",
    "staff.admin_config.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_structlog",
]
CSRF_FAILURE_VIEW = "kam.core.error_views.csrf_failure"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "kam.core.middleware.NullCharacterMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "kam.core.middleware.RequestLogMiddleware",
]
ROOT_URLCONF = "kam.urls"
WSGI_APPLICATION = "kam.wsgi.application"
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
                "django.template.context_processors.i18n",
                "kam.home.navigation.context",
            ],
        },
    }
]

# --- people ------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["staff.adapter.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home:dashboard"
ACCOUNT_ADAPTER = "staff.adapter.StaffAccountAdapter"
# How many proxies of ours add to X-Forwarded-For: who asks too often is told apart by address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0)
MFA_ADAPTER = "staff.adapter.StaffMfaAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# Without a host mails are written to the log.
if SMTP_HOST := env.str("EMAIL_HOST", ""):
    MAILER = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": SMTP_HOST,
            "port": env.int("EMAIL_PORT", 25),
            "username": env.str("EMAIL_USER", ""),
            "password": env.str("EMAIL_PASSWORD", ""),
            "use_tls": env.bool("EMAIL_USE_TLS", False),
            "timeout": 10,
        },
    }
else:
    MAILER = {"BACKEND": env.str("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")}
MAILERS = {"default": MAILER}
# Where people reach the site, for the links in mails.
PORT = env.str("KAM_BIND", "127.0.0.1:8000").rpartition(":")[2]
SITE_URL = env.str("SITE_URL", "") or next(iter(CSRF_TRUSTED_ORIGINS), f"http://127.0.0.1:{PORT}")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "kam@localhost")

# --- language and numbers ----------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese (simplified)")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["kam.formats"]
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Asia/Shanghai"
REPORTING_CURRENCY = env.str("REPORTING_CURRENCY", "CNY")
COMPANY_NAME = env.str("COMPANY_NAME", "")  # ours, on what customers get

# --- files -------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "collected"
STATICFILES_DIRS = [BASE_DIR / "build" / "static"]
MEDIA_ROOT = env.str("MEDIA_ROOT", str(BASE_DIR / "media"))  # served by views only, never by URL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kam.staticfiles.StaticStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024  # the API's own limit is 20 MB, answered with 413
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- forms, API --------------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "kam.core.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["kam.core.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["kam.core.api.renderers.ExactJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kam.core.api.parsers.DecimalJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "kam.core.api.paging.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "kam.core.api.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "kam.core.api.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
}
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 600)  # per token; 0: no limit
SPECTACULAR_SETTINGS = {
    "TITLE": "KAM REST API",
    "DESCRIPTION": "Customer archives, order sync, tiers and RFM scores.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "sales.models.Order.Status",
        "RunStatus": "tiering.models.TierRun.Status",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True},
}

# --- security ----------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
# Behind TLS in production (SECURE=1): cookies and HSTS. Off for `make run` on http://127.0.0.1.
SECURE = env.bool("SECURE", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
X_FRAME_OPTIONS = "DENY"

# --- Celery ------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
    # Without these a task of a killed worker waits up to 100 s more for its redelivery.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    # A dead Redis must not make a web request hang.
    "socket_connect_timeout": 2,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = {
    "purge-kept-answers": {
        "task": "kam.core.tasks.purge_kept_answers",
        "schedule": crontab(minute=20),
    },
    "nightly-expire-requests": {
        "task": "approvals.tasks.expire_due",
        "schedule": crontab(hour=0, minute=10),
    },
    "pick-up-queued-imports": {
        "task": "accounts.tasks.pick_up_queued_imports",
        "schedule": 60.0,
    },
    "end-access-of-leavers": {
        "task": "accounts.tasks.end_access_of_leavers",
        "schedule": crontab(minute=5),  # hourly: a night without a worker is made up for
    },
    "purge-imports": {
        "task": "accounts.tasks.purge_imports",
        "schedule": crontab(hour=3, minute=40),
    },
    "purge-marks-of-the-day": {
        "task": "kam.home.tasks.purge_marks",
        "schedule": crontab(hour=3, minute=50),
    },
    "nightly-recompute": {
        "task": "tiering.tasks.nightly",
        "schedule": crontab(hour=1, minute=30),
    },
    "escalate-complaints": {"task": "complaints.tasks.escalate_due", "schedule": 60.0},
    "dispatch-events": {
        "task": "notifications.tasks.dispatch",
        "schedule": 10.0,
        "options": {"expires": 10},  # while nobody works they do not pile up
    },
    "send-digests": {
        "task": "notifications.tasks.send_digests",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "purge-notices": {
        "task": "notifications.tasks.purge",
        "schedule": crontab(hour=3, minute=50),
    },
    "nightly-late-orders": {
        "task": "sales.tasks.tell_late_orders",
        "schedule": crontab(hour=0, minute=20),
    },
    "end-reservations": {"task": "credit.tasks.end_reservations", "schedule": 60.0},
    "use-ceiling-room": {"task": "credit.tasks.use_ceiling_room", "schedule": 60.0},
    "nightly-credit": {
        "task": "credit.tasks.nightly",
        "schedule": crontab(hour=2, minute=30),  # the tiers are recomputed by then
    },
    "nightly-visits": {
        "task": "visits.tasks.nightly",
        "schedule": crontab(hour=2, minute=50),  # by then the tiers are those of today
    },
    "deliver-mailings": {"task": "mailings.tasks.deliver_all", "schedule": 60.0},
    "pick-up-queued-runs": {
        "task": "tiering.tasks.pick_up_queued_runs",
        "schedule": 60.0,
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": structlog.stdlib.ProcessorFormatter,
            # Plain: rich tracebacks would write local variables, so passwords and keys, to the log.
            "processor": structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # What was refused is told by the line of its request; no traceback says more.
    "loggers": {"django.request": {"level": "ERROR"}},
}
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
