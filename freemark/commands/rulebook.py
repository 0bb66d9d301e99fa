"""`freemark rulebook check|dry-run`: a rulebook that is not in force yet."""

from __future__ import annotations

import argparse


def add(command: argparse.ArgumentParser) -> None:
    """The options and actions of `freemark rulebook`."""
