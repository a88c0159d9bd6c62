"""What is known of a candidate, in a producer's words: each number says what it is of, and what is good or bad."""

from __future__ import annotations

from collections.abc import Mapping

from studio.core.candidate import Candidate
from studio.core.controls import NETWORK, RECORDED
from studio.services.measuring.fit_report import FitReport
from studio.services.measuring.levels import CandidateLevels, SoundLevels

#: By setting: its name, and what its values are called where they do not say it themselves.
_SETTINGS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "density": ("How much is played", {"auto": "as the model chose"}),
    "energy": ("Energy", {"auto": "as the model chose"}),
    "follow": (
        "Keeps to the singer",
        {"loose": "loosely", "normal": "as usual", "close": "closely"},
    ),
    "chords": ("Chords", {"auto": "the band's own", "given": "yours"}),
    "change": ("Change", {}),
    "parent": ("Made from candidate", {}),
    "other_parent": ("and candidate", {}),
    "seed": ("Seed", {}),
}
_ENGINES = {"band": "the band model", "fastsag": "FastSAG"}
_PLAYERS = {RECORDED: "recorded", NETWORK: "network"}


def fit_rows(fit: FitReport | None) -> dict[str, str]:
    """The measures of a fit report."""
    if fit is None:
        return {"Fit": "still being measured"}

    def share(value: float | None, meaning: str, why_not: str) -> str:
        return f"cannot be told: {why_not}" if value is None else f"{value:.0%} {meaning}"

    rows = {
        "On the beat": share(
            fit.beat_match,
            "of what the band strikes falls on the beats (chance is 0%, off the beat is below 30%)",
            "too few attacks",
        ),
        "In the chords": share(
            fit.chord_fit,
            "of the singing lies on the chords played (below 45% the chords do not fit)",
            "no notes or no chords",
        ),
        "Silent": f"{fit.silence:.0%} of the time sung (above half is mostly silent)",
        "Clipped": f"{fit.clipping:.2%} of the samples (an export is lowered instead, and not clipped)",
        "Noise": share(
            fit.noise,
            "noise in bass, harmony and lead (a pure tone is 0%, white noise 56%)",
            "nothing sounds",
        ),
    }
    return {"Poor fit": ", ".join(fit.problems), **rows} if fit.problems else rows


def level_rows(levels: CandidateLevels | None) -> dict[str, str]:
    """Loudness and true peak of the whole song, as it is exported."""
    if levels is None:
        return {"Levels": "still being measured"}
    return {"Band": _level(levels.band), "Band and vocal": _level(levels.mix)}


def _level(sound: SoundLevels) -> str:
    return (
        f"{sound.integrated_lufs:.1f} LUFS over the song, {sound.highest_short_term_lufs:.1f} in its loudest "
        f"3 seconds, peaks of {sound.true_peak_db:.1f} dBTP"
    ).replace("-", "−")


def settings_rows(candidate: Candidate) -> dict[str, str]:
    """What it was made with: its music, its wishes, and who plays what."""
    arrangement, settings = candidate.arrangement, candidate.settings
    tuning = arrangement.tuning_cents
    rows = {
        "Key": str(arrangement.key),
        "Tempo": f"{arrangement.grid.tempo_bpm:.1f} bpm",
        "Tuning": f"{tuning:+.0f} cents from 440 Hz" if round(tuning) else "440 Hz",
    }
    engine = str(settings.get("engine", ""))
    if engine:
        rows["Made by"] = _ENGINES.get(engine, engine)
    for key, (name, words) in _SETTINGS.items():
        value = settings.get(key)
        if value is not None and str(value):
            rows[name] = words.get(str(value), str(value))
    renderers = settings.get("renderers")
    for stem, part in arrangement.parts.items():
        player = _PLAYERS.get(str(renderers.get(stem)), "") if isinstance(renderers, Mapping) else ""
        sounds = part.instrument != "none" and player
        rows[stem.capitalize()] = f"{part.instrument} ({player})" if sounds else part.instrument
    return rows
