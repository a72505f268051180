"""The map's data over HTTP: kept for ever by its fingerprint, compressed, by byte ranges."""

from __future__ import annotations

import gzip
import json

import pytest
from django.test import override_settings

from ngomon.core.errors import NotFound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("ngomon.directory.urls")]


@pytest.fixture
def served(city, settings, tmp_path_factory):
    settings.NGOMON_PACKS = city.path.parent
    settings.NGOMON_PACK = city.path.name
    settings.NGOMON_HOME = tmp_path_factory.mktemp("home")
    settings.MIDDLEWARE = []
    return city


def test_a_layer_is_named_by_its_fingerprint_and_kept_for_ever(served, client):
    listed = client.get("/map/layers.json").json()
    assert listed["basemap"] is None
    (layer,) = listed["layers"]
    assert layer["name"]["vi"] == "Phường, xã"
    response = client.get(layer["url"])
    assert len(response.json()["features"]) == 3
    assert "immutable" in response["Cache-Control"]
    assert "immutable" not in client.get("/map/layer/areas.geojson")["Cache-Control"]
    again = client.get(layer["url"], headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    packed = client.get(layer["url"], headers={"Accept-Encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == response.json()
    assert packed["Vary"] == "Accept-Encoding"


def test_a_changed_file_gets_another_address(served, client):
    before = client.get("/map/layers.json").json()["layers"][0]["url"]
    served.shapes("areas.geojson", [])
    after = client.get("/map/layers.json").json()["layers"][0]["url"]
    assert after != before
    assert client.get(after).json()["features"] == []


def test_a_layer_outside_the_pack_or_unknown_is_not_there(served, client):
    with pytest.raises(NotFound):
        client.get("/map/layer/secrets.geojson")
    served.change("city.toml", 'file = "areas.geojson"', 'file = "../../../../../etc/passwd"')
    served.load()
    with pytest.raises(NotFound):
        client.get("/map/layer/areas.geojson")


@pytest.mark.parametrize(
    ("asked", "status", "content", "span"),
    [
        ("", 200, b"0123456789", None),
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=5-2", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_a_base_map_is_read_by_ranges(served, client, settings, asked, status, content, span):
    (settings.NGOMON_HOME / "basemap.pmtiles").write_bytes(b"0123456789")
    response = client.get("/map/basemap.pmtiles", headers={"Range": asked} if asked else {})
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert (response.status_code, body, response.get("Content-Range")) == (status, content, span)
    assert client.get("/map/layers.json").json()["basemap"] == "/map/basemap.pmtiles"


def test_a_changed_base_map_is_sent_whole_to_who_asks_for_the_rest_of_the_old_one(served, client, settings):
    (settings.NGOMON_HOME / "basemap.pmtiles").write_bytes(b"0123456789")
    etag = client.get("/map/basemap.pmtiles")["ETag"]
    same = client.get("/map/basemap.pmtiles", headers={"Range": "bytes=0-1", "If-Range": etag})
    other = client.get("/map/basemap.pmtiles", headers={"Range": "bytes=0-1", "If-Range": '"x"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert client.get("/map/basemap.pmtiles", headers={"If-None-Match": etag}).status_code == 304


@override_settings()
def test_without_a_base_map_there_is_none_and_writing_is_not_offered(served, client):
    with pytest.raises(NotFound):
        client.get("/map/basemap.pmtiles")
    assert client.post("/map/layers.json").status_code == 405
