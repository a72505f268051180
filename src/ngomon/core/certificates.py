"""Certificates of destruction: what was destroyed, by which law, who confirmed it, signed; checked without the city. Pure.

A certificate holds kinds, counts, instants, sources of law and the root of a Merkle tree over the ids of what was
destroyed: nothing of a person. Signed with the key of the seal (Ed25519) under a name of its own, so that no signature of
one can pass for one of the other.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ngomon.core.merkle import HASH_BYTES, leaf_hash
from ngomon.core.verify import Untrue, read_key

FORMAT = "ngomon-destruction/1"
_CONTEXT = b"ngomon destruction certificate\n"
_PART = {"what", "then", "months", "event", "source", "before", "n"}
_BODY = {
    "format",
    "city",
    "id",
    "proposed_at",
    "confirmed_at",
    "confirmed_by",
    "done_at",
    "parts",
    "n",
    "root",
}


def leaf_of(what: str, key: str) -> bytes:
    """The leaf of one thing that was destroyed: whoever still knows its id can show that it was among them."""
    return leaf_hash(f"{what}\n{key}".encode())


def encode_root(root: bytes) -> str:
    """A root as the certificate writes it."""
    return base64.b64encode(root).decode()


def _signed_bytes(body: Mapping[str, Any]) -> bytes:
    return _CONTEXT + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def make(body: Mapping[str, Any], private: Ed25519PrivateKey, key: str) -> str:
    """A certificate as JSON text. `key` is the verifier key that it names."""
    signature = base64.b64encode(private.sign(_signed_bytes(body))).decode()
    whole = {"certificate": body, "key": key, "signature": signature}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()


def read(content: str, key: str) -> dict[str, Any]:
    """What a certificate says, after checking signature and sums with the key that the reader trusts.

    Raises: Untrue.
    """
    try:
        whole = orjson.loads(content)
        body, signature = whole["certificate"], base64.b64decode(whole["signature"], validate=True)
        if body["format"] != FORMAT or set(body) != _BODY or any(set(p) != _PART for p in body["parts"]):
            raise Untrue("core.certificate.bad.format")
        is_sound = sum(int(p["n"]) for p in body["parts"]) == body["n"]
        is_sound &= len(base64.b64decode(body["root"], validate=True)) == HASH_BYTES
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise error if isinstance(error, Untrue) else Untrue("core.certificate.bad.format") from None
    _, public = read_key(key)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _signed_bytes(body))
    except (InvalidSignature, ValueError):
        raise Untrue("core.certificate.bad.signature") from None
    if not is_sound:
        raise Untrue("core.certificate.bad.sums")
    found: dict[str, Any] = body
    return found
