"""What reads the command line: argparse, which in its own way would print a screen of usage before the line that says
what is wrong."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and how to read what can be written; so do the parsers of its commands."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message.rstrip('.')}. '{self.prog} --help' says what can be written.\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Nothing is left over for the parser above: it knows no options of a command, and no help of it."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._meant(unknown)}")
        return found, unknown

    def _meant(self, unknown: Sequence[str]) -> str:
        options = [option for option in self._option_string_actions if option.startswith("--")]
        words = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        near = [match for word in words for match in difflib.get_close_matches(word, options, 1)]
        return f" (is {near[0]} meant?)" if near else ""
