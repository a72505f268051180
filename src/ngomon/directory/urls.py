"""The addresses of the directory: the map's data."""

from django.urls import path

from ngomon.directory import pages

app_name = "directory"
urlpatterns = [
    path("map/layers.json", pages.layers, name="map-layers"),
    path("map/layer/<slug:key>.geojson", pages.layer, name="map-layer"),
    path("map/basemap.pmtiles", pages.basemap, name="basemap"),
]
