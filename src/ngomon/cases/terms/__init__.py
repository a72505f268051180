"""The words of cases that others may use.

report (phản ánh), signal (nguồn tin): anything that says something about the city; case (vụ việc): what the city does
about it; hand back (chuyển trả): not within competence; lead / coordinating agency (chủ trì / phối hợp); review before
publishing (kiểm tra trước khi công khai); commitment (cam kết thời hạn). Source: QĐ 30/2022/QĐ-UBND for the procedure.
"""

from __future__ import annotations

from .events import AnswerChecked as AnswerChecked
from .events import CaseFollowed as CaseFollowed
from .events import CaseMerged as CaseMerged
from .events import CaseMoved as CaseMoved
from .events import CaseOpened as CaseOpened
from .events import CaseRated as CaseRated
from .events import CaseRecurred as CaseRecurred
from .events import CasesKeptApart as CasesKeptApart
from .events import CaseUnmerged as CaseUnmerged
from .events import CategoryChanged as CategoryChanged
from .events import ChildLinked as ChildLinked
from .events import ChildMoved as ChildMoved
from .events import ChildUnlinked as ChildUnlinked
from .events import CommitmentMade as CommitmentMade
from .events import ContentErased as ContentErased
from .events import ContentExpired as ContentExpired
from .events import ContentRedacted as ContentRedacted
from .events import PictureCovered as PictureCovered
from .events import ProjectRecorded as ProjectRecorded
from .events import ProjectReviewed as ProjectReviewed
from .events import ReportAddedTo as ReportAddedTo
from .events import SecrecyLifted as SecrecyLifted
from .events import SignalLinked as SignalLinked
from .events import SignalReceived as SignalReceived
from .events import SignalSplit as SignalSplit
from .events import UrgencySet as UrgencySet
from .events import WordsHidden as WordsHidden
from .learning import CATEGORY_MODEL as CATEGORY_MODEL
from .learning import SAID_BY_OFFICERS as SAID_BY_OFFICERS
from .learning import TRAINING_ENDS_WITHIN as TRAINING_ENDS_WITHIN
from .learning import AgencyProposal as AgencyProposal
from .learning import Correction as Correction
from .learning import ModelPutLive as ModelPutLive
from .learning import ModelRetired as ModelRetired
from .learning import ModelShown as ModelShown
from .learning import ModelState as ModelState
from .learning import ModelTrained as ModelTrained
from .learning import Proposal as Proposal
from .learning import TrainingAsked as TrainingAsked
from .learning import Urgency as Urgency
from .learning import UrgencyLevel as UrgencyLevel
from .learning import UrgencyReason as UrgencyReason
from .records import AgencyStanding as AgencyStanding
from .records import BoxView as BoxView
from .records import Candidate as Candidate
from .records import CaseLine as CaseLine
from .records import CasePage as CasePage
from .records import CaseView as CaseView
from .records import Commitment as Commitment
from .records import Contact as Contact
from .records import Decided as Decided
from .records import EntryView as EntryView
from .records import Filing as Filing
from .records import PictureToDecide as PictureToDecide
from .records import PictureView as PictureView
from .records import Placed as Placed
from .records import Receipt as Receipt
from .records import SignalView as SignalView
from .words import CASE as CASE
from .words import CONTENT as CONTENT
from .words import LEARNED_MODEL as LEARNED_MODEL
from .words import MESSAGES as MESSAGES
from .words import OPEN as OPEN
from .words import QUESTION as QUESTION
from .words import REDACT_GROUNDS as REDACT_GROUNDS
from .words import REPORTER as REPORTER
from .words import REPORTERS_KINDS as REPORTERS_KINDS
from .words import Audience as Audience
from .words import CaseKind as CaseKind
from .words import EntryKind as EntryKind
from .words import Joined as Joined
from .words import PlaceSource as PlaceSource
from .words import Rating as Rating
from .words import Status as Status
from .words import picture_url as picture_url
