"""Nothing a user reads is in English only: every text is in every catalogue, and every text goes through one."""

from __future__ import annotations

import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.core.language import Catalogue, in_english, language, retold, speak, tr, trn
from studio.storage.translations import Entry, entries_of, languages, read_catalogue, translations_dir
from tests.translations.messages import ROOT, messages, unreadable
from tests.translations.unmarked import is_shown, unmarked

CATALOGUES = sorted(translations_dir().glob("*.po"))
HOW = "run: python -m tests.translations.messages, then fill in what is empty"


@pytest.fixture(autouse=True)
def english() -> None:
    speak(Catalogue())


def fields(text: str) -> list[str]:
    """The fields of a template, with their formats, sorted."""
    return sorted(
        f"{name}!{conversion}:{spec}" for _, name, spec, conversion in string.Formatter().parse(text) if name
    )


def test_there_is_japanese() -> None:
    assert languages() == {"en": "English", "ja": "日本語"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_text_is_translated_with_its_fields(path: Path) -> None:
    entries = {entry.msgid: entry for entry in entries_of(path) if entry.msgid}
    found = messages()
    assert not sorted(found.keys() - entries.keys()), f"not in {path.name}; {HOW}"
    assert not sorted(entries.keys() - found.keys()), f"no longer in the source; {HOW}"
    empty = [entry.msgid for entry in entries.values() if entry.fuzzy or not all(entry.forms)]
    assert not empty, f"not translated in {path.name}"
    wrong = [
        (entry.msgid, form)
        for entry in entries.values()
        for form in entry.forms
        if fields(form) != fields(entry.plural or entry.msgid)
    ]
    assert not wrong, "other fields than the English"
    assert all(entry.plural == found[entry.msgid].plural for entry in entries.values())


def test_no_text_is_put_together_before_it_is_looked_up() -> None:
    assert unreadable() == [], "tr() needs a literal with named fields, not an f-string or a sum"


def test_no_text_is_shown_without_a_catalogue() -> None:
    shown = [path for path in (ROOT / "studio").rglob("*.py") if not _is_ours_alone(path) and is_shown(path)]
    wrong = [f"{path.relative_to(ROOT)}:{line}: {text!r}" for path in shown for line, text in unmarked(path)]
    assert not wrong, "English only; wrap these in tr() (docs/developers.md says how)"


def _is_ours_alone(path: Path) -> bool:
    """Files whose texts only a command line or a developer meets."""
    place = path.relative_to(ROOT / "studio").as_posix()
    return place.startswith(
        ("cli/", "training/", "ml/bench/", "services/measuring/", "services/machine/bench")
    ) or (Path(place).stem in {"pilot", "pilot_report", "import_fastsag", "change_folder"})


def test_an_english_text_in_a_widget_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "ui" / "panel.py"
    path.parent.mkdir()
    path.write_text(
        'self.a.setText("Hello there")\nlabel(tr("Good"), "muted")\nx.setToolTip(f"{n} Hz" if n else "None here")\n'
    )
    assert list(unmarked(path)) == [(1, "Hello there"), (3, "None here")]


# The catalogue itself


PO = r"""
# A comment.
msgid ""
msgstr ""
"Language: xx\n"
"X-Language-Name: Xx\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);\n"

#: a.py
msgid "Cannot read {name}"
msgstr ""
"{name}: "
"\"nix\""

msgid "{count} note"
msgid_plural "{count} notes"
msgstr[0] "{count} uno"
msgstr[1] "{count} few"
msgstr[2] "{count} many"

msgid "Pick {name}"
msgstr "+{name}"

msgid "candidate {number}"
msgstr "K{number}"

#, fuzzy
msgid "Guessed"
msgstr "Wrong"

msgid "Slip {a}"
msgstr "{b}"
"""


@pytest.fixture
def foreign(tmp_path: Path) -> None:
    (tmp_path / "xx.po").write_text(PO, encoding="utf-8")
    speak(read_catalogue(tmp_path / "xx.po"))


@pytest.mark.usefixtures("foreign")
def test_texts_come_from_the_catalogue() -> None:
    assert language() == "xx"
    assert tr("Cannot read {name}", name="a {b}.wav") == 'a {b}.wav: "nix"'
    assert [trn("{count} note", "{count} notes", n) for n in (1, 2, 7)] == ["1 uno", "2 few", "7 many"]


@pytest.mark.usefixtures("foreign")
def test_what_is_not_translated_stays_english() -> None:
    assert tr("Guessed") == "Guessed"
    assert tr("Nobody {did} this", did="did") == "Nobody did this"
    assert tr("Slip {a}", a="there") == "Slip there"  # other fields than the source gives


@pytest.mark.usefixtures("foreign")
def test_what_was_kept_in_english_is_told_again() -> None:
    templates = ("Pick {name}", "candidate {number}")
    assert retold("Pick candidate 3", templates) == "+K3"
    assert retold("Something else", templates) == "Something else"


@pytest.mark.usefixtures("foreign")
def test_what_is_kept_is_english() -> None:
    with in_english():
        assert tr("Cannot read {name}", name="a") == "Cannot read a"
        assert trn("{count} note", "{count} notes", 2) == "2 notes"
        with ThreadPoolExecutor(1) as pool:  # of another thread's texts it says nothing
            assert pool.submit(tr, "Cannot read {name}", name="a").result() == 'a: "nix"'
    assert tr("Cannot read {name}", name="a") == 'a: "nix"'


def test_english_needs_no_catalogue() -> None:
    assert tr("A {b}", b=1) == "A 1"
    assert (trn("{count} a", "{count} as", 1), trn("{count} a", "{count} as", 0)) == ("1 a", "0 as")
    assert retold("Pick candidate 3", ("Pick {name}",)) == "Pick candidate 3"


def test_a_damaged_catalogue_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "yy.po"
    path.write_text('msgid "a"\nmsgstr "b"\nnonsense\n', encoding="utf-8")
    with pytest.raises(ValueError, match="nonsense"):
        list(entries_of(path))


def test_an_entry_has_a_form_each(tmp_path: Path) -> None:
    path = tmp_path / "xx.po"
    path.write_text(PO, encoding="utf-8")
    assert Entry(
        "{count} note", "{count} notes", ["{count} uno", "{count} few", "{count} many"]
    ) in entries_of(path)
