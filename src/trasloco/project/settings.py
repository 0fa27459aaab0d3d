"""Django's settings: everything from the environment, nothing to edit. The database comes from ``database.prepare``.

TRASLOCO_SECRET_KEY: signs sessions and one-time links; default: a file of the state directory.
TRASLOCO_HOSTS: names the panel is reached under, separated by commas; default: this machine only.
TRASLOCO_HTTPS: "1" behind a proxy that speaks TLS: cookies and redirects are then for https only.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from trasloco.project import database as _database
from trasloco.project.cap_variables import caps_given as _caps_given
from trasloco.project.paths import master_key_file as _master_key_file
from trasloco.project.paths import state_directory as _state_directory
from trasloco.project.secret_key import secret_key as _secret_key
from trasloco.records.proof_key import FILE_NAME as _PROOF_KEY

_opened = _database.current()
DATABASES: dict[str, Any] = {"default": _opened.django() if _opened else {"ENGINE": "django.db.backends.postgresql", "NAME": "trasloco"}}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "trasloco.panel",  # before allauth: of two templates with one name, ours is taken
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "trasloco.records",
    "trasloco.jobs",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trasloco.panel.middleware.security_headers",
    "trasloco.api.middleware.problems",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "trasloco.panel.middleware.viewer",
    "trasloco.api.middleware.api",
    "trasloco.panel.middleware.too_large",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "trasloco.panel.context.panel",
            ],
        },
    }
]

ROOT_URLCONF = "trasloco.project.urls"
ASGI_APPLICATION = "trasloco.project.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEBUG = False
LOGGING_CONFIG = None  # the command line decides what is shown

# Language and time: stored in UTC, shown in the person's own zone and language.
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("it", _("Italian"))]
FORMAT_MODULE_PATH = "trasloco.project.formats"
LOCALE_PATHS = [Path(__file__).parent.parent / "locale"]

# Who signs in, and how.
AUTH_USER_MODEL = "trasloco_records.Person"
AUTHENTICATION_BACKENDS = ["trasloco.panel.sign_in_backend.SignInBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
ACCOUNT_ADAPTER = "trasloco.panel.account_adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are made by an admin, who mails them a one-time link
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody can make us write to strangers
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password, a second factor that came or went: he is told by mail
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # sessions elsewhere end by themselves: they are bound to the password
ACCOUNT_SESSION_REMEMBER = None
MFA_ADAPTER = "trasloco.panel.mfa_adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who was invited by mail has shown that the address is his
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Trasloco"
MFA_TOTP_TOLERANCE = 1  # codes of half a minute before and after: clocks differ
USERSESSIONS_TRACK_ACTIVITY = True

# What a browser may do with us.
SECRET_KEY = _secret_key(os.environ)
_HTTPS = os.environ.get("TRASLOCO_HTTPS", "") == "1"
ALLOWED_HOSTS = [name.strip() for name in os.environ.get("TRASLOCO_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if name.strip()]
CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in ALLOWED_HOSTS if _HTTPS and name != "*"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_SSL_REDIRECT = _HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Above ``panel.body_limit.MOST_BODY``: what gets past it stays in memory, never on the disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["trasloco.panel.upload.MemoryUpload"]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
# In the database: rate limits must hold over all processes of the panel.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "trasloco_cache"}}
EMAIL_BACKEND = "trasloco.panel.outbox.Outbox"  # what libraries send becomes a row of ``records.Mail`` too

TRASLOCO_MASTER_KEY_FILE = _master_key_file()
TRASLOCO_PROOF_KEY_FILE = _state_directory() / _PROOF_KEY
TRASLOCO_CAPS = _caps_given(os.environ)

# Job rows of past transfers say nothing that the transfers themselves do not say.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "always"}
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # addresses are unique whatever their case: by the constraint trasloco_person_email
