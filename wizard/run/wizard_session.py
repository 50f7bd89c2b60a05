"""What one sitting at the wizard knows: the folder, the answers while they are given, what was found out meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.files import make_folder, read_text
from wizard.run.changes import ChangeKind, FileChange
from wizard.run.folder import SetupFolder
from wizard.setup import store
from wizard.setup.draft import Draft, load_draft, save_draft
from wizard.setup.model import Setup
from wizard.setup.problems import Problem

if TYPE_CHECKING:
    from wizard.tools.clusters import Details

DRAFT = "draft.yaml"


@dataclass
class WizardSession:
    """One folder with its answers.

    saved: what codehub.yaml has, None where there is none; client_secret: of the login provider, only ever in memory
    until it is written to secrets.yaml; overwrite: files that a person changed and that are to be written anew;
    advanced: whether all questions are shown; clusters: what the clusters of contexts have to choose from, once asked.
    """

    folder: SetupFolder
    saved: Setup | None
    draft: Draft
    client_secret: str = field(default="", repr=False)
    overwrite: set[str] = field(default_factory=set)
    advanced: bool = False
    clusters: dict[str, Details] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, *, with_draft: bool = True) -> WizardSession:
        """The session of a folder, going on with the draft that was kept there if `with_draft`.

        Raises UsageError or InvalidAnswers where the folder or its codehub.yaml cannot be used.
        """
        folder = SetupFolder(path)
        saved = store.load(folder.answers) if folder.answers.exists() else None
        kept = load_draft(folder.private / DRAFT) if with_draft else None
        return cls(folder, saved, kept or Draft(saved or Setup()))

    @property
    def draft_file(self) -> Path:
        """Where the draft is kept."""
        return self.folder.private / DRAFT

    @property
    def unsaved(self) -> bool:
        """Whether there are answers that codehub.yaml does not have."""
        return not self.draft.same_as(self.saved or Setup())

    def keep_draft(self) -> None:
        """Keep the draft on the disk, or remove it when it says nothing new; raises CodehubError when it cannot."""
        if self.unsaved:
            save_draft(self.draft_file, self.draft)
        else:
            self.forget_draft()

    def forget_draft(self) -> None:
        """Remove the draft."""
        self.draft_file.unlink(missing_ok=True)

    def save(self) -> None:
        """Write codehub.yaml; the draft has done its work then. Raises CodehubError when it cannot be written."""
        self.write_answers(self.draft.setup)
        self.saved_as(self.draft.setup)

    def write_answers(self, setup: Setup) -> None:
        """Write codehub.yaml and nothing else; may be called from a thread. Raises CodehubError when it cannot."""
        make_folder(self.folder.path, fix="Choose a folder that you can write to; your answers are kept.")
        store.save(self.folder.answers, setup)

    def answers_change(self, setup: Setup) -> FileChange:
        """What saving these answers does to codehub.yaml; raises UsageError where what is there cannot be read."""
        path = self.folder.answers
        before = read_text(path) if path.exists() else None
        after = store.to_text(setup, before or "")
        kind: ChangeKind = "new" if before is None else "same" if before == after else "update"
        return FileChange(path.name, kind, None if before is None else before.encode(), after.encode())

    def saved_as(self, setup: Setup) -> None:
        """These answers are in codehub.yaml now; the draft has done its work, unless more was typed since."""
        self.saved = setup
        if not self.unsaved:
            self.forget_draft()

    def problems(self) -> list[Problem]:
        """Everything that is wrong with the answers, and the client secret that is still wanted."""
        found = self.draft.problems()
        if self.wants_client_secret:
            found.insert(
                0,
                Problem(
                    CLIENT_SECRET,
                    "the login needs the provider's client secret",
                    "Type it on the Hub screen, or put it into secrets.yaml later and save only.",
                    level="warning",
                ),
            )
        return found

    @property
    def wants_client_secret(self) -> bool:
        """Whether the login needs a client secret and there is none, neither typed nor in secrets.yaml."""
        if not self.draft.setup.uses_oauth or self.client_secret.strip():
            return False
        return bool(self.folder.load_secrets().problems(self.draft.setup))


CLIENT_SECRET = "hub.auth.client_secret"  # noqa: S105 - the name of the field
"""The field of the client secret on the Hub screen; it is no answer of codehub.yaml."""
