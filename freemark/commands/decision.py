"""`freemark decision show|replay`: a decision in plain words, and all of them computed again."""

from __future__ import annotations

import argparse


def add(command: argparse.ArgumentParser) -> None:
    """The options and actions of `freemark decision`."""
