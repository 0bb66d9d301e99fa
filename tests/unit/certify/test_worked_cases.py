"""The worked cases of tests/cases, each decided under freemark-2026.1 and compared with what it expects.

A case that fails prints what was expected beside what came out. Together the cases reach every outcome, and every
clause unmet at least once; the reader refuses what it does not know.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from certify.dossier import OUTCOMES, Decision
from certify.rules import TABLE, decide, record, replay
from ground.canonical import jcs, parse
from tests.cases.faultless import BOOK
from tests.cases.reading import FOLDER, Worked, all_cases, read
from tests.cases.sentences import FILE, sentences
from tests.cases.words import Misread, moment

CASES = all_cases()
LEAST = 40
SECOND = timedelta(seconds=1)


def actual(worked: Worked, decision: Decision) -> dict[str, Any]:
    """What the decision says, under the words of the files. A validity is told by its last day."""
    until, affected, reply = decision.valid_until, decision.affected_from, decision.reply_until
    return {
        "outcome": decision.outcome,
        "unmet": tuple(reason.clause for reason in decision.reasons if not reason.met),
        "because": decision.because,
        "score": decision.score,
        "band": decision.band,
        "reason_code": decision.reason_code,
        "valid_until": (until - SECOND).date() if until else None,
        "affected_from": affected.date() if affected else None,
        "reply_until": reply.date() if reply else None,
        "proposals": decision.proposals,
        "scope": decision.scope,
    }


def differences(worked: Worked, decision: Decision) -> list[str]:
    """A line for each thing expected, those that differ marked; empty when all agree."""
    said = {reason.clause: reason.text for reason in decision.reasons}
    came = actual(worked, decision)
    rows = [(name, value, came[name], value == came[name]) for name, value in worked.expect.items() if name != "says"]
    for clause, words in worked.expect.get("says", {}).items():
        rows.append((f"{clause} says", words, said.get(clause, "(not asked)"), words in said.get(clause, "")))
    if all(same for *_, same in rows):
        return []
    shown = [(name, _told(expected), _told(got), same) for name, expected, got, same in rows]
    wide = max(len("expected"), *(len(expected) for _, expected, _, _ in shown))
    lines = [f"  {'':>13} | {'expected':<{wide}} | came out"]
    lines += [f"{' ' if same else '>'} {name:>13} | {ours:<{wide}} | {got}" for name, ours, got, same in shown]
    unmet = [f"    {reason.clause}: {reason.text}" for reason in decision.reasons if not reason.met]
    return [f"{worked}", f"  {worked.story}", *lines, "  not met:", *unmet]


def _told(value: Any) -> str:
    return " ".join(value) if isinstance(value, tuple) else "-" if value is None else str(value)


@pytest.mark.parametrize("worked", CASES, ids=str)
def test_a_worked_case_is_decided_as_it_says(worked: Worked) -> None:
    decision = decide(worked.dossier, worked.standing, BOOK, worked.now)
    if lines := differences(worked, decision):
        pytest.fail("\n".join(lines), pytrace=False)


@pytest.mark.parametrize("worked", CASES, ids=str)
def test_a_decision_says_nothing_that_its_outcome_does_not_carry(worked: Worked) -> None:
    decision = decide(worked.dossier, worked.standing, BOOK, worked.now)
    carries = {
        "valid_from": ("issue", "renew", "reduce"), "valid_until": ("issue", "renew", "reduce"),
        "affected_from": ("propose_revocation", "revoke"), "reply_until": ("propose_revocation",),
        "reason_code": ("suspend", "revoke", "remediation", "withdraw", "reduce", "renew"),
    }  # fmt: skip
    for name, outcomes in carries.items():
        assert (getattr(decision, name) is not None) == (decision.outcome in outcomes), name
    assert bool(decision.scope) == (decision.outcome == "reduce")
    assert bool(decision.band) == (decision.outcome in ("issue", "renew", "reduce"))


@pytest.mark.parametrize("worked", CASES, ids=str)
def test_a_worked_case_replays_from_its_record(worked: Worked) -> None:
    """So it could come out of the database: no fact of it is of a kind that cannot be stored."""
    decision = decide(worked.dossier, worked.standing, BOOK, worked.now)
    written = jcs(record(worked.dossier, worked.standing, decision))
    assert jcs(replay(parse(written, limit=1 << 20), BOOK)) == written


def test_there_are_enough_of_them_and_each_is_told() -> None:
    assert len(CASES) >= LEAST
    titles = [worked.title for worked in CASES]
    assert len(set(titles)) == len(titles)
    for worked in CASES:
        assert 40 <= len(worked.story) <= 420, worked.title
        assert worked.story.endswith("."), worked.title


def test_together_they_reach_every_outcome_and_every_clause_unmet() -> None:
    assert {worked.expect["outcome"] for worked in CASES} == set(OUTCOMES)
    unmet = {clause for worked in CASES for clause in worked.expect["unmet"]}
    assert unmet == set(BOOK.clauses) == set(TABLE)
    because = {clause for worked in CASES for clause in worked.expect.get("because", ())}
    grounds = {clause for clause in BOOK.clauses if clause[0] in "ISMVWX" and clause != "S11"} | {"E1"}
    assert because == grounds  # S11 is a proposal; R and N hold something back and are the ground of nothing


def test_every_sentence_is_the_one_that_was_read_and_agreed_to() -> None:
    """After a change on purpose: `python -m tests.cases.sentences`, and read the difference."""
    assert sentences() == FILE.read_text("utf-8")


# --------------------------------------------------------------------------------------------- the reader is strict

HEAD = 'chapter = "Test"\nabout = "A test."\n[[case]]\ntitle = "A"\nstory = "A story."\n'
EXPECT = '[case.expect]\noutcome = "issue"\nunmet = []\n'


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f'{HEAD}base = "applying"\nmood = "good"\n{EXPECT}', "mood"),
        (f'{HEAD}base = "perfect"\n{EXPECT}', "perfect"),
        (f'{HEAD}base = "applying"\n[case.factory]\nworker = 1\n{EXPECT}', "worker"),
        (f'{HEAD}base = "applying"\n[case.annex]\nworkers = 1\n{EXPECT}', "annex"),
        (f'{HEAD}base = "applying"\n[case.factory]\nworkers = "many"\n{EXPECT}', "many"),
        (f'{HEAD}base = "applying"\n[case.factory]\nscreened = "long ago"\n{EXPECT}', "long ago"),
        (f'{HEAD}base = "applying"\nstanding = "active"\n{EXPECT}', "no certificate"),
        (f'{HEAD}base = "applying"\n[[case.findings]]\nid = "a"\nseverity = "minor"\n{EXPECT}', "found"),
        (f'{HEAD}base = "applying"\n[[case.findings]]\nid = "a"\ncolour = "red"\n{EXPECT}', "colour"),
        (f'{HEAD}base = "applying"\n[[case.visits]]\nid = "a"\n{EXPECT}', "day on which it ended"),
        (
            f'{HEAD}base = "applying"\n[[case.approvals]]\nact = "reinstate"\nby = "otto"\non = "today"\n{EXPECT}',
            "otto",
        ),
        (f'{HEAD}base = "applying"\n[[case.hits]]\nid = "a"\n{EXPECT}', "missing"),
        (f'{HEAD}base = "applying"\n[case.accepted]\nbut = ["visit"]\n{EXPECT}', "visit"),
        (f'{HEAD}base = "applying"\n[case.expect]\nunmet = []\n', "outcome"),
        (f'{HEAD}base = "applying"\n', "expect"),
        ('chapter = "Test"\nabout = "A test."\n', "case"),
        ("colour = 1\n", "colour"),
    ],
)
def test_what_a_reader_would_have_to_guess_is_refused(text: str, word: str) -> None:
    with pytest.raises(Misread, match=word):
        read(text, "test")


def test_days_are_read_as_they_are_spoken() -> None:
    now = CASES[0].now
    spoken = {
        "today": now, "never": None, "26 days ago": now - timedelta(days=26), "1 day ago": now - timedelta(days=1),
        "in 30 days": now + timedelta(days=30), "in 1 hour": now + timedelta(hours=1),
        "2 days and 3 hours ago": now - timedelta(days=2, hours=3),
    }  # fmt: skip
    assert {words: moment(words, now, "") for words in spoken} == spoken
    for words in ("26 days", "in 26 days ago", "ago", "in ", "yesterday", 26, True):
        with pytest.raises(Misread):
            moment(words, now, "")


def test_a_case_that_fails_shows_both_sides() -> None:
    text = f'{HEAD}base = "applying"\n[case.expect]\noutcome = "refuse"\nunmet = ["I5"]\nsays = {{I5 = "T2.1"}}\n'
    (worked,) = read(text, "test")
    lines = differences(worked, decide(worked.dossier, None, BOOK, worked.now))
    assert ">       outcome | refuse   | issue" in lines
    assert ">         unmet | I5       | " in lines
    assert ">       I5 says | T2.1     | None." in lines


def test_every_file_beside_the_cases_is_known() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.suffix not in (".toml", ".pyc") and path.is_file()} == {
        "__init__.py", "README.md", "faultless.py", "reading.py", "words.py", "sentences.py", "sentences.txt",
    }  # fmt: skip


def test_the_day_of_a_case_moves_everything() -> None:
    text = f'{HEAD}base = "applying"\nday = 2027-03-01\n{EXPECT}'
    (worked,) = read(text, "test")
    assert worked.now == datetime(2027, 3, 1, 8, tzinfo=worked.now.tzinfo)
    assert decide(worked.dossier, None, BOOK, worked.now).outcome == "issue"
