"""One deterministic mutator: the same seed damages the same bytes in the same way."""

from __future__ import annotations

import copy
import json
import random

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40)
_VALUES: tuple[object, ...] = (
    None, True, [], {}, "", "x" * 300, -1, 0, 1e30, -1e308, 10**30, 2**63, 0.5, "\ud7ff", [[]], {"a": None}, "NaN",
    [0] * 40, "../../x", "C#", 1e-320,
)  # fmt: skip


def mutated(content: bytes, seed: int) -> bytes:
    """The content with one to four damages; of JSON, every other time a change of its structure."""
    chance = random.Random(seed)
    if content[:1] == b"{" and chance.random() < 0.6:
        *lines, last = content.rstrip(b"\n").split(b"\n")
        if lines and lines[0][-1:] == b"}":  # a file of one object a line
            lines.append(last)
            chosen = chance.randrange(len(lines))
            lines[chosen] = _restructured(lines[chosen], chance)
            return b"\n".join(lines) + b"\n"
        return _restructured(content, chance)
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        chance.choice(_DAMAGES)(data, chance)
    return bytes(data)


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 3, 20))):
        if data:
            data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _place(data: bytearray, chance: random.Random) -> int:
    """Headers stand at the beginning: half of all damage goes there."""
    return chance.randrange(min(len(data), 256) if chance.random() < 0.5 else len(data))


def _truncate(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _remove(data: bytearray, chance: random.Random) -> None:
    if data:
        start = _place(data, chance)
        del data[start : start + chance.choice((1, 2, 4, 100, 5000))]


def _double(data: bytearray, chance: random.Random) -> None:
    if data:
        start = _place(data, chance)
        piece = bytes(data[start : start + chance.choice((1, 4, 64, 2000))])
        data[start:start] = piece * chance.choice((1, 2, 50))


def _extreme(data: bytearray, chance: random.Random) -> None:
    """A number of one to eight bytes becomes one at the edge: sizes of chunks, counts, rates."""
    if data:
        size = chance.choice((1, 2, 3, 4, 8))
        value = chance.choice(_EXTREMES) & (1 << 8 * size) - 1
        start = _place(data, chance)
        order = chance.choice(("little", "big"))
        data[start : start + size] = value.to_bytes(size, order)  # type: ignore[arg-type]


def _fill(data: bytearray, chance: random.Random) -> None:
    if data:
        start = _place(data, chance)
        size = min(chance.choice((4, 40, 4000)), len(data) - start)
        data[start : start + size] = chance.randbytes(size) if chance.random() < 0.5 else bytes(size)


def _join(data: bytearray, chance: random.Random) -> None:
    data += bytes(data[: chance.randrange(len(data) + 1)])


_DAMAGES = (_flip, _flip, _truncate, _remove, _double, _extreme, _extreme, _fill, _join)


def _restructured(content: bytes, chance: random.Random) -> bytes:
    value = json.loads(content)
    for _ in range(chance.randint(1, 3)):
        _change(value, chance)
    if chance.random() < 0.03:
        value = {"a": value}
    text = json.dumps(value)
    if chance.random() < 0.03:
        text = "[" * 100_000 if chance.random() < 0.5 else text.replace("{", '{"a":' * 2000 + "{", 1)
    return text.encode("utf-8", "surrogatepass")


def _change(value: object, chance: random.Random) -> None:
    """Goes down a random way and changes what is there."""
    at = value
    while True:
        keys: list[object]
        if isinstance(at, dict) and at:
            keys = list(at)
        elif isinstance(at, list) and at:
            keys = list(range(len(at)))
        else:
            return
        key = chance.choice(keys)
        inner = at[key]  # type: ignore[index]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
            at = inner
            continue
        how = chance.random()
        if how < 0.2:
            del at[key]  # type: ignore[attr-defined]
        elif how < 0.3 and isinstance(at, list):
            at.append(inner)
        elif how < 0.6 and isinstance(inner, int | float):
            at[key] = chance.choice(
                (-inner, inner + 1, inner * 1e6, inner * 2, 0, -0.0, float(inner), str(inner))
            )  # type: ignore[index]
        else:
            at[key] = copy.deepcopy(chance.choice(_VALUES))  # type: ignore[index]
        return
