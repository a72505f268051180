"""What keeps an answer from being published: words and photos that nobody decided on, a checklist that is open, open parts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from .masking import proposed
from .models import Case, Entry, PictureBox, Review
from .terms import CaseKind, EntryKind

AT_ONCE = 500


def current_answer(case_id: UUID) -> Entry | None:
    """The answer that publishing would make public."""
    found = Entry.objects.filter(case=case_id, kind=EntryKind.ANSWER, is_current=True)
    return found.order_by("-at", "-id").first()


def review_of(case_id: UUID) -> Review | None:
    """What an editor decided about the answer as it stands now; None where it was written anew since."""
    found = Review.objects.filter(pk=case_id).first()
    answer = current_answer(case_id)
    return found if found and found.entry_id == (answer.id if answer else None) else None


def words_undecided(case: Case) -> bool:
    """Whether an editor still has to decide about the words: what looks personal in an answer; of a question all of them,

    as the asker's own words become public too.
    """
    answer = current_answer(case.id)
    if case.kind != CaseKind.QUESTION and not (answer and proposed(answer.text)):
        return False
    return review_of(case.id) is None


def not_publishable(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Which of these cases may not be published without a look at each, and why, as a text's key. Few statements per 500."""
    found: dict[UUID, str] = {}
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        answers = Entry.objects.filter(case__in=part, kind=EntryKind.ANSWER, is_current=True)
        current = dict(answers.order_by("at", "id").values_list("case_id", "id"))
        checked = dict(
            Review.objects.filter(case__in=part, is_checked=True).values_list("case_id", "entry_id")
        )
        boxes = PictureBox.objects.filter(picture__case__in=part, decision="")
        undecided = set(boxes.values_list("picture__case_id", flat=True).distinct())
        parents = set(Case.objects.filter(id__in=part, open_children__gt=0).values_list("id", flat=True))
        for key in part:
            if key not in checked:
                found[key] = "cases.bulk.not_reviewed"
            elif checked[key] != current.get(key):
                found[key] = "cases.bulk.reviewed_before"
            elif key in undecided:
                found[key] = "cases.error.pictures_undecided"
            elif key in parents:
                found[key] = "cases.bulk.parts_open"
    return found
