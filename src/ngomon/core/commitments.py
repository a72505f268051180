"""Commitments to content that may be erased: the log keeps the hash, the row keeps content and salt.

commitment = SHA-256(salt ‖ content). With content and salt gone nothing can be learnt from it, and every proof over the
log stays valid.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


def commit(content: str) -> tuple[str, str]:
    """A fresh salt and the commitment to the content, both hex of 32 bytes."""
    salt = secrets.token_bytes(32)
    return salt.hex(), hashlib.sha256(salt + content.encode()).hexdigest()


def opens(commitment: str, salt: str, content: str) -> bool:
    """Whether this content with this salt is what was committed to."""
    try:
        made = hashlib.sha256(bytes.fromhex(salt) + content.encode()).hexdigest()
    except ValueError:
        return False
    return hmac.compare_digest(made, commitment)
