"""All settings, read once from the environment and the city pack, each with its type and default.

See `.env.example` for what an operator may set. Everything has a default that runs a town on an embedded database.
"""

from __future__ import annotations

import os
import secrets
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ngomon import services

ROOT = Path(__file__).resolve().parents[2]


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def _flag(name: str, default: bool = False) -> bool:
    return _text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


def _secret_key(home: Path) -> str:
    """The key from the environment, else one made at first start and kept, readable by its owner only."""
    given = _text("NGOMON_SECRET_KEY")
    if given:
        return given
    path = home / "secret_key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        fresh = home / f"secret_key.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                    " PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
                    " PRAGMA secure_delete=FAST;"
                ),
            },
            "CONN_MAX_AGE": None,
            "TEST": {"NAME": unquote(parts.path) + ".test"},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or dict(parse_qsl(parts.query)).get("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # Hand-written statements that come again are prepared once; a pool between must keep a session's connection.
        "OPTIONS": {"prepare_threshold": 5},
    }


def _city(packs: Path, key: str) -> dict[str, Any]:
    path = packs / key / "city.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _services(root: Path, more: list[str]) -> list[str]:
    """The applications of all services: each folder with a manifest here, in further folders, or in a package."""
    services.__path__ += more
    folders = [root / "src/ngomon/services", *(Path(folder) for folder in more)]
    names = [f"ngomon.services.{m.parent.name}" for f in folders for m in sorted(f.glob("*/manifest.toml"))]
    return names + [found.value for found in entry_points(group="ngomon.services")]


# --- where things are ---------------------------------------------------------------------------------------------
NGOMON_HOME = Path(_text("NGOMON_HOME", str(ROOT / "var"))).resolve()
NGOMON_PACKS = Path(_text("NGOMON_PACKS", str(ROOT / "packs"))).resolve()
NGOMON_PACK = _text("NGOMON_PACK", "hue")
NGOMON_BASE_URL = _text("NGOMON_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
NGOMON_DEMO = _flag("NGOMON_DEMO")
NGOMON_CITY = _city(NGOMON_PACKS, NGOMON_PACK)

# --- Django -------------------------------------------------------------------------------------------------------
SECRET_KEY = _secret_key(NGOMON_HOME)
SECRET_KEY_FALLBACKS = _list("NGOMON_OLD_SECRET_KEYS")
DEBUG = _flag("NGOMON_DEBUG")
ALLOWED_HOSTS = _list("NGOMON_HOSTS", "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = [NGOMON_BASE_URL]
ROOT_URLCONF = "ngomon.urls"
WSGI_APPLICATION = "ngomon.asgi.wsgi"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

_DATABASE_URL = _text("NGOMON_DATABASE_URL", f"sqlite://{NGOMON_HOME / 'ngomon.sqlite3'}")
DATABASES = {"default": _database(_DATABASE_URL)}
NGOMON_ENGINE = (
    "ngomon.engines.sqlite.SQLiteEngine"
    if _DATABASE_URL.startswith("sqlite:")
    else "ngomon.engines.postgres.PostgresEngine"
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "django_vite",
    "ngomon.core",
    "ngomon.ui",
    "ngomon.directory",
    "ngomon.identity",
    "ngomon.messages",
    "ngomon.processes",
    "ngomon.cases",
    "ngomon.incidents",
    "ngomon.services",
    *_services(ROOT, _list("NGOMON_SERVICES")),
    "ngomon.web",
]

MIDDLEWARE = [
    "ngomon.core.edge.EdgeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ngomon.identity.edge.ActorMiddleware",
]

if NGOMON_DEMO:
    MIDDLEWARE.append("ngomon.web.demo.roles.DemoRoles")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "ngomon.web.context.frame",
            ],
        },
    }
]

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = str(NGOMON_CITY.get("timezone", "Asia/Ho_Chi_Minh"))

# --- static files ---------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = NGOMON_HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": ROOT / "src/ngomon/ui/static/ngomon/manifest.json",
        "static_url_prefix": "ngomon",
    }
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 12

# --- accounts and sessions ------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.Account"
AUTHENTICATION_BACKENDS = ["ngomon.identity.backends.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "ngomon.identity.sessions"
SESSION_COOKIE_NAME = "ngomon"
SESSION_COOKIE_AGE = 30 * 24 * 3600
NGOMON_PROXIES = int(_text("NGOMON_PROXIES", "0"))

# --- safety ---------------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = NGOMON_BASE_URL.startswith("https:")
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CSRF_FAILURE_VIEW = "ngomon.core.pages.forged"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

# --- messages out ---------------------------------------------------------------------------------------------------
NGOMON_SMTP_URL = _text("NGOMON_SMTP_URL")
NGOMON_MAIL_FROM = _text("NGOMON_MAIL_FROM", "ngomon@localhost")
NGOMON_SMS_URL = _text("NGOMON_SMS_URL")
NGOMON_SMS_KEY = _text("NGOMON_SMS_KEY")
NGOMON_SMS_SECRET = _text("NGOMON_SMS_SECRET")
NGOMON_SMS_BRANDNAME = _text("NGOMON_SMS_BRANDNAME")
NGOMON_SMS_SANDBOX = _flag("NGOMON_SMS_SANDBOX")
NGOMON_SMS_TONES = _flag("NGOMON_SMS_TONES")
NGOMON_SMS_PRICE_VND = int(_text("NGOMON_SMS_PRICE_VND", "0"))

NGOMON_SIP_URL = _text("NGOMON_SIP_URL")
NGOMON_SIP_PREFIX = _text("NGOMON_SIP_PREFIX", "+")
NGOMON_SIP_LISTEN = _text("NGOMON_SIP_LISTEN")
NGOMON_SIP_LINES = int(_text("NGOMON_SIP_LINES", "4"))

# --- the live stream --------------------------------------------------------------------------------------------------
NGOMON_LIVE_KEYS = "ngomon.web.live.keys"
NGOMON_LIVE_CLOSING = (
    "identity.post_taken",
    "identity.post_left",
    "identity.delegation_given",
    "identity.delegation_ended",
    "identity.account_locked",
    "identity.persons_merged",
)

# --- what is said about it ------------------------------------------------------------------------------------------
NGOMON_LOG_STYLE = _text("NGOMON_LOG_STYLE", "auto")
NGOMON_LOG_LEVEL = _text("NGOMON_LOG_LEVEL", "INFO").upper()
NGOMON_METRICS_TOKEN = _text("NGOMON_METRICS_TOKEN")

LOGGING_CONFIG = None
TEST_RUNNER = "django.test.runner.DiscoverRunner"
NGOMON_TESTING = "pytest" in sys.modules
