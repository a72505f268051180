"""The officers' desk: queues, one case, what can be done with it, what did not get through."""

from django.urls import path

from . import bulk, filters, pages, presence, same

urlpatterns = [
    path("desk", pages.desk, name="desk"),
    path("desk/search", pages.search, name="desk_search"),
    path("desk/new", pages.new_on_behalf, name="desk_new"),
    path("desk/new/place", pages.place_in_words, name="desk_new_place"),
    path("desk/messages", pages.messages_out, name="desk_messages"),
    path("desk/messages/<uuid:id>/resend", pages.resend, name="desk_resend"),
    path("desk/consultations", pages.consultations, name="desk_consultations"),
    path("desk/filter", filters.narrow, name="desk_filter"),
    path("desk/filter/counted", filters.counted, name="desk_filters"),
    path("desk/filter/<uuid:id>/remove", filters.remove, name="desk_filter_remove"),
    path("desk/bulk", bulk.bulk, name="desk_bulk"),
    path("desk/bulk/<uuid:id>", bulk.one, name="desk_bulk_one"),
    path("desk/bulk/<uuid:id>/preview", bulk.preview, name="desk_bulk_preview"),
    path("desk/bulk/<uuid:id>/start", bulk.start, name="desk_bulk_start"),
    path("desk/bulk/<uuid:id>/progress", bulk.progress, name="desk_bulk_progress"),
    path("desk/bulk/<uuid:id>/undo", bulk.undo, name="desk_bulk_undo"),
    path("desk/bulk/<uuid:id>/release", bulk.release, name="desk_bulk_release"),
    path("desk/bulk/<uuid:id>/again", bulk.again, name="desk_bulk_again"),
    path("desk/bulk/<uuid:id>/result.csv", bulk.export, name="desk_bulk_csv"),
    path("desk/handover", bulk.handover, name="desk_handover"),
    path("desk/parked", pages.parked, name="desk_parked"),
    path("desk/parked/retry", pages.retry, name="desk_parked_retry"),
    path("desk/cases/<str:number>", pages.case, name="desk_case"),
    path("desk/cases/<str:number>/act/<slug:action>", pages.act, name="desk_act"),
    path("desk/cases/<str:number>/changed", pages.changed, name="desk_changed"),
    path("desk/cases/<str:number>/here", presence.here, name="desk_here"),
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
