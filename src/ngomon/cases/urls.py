"""The addresses of cases for citizens: report, follow, look, and the public record."""

from django.urls import include, path, re_path

from . import api, open311
from .pages import board, danger, exits, lists, mine, public, questions, report

urlpatterns = [
    # Report
    path("reports/new", report.report_new, name="cases_report"),
    path("reports/hints", report.report_hints, name="cases_hints"),
    path("reports/photo/<str:reference>", report.kept_photo, name="cases_kept_photo"),
    path("reports/sent/<str:number>", report.sent, name="cases_sent"),
    path("reports/danger", danger.danger, name="cases_danger"),
    path("reports/danger/<str:number>", danger.danger_sent, name="cases_danger_sent"),
    path("reports/danger/<str:number>/more", danger.danger_more, name="cases_danger_more"),
    path("exits", exits.exits_page, name="cases_exits"),
    path("exits/<str:key>", exits.exit_page, name="cases_exit"),
    # Ask
    path("questions", questions.questions_page, name="cases_questions"),
    path("questions/ask", questions.ask, name="cases_ask"),
    path("questions/alike", questions.alike, name="cases_alike"),
    path("questions/<str:number>", questions.question_page, name="cases_question"),
    # Follow
    path("my/reports", mine.my_reports, name="cases_mine"),
    path("claim", mine.claim, name="cases_claim"),
    path("cases/<str:number>/reply", mine.reply, name="cases_reply"),
    path("cases/<str:number>/rate", mine.rate, name="cases_rate"),
    path("cases/<str:number>/object", mine.object_to_answer, name="cases_object"),
    path("cases/<str:number>/appeal", mine.appeal, name="cases_appeal"),
    path("cases/<str:number>/follow", mine.follow, name="cases_follow"),
    path("cases/<str:number>/not-this", mine.not_this, name="cases_not_this"),
    # Look
    path("cases", lists.cases_list, name="cases_list"),
    path("cases/<str:number>", public.case_page, name="cases_case"),
    path("map", lists.map_page, name="cases_map"),
    path("map/points.geojson", lists.map_points, name="cases_points"),
    path("board", board.board, name="cases_board"),
    path("board/reason", board.state_reason, name="cases_state_reason"),
    re_path(r"^pictures/(?P<digest>[0-9a-f]{64})\.(?P<kind>jpg|webp)$", public.picture, name="cases_picture"),
    path("about/privacy", public.privacy, name="cases_privacy"),
    # Programs
    path("api/v1/", include((api.urls(), "api"))),
    re_path(r"^open311/v2/discovery\.(?P<form>xml|json)$", open311.discovery, name="open311_discovery"),
    re_path(r"^open311/v2/services\.(?P<form>xml|json)$", open311.services, name="open311_services"),
    re_path(
        r"^open311/v2/services/(?P<code>[^/]+)\.(?P<form>xml|json)$",
        open311.definition,
        name="open311_service",
    ),
    re_path(r"^open311/v2/requests\.(?P<form>xml|json)$", open311.requests, name="open311_requests"),
    re_path(
        r"^open311/v2/requests/(?P<number>[^/]+)\.(?P<form>xml|json)$",
        open311.one_request,
        name="open311_request",
    ),
    re_path(
        r"^open311/v2/tokens/(?P<number>[^/]+)\.(?P<form>xml|json)$", open311.token, name="open311_token"
    ),
    re_path(r"^open311/v2/(?P<rest>.*)$", open311.nowhere, name="open311_nowhere"),
]
