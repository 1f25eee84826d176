"""Settings: one file, everything from the environment. Secrets come from NAME or NAME_FILE and fail loudly."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

from caasis.config.secrets import local_secret, read_secret

PACKAGE = Path(__file__).resolve().parent.parent


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in ("1", "true", "yes", "on")


def _database(url: str) -> dict[str, object]:
    """A Django database from `postgresql://user:password@host:port/name?host=/socket/folder`."""
    parsed = urlparse(url)
    query = {key: values[-1] for key, values in parse_qs(parsed.query).items()}
    # For statements that ask to be prepared (platform/inserting.py); the ORM's own never are. Behind a pooler that gives
    # each transaction another connection and can't carry prepared statements, `CAASIS_NO_PREPARE` turns it off.
    options: dict[str, object] = {"prepare_threshold": None if _flag("CAASIS_NO_PREPARE") else 5}
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parsed.path.lstrip("/") or "caasis",
        "USER": unquote(parsed.username or ""),
        "PASSWORD": unquote(parsed.password or ""),
        "HOST": query.get("host") or parsed.hostname or "",
        "PORT": str(parsed.port or ""),
        "OPTIONS": options,
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
    }


CAASIS_HOME = Path(os.environ.get("CAASIS_HOME", "var")).resolve()
DEBUG = _flag("CAASIS_DEBUG")
SECRET_KEY = read_secret("CAASIS_SECRET_KEY") or local_secret(CAASIS_HOME, "secret_key")
ALLOWED_HOSTS = os.environ.get("CAASIS_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CAASIS_ORIGINS", "").split(",") if o]

_app_url = read_secret("DATABASE_URL") or "postgresql://caasis_app@/caasis"
_owner_url = read_secret("DATABASE_OWNER_URL") or _app_url.replace("caasis_app@", "caasis_owner@")
# The application's connection is neither owner nor superuser: row-level security holds for it. The owner's connection
# is used by migrations, backup and the making of partitions only.
DATABASES = {"default": _database(_app_url), "owner": _database(_owner_url)}
DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
#: Requests that a web process answers at once: each needs one connection.
REQUEST_THREADS = int(os.environ.get("CAASIS_POOL", "20"))
if not _flag("CAASIS_NO_POOL"):
    DATABASES["default"]["OPTIONS"]["pool"] = {  # type: ignore[index]
        "min_size": 1,
        "max_size": REQUEST_THREADS,
        "timeout": 10,
    }
DATABASE_ROUTERS = ["caasis.platform.database.router.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "ninja",
    "caasis.platform",
    "caasis.audit",
    "caasis.privacy",
    "caasis.organisations",
    "caasis.accounts",
    "caasis.queues",
    "caasis.people",
    "caasis.businesses",
    "caasis.appointments",
    "caasis.channels",
    "caasis.knowledge",
    "caasis.cases",
    "caasis.telephony",
    "caasis.analytics",
    "caasis.operations",
    "caasis.portal",
    "caasis.desk",
    "caasis.provision",
    "caasis.twin",
]

MIDDLEWARE = [
    "caasis.platform.middleware.reference.ReferenceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "caasis.platform.middleware.headers.SecurityHeadersMiddleware",
    # Pages are three to five times smaller; the middleware varies their length against guessing attacks.
    "django.middleware.gzip.GZipMiddleware",
    "caasis.platform.middleware.body.BodyGuardMiddleware",
    "caasis.platform.middleware.transaction.RequestTransactionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "caasis.accounts.middleware.ActorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "caasis.config.urls"
ASGI_APPLICATION = "caasis.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Ours stand before those of allauth with the same names.
        "DIRS": [PACKAGE / "accounts" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "caasis.platform.context.product",
            ],
            "builtins": ["django.templatetags.static", "caasis.platform.templatetags.app"],
        },
    }
]
FORM_RENDERER = "caasis.platform.forms.AppFormRenderer"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "caasis.accounts.adapters.allauth.StaffAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = "CaaSIS"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _flag("CAASIS_ALLOW_INSECURE_PASSKEYS")
MFA_ADAPTER = "caasis.accounts.adapters.allauth.StaffMfaAdapter"
USERSESSIONS_TRACK_ACTIVITY = False
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 10 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "caasis_session"
CSRF_COOKIE_NAME = "caasis_csrf"
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "caasis.platform.errors.csrf_failure"
CAASIS_TLS = _flag("CAASIS_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CAASIS_TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if CAASIS_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("CAASIS_BEHIND_PROXY") else None
X_FRAME_OPTIONS = "DENY"
SESSIONS_PER_USER = 3
# Roles whose holders must set up a second factor before anything else, e.g. "admin,ncac,analyst". Centres demand it for
# their own staff with the feature flag `second_factor`.
SECOND_FACTOR_ROLES = [r for r in os.environ.get("CAASIS_REQUIRE_SECOND_FACTOR", "").split(",") if r]

# What the administrator's screen runs: the checks of `caasis doctor`. The desk lies below them and imports them by name.
SYSTEM_CHECKS = "caasis.config.doctor.onscreen.findings"

# The telephone: "" for none, "embedded" for our own engine, "asterisk" for an Asterisk, else the dotted name of a function
# that opens an engine's port.
TELEPHONE = os.environ.get("CAASIS_TELEPHONE", "")
TELEPHONY_PORT = {
    "embedded": "caasis.telephony.adapters.embedded.process.open_port",
    "asterisk": "caasis.telephony.adapters.asterisk.opening.open_port",
}.get(TELEPHONE, TELEPHONE)

# The picture of a talk by video goes from browser to browser. Each names servers with commas between them: STUN tells a
# browser its own address, TURN (coturn) carries the picture where the two can't reach each other.
STUN_URLS = [one for one in os.environ.get("CAASIS_STUN_URL", "").split(",") if one]
TURN_URLS = [one for one in os.environ.get("CAASIS_TURN_URL", "").split(",") if one]
TURN_SECRET = os.environ.get("CAASIS_TURN_SECRET", "")

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = CAASIS_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedStaticFilesStorage"},
}
#: A pasted text of a million kanji, at nine bytes each in a form, still reaches the check that names the field.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# A batch of approvals (`desk.approvals.MOST_AT_ONCE`) sends one field each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
UPLOADS_PER_FORM = 5
REQUEST_MAX_BYTES = 60 * 1024 * 1024

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS: list[str] = []
METRICS_FROM = [a for a in os.environ.get("CAASIS_METRICS_FROM", "").split(",") if a]
CLAMD_SOCKET = os.environ.get("CAASIS_CLAMD", "")

#: Sound that callers hear; the telephone engine plays FOLDER/NAME.wav from it.
TELEPHONY_PROMPTS = CAASIS_HOME / "telephone" / "prompts"
#: Sealed recordings of calls, as the telephone engine writes them.
TELEPHONY_RECORDINGS = CAASIS_HOME / "telephone" / "recordings"
#: What speaks: the dotted name of a function without arguments.
TELEPHONY_SPEECH = "caasis.telephony.prompts.local_speech"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "caasis.platform.logs.JsonFormatter"}},
    "filters": {"libraries": {"()": "caasis.platform.logs.LibrariesOnlyWarn"}},
    "handlers": {"standard": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["libraries"]}},
    "root": {"handlers": ["standard"], "level": os.environ.get("CAASIS_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016", "security.W018"]
