"""Settings: each documented, wrong ones named, and production refuses what only a demo may have."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ground.errors import Invalid
from ground.settings import Settings, describe

DOCUMENT = Path(__file__).parents[3] / "docs" / "settings.md"
PRODUCTION = {"environment": "production", "public_url": "https://freemark.example", "label_url": "https://hf.example"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FREEMARK_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default_for_a_first_try() -> None:
    settings = Settings.load()
    assert settings.environment == "demo"
    assert settings.database_url == "sqlite:///freemark-data/freemark.db"
    assert settings.shelf == Path("freemark-data/shelf")
    assert settings.label_url == settings.public_url == "http://localhost:8000"


def test_places_follow_the_data_folder(tmp_path: Path) -> None:
    settings = Settings.load(data=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/freemark.db"
    assert settings.shelf == tmp_path / "shelf"


def test_the_label_address_follows_the_public_one() -> None:
    assert Settings.load(public_url="https://freemark.example").label_url == "https://freemark.example"
    assert (
        Settings.load(public_url="https://a.example", label_url="https://b.example/").label_prefix
        == "https://b.example/"
    )


def test_overrides_come_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.env").write_text("FREEMARK_PORT=1\nFREEMARK_HOST=file\nFREEMARK_LIST_HOURS=24\n")
    monkeypatch.setenv("FREEMARK_PORT", "2")
    monkeypatch.setenv("FREEMARK_HOST", "environment")
    settings = Settings.load(data=tmp_path, port=3)
    assert (settings.port, settings.host, settings.list_hours) == (3, "environment", 24)


@pytest.mark.parametrize("line", ["FREEMARK_PROT=1", "FREEMARK_PORT=many"])
def test_a_wrong_line_of_the_file_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "settings.env").write_text(line + "\n")
    with pytest.raises(Invalid) as caught:
        Settings.load(data=tmp_path)
    assert line.partition("=")[0].lower().endswith(caught.value.where)


def test_the_data_folder_of_the_environment_brings_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.env").write_text("FREEMARK_PORT=1\n")
    monkeypatch.setenv("FREEMARK_DATA", str(tmp_path))
    assert Settings.load().port == 1


def test_what_is_empty_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREEMARK_LABEL_URL", "")
    settings = Settings.load(database_url="", shelf=None, port=None)
    assert settings.label_url == settings.public_url
    assert settings.port == 8000


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings.load().port = 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("environment", "test"),
        ("port", -1),
        ("port", 65536),
        ("body_limit", 10),
        ("list_hours", 1),
        ("list_hours", 169),
        ("typed_codes_per_minute", 0),
        ("scheme_name", "x" * 101),
        ("public_url", "freemark.example"),
        ("public_url", "ftp://freemark.example"),
        ("public_url", "https://freemark.example/path"),
        ("public_url", "https://freemark.example?x=1"),
        ("public_url", "https://user:secret@freemark.example"),
        ("public_url", "https://Freemark.example"),
        ("public_url", "https://"),
        ("public_url", "https://freemark.example:99999"),
        ("public_url", "http://freemark.example"),  # plain http to the world
        ("public_url", "https://192.0.2.7"),  # did:web has no form for it
        ("public_url", "http://[::1]:8000"),
        ("label_url", "http://hf.example"),
        ("label_url", "HTTPS://HF.EXAMPLE"),
    ],
)
def test_a_wrong_value_is_refused_and_its_key_named(key: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        Settings.load(**{key: value})
    assert caught.value.where == key


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        Settings.load(prot=1)
    assert caught.value.where == "prot"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("public_url", "http://localhost:8000"),
        ("public_url", "http://scheme.local"),
        ("public_url", "http://web:8080"),
        ("label_url", "http://127.0.0.1:8000"),
        ("label_url", "http://192.168.1.20:8000"),
        ("label_url", "http://10.0.0.1"),
    ],
)
def test_a_demo_may_use_plain_http_in_its_own_house(key: str, value: str) -> None:
    assert getattr(Settings.load(**{key: value}), key) == value


def test_production_with_public_names_and_https_is_accepted() -> None:
    assert Settings.load(**PRODUCTION).environment == "production"


@pytest.mark.parametrize("key", ["public_url", "label_url"])
@pytest.mark.parametrize(
    "value", ["http://localhost:8000", "https://localhost", "https://192.0.2.7", "https://scheme.local", "https://web"]
)
def test_production_refuses_plain_http_and_names_without_a_public_owner(key: str, value: str) -> None:
    with pytest.raises(Invalid):
        Settings.load(**{**PRODUCTION, key: value})


def test_production_refuses_the_defaults() -> None:
    with pytest.raises(Invalid, match="https"):
        Settings.load(environment="production")


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert len(field.description) > 20, name


def test_the_page_has_the_table_of_every_setting() -> None:
    assert describe() in DOCUMENT.read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"`FREEMARK_{name.upper()}`" in describe()


def test_production_cannot_do_without_the_release_check() -> None:
    """Else a wait could mean one thing only."""
    with pytest.raises(Invalid) as caught:
        Settings.load(**PRODUCTION, release_check=False)
    assert "release_check" in str(caught.value)
