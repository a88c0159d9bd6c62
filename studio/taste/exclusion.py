"""Who is left out: whoever likes the hidden anchor best on too many screens does not listen (ITU-R BS.2132, BS.1534).

The anchor is a band made for another voice. The rule was set before any answer came in; whoever is left out is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.language import tr
from studio.taste.judgement import Judgement

#: Share of anchor screens that may be failed.
MOST_FAILED = 0.15
#: With fewer anchor screens nobody is left out yet, and one slip, which among few screens is more than 15 %, is a slip.
LEAST_SHOWN, LEAST_FAILED = 4, 2


@dataclass(frozen=True)
class Exclusion:
    """`shown` screens with an anchor and a verdict, of which `failed` preferred it."""

    shown: int
    failed: int

    @property
    def is_excluded(self) -> bool:
        enough = self.shown >= LEAST_SHOWN and self.failed >= LEAST_FAILED
        return enough and self.failed > MOST_FAILED * self.shown

    @property
    def is_doubtful(self) -> bool:
        """Whether too many were failed for anything to be built on the answers; here one slip among few counts."""
        return self.failed > MOST_FAILED * self.shown

    @property
    def told(self) -> str:
        """What the listener is told; empty while nothing is wrong."""
        if not self.is_excluded:
            return ""
        return tr(
            "On {failed} of {shown} screens the band made for another voice was called the best; "
            "more than {most_failed:.0%} means that these answers are not used.",
            failed=self.failed,
            shown=self.shown,
            most_failed=MOST_FAILED,
        )


def exclusion(judgements: Sequence[Judgement]) -> Exclusion:
    """The rule applied to one listener's judgements; opinions given in the open have no anchor."""
    judged = [failed for failed in map(_fails, judgements) if failed is not None]
    return Exclusion(len(judged), sum(judged))


def _fails(judgement: Judgement) -> bool | None:
    """Whether the anchor was called the best or got more stars than every other clip; None without an anchor or an
    answer. A tie and 'none usable' pass: who says so need not have heard wrong."""
    anchors = {clip.key for clip in judgement.clips if clip.role == "anchor"}
    verdict = judgement.verdict
    if not anchors:
        return None
    if verdict.best is not None:
        return verdict.best in anchors
    others = [stars for key, stars in verdict.stars.items() if key not in anchors]
    theirs = [stars for key, stars in verdict.stars.items() if key in anchors]
    if theirs and others:
        return max(theirs) > max(others)
    return False if verdict.tie or verdict.none_usable or verdict.worst is not None else None
