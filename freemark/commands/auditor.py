"""`freemark auditor keygen|sign`: an auditor's own key, on the auditor's own machine."""

from __future__ import annotations

import argparse


def add(command: argparse.ArgumentParser) -> None:
    """The options and actions of `freemark auditor`."""
