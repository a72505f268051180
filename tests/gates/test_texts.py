"""Every word people read stands once in the catalogue, in both languages, with the same variables, and is used."""

from __future__ import annotations

import re
import string
import unicodedata
from pathlib import Path

import ngomon
from ngomon.core.texts import LANGUAGES, catalogue

SRC = Path(ngomon.__file__).parent
ROOMS = "|".join(sorted({path.parent.name for path in SRC.glob("*/texts.toml")}))
KEY = re.compile(rf"[\"'](?P<key>(?:{ROOMS})\.[a-z0-9_]+(?:\.[a-z0-9_]+)+)[\"']")


def sources():
    for pattern in ("**/*.py", "**/*.html", "**/*.toml"):
        for path in SRC.glob(pattern):
            if "migrations" not in path.parts and "tests" not in path.parts and path.name != "texts.toml":
                yield path.read_text(encoding="utf-8")


def forms(entry):
    for language in LANGUAGES:
        found = entry.get(language)
        yield language, list(found.values()) if isinstance(found, dict) else [found]


def test_every_text_is_there_in_both_languages_in_nfc_with_the_same_variables():
    faults = []
    for key, entry in catalogue().items():
        variables = {}
        for language, texts in forms(entry):
            if not all(texts):
                faults.append(f"{key}: no {language}")
                continue
            names = set()
            for text in texts:
                if unicodedata.normalize("NFC", text) != text:
                    faults.append(f"{key}: {language} is not NFC")
                names |= {name for _, name, _, _ in string.Formatter().parse(text) if name}
            variables[language] = {name.removesuffix("_name") for name in names} - {"n", language}
        if len(variables) == 2 and variables["vi"] != variables["en"]:
            faults.append(f"{key}: variables differ {variables}")
    assert not faults, "\n".join(faults)


def test_every_key_that_code_or_pages_name_is_in_the_catalogue():
    known = catalogue()
    beginnings = {key.rsplit(".", i)[0] for key in known for i in (1, 2)}
    missing = set()
    for text in sources():
        for found in KEY.finditer(text):
            key = found["key"]
            if key not in known and key not in beginnings and not key.endswith((".html", ".py", ".toml")):
                missing.add(key)
    events = {k for k in missing if re.fullmatch(r"[a-z]+\.[a-z_]+", k)}
    assert not missing - events, sorted(missing - events)
