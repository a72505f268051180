"""What the doctor says of the directory."""

from __future__ import annotations

from ngomon.core import doctor
from ngomon.core.errors import Unavailable
from ngomon.directory import checks, queries


def test_what_an_operator_should_see_to_is_said(monkeypatch):
    monkeypatch.setattr(queries, "city", lambda: None)
    monkeypatch.setattr(queries, "warnings", lambda _at, _language: ["2027 chưa xác nhận"])
    found = list(checks.directory())
    assert [r.state for r in found] == ["ok", "warn"]
    assert "2027 chưa xác nhận" in "\n".join(doctor.lines(found, "vi"))
    assert checks.directory in doctor.checks.values()


def test_without_a_pack_nothing_else_is_asked(monkeypatch):
    def none():
        raise Unavailable("directory.no_pack")

    monkeypatch.setattr(queries, "city", none)
    assert [r.state for r in checks.directory()] == ["bad"]
