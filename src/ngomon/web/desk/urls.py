"""The officers' desk: queues, one case, what can be done with it, what did not get through."""

from django.urls import path

from . import pages

urlpatterns = [
    path("", pages.desk, name="desk"),
    path("search", pages.search, name="desk_search"),
    path("new", pages.new_on_behalf, name="desk_new"),
    path("messages", pages.messages_out, name="desk_messages"),
    path("messages/<uuid:id>/resend", pages.resend, name="desk_resend"),
    path("consultations", pages.consultations, name="desk_consultations"),
    path("parked", pages.parked, name="desk_parked"),
    path("parked/retry", pages.retry, name="desk_parked_retry"),
    path("cases/<str:number>", pages.case, name="desk_case"),
    path("cases/<str:number>/act/<slug:action>", pages.act, name="desk_act"),
    path("cases/<str:number>/note", pages.note, name="desk_note"),
    path("cases/<str:number>/category", pages.category, name="desk_category"),
    path("cases/<str:number>/merge", pages.merge, name="desk_merge"),
    path("cases/<str:number>/unmerge", pages.unmerge, name="desk_unmerge"),
    path("cases/<str:number>/consult", pages.consult, name="desk_consult"),
    path("cases/<str:number>/opinion", pages.opinion, name="desk_opinion"),
    path("cases/<str:number>/reporter", pages.reporter, name="desk_reporter"),
]
