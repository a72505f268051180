"""Encryption at rest for contents that must be readable again: addresses, message texts, reporter identity.

Fernet (AES-128-CBC with HMAC-SHA-256), the key derived from NGOMON_SECRET_KEY by HKDF; older keys still read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache, lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


@lru_cache(maxsize=64)
def derive(secret: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose. Source: RFC 5869."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


@cache
def _fernet() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive(s, "rows"))) for s in secrets])


def seal_text(text: str) -> str:
    """The text, encrypted for storage."""
    return _fernet().encrypt(text.encode()).decode()


def open_text(sealed: str) -> str:
    """The text again; empty for an erased (empty) value. Raises: cryptography.fernet.InvalidToken."""
    return _fernet().decrypt(sealed.encode()).decode() if sealed else ""


def blind(text: str, purpose: str) -> str:
    """A keyed hash by which an encrypted value can be found again without being readable (hex, 64 characters)."""
    key = derive(settings.SECRET_KEY, f"blind:{purpose}")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
