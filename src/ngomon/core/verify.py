"""Checking what the seal claims, without the city's database: signed checkpoints and exported histories. Pure.

A citizen holds the JSON export of a case's history and the city's public key (published, printed, kept by others); this
file, `merkle.py` and a SHA-256 are enough to check it. Checkpoints are signed notes. Source: C2SP signed-note,
tlog-checkpoint; Ed25519 by RFC 8032.

What it shows: each event stood in the log at its position when the checkpoint was signed, and the history begins at its
first event and lacks none before the last one shown. What was never exported it cannot show.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ngomon.core.merkle import HASH_BYTES, leaf_hash, verify_inclusion

FORMAT = "ngomon-proof/1"
_ED25519 = b"\x01"
_SIGNATURE = re.compile(r"— (\S+) (\S+)")
FIELDS = (
    "position",
    "id",
    "kind",
    "schema",
    "aggregate_kind",
    "aggregate_id",
    "aggregate_version",
    "at",
    "actor_id",
    "audience",
    "body",
)


class Untrue(ValueError):
    """A claim that does not hold; the argument is the reason's code, `core.seal.bad.…`."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a checkpoint says: the log of this origin, with this many events, has this root."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: the reason's code, and the position where it shows (0: not at one)."""

    code: str
    position: int = 0


def leaf_data(event: Mapping[str, Any], commitment: str) -> bytes:
    """What is hashed of an event: its fields as canonical JSON, then the commitment's bytes.

    Shape: `at` is UTC with microseconds, `audience` and `body` are the stored texts themselves.
    """
    fields = {name: event[name] for name in FIELDS}
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS) + bytes.fromhex(commitment)


def key_id(name: str, public: bytes) -> bytes:
    """Four bytes by which a signature names its key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """A public key as text: name, key id, algorithm and key."""
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def read_key(text: str) -> tuple[str, bytes]:
    """The name and the 32 bytes of a verifier key. Raises: Untrue."""
    try:
        name, id, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise Untrue("core.seal.bad.key") from None
    if raw[:1] != _ED25519 or len(raw) != 33 or key_id(name, raw[1:]).hex() != id:
        raise Untrue("core.seal.bad.key")
    return name, raw[1:]


def sign(statement: Statement, name: str, private: Ed25519PrivateKey) -> str:
    """A statement as a signed note."""
    body = f"{statement.origin}\n{statement.size}\n{base64.b64encode(statement.root).decode()}\n"
    public = private.public_key().public_bytes_raw()
    signature = base64.b64encode(key_id(name, public) + private.sign(body.encode())).decode()
    return f"{body}\n— {name} {signature}\n"


def read_note(note: str, key: str) -> Statement:
    """What a signed note says, after checking its signature. Raises: Untrue."""
    name, public = read_key(key)
    body, separator, signatures = note.partition("\n\n")
    body += "\n"
    lines = body.splitlines()
    if not separator or len(lines) < 3:
        raise Untrue("core.seal.bad.note")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (ValueError, binascii.Error):
        raise Untrue("core.seal.bad.note") from None
    if str(size) != lines[1] or size < 0 or len(root) != HASH_BYTES:
        raise Untrue("core.seal.bad.note")
    if not any(_is_signed(body, line, name, public) for line in signatures.splitlines()):
        raise Untrue("core.seal.bad.signature")
    return Statement(lines[0], size, root)


def _is_signed(body: str, line: str, name: str, public: bytes) -> bool:
    match = _SIGNATURE.fullmatch(line)
    if match is None or match[1] != name:
        return False
    try:
        raw = base64.b64decode(match[2], validate=True)
        if raw[:4] != key_id(name, public):
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], body.encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def verify_proof(export: Mapping[str, Any], key: str) -> list[Finding]:
    """What is wrong with an exported history; nothing when each event is proven and none is missing between them."""
    try:
        if export["format"] != FORMAT:
            return [Finding("core.seal.bad.format")]
        statement = read_note(export["checkpoint"], key)
        return _check_events(export, statement)
    except Untrue as error:
        return [Finding(str(error))]
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        return [Finding("core.seal.bad.format")]


def _check_events(export: Mapping[str, Any], statement: Statement) -> list[Finding]:
    found: list[Finding] = []
    of = (export["of"]["kind"], export["of"]["key"])
    before = 0
    for n, item in enumerate(export["events"], 1):
        event, position = item["event"], item["event"]["position"]
        path = [base64.b64decode(step, validate=True) for step in item["path"]]
        leaf = leaf_hash(leaf_data(event, item["commitment"]))
        if not verify_inclusion(leaf, position - 1, statement.size, path, statement.root):
            found.append(Finding("core.seal.bad.path", position))
        if (event["aggregate_kind"], event["aggregate_id"]) != of:
            found.append(Finding("core.seal.bad.stranger", position))
        if event["aggregate_version"] != n or position <= before:
            found.append(Finding("core.seal.bad.gap", position))
        before = position
    if not export["events"]:
        found.append(Finding("core.seal.bad.empty"))
    return found
