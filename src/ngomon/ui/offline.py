"""The service worker's script: the built worker, and in front of it which files are the shell of this build and what it says
where there is no network. A new build changes the script, so browsers take it up and let go of the old shell.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from ngomon.core.texts import text

ENTRIES = ("frontend/src/main.ts", "frontend/src/islands/tick-list.ts", "frontend/assets/mark.svg")


def shell_of(manifest: dict[str, Any]) -> list[str]:
    """The built files that a page of lists needs: entries, what they import, their styles and fonts."""
    found: dict[str, None] = {}
    todo = list(ENTRIES)
    while todo:
        entry = manifest[todo.pop(0)]
        parts = [entry["file"], *entry.get("css", []), *entry.get("assets", [])]
        todo += [key for key in entry.get("imports", []) if manifest[key]["file"] not in found]
        found |= dict.fromkeys(parts)
    return list(found)


def _page(styles: list[str]) -> str:
    """What is shown for a page that was not opened before, in both languages."""
    links = "".join(f'<link rel="stylesheet" href="{escape(static(f"ngomon/{name}"))}">' for name in styles)
    said = "".join(
        f'<section lang="{language}" class="stack"><h1>{escape(text("ui.offline.title", language))}</h1>'
        f"<p>{escape(text('ui.offline.words', language))}</p></section>"
        for language in ("vi", "en")
    )
    title = escape(text("ui.offline.title", "vi"))
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark">{links}</head>'
        f'<body><main class="main" id="main"><div class="column stack">{said}<p><a class="button button--quiet" href="javascript:history.back()">'
        f"{escape(text('ui.offline.back', 'vi'))} · {escape(text('ui.offline.back', 'en'))}</a></p></div></main></body></html>"
    )


@lru_cache(maxsize=1)
def script() -> str:
    """The whole script of this build."""
    path = Path(str(settings.DJANGO_VITE["default"]["manifest_path"]))
    manifest, code = path.read_bytes(), (path.parent / "offline.js").read_text(encoding="utf-8")
    names = shell_of(json.loads(manifest))
    told = {
        "build": sha256(manifest + code.encode()).hexdigest()[:16],
        "shell": [static(f"ngomon/{name}") for name in names],
        "prefix": static("ngomon/assets/"),
        "page": _page([name for name in names if name.endswith(".css")]),
    }
    return f"self.NGOMON={json.dumps(told)};\n{code}"


@require_safe
def worker(_: HttpRequest) -> HttpResponse:
    """The script, asked for anew at each visit; it may be registered for any scope of this site."""
    answer = HttpResponse(script(), content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = "/"
    answer["Cache-Control"] = "no-cache"
    return answer


worker.permission = ""  # type: ignore[attr-defined]
