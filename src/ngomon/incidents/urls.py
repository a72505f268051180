"""The command post: rooms, what is done in them, their picture, their documents."""

from django.urls import path

from .pages import acts, handover, offline, rooms, volunteer

urlpatterns = [
    path("ioc", rooms.console, name="console"),
    path("ioc/rooms", rooms.rooms, name="rooms"),
    path("ioc/handover", handover.sheets, name="handovers"),
    path("ioc/handover/<str:number>", handover.sheet, name="handover"),
    path("ioc/rooms/new", rooms.open_room, name="room_open"),
    path("ioc/rooms/<str:number>", rooms.room, name="room"),
    path("ioc/rooms/<str:number>/points.geojson", rooms.points, name="room_points"),
    path("ioc/rooms/<str:number>/resources.csv", acts.load, name="room_resources"),
    path("ioc/rooms/<str:number>/calls.csv", acts.calls, name="room_calls"),
    path("ioc/rooms/<str:number>/papers/<uuid:id>.<slug:form>", rooms.paper, name="room_paper"),
    path("ioc/rooms/<str:number>/<slug:action>", acts.act, name="room_act"),
    path("offline/acts", offline.acts, name="offline_acts"),
    path("volunteer", volunteer.tickets, name="volunteer"),
    path("volunteer/<uuid:id>", volunteer.move, name="volunteer_move"),
]
