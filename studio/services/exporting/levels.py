"""What an export does about levels, decided before anything is written, so that it can be said.

Nothing is changed unless a PCM file that was generated, or the mix, would pass -1 dBTP. Then all generated files get
one common gain: the stems, the band and the mix, so that the balance that was heard stays. The vocal file is the
singer's: it is left alone unless that is asked for, and the mix, and the sessions, then have the vocal at that gain:
mix = band + gain x vocal. Measured is the whole candidate, also what is not exported: two exports of one candidate fit
each other. Float files are never scaled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.audio.wav import Encoding
from studio.core.arrangement import STEMS
from studio.core.language import tr, trn
from studio.core.mix import VOCAL
from studio.dsp.loudness import to_db
from studio.services.exporting.contents import CLICK, MIX
from studio.services.exporting.export_audio import Measured

CEILING_DBTP = -1.0
#: Room for what dither and rounding may add.
_MARGIN_DB = 0.01


@dataclass(frozen=True)
class Levels:
    """The gains of one export, in dB.

    Attributes:
        gain_db: of all generated files, and of the vocal in the mix; 0.0 where nothing is too loud.
        vocal_file_db: of the vocal file.
        vocal_as_float: the vocal file is float whatever the others are: it is beyond full scale, and left alone.
        loudest, loudest_db: the file that decides, and its true peak without a gain.
    """

    gain_db: float
    vocal_file_db: float
    vocal_as_float: bool
    loudest: str
    loudest_db: float

    @property
    def vocal_in_mix_db(self) -> float:
        """What the vocal file is played with for the mix."""
        return self.gain_db - self.vocal_file_db

    @property
    def text(self) -> str:
        """What is done, as sentences."""
        if not self.gain_db:
            said = tr(
                "All levels stay as they are. The loudest file is {loudest} at {loudest_db:+.1f} dBTP.",
                loudest=tr(self.loudest),
                loudest_db=self.loudest_db,
            )
        elif self.vocal_file_db:
            said = tr(
                "The {loudest} would reach {loudest_db:+.1f} dBTP: all files, the vocal too, are "
                "lowered by {gain_db:.1f} dB.",
                loudest=tr(self.loudest),
                loudest_db=self.loudest_db,
                gain_db=-self.gain_db,
            )
        else:
            said = tr(
                "The {loudest} would reach {loudest_db:+.1f} dBTP: all generated files are lowered "
                "by {gain_db:.1f} dB. The vocal file stays as it is, and is in the mix at "
                "{gain_db_2:+.1f} dB.",
                loudest=tr(self.loudest),
                loudest_db=self.loudest_db,
                gain_db=-self.gain_db,
                gain_db_2=self.gain_db,
            )
        return said + _float_words((self,))


def told_of(levels: Sequence[Levels]) -> str:
    """What an export of candidates does about levels, each by what it needs itself, as sentences."""
    if len(levels) == 1:
        return levels[0].text
    lowered = [each for each in levels if each.gain_db]
    if not lowered:
        return tr("All levels of the {count} candidates stay as they are.", count=len(levels)) + _float_words(
            levels
        )
    gains = sorted(-each.gain_db for each in lowered)
    least, most = f"{gains[0]:.1f}", f"{gains[-1]:.1f}"
    said = trn(
        "{count} of {candidates} candidates is lowered, by {amount} dB.",
        "{count} of {candidates} candidates are lowered, by {amount} dB.",
        len(lowered),
        candidates=len(levels),
        amount=least if least == most else tr("{least} to {most}", least=least, most=most),
    )
    if all(each.vocal_file_db for each in lowered):
        said += tr(" The vocal file of each is lowered like its band.")
    else:
        said += tr(" The vocal files stay as they are, and are lowered in the mixes only.")
    return said + _float_words(levels)


def _float_words(levels: Sequence[Levels]) -> str:
    if not any(each.vocal_as_float for each in levels):
        return ""
    return tr(" The vocal is beyond full scale: its file is 32-bit float, so that nothing is cut off.")


def levels_of(measured: Mapping[str, Measured], encoding: Encoding, *, lower_vocal: bool = False) -> Levels:
    """What is to be done about a candidate whose files, by role, are like this."""
    generated = {role: m.true_peak_db for role, m in measured.items() if role not in (VOCAL, CLICK)}
    if lower_vocal:
        generated[VOCAL] = measured[VOCAL].true_peak_db
    # The mix first, where several are alike: it is what a listener knows.
    order = {MIX: 0, **dict.fromkeys(STEMS, 2)}
    loudest = max(generated, key=lambda role: (generated[role], -order.get(role, 1)))
    highest = generated[loudest]
    beyond = to_db(measured[VOCAL].peak)
    if encoding == "FLOAT":
        return Levels(0.0, 0.0, False, loudest, highest)
    too_loud = max(highest, beyond + CEILING_DBTP)
    # A vocal beyond full scale must fit the integers that the mix is summed from.
    gain_db = CEILING_DBTP - _MARGIN_DB - too_loud if too_loud > CEILING_DBTP else 0.0
    vocal_db = gain_db if lower_vocal else 0.0
    return Levels(gain_db, vocal_db, not lower_vocal and beyond > 0.0, loudest, highest)
