"""The conversation of `init --plain`: order, Back, what applies, the review, and what is saved where."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.prompts.scripted import BACK, Answer, Answers, Scripted
from wizard.errors import ExitCode
from wizard.prompts.answering import is_asked, keys, label_of
from wizard.prompts.sitting import Sitting
from wizard.run.folder import SetupFolder
from wizard.run.wizard_session import WizardSession
from wizard.setup import store
from wizard.setup.model import Setup

HOW_MANY = "How much do you want to be asked"


@pytest.fixture(autouse=True)
def _without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEHUB_OFFLINE", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "hub"


def sit(folder: Path, answers: Answers) -> tuple[int, Scripted]:
    person = Scripted({"What now": "save", **answers})
    return Sitting(WizardSession.open(folder), person).run(), person


def asked_labels(setup: Setup, *, advanced: bool) -> list[str]:
    return [label_of(key) for key in keys() if is_asked(key, setup, advanced=advanced)]


def test_enter_all_the_way_gives_the_defaults_and_all_files(folder: Path) -> None:
    code, person = sit(folder, {})
    assert code == ExitCode.DONE
    assert person.asked == [HOW_MANY, *asked_labels(Setup(), advanced=False), "What now"]
    assert store.load(folder / "codehub.yaml") == Setup()
    for name in ("config.yaml", "secrets.yaml", "Dockerfile.notebook", "build.sh", "README.md"):
        assert (folder / name).is_file()
    assert not (folder / ".codehub" / "draft.yaml").exists()


def test_all_questions_are_every_one_that_applies(folder: Path) -> None:
    _, person = sit(folder, {HOW_MANY: "all", "Release": "mine", "Base image": "ubuntu:24.04"})
    saved = store.load(folder / "codehub.yaml")
    assert (saved.target.release, saved.images.notebook.base) == ("mine", "ubuntu:24.04")
    assert person.asked == [HOW_MANY, *asked_labels(saved, advanced=True), "What now"]


def test_the_last_answers_are_the_next_defaults(folder: Path) -> None:
    sit(folder, {"Namespace": "team-a", "Users": "alice, bob"})
    sit(folder, {"Users": "alice"})
    saved = store.load(folder / "codehub.yaml")
    assert (saved.target.namespace, saved.hub.auth.users) == ("team-a", ["alice"])


def test_back_goes_back_and_keeps_what_was_answered(folder: Path) -> None:
    answers: Answers = {"Namespace": ["team-a", "team-b"], "Release": [BACK, "mine"], "Version": [BACK]}
    _, person = sit(folder, answers)
    saved = store.load(folder / "codehub.yaml")
    assert (saved.target.namespace, saved.target.release) == ("team-b", "mine")
    assert person.asked[:4] == [HOW_MANY, "Version", HOW_MANY, "Version"]
    assert [label for label in person.asked if label in {"Namespace", "Release"}] == ["Namespace", "Release"] * 2


def test_back_from_the_review_is_the_last_question(folder: Path) -> None:
    _, person = sit(folder, {"What now": [BACK, "save"]})
    last = asked_labels(Setup(), advanced=False)[-1]
    assert person.asked[-4:] == [last, "What now", last, "What now"]


def test_what_does_not_apply_is_not_asked(folder: Path) -> None:
    answers: Answers = {"Target": "local", "Login": "native"}
    sit(folder, answers)
    _, person = sit(folder, {})
    assert {"Registry", "Notebook image", "Namespace", "Chart version"}.isdisjoint(person.asked)
    assert {"Target", "Login"} <= set(person.asked)


def test_a_changed_answer_brings_its_own_questions(folder: Path) -> None:
    _, person = sit(
        folder,
        {
            HOW_MANY: "review",
            "What now": ["change", "save"],
            "About": "Target",
            "Which answer": "target.expose.kind",
            "Reached by": "ingress",
            "Host name": "hub.example.org",
        },
    )
    at = person.asked.index("Reached by")
    assert person.asked[at:] == ["Reached by", "Host name", "Ingress class", "TLS", "What now"]
    assert store.load(folder / "codehub.yaml").target.expose.host == "hub.example.org"


def test_answers_with_errors_cannot_be_saved_but_mended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = WizardSession.open(folder)
    session.draft.enter("hub.auth.kind", "dummy")
    person = Scripted(
        {
            "Draft": "draft",
            HOW_MANY: "review",
            "What now": ["hub.auth.kind", "save"],
            "Login": "shared-password",
        }
    )
    seen: list[list[str]] = []
    real = person.choose

    def watched(label: str, *arguments: object, **more: object) -> str:
        answer = real(label, *arguments, **more)  # type: ignore[arg-type]
        if label == "What now":
            seen.append([option.value for option in person.offered[label]])
        return answer

    person.choose = watched  # type: ignore[method-assign]
    assert Sitting(session, person).run() == ExitCode.DONE
    assert "run" not in seen[0]
    assert "save" not in seen[0]
    assert seen[1][:2] == ["run", "save"]
    assert "To mend: Login: The dummy login lets in everybody" in " ".join(capsys.readouterr().out.split())


def test_the_client_secret_is_in_the_secrets_file_and_nowhere_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "very-secret-4711"
    code, _ = sit(
        folder,
        {
            "Login": "github",
            "Client id": "the-client",
            "Client secret": secret,
            "Organisations": "acme",
            "Reached by": "ingress",
            "Host name": "hub.example.org",
        },
    )
    assert code == ExitCode.DONE
    said = capsys.readouterr()
    assert secret not in said.out + said.err
    holders = [path for path in folder.rglob("*") if path.is_file() and secret in path.read_text()]
    assert holders == [folder / "secrets.yaml"]
    assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600
    config = yaml.safe_load(holders[0].read_text())["hub"]["config"]
    assert config["GitHubOAuthenticator"]["client_secret"] == secret
    sit(folder, {})
    assert yaml.safe_load(holders[0].read_text())["hub"]["config"] == config, "an empty answer keeps the secret"


@pytest.mark.parametrize("choice", ["keep", "take"])
def test_a_file_that_a_person_changed_is_asked_about(folder: Path, choice: str) -> None:
    sit(folder, {})
    values = folder / "config.yaml"
    values.write_text(values.read_text() + "# mine\n")
    sit(folder, {"Memory limit": "3G", "config.yaml": choice})
    assert ("# mine" in values.read_text()) is (choice == "keep")
    assert ("3G" in values.read_text()) is (choice == "take")


def test_a_draft_is_kept_after_each_answer_and_offered(folder: Path) -> None:
    def interrupted(label: str, _current: str) -> Answer:
        if label == "Release":
            raise KeyboardInterrupt
        return "team-x" if label == "Namespace" else _current

    with pytest.raises(KeyboardInterrupt):
        Sitting(WizardSession.open(folder), Scripted({}, interrupted)).run()
    assert not (folder / "codehub.yaml").exists()
    _, person = sit(folder, {"Draft": "draft"})
    assert person.asked[0] == "Draft"
    assert store.load(folder / "codehub.yaml").target.namespace == "team-x"
    assert "Draft" not in sit(folder, {})[1].asked


def test_beginning_anew_and_forgetting_leave_nothing(folder: Path) -> None:
    sit(folder, {"Namespace": "team-x", "What now": "leave"})
    assert (folder / ".codehub" / "draft.yaml").is_file()
    sit(folder, {"Draft": "anew", "Release": "other", "What now": "forget"})
    assert not (folder / ".codehub" / "draft.yaml").exists()
    assert not (folder / "codehub.yaml").exists()


def test_comments_in_the_answers_survive(folder: Path) -> None:
    sit(folder, {})
    path = folder / "codehub.yaml"
    path.write_text(path.read_text().replace("target:", "# our own cluster\ntarget:"))
    sit(folder, {"Release": "mine"})
    assert "# our own cluster\ntarget:" in path.read_text()
    assert SetupFolder(folder).load_state().notice == ""


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_going_back_and_forth_loses_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever a person does between the questions, what they answered last is what is saved."""
    folder = tmp_path_factory.mktemp("sitting") / "hub"
    given: dict[str, str] = {}
    steps = 0

    def invent(label: str, current: str) -> Answer:
        nonlocal steps
        steps += 1
        if label in {HOW_MANY, "What now"} or steps > 60:
            return current
        if data.draw(st.booleans(), label="back"):
            return BACK
        if label in {"Namespace", "Release"}:
            given[label] = data.draw(st.sampled_from(["one", "two", "three"]), label=label)
            return given[label]
        return current

    person = Scripted({"What now": "save", HOW_MANY: "usual"}, invent)
    Sitting(WizardSession.open(folder), person).run()
    target = store.load(folder / "codehub.yaml").target
    assert (target.namespace, target.release) == (given.get("Namespace", "codehub"), given.get("Release", "jhub"))
