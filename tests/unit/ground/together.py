"""Several things at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence


def run_together(works: Sequence[Callable[[], object]]) -> None:
    """Run each in a thread of its own, all starting at once; raises the first error there was."""
    failures: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def guarded(work: Callable[[], object]) -> None:
        try:
            gate.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread of the test
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
