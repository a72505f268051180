"""What a form carries so that a second tap files nothing twice, and so that only its browser knows the claim code."""

from __future__ import annotations

import secrets

from django.core import signing

from ngomon.core.secrets import blind

from ..rules import CLAIM_ALPHABET

TOKEN_S = 3 * 24 * 3600
_FORM_SALT = "cases.report"


def fresh_token() -> str:
    """A token for a form that is shown anew."""
    return signing.dumps(secrets.token_hex(16), salt=_FORM_SALT)


def read_token(token: str) -> tuple[str, str]:
    """The external id and the claim code that a form's token stands for; empty for one that is not ours or too old.

    Only the browser keeps the token, so nobody here can make the code again, and a second tap gets the same one.
    """
    try:
        secret = str(signing.loads(token, salt=_FORM_SALT, max_age=TOKEN_S))
    except signing.BadSignature:
        return "", ""
    digest = int(blind(secret, "claim-code"), 16)
    code = "".join(CLAIM_ALPHABET[digest // 31**n % 31] for n in range(10))
    return blind(secret, "report-form")[:32], code
