"""The mix a producer would start from: where each stem sits in the band, and what is done to its sound.

Recorded instruments and the networks' are different raw material, so each has an equaliser and a transient shaper of
its own; place, level and room are the same, and stems of both make one band. How they were set, and against what:
docs/sound.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from studio.core.controls import RECORDED
from studio.dsp.equaliser import EqBand
from studio.dsp.transient_shaper import Amounts


@dataclass(frozen=True)
class StemMix:
    """How one stem sits in the band.

    Attributes:
        level_db: active level against the band's loudest stem.
        low_cut_hz: what lies below is left to others.
        strokes: how much its attacks are sharpened or evened out.
        tone: what the equaliser does.
        trim_db: level after these two.
        width: side against mid, from a decorrelated copy above 180 Hz.
        pan: -1 left to 1 right, as a level difference of the direct sound.
        room_db: room against the direct sound.
    """

    level_db: float
    low_cut_hz: float
    strokes: Amounts
    tone: tuple[EqBand, ...]
    width: float
    pan: float
    room_db: float
    trim_db: float = 0.0


#: Low end in the middle, harmony wide, lead a little aside and further back; strokes and tone as the networks' stems
#: need them.
ROUGH_MIX: Mapping[str, StemMix] = {
    "drums": StemMix(
        level_db=0.0,
        low_cut_hz=30.0,
        strokes=Amounts(0.4, 0.2, 0.55, 0.4),
        tone=(
            EqBand("low shelf", 65.0, -4.0, 0.8),
            EqBand("bell", 140.0, 2.5, 1.6),
            EqBand("bell", 240.0, 3.0, 0.6),
            EqBand("bell", 470.0, -8.0, 0.7),
            EqBand("bell", 2100.0, 4.0, 1.3),
            EqBand("bell", 2600.0, -4.5, 0.4),
            EqBand("high shelf", 2600.0, -3.5, 0.8),
        ),
        trim_db=2.8,
        width=0.25,
        pan=0.0,
        room_db=-16.0,
    ),
    "bass": StemMix(
        level_db=0.5,
        low_cut_hz=30.0,
        strokes=Amounts(-0.25, -0.2, -0.65, -0.1),
        tone=(
            EqBand("low shelf", 78.0, 6.0, 0.8),
            EqBand("bell", 120.0, 3.5, 2.0),
            EqBand("bell", 410.0, -3.5, 0.9),
            EqBand("bell", 1200.0, 2.5, 0.8),
        ),
        trim_db=-0.3,
        width=0.0,
        pan=0.0,
        room_db=-60.0,
    ),
    "harmony": StemMix(
        level_db=-4.0,
        low_cut_hz=90.0,
        strokes=Amounts(0.1, 0.55, -0.45, 0.1),
        tone=(
            EqBand("bell", 230.0, 5.5, 2.0),
            EqBand("bell", 300.0, 4.0, 2.0),
            EqBand("bell", 450.0, -2.0, 2.0),
            EqBand("bell", 570.0, 1.5, 2.0),
            EqBand("high shelf", 2900.0, 3.5, 0.9),
        ),
        trim_db=-2.2,
        width=0.5,
        pan=-0.12,
        room_db=-17.0,
    ),
    "lead": StemMix(
        level_db=-7.5,
        low_cut_hz=120.0,
        strokes=Amounts(0.0, 0.3, 0.7, 0.6),
        tone=(
            EqBand("bell", 430.0, -3.0, 1.7),
            EqBand("bell", 680.0, 1.0, 2.0),
            EqBand("high shelf", 1700.0, -5.5, 0.9),
        ),
        trim_db=-0.4,
        width=0.40,
        pan=0.18,
        room_db=-14.0,
    ),
}
#: Trim, strokes and tone of recorded instruments.
_RECORDED: Mapping[str, tuple[float, Amounts, tuple[EqBand, ...]]] = {
    "drums": (
        2.9,
        Amounts(0.05, -0.4, -0.7, 0.35),
        (
            EqBand("low shelf", 52.0, -7.5, 0.9),
            EqBand("bell", 83.0, 6.5, 1.5),
            EqBand("bell", 550.0, -6.0, 1.1),
            EqBand("bell", 1400.0, -5.5, 1.4),
            EqBand("high shelf", 3800.0, -3.0, 0.9),
            EqBand("high shelf", 9000.0, -3.5, 0.7),
        ),
    ),
    "bass": (
        2.4,
        Amounts(0.05, -0.5, -0.55, 0.05),
        (
            EqBand("low shelf", 110.0, -5.0, 0.8),
            EqBand("bell", 130.0, 7.5, 2.0),
            EqBand("bell", 290.0, 4.0, 1.4),
            EqBand("bell", 500.0, -3.5, 0.5),
        ),
    ),
    "harmony": (
        -0.6,
        Amounts(-0.1, -0.05, -0.45, -0.25),
        (
            EqBand("bell", 120.0, -1.0, 1.0),
            EqBand("bell", 390.0, -3.5, 1.6),
            EqBand("bell", 640.0, -3.0, 1.0),
            EqBand("high shelf", 1900.0, 3.0, 0.9),
        ),
    ),
    "lead": (
        -1.1,
        Amounts(0.0, 0.3, 0.0, 0.0),
        (
            EqBand("bell", 490.0, 0.5, 0.6),
            EqBand("bell", 1200.0, 1.0, 1.4),
            EqBand("high shelf", 2400.0, -1.5, 0.5),
        ),
    ),
}


def rough_mix(stem: str, renderer: str) -> StemMix:
    """How a stem sits in the band when it is played by one of core.controls.RENDERERS."""
    mix = ROUGH_MIX[stem]
    if renderer != RECORDED:
        return mix
    trim_db, strokes, tone = _RECORDED[stem]
    return replace(mix, strokes=strokes, tone=tone, trim_db=trim_db)
