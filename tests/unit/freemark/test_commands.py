"""`freemark decision` and `freemark rulebook` against a world in which something was decided."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from audits.tables import FindingRow
from certify import rulebook
from certify.governance import whole
from certify.tables import DecisionRow, HeldDecisionRow
from freemark.cli import main
from ground.canonical import instant
from ground.clock import DemoClock
from tests.conftest import WorldMaker
from tests.flows.house import DAY, FEES, KEYS, LATEST, PASSPORTS, Certified, House, opened

FEES_PAID = {
    "provision": FEES, "result": "finding", "severity": "major", "affected": 6, "sampled": 10,
    "description": "Six of ten workers paid go-betweens for the job.",
}  # fmt: skip


@pytest.fixture
def certificate(make_world: WorldMaker) -> Iterator[Certified]:
    """A certificate with a finding since, in a world whose clock and keys the command line finds."""
    with opened(make_world(first_rulebook=LATEST)) as house:
        found = house.certified()
        house.later(DAY)
        house.submit(house.audit(found.site, [FEES_PAID], kind="for_cause"))
        house.later(5 * DAY, nightly=True)
        data = house.world.settings.data
        shutil.rmtree(data / "keys")
        shutil.copytree(data / KEYS, data / "keys")
        DemoClock(data / "clock.json").set(house.now)
        (data / "settings.env").write_text(f"FREEMARK_FIRST_RULEBOOK={LATEST}\n")
        yield found


@pytest.fixture
def said(certificate: Certified, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.delenv("FREEMARK_DATA", raising=False)
    return Say(certificate.house, capsys)


class Say:
    """Give a command, and read what it says."""

    def __init__(self, house: House, capture: pytest.CaptureFixture[str]) -> None:
        self.house, self.capture = house, capture

    def __call__(self, *words: str, status: int = 0) -> tuple[str, str]:
        self.capture.readouterr()
        answer = main(["--data", str(self.house.world.settings.data), *words])
        out, err = self.capture.readouterr()
        assert answer == status, (out, err)
        return out, err


def total(house: House) -> int:
    with house.world.db.read() as session:
        return session.query(DecisionRow).count()


def test_show_tells_a_decision_in_plain_words(said: Say, certificate: Certified) -> None:
    house = said.house
    decisions = house.carl.get(f"/v1/applications/{certificate.application}/decisions")["items"]
    n = next(each["n"] for each in decisions if each["outcome"] == "issue")
    told, _ = said("decision", "show", f"{certificate.application}/{n}")
    for words in (
        "ISSUE: A certificate is issued.", f"Rulebook {LATEST}", rulebook.load(LATEST).sha256, "met   I17",
        certificate.site, "Accepted by per_", "appeal",
        f"{certificate.site}  {certificate.entry['sites'][0]['name']}, ",
    ):  # fmt: skip
        assert words in told, words
    id = re.findall("dec_[0-9a-z]{16}", told)[0]
    assert said("decision", "show", id)[0] == told
    assert "UNMET I6" in said("decision", "show", f"{certificate.application}/{decisions[-1]['n']}")[0]
    refused = next(each["n"] for each in decisions if each["outcome"] == "refuse")
    assert "Because:" in said("decision", "show", f"{certificate.application}/{refused}")[0]
    for name in ("dec_0000000000000000", f"{certificate.application}/0", f"{certificate.application}/{'9' * 20}",
                 f"{certificate.application}/{'9' * 5000}", f"{certificate.application}/١", "dec_\udce9"):  # fmt: skip
        refused = said("decision", "show", name, status=2)[1]
        assert refused.startswith("freemark: there is no decision '")
        assert refused.count("\n") == 1


def test_replay_counts_the_same_bytes_and_names_what_was_altered(said: Say) -> None:
    house = said.house
    count = total(house)
    out, err = said("decision", "replay", "--all")
    assert (out, err) == (f"{count} decisions computed again, {count} to the same bytes, 0 not\n", "")
    with house.world.db.write() as session:
        session.execute(update(FindingRow).values(severity="minor"))
    out, err = said("decision", "replay", "--all", status=1)
    assert out == f"{count} decisions computed again, {count - 1} to the same bytes, 1 not\n"
    assert '/dossier/sites/0/findings/0/severity: then "major", now "minor"' in err
    (id,) = re.findall("^dec_[0-9a-z]{16}", err, re.MULTILINE)
    assert "1 not" in said("decision", "replay", id, status=1)[0]


def test_replay_finds_an_altered_record(said: Say) -> None:
    house = said.house
    with house.world.db.write() as session:
        row = session.query(DecisionRow).order_by(DecisionRow.at).first()
        assert row is not None
        row.record = row.record.replace('"products":1', '"products":2', 1)
        id = row.id
    out, err = said("decision", "replay", "--all", status=1)
    assert out.endswith(" 1 not\n")
    assert err.startswith(f"{id} (")
    assert "the log was given a commitment to" in err


def test_replay_counts_what_was_held_and_says_so_when_it_does_not_hold(said: Say, certificate: Certified) -> None:
    house = said.house
    visit = house.audit(certificate.site, [{"provision": "T14.1", "result": "conformance"}])
    house.amina.post(f"/v1/audits/{visit}/alerts", {
        "provision": PASSPORTS, "reason": "In the safe lay nine passports.", "seen_at": instant(house.now),
    })  # fmt: skip
    house.drain()
    count = total(house)
    words = f"{count} decisions computed again, {count} to the same bytes, 0 not"
    assert said("decision", "replay", "--all") == (f"{words}, and 1 held\n", "")
    assert said("check")[0].endswith(f"decisions: {count} and 1 held are all there, as they were recorded\n")
    with house.world.db.write() as session:
        row = session.query(HeldDecisionRow).one()
        row.record, id = row.record.replace('"products":1', '"products":2', 1), row.id
    out, err = said("decision", "replay", "--all", status=1)
    assert out == f"{words}, and 1 held, 1 of them not\n"
    assert err == f"{id} ({certificate.application}, held): {whole.UNCOMMITTED}\n"
    assert said("check", status=1) == ("", f"freemark: {err}")
    with house.world.db.write() as session:
        session.delete(session.get_one(HeldDecisionRow, id))
    out, err = said("decision", "replay", "--all", status=1)
    assert out == f"{words}, and 1 missing\n"
    assert err.startswith(f"{id} ({certificate.application}): the journal tells of this held decision")


def other_rulebook(folder: Path, name: str, value: str) -> str:
    text = rulebook.text_of(LATEST).replace(f'id = "{LATEST}"', 'id = "freemark-2027.0"', 1)
    text, count = re.subn(rf"(\[parameters\.{name}\]\nvalue = )\S+", rf"\g<1>{value}", text)
    assert count == 1
    path = folder / "next.toml"
    path.write_text(text)
    return str(path)


def test_check_reads_strictly_and_holds_the_numbers_against_the_standard(said: Say, tmp_path: Path) -> None:
    out, _ = said("rulebook", "check", other_rulebook(tmp_path, "audit_age_days", "120"))
    assert out.startswith("freemark-2027.0: ")
    assert out.endswith(f"agrees with {LATEST}\n")
    out, _ = said("rulebook", "check", other_rulebook(tmp_path, "interviews_least", "11"), status=1)
    assert "differs: interviews_least: 11 in the rulebook" in out
    out, _ = said("rulebook", "check", other_rulebook(tmp_path, "suspension_core_days", "181"), status=1)
    words = "/parameters/suspension_core_days/value: 181 days is above suspension_most_days, 180 days"
    assert out.splitlines()[2:] == [f"wrong: {words}"]
    (tmp_path / "next.toml").write_text("id = 1")
    out, err = said("rulebook", "check", str(tmp_path / "next.toml"), status=2)
    assert (out, err.startswith("freemark: ")) == ("", True)


def test_a_dry_run_names_what_would_change_and_changes_nothing(
    said: Say, certificate: Certified, tmp_path: Path
) -> None:
    before = total(said.house)
    calm = said("rulebook", "dry-run", other_rulebook(tmp_path, "audit_age_days", "120"), "--processes", "1")[0]
    assert calm.splitlines()[1:] == ["       1  keep -> keep"]
    text = Path(other_rulebook(tmp_path, "audit_age_days", "120")).read_text()
    text = re.sub(r"(\[parameters\.surveillance_months\]\nvalue = )\d+", r"\g<1>1", text)
    text = re.sub(r"(\[parameters\.surveillance_overdue_days\]\nvalue = )\d+", r"\g<1>1", text)
    (tmp_path / "next.toml").write_text(text)
    DemoClock(said.house.world.settings.data / "clock.json").set(said.house.now + 40 * DAY)
    told = said("rulebook", "dry-run", str(tmp_path / "next.toml"), "--processes", "1")[0].splitlines()
    assert told[1] == "       1  keep -> suspend   <- changes"
    assert told[2].startswith(f"{certificate.number} ({certificate.application}, active): keep -> suspend")
    assert told[3].strip().startswith("S6 met -> unmet: Visit overdue by more than 1 days")
    assert total(said.house) == before
    assert certificate.standing == "active"
