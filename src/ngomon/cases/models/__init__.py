"""Tables of cases: the case (one row answers every list), signals, who reported (sealed), what was written, pictures, counts."""

from __future__ import annotations

from .answers import Project as Project
from .answers import Promise as Promise
from .answers import Review as Review
from .answers import Statement as Statement
from .answers import TextUse as TextUse
from .bulk import Bulk as Bulk
from .bulk import BulkRow as BulkRow
from .bulk import SavedFilter as SavedFilter
from .case import Apart as Apart
from .case import Case as Case
from .case import Entry as Entry
from .case import Reporter as Reporter
from .case import Signal as Signal
from .case import Tally as Tally
from .corroboration import AutomaticStop as AutomaticStop
from .corroboration import Corroboration as Corroboration
from .learning import Decision as Decision
from .learning import LearnedModel as LearnedModel
from .pictures import Look as Look
from .pictures import Picture as Picture
from .pictures import PictureBox as PictureBox
