"""What is known of a candidate, in a producer's words: each number says what it is of, and what is good or bad."""

from __future__ import annotations

from collections.abc import Mapping

from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.change_words import told_change
from studio.core.controls import NETWORK, RECORDED
from studio.core.instruments import shown
from studio.core.language import capital, later, tr
from studio.core.tempos import said_bpm
from studio.services.measuring.fit_report import FitReport
from studio.services.measuring.levels import CandidateLevels, SoundLevels
from studio.ui.appearance.widgets import key_title

#: By setting: its name, and what its values are called where they do not say it themselves.
_SETTINGS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "density": (later("How much is played"), {"auto": later("as the model chose")}),
    "energy": (later("Energy"), {"auto": later("as the model chose")}),
    "follow": (
        later("Keeps to the singer"),
        {"loose": later("loosely"), "normal": later("as usual"), "close": later("closely")},
    ),
    "chords": (later("Chords"), {"auto": later("the band's own"), "given": later("yours")}),
    "change": (later("Change"), {}),
    "parent": (later("Made from candidate"), {}),
    "other_parent": (later("and candidate"), {}),
    "seed": (later("Seed"), {}),
}
_ENGINES = {"band": later("the band model"), "fastsag": "FastSAG"}
_PLAYERS = {RECORDED: "recorded", NETWORK: "network"}


def instrument_words(candidate: Candidate) -> str:
    """The instruments that are heard, in a line, those that are recorded ones first and named as such."""
    if candidate.is_one_sound:
        return tr("the whole band as one sound")
    parts, players = candidate.arrangement.parts, candidate.settings.get("renderers")
    recorded: list[str] = []
    others: list[str] = []
    for stem in STEMS:
        if stem in parts and parts[stem].is_heard:
            is_recorded = isinstance(players, Mapping) and players.get(stem) == RECORDED
            (recorded if is_recorded else others).append(shown(parts[stem].instrument))
    if not recorded:
        return tr(", ").join(others)
    said = tr("Recorded: {instruments}", instruments=tr(", ").join(recorded))
    return " · ".join([said, *([tr(", ").join(others)] if others else [])])


def fit_rows(fit: FitReport | None) -> dict[str, str]:
    """The measures of a fit report."""
    if fit is None:
        return {tr("Fit"): tr("still being measured")}

    def share(value: float | None, meaning: str, why_not: str) -> str:
        return tr("cannot be told: {why_not}", why_not=why_not) if value is None else f"{value:.0%} {meaning}"

    rows = {
        tr("On the beat"): share(
            fit.beat_match,
            tr("of what the band strikes falls on the beats (chance is 0%, off the beat is below 30%)"),
            tr("too few attacks"),
        ),
        tr("In the chords"): share(
            fit.chord_fit,
            tr("of the singing lies on the chords played (below 45% the chords do not fit)"),
            tr("no notes or no chords"),
        ),
        tr("Silent"): tr("{silence:.0%} of the time sung (above half is mostly silent)", silence=fit.silence),
        tr("Clipped"): tr(
            "{clipping:.2%} of the samples (an export is lowered instead, and not clipped)",
            clipping=fit.clipping,
        ),
        tr("Noise"): share(
            fit.noise,
            tr("noise in bass, harmony and lead (a pure tone is 0%, white noise 56%)"),
            tr("nothing sounds"),
        ),
    }
    return {tr("Poor fit"): tr(", ").join(map(tr, fit.problems)), **rows} if fit.problems else rows


def level_rows(levels: CandidateLevels | None) -> dict[str, str]:
    """Loudness and true peak of the whole song, as it is exported."""
    if levels is None:
        return {tr("Levels"): tr("still being measured")}
    return {tr("Band"): _level(levels.band), tr("Band and vocal"): _level(levels.mix)}


def _level(sound: SoundLevels) -> str:
    return (
        tr(
            "{integrated_lufs:.1f} LUFS over the song, {highest_short_term_lufs:.1f} in its "
            "loudest 3 seconds, peaks of {true_peak_db:.1f} dBTP",
            integrated_lufs=sound.integrated_lufs,
            highest_short_term_lufs=sound.highest_short_term_lufs,
            true_peak_db=sound.true_peak_db,
        )
    ).replace("-", "−")


def settings_rows(candidate: Candidate) -> dict[str, str]:
    """What it was made with: its music, its wishes, and who plays what."""
    arrangement, settings = candidate.arrangement, candidate.settings
    tuning = arrangement.tuning_cents
    rows = {
        tr("Key"): key_title(arrangement.key),
        tr("Tempo"): tr("{tempo} bpm", tempo=said_bpm(arrangement.grid.tempo_bpm)),
        tr("Tuning"): tr("{tuning:+.0f} cents from 440 Hz", tuning=tuning) if round(tuning) else "440 Hz",
    }
    engine = str(settings.get("engine", ""))
    if engine:
        rows[tr("Made by")] = tr(_ENGINES.get(engine, engine))
    for key, (name, words) in _SETTINGS.items():
        value = settings.get(key)
        if value is not None and str(value):
            rows[tr(name)] = tr(words[str(value)]) if str(value) in words else told_change(str(value))
    players = settings.get("renderers")
    for stem, part in arrangement.parts.items():
        name = shown(part.instrument)
        player = _PLAYERS.get(str(players.get(stem)), "") if isinstance(players, Mapping) else ""
        if part.instrument != "none" and not part.notes:
            name = tr("{instrument}: plays nothing", instrument=name)
        elif part.is_heard and player:
            name = f"{name} ({tr(player)})"
        rows[capital(tr(stem))] = name
    return rows
