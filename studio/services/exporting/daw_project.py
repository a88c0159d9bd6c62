"""session.dawproject: the session for Bitwig Studio, Studio One, Cubase and Nuendo.

The format is an open one (DAWproject 1.0, MIT): a zip with project.xml and metadata.xml. The audio stays outside, in
the files beside it, which the format allows: a song of ten minutes would else lie on the disk twice. Clips are in
seconds and carry no warping, so that no tempo change stretches them.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import studio
from studio.services.exporting.session import Session, bpm, quarters
from studio.storage.atomic import write_bytes

#: The same content gives the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def write_daw_project(path: Path, session: Session) -> None:
    """Writes the file beside the audio it names. Raises OSError."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in (("project.xml", _project(session)), ("metadata.xml", _metadata(session))):
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            ElementTree.indent(root)
            archive.writestr(entry, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
    write_bytes(path, content.getvalue())


def _project(session: Session) -> Element:
    root = Element("Project", version="1.0")
    SubElement(root, "Application", name="Backline", version=studio.__version__)
    transport = SubElement(root, "Transport")
    _real(transport, "Tempo", "bpm", bpm(session.tempos[0][1]), id="tempo")
    _, numerator, denominator = session.meters[0]
    SubElement(transport, "TimeSignature", id="meter", numerator=str(numerator), denominator=str(denominator))
    structure = SubElement(root, "Structure")
    for index, track in enumerate(session.tracks):
        place = SubElement(
            structure,
            "Track",
            id=f"track{index}",
            name=_plain(track.name),
            contentType="audio",
            loaded="true",
        )
        channel = SubElement(
            place, "Channel", id=f"channel{index}", role="regular", audioChannels=str(track.channels),
            destination="master",
        )  # fmt: skip
        _faders(channel, track.volume)
    master = SubElement(
        structure, "Track", id="masterTrack", name="Master", contentType="audio", loaded="true"
    )
    _faders(SubElement(master, "Channel", id="master", role="master", audioChannels="2"))
    _arrangement(root, session)
    return root


def _arrangement(root: Element, session: Session) -> None:
    arrangement = SubElement(root, "Arrangement", id="arrangement")
    lanes = SubElement(arrangement, "Lanes", id="lanes", timeUnit="seconds")
    duration = repr(session.duration_s)
    for index, track in enumerate(session.tracks):
        lane = SubElement(lanes, "Lanes", id=f"lane{index}", track=f"track{index}", timeUnit="seconds")
        clips = SubElement(lane, "Clips", id=f"clips{index}", timeUnit="seconds")
        clip = SubElement(
            clips, "Clip", name=_plain(track.name), time="0.0", duration=duration, contentTimeUnit="seconds",
            playStart="0.0",
        )  # fmt: skip
        audio = SubElement(
            clip, "Audio", id=f"audio{index}", timeUnit="seconds", channels=str(track.channels),
            sampleRate=str(session.sample_rate), duration=duration,
        )  # fmt: skip
        SubElement(audio, "File", path=track.file, external="true")
    if session.chords:
        markers = SubElement(arrangement, "Markers", id="chords", timeUnit="beats")
        for tick, name in session.chords:
            SubElement(markers, "Marker", time=repr(quarters(tick)), name=name)
    tempo = _automation(arrangement, "TempoAutomation", "tempo", unit="bpm")
    for tick, micros in session.tempos:
        SubElement(
            tempo, "RealPoint", time=repr(quarters(tick)), value=repr(bpm(micros)), interpolation="hold"
        )
    meter = _automation(arrangement, "TimeSignatureAutomation", "meter")
    for tick, numerator, denominator in session.meters:
        SubElement(
            meter, "TimeSignaturePoint", time=repr(quarters(tick)), numerator=str(numerator),
            denominator=str(denominator),
        )  # fmt: skip


def _automation(parent: Element, name: str, parameter: str, unit: str = "") -> Element:
    attributes = {"id": f"{parameter}Automation", "timeUnit": "beats"} | ({"unit": unit} if unit else {})
    points = SubElement(parent, name, attributes)
    SubElement(points, "Target", parameter=parameter)
    return points


def _faders(channel: Element, volume: float = 1.0) -> None:
    own = channel.get("id")
    SubElement(channel, "Mute", id=f"{own}Mute", value="false")
    _real(channel, "Pan", "normalized", 0.5, id=f"{own}Pan", min="0.0", max="1.0")
    _real(channel, "Volume", "linear", volume, id=f"{own}Volume", min="0.0", max="2.0")


def _real(parent: Element, name: str, unit: str, value: float, **attributes: str) -> None:
    SubElement(parent, name, {"unit": unit, "value": repr(value), **attributes})


def _metadata(session: Session) -> Element:
    root = Element("MetaData")
    SubElement(root, "Title").text = _plain(session.title)
    SubElement(root, "Comment").text = "The band was generated with Backline."
    return root


def _plain(text: str) -> str:
    """Without what no XML can hold: control characters and halves of characters."""
    return "".join(c for c in text if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
