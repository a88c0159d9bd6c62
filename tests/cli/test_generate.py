"""The command line as a user meets it: real files in, real folders out, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from studio.cli.command import FAILED, INTERRUPTED, OK, WRONG_USE
from studio.cli.describe import describe_analysis
from studio.cli.main import run
from studio.core.analysis import Given, Reading, VocalAnalysis
from studio.core.audio import Audio
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.dsp.resample import resample
from studio.services.exporting.export_audio import AUDIO_FILES
from studio.services.generating.service import GenerationService
from studio.storage.paths import resources_dir
from tests.services.band import ToneEngine, make_analysis, make_vocal

ROOT = Path(__file__).parents[2]


def no_window(path: Path | None, device: str) -> int:
    raise AssertionError("no window was asked for")


def tones(engine: ToneEngine | None = None) -> GenerationService:
    return GenerationService(Path("weights"), "cpu", lambda *_: engine or ToneEngine())


@pytest.fixture(scope="module")
def vocal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of the demo vocal, sung notes included."""
    samples, rate = sf.read(resources_dir() / "demo_vocal.flac")
    path = tmp_path_factory.mktemp("vocal") / "verse.wav"
    sf.write(path, samples[2 * rate : 8 * rate], rate, subtype="PCM_16")
    return path


def generate(vocal: Path, out: Path, *words: str, engine: ToneEngine | None = None) -> int:
    return run(["generate", str(vocal), "--out", str(out), *words], no_window, tones(engine))


def test_generate_writes_candidates_and_a_report(
    vocal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["--candidates", "2", "--seed", "5", "--tempo", "96", "--key", "G major", "--meter", "4/4"]
    words += ["--downbeat", "0.5", "--chords", "(D) G Em | C D", "--density", "busy", "--sound", "recorded"]
    assert generate(vocal, out, *words) == OK
    assert sorted(p.name for p in out.iterdir()) == ["candidate_01", "candidate_02", "report.json"]
    for name in ("candidate_01", "candidate_02"):
        infos = [sf.info(out / name / file) for file in AUDIO_FILES]
        assert {(i.frames, i.samplerate, i.subtype) for i in infos} == {(288_000, 48_000, "PCM_24")}
        assert (out / name / "arrangement.mid").exists()
        assert (out / name / "manifest.json").exists()

    report = json.loads((out / "report.json").read_text())
    assert report["schema_version"] == 1
    assert (report["seed"], report["device"], report["status"]) == (5, "cpu", "done")
    assert report["models"] == dict(ToneEngine.model_hashes)
    assert list(report["stages_s"]) == ["load models", "analysis", "tones", "export"]
    assert report["settings"]["pickup"] == ["D"]
    assert report["real_time_factor"] > 0
    assert report["peak_memory_bytes"] > 50e6
    assert [c["folder"] for c in report["candidates"]] == ["candidate_01", "candidate_02"]
    assert report["candidates"][0]["instruments"]["bass"] == "pick bass"
    analysis = report["analysis"]
    assert (analysis["tempo_bpm"], analysis["key"], analysis["meter"]) == (96.0, "G major", "4/4")
    assert {name for name, source in analysis["source"].items() if source == "given"} == {
        "tempo", "key", "downbeat", "meter",
    }  # fmt: skip
    assert min(abs(beat - 0.5) for beat in analysis["beats_s"]) < 0.001
    assert set(analysis["confidence"]) == {
        "pitch", "notes", "onsets", "loudness", "tempo", "beats", "downbeats", "key", "tuning", "heard",
    }  # fmt: skip
    assert report["settings"]["chords"] == ["G", "Em", "C", "D"]
    assert report["settings"]["density"] == "busy"
    assert report["settings"]["sound"] == "recorded"

    printed = capsys.readouterr()
    assert "96.0 bpm (given)" in printed.err
    assert "10 files verified" in printed.err
    assert "2 candidates in" in printed.out


def test_earlier_results_are_kept_or_overwritten(vocal: Path, tmp_path: Path) -> None:
    for _ in range(3):
        assert generate(vocal, tmp_path, "--candidates", "1") == OK
    names = {
        p.relative_to(tmp_path).as_posix()
        for p in tmp_path.glob("**/*")
        if p.name in ("report.json", "mix.wav")
    }
    assert names == {
        f"{folder}{file}"
        for folder in ("", "earlier/", "earlier_v02/")
        for file in ("report.json", "candidate_01/mix.wav")
    }
    (tmp_path / "candidate_notes").mkdir()
    assert generate(vocal, tmp_path, "--candidates", "2", "--overwrite") == OK
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "candidate_01", "candidate_02", "candidate_notes", "earlier", "earlier_v02", "report.json",
    ]  # fmt: skip


def test_ctrl_c_leaves_finished_candidates_whole(
    vocal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(number: int) -> None:
        if number == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    assert generate(vocal, tmp_path, engine=ToneEngine(interrupt)) == INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["candidate_01", "candidate_02", "report.json"]
    for name in ("candidate_01", "candidate_02"):
        others = {"arrangement.mid", "manifest.json", "recipe.json", "session.dawproject", "session.rpp"}
        assert {p.name for p in (tmp_path / name).iterdir()} <= {*AUDIO_FILES, *others}
        assert {p.name for p in (tmp_path / name).iterdir()} >= {*AUDIO_FILES, "manifest.json"}
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["status"] == "cancelled"
    assert len(report["candidates"]) == 2
    assert "Stopped with 2 candidates finished" in capsys.readouterr().err


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (192_000, 2)])
def test_a_telephone_and_a_mastering_rate(tmp_path: Path, rate: int, channels: int) -> None:
    samples, source_rate = sf.read(resources_dir() / "demo_vocal.flac", dtype="float32")
    sung = Audio(samples[None, 2 * source_rate : 5 * source_rate], source_rate)
    sf.write(tmp_path / "a.wav", np.repeat(resample(sung, rate).samples.T, channels, axis=1), rate)
    assert generate(tmp_path / "a.wav", tmp_path / "out", "--candidates", "1", "--bits", "16") == OK
    infos = [sf.info(tmp_path / "out" / "candidate_01" / file) for file in AUDIO_FILES]
    assert {(i.frames, i.samplerate, i.subtype) for i in infos} == {(3 * rate, rate, "PCM_16")}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tempo", "fast"], "'fast' is not a number from 30 to 300"),
        (["--tempo", "1000"], "not a number from 30 to 300"),
        (["--candidates", "9"], "not a whole number from 1 to 8"),
        (["--out", ""], "no name of a folder"),
        (["--key", "H minor"], "Cannot read the key"),
        (["--meter", "9/8"], "4/4, 3/4, 6/8, 2/4, 5/4 or 7/8"),
        (["--chords", "Am X"], "Cannot read the chord 'X'"),
        (["--chords", " "], "no chords"),
        (["--chords", "(G)"], "no chords"),
        (["--chords", "C (G) F"], "brackets are for the bars of a pickup"),
        (["--chords", "(Gz) C"], "Cannot read the chord 'Gz'"),
        (["--style", "polka"], "there is no style 'polka'; choose from pop,"),
        (["--density", "thick"], "invalid choice"),
        (["--device", "tpu"], "invalid choice"),
        (["--loud"], "unrecognized arguments"),
    ],
)
def test_wrong_use_is_exit_code_2(
    vocal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert generate(vocal, tmp_path / "out", *words) == WRONG_USE
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_failure_is_one_line_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "noise.wav").write_bytes(b"not audio" * 1000)
    assert generate(tmp_path / "noise.wav", tmp_path / "out") == FAILED
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("studio: Cannot read noise.wav.")
    assert not (tmp_path / "out").exists()


def test_missing_models_are_a_clear_failure(
    vocal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("studio.storage.paths.models_dir", lambda: tmp_path)
    assert run(["generate", str(vocal), "--out", str(tmp_path / "out")], no_window) == FAILED
    assert "mel.safetensors is missing" in capsys.readouterr().err


def test_cuda_on_a_machine_without_it_is_a_clear_failure(
    vocal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert (
        run(["generate", str(vocal), "--out", str(tmp_path / "out"), "--device", "cuda"], no_window) == FAILED
    )
    assert "Cannot run on CUDA" in capsys.readouterr().err


def test_an_unexpected_failure_is_one_line_and_has_a_traceback_on_demand(
    vocal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: object) -> ToneEngine:
        raise RuntimeError("the tensor is upside down")

    words = ["generate", str(vocal), "--out", str(tmp_path)]
    assert run(words, no_window, GenerationService(Path("weights"), "cpu", break_down)) == FAILED
    error = capsys.readouterr().err
    assert "RuntimeError: the tensor is upside down" in error.splitlines()[-1]
    assert "Traceback" not in error
    run(["--traceback", *words], no_window, GenerationService(Path("weights"), "cpu", break_down))
    assert "Traceback" in capsys.readouterr().err


def test_the_window_is_the_default_and_gets_its_path(tmp_path: Path) -> None:
    opened: list[tuple[Path | None, str]] = []

    def open_window(path: Path | None, device: str) -> int:
        opened.append((path, device))
        return OK

    assert run([], open_window) == OK
    assert run(["app", str(tmp_path), "--device", "cpu"], open_window) == OK
    assert run(["app", str(tmp_path / "missing")], open_window) == FAILED
    assert opened == [(None, "auto"), (tmp_path, "cpu")]


def test_no_display_is_a_clear_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert run(["app"], no_window) == FAILED
    assert "no display" in capsys.readouterr().err


def test_help_does_not_load_what_it_does_not_need() -> None:
    check = (
        "import sys; sys.argv = ['studio', 'generate', '--help']\n"
        "from studio.__main__ import main\n"
        "code = main()\n"
        "heavy = {'torch', 'PySide6', 'numpy', 'scipy', 'onnxruntime', 'soundfile'} & set(sys.modules)\n"
        "sys.exit(code or (f'loaded {heavy}' if heavy else 0))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "--tempo" in result.stdout


def test_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from studio.cli.progress import TerminalProgress, format_left
    from studio.core.jobs import Progress

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        with TerminalProgress(stream) as progress:
            for i in range(101):
                progress.on_step(Progress("Playing", i / 100))
            progress.say("candidate_01: done")
    lines = plain.getvalue().splitlines()
    assert lines[0] == "Playing: 0%"
    assert len(lines) == 12
    assert lines[-1] == "candidate_01: done"
    assert "100%" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()
    assert format_left(None) == ""
    assert format_left(80.4) == "about 1 min 20 s left"


def test_training_is_loaded_only_by_its_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys, studio.__main__, studio.cli.train; from studio.cli.main import run;"
        "run(['train', '--help'], None)"
    )
    loaded = "print('HEAVY', [m for m in ('torch', 'studio.training', 'PySide6') if m in sys.modules])"
    listed = subprocess.run(
        [sys.executable, "-c", f"{code}; {loaded}"], capture_output=True, text=True, check=True
    )
    assert "HEAVY []" in listed.stdout
    assert "--preset" in listed.stdout
    assert run(["train", "mel", "--run", str(tmp_path)], no_window) == FAILED
    assert "studio train sounds" in capsys.readouterr().err
    assert (
        run(["train", "songs", "--run", str(tmp_path), "--lieder", str(tmp_path / "x")], no_window) == FAILED
    )
    assert "lieder" in capsys.readouterr().err
    assert run(["train", "dance", "--run", str(tmp_path)], no_window) == WRONG_USE


def test_bar_lines_can_be_moved(vocal: Path, tmp_path: Path) -> None:
    for shift in ("0", "1"):
        words = ["--candidates", "1", "--tempo", "120", "--downbeat", "0.5", "--shift-beats", shift]
        assert generate(vocal, tmp_path / shift, *words) == OK
    first = [
        json.loads((tmp_path / shift / "report.json").read_text())["analysis"]["first_downbeat_s"]
        for shift in ("0", "1")
    ]
    assert first == pytest.approx([0.5, 1.0], abs=0.001)


def test_a_doubtful_beat_is_said_with_the_other_tempo() -> None:
    half = Reading(BeatGrid.regular(60.0, Meter(4, 4), 3.0), Chord.parse_many("Am"), 0.4)
    analysis = replace(make_analysis(3.0), alternatives=(half,))
    assert "--tempo 60.0" in describe_analysis(make_vocal(), analysis)[-1]
    sure = replace(analysis, confidence=replace(analysis.confidence, beats=0.9))
    assert len(describe_analysis(make_vocal(), sure)) == 1


def test_what_was_given_of_the_beat_is_not_asked_for_again() -> None:
    def said(given: Given) -> str:
        return " ".join(describe_analysis(make_vocal(), make_analysis(3.0, given=given))[1:])

    assert "give the tempo with --tempo" in said(Given())
    assert "--downbeat" in said(Given(tempo_bpm=100.0))
    assert "--tempo" not in said(Given(tempo_bpm=100.0))
    assert said(Given(tempo_bpm=100.0, downbeat_s=0.5)) == ""


def test_candidates_of_several_beats_say_so_and_only_those_of_one_go_together(
    vocal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def heard(audio: Audio, given: Given, **_: object) -> VocalAnalysis:
        """100 bpm, or the same two beats later; the second is nearly as likely."""
        grids = [BeatGrid.regular(100.0, Meter(4, 4), audio.duration_s, at) for at in (0.2, 1.4)]
        later = Reading(grids[1], Chord.parse_many("Am") * grids[1].bars, 0.4)
        sure = make_analysis(audio.duration_s, grids[0], given)
        return sure if given.downbeat_s is not None else replace(sure, alternatives=(later,))

    monkeypatch.setattr("studio.services.generating.generation_folder.analyse_vocal", heard)
    out, short = tmp_path / "out", tmp_path / "short.wav"
    samples, rate = sf.read(vocal)
    sf.write(short, samples[: 3 * rate], rate)
    assert generate(short, out, "--bits", "16", "--candidates", "3") == OK
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if line.startswith("candidate_0")]
    assert [line.split("; ")[1] for line in lines] == [
        "100.0 bpm, bar at 0.20 s", "100.0 bpm, bar at 0.20 s", "100.0 bpm, bar at 1.40 s",
    ]  # fmt: skip
    assert "1, 2 at 100.0 bpm, bar at 0.20 s; 3 at 100.0 bpm, bar at 1.40 s" in printed.out
    for words in (["breed", str(out), "2", "3"], ["comp", str(out), "2", "1=3"]):
        assert run(words, no_window, tones()) == FAILED
        said = capsys.readouterr().err
        assert "(bar at 0.20 s)" in said
        assert "(bar at 1.40 s)" in said
        assert "--tempo BPM --downbeat S" in said
    assert generate(short, out, "--downbeat", "0.2", "--bits", "16", "--candidates", "2") == OK
    printed = capsys.readouterr()
    assert "candidate_02: pop; 100.0 bpm; room kit" in printed.err
    assert "readings" not in printed.out
