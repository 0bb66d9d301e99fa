"""How the story looks in the terminal: chapters, one line a step, colour only where there is a terminal."""

from __future__ import annotations

import sys
import textwrap

WIDTH = 96
_COLOURS = {"green": "32", "amber": "33", "red": "31", "grey": "90", "bold": "1"}


def chapter(title: str, day: str) -> None:
    print(f"\n{_paint(title, 'bold')}  {_paint(day, 'grey')}", flush=True)


def say(text: str, *, indent: int = 2) -> None:
    pad = " " * indent
    print(textwrap.fill(text, WIDTH, initial_indent=pad, subsequent_indent=pad + "  "), flush=True)


def verdict(where: str, code: str, colour: str, note: str = "") -> None:
    """One verdict: where it was asked, its code in its colour, and what that means here."""
    shown = _paint(f"{code:<22}", colour)
    print(f"  {where:<34} {shown} {note}".rstrip(), flush=True)


def _paint(text: str, colour: str) -> str:
    if not sys.stdout.isatty():
        return text
    return f"\x1b[{_COLOURS.get(colour, '0')}m{text}\x1b[0m"
