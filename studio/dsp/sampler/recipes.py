"""Which recordings, hands and amplifiers make the sound of an instrument, by its name in core.instruments.

Of some there are no recordings, and dsp.tones makes their notes (`MADE` as the set). What is not here is left to the
networks: brass, flutes, pads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.dsp.amplifier import Amplifier
from studio.dsp.dynamics import Compression
from studio.dsp.sampler.hands import Touch
from studio.dsp.sampler.kit import DrumTouch
from studio.dsp.tones.rotor import Rotor


@dataclass(frozen=True)
class Chain:
    """What a sound goes through, in this order.

    Attributes:
        gain_db: brings a phrase of middling loudness to the level of the stem (LEVELS_DB).
        amplifier: None for a line into the desk.
        compression: of the stem's bus.
        tremolo: rate in Hz and depth, 0 to 1.
        rotor: a speaker that turns, behind the amplifier; for stereo parts.
        low_pass_hz: of a mellow instrument; 0 for none.
        weight_db, presence_db: below 70 Hz and above 1.5 kHz, set against the long-term spectra of records.
        drive_db: see dsp.drive.
    """

    gain_db: float = 0.0
    amplifier: Amplifier | None = None
    compression: Compression | None = None
    tremolo: tuple[float, float] | None = None
    rotor: Rotor | None = None
    low_pass_hz: float = 0.0
    weight_db: float = 0.0
    presence_db: float = 0.0
    drive_db: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """How one instrument is played: `hands` names a way of playing.py, `set` the recordings."""

    set: str
    hands: str
    touch: Touch | DrumTouch
    chain: Chain
    stereo: bool = False

    @property
    def made(self) -> bool:
        """Whether its notes are made and not recorded."""
        return self.set == MADE


#: Stands for a set where notes are made by dsp.tones; the instrument's own name says how.
MADE = ""

_BASS_BUS = Compression(-26.0, 3.0, 0.012, 0.10, 3.0)
_KEYS_BUS = Compression(-24.0, 2.0, 0.020, 0.18, 1.5)
_DRUM_BUS = Compression(-30.0, 5.0, 0.004, 0.09, 9.0, 0.45)
_BASS_AMP = Amplifier(10.0, -2.0, 3.0, -2.0, speaker_hz=(32.0, 3800.0), direct=0.5)
_CLEAN_AMP = Amplifier(6.0, 0.0, -3.0, 4.0)
_DRIVEN_AMP = Amplifier(27.0, -3.0, 2.0, 4.0, bias=0.3)
_DISTORTED_AMP = Amplifier(38.0, -5.0, 1.0, 6.0, bias=0.3)
_LEAD_AMP = Amplifier(20.0, -4.0, 4.0, 3.0, bias=0.3)

_KIT = Chain(-7.0, None, _DRUM_BUS, drive_db=6.0, presence_db=2.0, weight_db=-2.0)
_SYNTH_BASS = Touch(12.0, 0.015, alone=True)
_ORGAN = Touch(4.0, 0.008)
_ROTOR_AMP = Amplifier(6.0, 0.0, 1.0, 0.0, speaker_hz=(60.0, 7000.0))
_GUITAR = Touch(20.0, 0.045, strum="chords", release_db=-46.0)

RECIPES: Mapping[tuple[str, str], Recipe] = {
    ("drums", "standard kit"): Recipe(
        "kit",
        "kit",
        DrumTouch(),
        _KIT,
        True,
    ),
    ("drums", "tight kit"): Recipe(
        "kit",
        "kit",
        DrumTouch(
            22.0, {"snare": 0.12, "tom1": 0.14, "tom2": 0.16, "tom3": 0.18, "tom4_floor": 0.2, "kick": 0.10}
        ),
        _KIT,
        True,
    ),
    ("drums", "room kit"): Recipe(
        "kit_room",
        "kit",
        DrumTouch(),
        _KIT,
        True,
    ),
    ("drums", "power kit"): Recipe(
        "kit_room",
        "kit",
        DrumTouch(18.0),
        Chain(
            -7.0,
            None,
            Compression(-32.0, 6.0, 0.003, 0.08, 12.0, 0.6),
            drive_db=6.0,
            presence_db=3.0,
            weight_db=-2.0,
        ),
        True,
    ),
    ("drums", "jazz kit"): Recipe(
        "kit",
        "kit",
        DrumTouch(26.0, None, {"kick": -5.0, "ride_right": 4.0, "hihat_closed": 2.0}),
        Chain(-7.0, None, Compression(-28.0, 2.5, 0.01, 0.12, 2.0, 0.4), drive_db=2.0, presence_db=2.0),
        True,
    ),
    ("bass", "finger bass"): Recipe(
        "bass_finger",
        "bass",
        Touch(18.0, 0.035),
        Chain(-13.0, _BASS_AMP, _BASS_BUS, drive_db=4.0, presence_db=1.0, weight_db=1.0),
    ),
    ("bass", "pick bass"): Recipe(
        "bass_pick",
        "bass",
        Touch(18.0, 0.03),
        Chain(-12.5, _BASS_AMP, _BASS_BUS, drive_db=6.0, presence_db=-4.0, weight_db=1.0),
    ),
    ("bass", "pop bass"): Recipe(
        "bass_pick",
        "bass",
        Touch(20.0, 0.025),
        Chain(-11.5, _BASS_AMP, _BASS_BUS, drive_db=4.0, presence_db=1.0, weight_db=1.0),
    ),
    ("bass", "upright bass"): Recipe(
        "upright",
        "bass",
        Touch(20.0, 0.06),
        Chain(-10.0, None, _BASS_BUS, drive_db=2.0, presence_db=1.0, weight_db=1.0),
    ),
    ("harmony", "piano"): Recipe(
        "piano",
        "keys",
        Touch(22.0, 0.16, pedal=True, release_db=-44.0, bright_db=8.0),
        Chain(-16.0, None, _KEYS_BUS, drive_db=3.0, presence_db=3.5),
    ),
    ("harmony", "electric grand"): Recipe(
        "cp80",
        "keys",
        Touch(22.0, 0.12, pedal=True, bright_db=9.0),
        Chain(-22.0, None, _KEYS_BUS, drive_db=5.0, presence_db=2.0),
    ),
    ("harmony", "electric piano"): Recipe(
        "wurlitzer",
        "keys",
        Touch(24.0, 0.09, pedal=True),
        Chain(
            -21.0,
            Amplifier(8.0, 0.0, 1.0, 0.0, speaker_hz=(70.0, 7500.0)),
            _KEYS_BUS,
            tremolo=(5.4, 0.25),
            presence_db=3.0,
        ),
    ),
    ("harmony", "clean guitar"): Recipe(
        "guitar", "strings", _GUITAR, Chain(-20.0, _CLEAN_AMP, _KEYS_BUS, presence_db=3.0)
    ),
    ("harmony", "jazz guitar"): Recipe(
        "archtop_pickup",
        "strings",
        _GUITAR,
        Chain(-19.0, Amplifier(3.0, 2.0, 0.0, -4.0, speaker_hz=(75.0, 4200.0)), _KEYS_BUS, presence_db=2.0),
    ),
    ("harmony", "muted guitar"): Recipe(
        "guitar",
        "strings",
        Touch(18.0, 0.03, strum="chords", muted_s=0.07, release_db=-48.0),
        Chain(-13.0, _CLEAN_AMP, _KEYS_BUS, presence_db=3.0),
    ),
    ("harmony", "driven guitar"): Recipe(
        "guitar",
        "strings",
        Touch(12.0, 0.04, strum="power", muted_s=0.12, takes=2, release_db=-44.0),
        Chain(-22.0, _DRIVEN_AMP, presence_db=2.0),
        True,
    ),
    ("harmony", "distorted guitar"): Recipe(
        "guitar",
        "strings",
        Touch(10.0, 0.04, strum="power", muted_s=0.12, takes=2, release_db=-46.0),
        Chain(-22.0, _DISTORTED_AMP, presence_db=2.0),
        True,
    ),
    ("harmony", "steel guitar"): Recipe(
        "archtop_mic",
        "strings",
        Touch(20.0, 0.05, strum="chords", takes=2, release_db=-46.0),
        Chain(-19.0, None, _KEYS_BUS, drive_db=3.0, presence_db=3.0),
        True,
    ),
    ("harmony", "nylon guitar"): Recipe(
        "archtop_mic",
        "strings",
        Touch(24.0, 0.05, strum="chords", release_db=-48.0),
        Chain(-17.5, None, _KEYS_BUS, low_pass_hz=3200.0, presence_db=1.0),
    ),
    ("lead", "tenor sax"): Recipe(
        "tenor", "breath", Touch(14.0, 0.06), Chain(-19.0, None, _KEYS_BUS, drive_db=3.0)
    ),
    ("lead", "alto sax"): Recipe(
        "alto", "breath", Touch(14.0, 0.06), Chain(-19.0, None, _KEYS_BUS, drive_db=3.0)
    ),
    ("lead", "lead guitar"): Recipe(
        "guitar",
        "strings",
        Touch(14.0, 0.06, release_db=-46.0),
        Chain(-17.0, _LEAD_AMP, _KEYS_BUS, presence_db=5.0),
    ),
    ("bass", "synth bass"): Recipe(MADE, "made", _SYNTH_BASS, Chain(-2.8, None, _BASS_BUS, drive_db=6.0)),
    ("bass", "round synth bass"): Recipe(
        MADE, "made", _SYNTH_BASS, Chain(-7.4, None, _BASS_BUS, drive_db=4.0)
    ),
    ("bass", "sub bass"): Recipe(MADE, "made", _SYNTH_BASS, Chain(-7.0, None, _BASS_BUS, drive_db=3.0)),
    ("bass", "acid bass"): Recipe(MADE, "made", _SYNTH_BASS, Chain(-5.2, None, _BASS_BUS, drive_db=8.0)),
    ("harmony", "organ"): Recipe(MADE, "made", _ORGAN, Chain(-17.9, _ROTOR_AMP, rotor=Rotor(0.8)), True),
    ("harmony", "percussive organ"): Recipe(
        MADE, "made", _ORGAN, Chain(-18.6, _ROTOR_AMP, rotor=Rotor(0.8)), True
    ),
    ("harmony", "rock organ"): Recipe(
        MADE,
        "made",
        _ORGAN,
        Chain(-27.7, Amplifier(22.0, 0.0, 2.0, 0.0, bias=0.3, speaker_hz=(60.0, 6000.0)), rotor=Rotor(6.6)),
        True,
    ),
    ("harmony", "clavinet"): Recipe(
        MADE,
        "made",
        Touch(14.0, 0.02),
        Chain(-13.5, Amplifier(8.0, -2.0, 2.0, 2.0, speaker_hz=(90.0, 6500.0)), _KEYS_BUS),
    ),
    ("lead", "strings"): Recipe(MADE, "made", Touch(14.0, 0.12, early_s=0.03), Chain(-5.0), True),
    ("lead", "slow strings"): Recipe(MADE, "made", Touch(12.0, 0.30, early_s=0.08), Chain(-5.3), True),
    ("lead", "synth strings"): Recipe(MADE, "made", Touch(12.0, 0.25, early_s=0.05), Chain(-5.5), True),
}

#: What is played from recordings unless somebody wishes otherwise: instruments that measured better than the networks'.
#: None did by more than the noise (docs/sound.md).
PREFERRED: frozenset[tuple[str, str]] = frozenset()
