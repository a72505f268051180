"""The officers' desk: queues, one case, what can be done with it, what did not get through."""

from django.urls import path

from . import commitments, pages, publishing, same

urlpatterns = [
    path("desk", pages.desk, name="desk"),
    path("desk/search", pages.search, name="desk_search"),
    path("desk/new", pages.new_on_behalf, name="desk_new"),
    path("desk/new/place", pages.place_in_words, name="desk_new_place"),
    path("desk/messages", pages.messages_out, name="desk_messages"),
    path("desk/messages/<uuid:id>/resend", pages.resend, name="desk_resend"),
    path("desk/consultations", pages.consultations, name="desk_consultations"),
    path("desk/parked", pages.parked, name="desk_parked"),
    path("desk/parked/retry", pages.retry, name="desk_parked_retry"),
    path("desk/pictures", publishing.waiting, name="desk_pictures"),
    path("desk/pictures/<uuid:id>", publishing.picture, name="desk_picture"),
    path("desk/commitments", commitments.desk, name="desk_commitments"),
    path("commitments", commitments.everybody, name="commitments"),
    path("desk/cases/<str:number>/publish", publishing.publish, name="desk_publish"),
    path("desk/cases/<str:number>", pages.case, name="desk_case"),
    path("desk/cases/<str:number>/act/<slug:action>", pages.act, name="desk_act"),
    path("desk/cases/<str:number>/changed", pages.changed, name="desk_changed"),
    path("desk/cases/<str:number>/note", pages.note, name="desk_note"),
    path("desk/cases/<str:number>/category", pages.category, name="desk_category"),
    path("desk/cases/<str:number>/merge", pages.merge, name="desk_merge"),
    path("desk/cases/<str:number>/unmerge", pages.unmerge, name="desk_unmerge"),
    path("desk/cases/<str:number>/apart", same.keep_apart, name="desk_apart"),
    path("desk/cases/<str:number>/parent", same.parent, name="desk_parent"),
    path("desk/cases/<str:number>/split/<uuid:id>", same.split, name="desk_split"),
    path("desk/cases/<str:number>/consult", pages.consult, name="desk_consult"),
    path("desk/cases/<str:number>/opinion", pages.opinion, name="desk_opinion"),
    path("desk/cases/<str:number>/reporter", pages.reporter, name="desk_reporter"),
]
