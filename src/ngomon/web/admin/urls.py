"""Administration: what needs attention, the catalogue, agencies, people, the calendar, programs, who did what."""

from django.urls import path, register_converter

from .dates import IsoDay
from .pages import agencies, catalogue, overview, people, proposals, retention, routing, system, wording

register_converter(IsoDay, "isoday")

urlpatterns = [
    path("admin", overview.overview, name="admin"),
    path("admin/categories", catalogue.categories, name="admin_categories"),
    path("admin/categories/new", catalogue.category_new, name="admin_category_new"),
    path("admin/categories/<str:key>", catalogue.category, name="admin_category"),
    path("admin/categories/<str:key>/routing", catalogue.routing_add, name="admin_routing_add"),
    path(
        "admin/categories/<str:key>/routing/<int:rule>/end", catalogue.routing_end, name="admin_routing_end"
    ),
    path("admin/texts", wording.texts, name="admin_texts"),
    path("admin/texts/new", wording.text_edit, name="admin_text_new"),
    path("admin/texts/<str:key>", wording.text_edit, name="admin_text"),
    path("admin/agencies", agencies.agencies, name="admin_agencies"),
    path("admin/agencies/new", agencies.agency_new, name="admin_agency_new"),
    path("admin/agencies/<str:key>", agencies.agency, name="admin_agency"),
    path("admin/agencies/<str:key>/close", agencies.agency_close, name="admin_agency_close"),
    path("admin/agencies/<str:key>/posts", agencies.post_add, name="admin_post_add"),
    path("admin/agencies/<str:key>/posts/<uuid:post>/end", agencies.post_end, name="admin_post_end"),
    path("admin/agencies/<str:key>/roster", agencies.roster, name="admin_roster"),
    path("admin/agencies/<str:key>/test", agencies.readiness_send, name="admin_readiness_send"),
    path("desk/ready/<str:token>", agencies.ready, name="desk_ready"),
    path("admin/people", people.people, name="admin_people"),
    path("admin/people/new", people.person_new, name="admin_person_new"),
    path("admin/people/<uuid:id>", people.person, name="admin_person"),
    path("admin/people/<uuid:id>/posts", people.post_give, name="admin_post_give"),
    path("admin/people/<uuid:id>/posts/<uuid:holding>/leave", people.post_leave, name="admin_post_leave"),
    path("admin/people/<uuid:id>/absence", people.absence_set, name="admin_absence_set"),
    path("admin/people/<uuid:id>/absence/<uuid:absence>/end", people.absence_end, name="admin_absence_end"),
    path("admin/people/<uuid:id>/delegation", people.delegation_give, name="admin_delegation_give"),
    path(
        "admin/people/<uuid:id>/delegation/<uuid:delegation>/end",
        people.delegation_end,
        name="admin_delegation_end",
    ),
    path("admin/people/<uuid:id>/lock", people.lock, name="admin_lock"),
    path("admin/people/<uuid:id>/unlock", people.unlock, name="admin_unlock"),
    path("admin/locks", people.locks, name="admin_locks"),
    path("admin/locks/<uuid:id>", people.appeal_decide, name="admin_appeal_decide"),
    path("admin/calendar", system.calendar, name="admin_calendar"),
    path("admin/calendar/days/<isoday:on>/withdraw", system.day_withdraw, name="admin_day_withdraw"),
    path("admin/calendar/years/<int:year>/confirm", system.year_confirm, name="admin_year_confirm"),
    path("admin/workbook", system.workbook, name="admin_workbook"),
    path("admin/workbook/file", system.workbook_download, name="admin_workbook_file"),
    path("admin/processes", overview.processes, name="admin_processes"),
    path("admin/processes/<str:key>", overview.process, name="admin_process"),
    path("admin/clients", system.clients, name="admin_clients"),
    path("admin/clients/<uuid:id>/revoke", system.client_revoke, name="admin_client_revoke"),
    path("admin/proposals", proposals.proposals, name="admin_proposals"),
    path("admin/proposals/train", proposals.train, name="admin_proposals_train"),
    path("admin/proposals/back", proposals.take_back, name="admin_proposals_back"),
    path("admin/proposals/models/<uuid:id>/live", proposals.put_live, name="admin_model_live"),
    path("admin/proposals/routing", routing.trial, name="admin_routing_trial"),
    path("admin/pack", overview.pack, name="admin_pack"),
    path("admin/retention", retention.overview, name="admin_retention"),
    path("admin/retention/propose", retention.propose, name="admin_retention_propose"),
    path("admin/retention/holds", retention.hold, name="admin_retention_hold"),
    path("admin/retention/holds/<uuid:hold>/lift", retention.lift, name="admin_retention_lift"),
    path("admin/retention/<uuid:run>/confirm", retention.confirm, name="admin_retention_confirm"),
    path("admin/retention/<uuid:run>/drop", retention.drop, name="admin_retention_drop"),
    path("admin/retention/<uuid:run>/certificate", retention.certificate, name="admin_certificate"),
    path(
        "admin/retention/<uuid:run>/certificate.json",
        retention.certificate_file,
        name="admin_certificate_file",
    ),
    path("admin/audit", overview.audit_log, name="admin_audit"),
]
