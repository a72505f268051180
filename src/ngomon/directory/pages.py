"""The map's data for browsers: the pack's layers as GeoJSON, and an installed PMTiles base map by byte ranges.

Open to everybody. A layer's address carries its fingerprint, so a browser may keep it for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from ngomon.core.errors import NotFound
from ngomon.directory import queries
from ngomon.directory.terms import MapLayer

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=300"
BLOCK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
View = Callable[..., HttpResponseBase]


def _public(view: View) -> View:
    """Mark a page that anybody may open, as the test over all routes reads it."""
    setattr(view, "permission", "")
    return view


@dataclass(frozen=True, slots=True)
class _Packed:
    changed_ns: int
    mark: str
    plain: bytes
    packed: bytes


_layers: dict[Path, _Packed] = {}


def _layer_file(layer: MapLayer) -> _Packed:
    """A layer's bytes, plain and compressed, made once per change of the file. Raises: NotFound."""
    folder = queries.pack_folder().resolve()
    path = (folder / layer.file).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise NotFound("directory.no_layer", key=layer.key)
    changed = path.stat().st_mtime_ns
    found = _layers.get(path)
    if found is None or found.changed_ns != changed:
        plain = path.read_bytes()
        mark = hashlib.sha256(plain).hexdigest()[:16]
        found = _layers[path] = _Packed(changed, mark, plain, gzip.compress(plain, 6, mtime=0))
    return found


def _basemap_file() -> Path:
    return Path(settings.NGOMON_HOME) / "basemap.pmtiles"


@_public
@require_safe
def layers(request: HttpRequest) -> HttpResponseBase:
    """What a map draws: its layers with their addresses, where it begins, and whether a detailed base map is there."""
    city = queries.city()
    listed = [
        {
            "key": layer.key,
            "kind": layer.kind,
            "name": dict(layer.name),
            "url": f"{request.path.rsplit('/', 1)[0]}/layer/{layer.key}.geojson?v={_layer_file(layer).mark}",
        }
        for layer in queries.map_layers()
    ]
    basemap = _basemap_file()
    body = {
        "center": city.center,
        "zoom": city.zoom,
        "bounds": city.bounds,
        "layers": listed,
        "basemap": f"{request.path.rsplit('/', 1)[0]}/basemap.pmtiles" if basemap.is_file() else None,
    }
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = FOR_A_WHILE
    return response


@_public
@require_safe
def layer(request: HttpRequest, key: str) -> HttpResponseBase:
    """One layer of the base map. Raises: NotFound."""
    known = next((one for one in queries.map_layers() if one.key == key), None)
    if known is None:
        raise NotFound("directory.no_layer", key=key)
    file = _layer_file(known)
    etag = f'"{file.mark}"'
    response: HttpResponse
    if request.headers.get("If-None-Match") in {etag, f"W/{etag}"}:
        response = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(file.packed, content_type="application/geo+json")
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(file.plain, content_type="application/geo+json")
    response["ETag"] = etag
    response["Cache-Control"] = FOR_EVER if request.GET.get("v") == file.mark else FOR_A_WHILE
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@_public
@require_safe
def basemap(request: HttpRequest) -> HttpResponseBase:
    """The installed PMTiles file, whole or the range asked for. Raises: NotFound. Source: RFC 9110 §14."""
    path = _basemap_file()
    if not path.is_file():
        raise NotFound("directory.no_basemap")
    facts = path.stat()
    etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    asked = request.headers.get("Range", "")
    if request.headers.get("If-Range", etag) != etag:
        asked = ""
    found = _byte_range(asked, facts.st_size)
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    elif found is None:
        response = FileResponse(path.open("rb"), content_type="application/vnd.pmtiles")
    elif found[0] >= found[1]:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{facts.st_size}"
    else:
        start, end = found
        response = StreamingHttpResponse(
            _part(path, start, end), status=206, content_type="application/vnd.pmtiles"
        )
        response["Content-Range"] = f"bytes {start}-{end - 1}/{facts.st_size}"
        response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=86400"
    return response


def _byte_range(asked: str, size: int) -> tuple[int, int] | None:
    """The half-open range asked for; None for the whole file, an empty range for one that cannot be met."""
    found = _RANGE.fullmatch(asked)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start = int(found[1])
    end = int(found[2]) + 1 if found[2] else size
    return (start, min(end, size)) if start < size and start < end else (size, size)


def _part(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = end - start
        while left > 0:
            block = file.read(min(BLOCK, left))
            if not block:
                return
            left -= len(block)
            yield block
