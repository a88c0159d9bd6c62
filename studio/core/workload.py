"""How much work a request is, before any of it is done.

The unit is a second of a whole band played; arranging a second of one song is worth ARRANGING of it.
"""

from __future__ import annotations

from studio.core.arrangement import STEMS
from studio.core.engines import FASTSAG
from studio.core.request import GenerationRequest, PlayedAnew, Reinstrument
from studio.core.splice import region_s

ARRANGING = 0.16
#: What a further candidate adds to the arranging: they are drawn together.
_TOGETHER = 0.4


def arranging_work(request: GenerationRequest) -> float:
    """Of the arrangements of all candidates; what arranges nothing has none."""
    if request.engine == FASTSAG.name or isinstance(request.change, Reinstrument):
        return 0.0
    readings = len(set(request.readings))
    shared = readings + _TOGETHER * (request.candidates - readings)
    return ARRANGING * request.vocal.duration_s * shared


def playing_work(request: GenerationRequest) -> float:
    """Of the sound of all candidates."""
    length_s = request.vocal.duration_s
    change = request.change
    if isinstance(change, PlayedAnew):
        start_s, end_s = region_s(change)
        length_s = (min(end_s, length_s) - max(0.0, start_s)) * len(change.stems) / len(STEMS)
    return max(0.0, length_s) * request.played


def work_of(request: GenerationRequest) -> float:
    """Of everything."""
    return arranging_work(request) + playing_work(request)
