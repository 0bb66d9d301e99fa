"""Make `.venv` from a hashed lock: `python3 bootstrap.py [--dev]`. Standard library only.

Owns `.venv` and `.venv-tools`. uv comes through pip into the side folder and does the work in seconds; where uv cannot
be had, plain venv and pip install the same lock, with the same hashes. A stamp of the locks skips everything when
nothing has changed. The project itself needs no build: a `.pth` line makes the checkout importable.
It never installs anything that is not in a lock, and never touches anything outside this folder.
"""

import sys

TOO_OLD = "bootstrap: Freemark needs Python 3.11 or newer; this is %d.%d (try: python3.11 bootstrap.py)"
if sys.version_info < (3, 11):  # noqa: UP036 (the line is for those who have an older one)
    sys.exit(TOO_OLD % sys.version_info[:2])

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".venv-tools"
STAMP = VENV / "freemark-stamp.json"
LOCKS = {"server": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
TOOL_LOCK = ROOT / "requirements-bootstrap.lock"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
EXE = ".exe" if WINDOWS else ""
PYTHON = BIN / f"python{EXE}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make .venv from the hashed lock; does nothing when it is up to date.")
    parser.add_argument("--dev", action="store_true", help="with the tools for tests and checks (a superset)")
    parser.add_argument("--lock", action="store_true", help="resolve the dependencies again and write the locks")
    options = parser.parse_args()
    wanted = "dev" if options.dev else "server"
    with one_at_a_time():
        if options.lock:
            write_locks()
            return
        if is_current(wanted):
            return
        # A .venv with the test tools keeps them: the dev lock is a superset of the server's.
        if stamped().get("kind") == "dev":
            wanted = "dev"
        started = time.monotonic()
        say(f"installing {LOCKS[wanted].name} into .venv (Python {sys.version_info[0]}.{sys.version_info[1]})")
        STAMP.unlink(missing_ok=True)
        if not install_with_uv(LOCKS[wanted]):
            say("uv is not to be had here; using venv and pip, which takes longer")
            install_with_pip(LOCKS[wanted])
        link_project()
        STAMP.write_text(json.dumps({"kind": wanted, "inputs": fingerprint(wanted)}))
        say(f"ready in {time.monotonic() - started:.0f} s")


def is_current(wanted: str) -> bool:
    stamp = stamped()
    kind = stamp.get("kind")
    if not PYTHON.exists() or kind not in LOCKS or (wanted == "dev" and kind != "dev"):
        return False
    return stamp.get("inputs") == fingerprint(kind)


def stamped() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def fingerprint(kind: str) -> str:
    """Everything that the result depends on: the lock, this script, the interpreter, the checkout's place and name."""
    texts = (sys.version, str(ROOT), json.dumps(project(), sort_keys=True))
    digest = hashlib.sha256()
    for part in (LOCKS[kind].read_bytes(), Path(__file__).read_bytes(), *(text.encode() for text in texts)):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def project() -> dict[str, Any]:
    """What link_project needs of pyproject.toml: {"version": ..., "scripts": {command: "module:function"}}."""
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {key: whole[key] for key in ("version", "scripts")}


def install_with_uv(lock: Path) -> bool:
    uv = find_uv()
    if uv is None:
        return False
    # An interpreter inside a virtual environment would leave .venv depending on that one.
    base = getattr(sys, "_base_executable", None) or sys.executable
    steps: tuple[list[str | Path], ...] = (
        [uv, "venv", "--quiet", "--allow-existing", "--python", base, VENV],
        [uv, "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", lock],
    )
    return all(run(step) for step in steps)


def find_uv() -> Path | None:
    """The uv of our own lock, or None. Kept beside the .venv, so that it is fetched once."""
    home = TOOLS / hashlib.sha256(TOOL_LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    uv = home / "bin" / f"uv{EXE}"
    if uv.exists():
        return uv
    TOOLS.mkdir(exist_ok=True)
    fresh = home.with_suffix(".part")
    shutil.rmtree(fresh, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    pip += ["--only-binary", ":all:", "--require-hashes", "--target", str(fresh), "-r", str(TOOL_LOCK)]
    if not run(pip):
        shutil.rmtree(fresh, ignore_errors=True)
        return None
    shutil.rmtree(home, ignore_errors=True)
    fresh.rename(home)
    return uv if uv.exists() else None


def install_with_pip(lock: Path) -> None:
    if not run([sys.executable, "-m", "venv", "--clear", VENV], loud=True):
        sys.exit("bootstrap: this Python has no venv module (Debian: apt-get install python3-venv)")
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    if not run([*pip, "--require-hashes", "-r", lock], loud=True):
        sys.exit(f"bootstrap: could not install {lock.name}; the lines above say why")


def link_project() -> None:
    """Make the checkout importable, and put the commands of pyproject.toml on .venv's path. No build, no network."""
    version, scripts = project()["version"], project()["scripts"]
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([str(PYTHON), "-c", asked], check=True, capture_output=True, text=True).stdout.strip())
    (site / "freemark-checkout.pth").write_text(f"{ROOT}\n")
    # The least that importlib.metadata needs to answer version("freemark").
    for old in site.glob("freemark-*.dist-info"):
        shutil.rmtree(old)
    info = site / f"freemark-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: freemark\nVersion: {version}\n")
    (info / "INSTALLER").write_text("bootstrap.py\n")
    (info / "RECORD").write_text("".join(f"{info.name}/{name},,\n" for name in ("INSTALLER", "METADATA", "RECORD")))
    for name, target in scripts.items():
        module, function = target.split(":")
        shim = BIN / (f"{name}-script.py" if WINDOWS else name)
        shim.write_text(f"#!{PYTHON}\nimport sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n")
        shim.chmod(0o755)


def write_locks() -> None:
    """Newest versions that pyproject.toml allows. Host-free: names and hashes, never where they came from."""
    uv = find_uv() or sys.exit("bootstrap: the locks are written by uv, which is not to be had here")
    form = ["--universal", "--python-version", "3.11", "--generate-hashes"]
    form += ["--no-emit-index-url", "--no-annotate", "--no-header", "--upgrade", "--quiet"]
    source = ROOT / "pyproject.toml"
    whats: dict[Path, list[str | Path]] = {
        LOCKS["server"]: [source, "--extra", "server"],
        # The tests must run with what production runs with.
        LOCKS["dev"]: [source, "--extra", "server", "--extra", "dev", "--constraint", LOCKS["server"]],
        TOOL_LOCK: ["--group", f"{source}:bootstrap"],
    }
    for lock, what in whats.items():
        if not run([uv, "pip", "compile", *form, *what, "--output-file", lock], loud=True):
            sys.exit(f"bootstrap: could not resolve {lock.name}")
        say(f"wrote {lock.name}")


def run(command: Sequence[str | Path], *, loud: bool = False) -> bool:
    done = subprocess.run([str(part) for part in command], check=False, capture_output=not loud, text=True)
    if done.returncode and not loud and done.stderr:
        say(done.stderr.strip().splitlines()[-1])
    return done.returncode == 0


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two `make` at once must not write the same .venv; the second waits and then finds it ready."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as handle:
        try:
            import fcntl
        except ImportError:  # Windows: no lock, so run one at a time
            pass
        else:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(f"bootstrap: {text}", flush=True)


if __name__ == "__main__":
    main()
