"""Who may log in, what each person gets, and when idle servers are stopped."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.widget import Widget

from wizard.run.wizard_session import CLIENT_SECRET
from wizard.screens.form import FormScreen, Group
from wizard.widgets.answer_input import AnswerInput
from wizard.widgets.help_line import HelpLine
from wizard.widgets.secret_field import SecretField

_FIELD = "client-secret"


class HubScreen(FormScreen):
    """The hub's settings."""

    key = "hub"
    intro = "Every editor is guarded by the hub's login. What each answer becomes is shown below it."
    groups = (
        Group("Who may log in", ("hub.auth.",)),
        Group("Each person's server", ("hub.resources.",)),
        Group("Home folders", ("hub.storage.",)),
        Group("Idle servers", ("hub.cull.",)),
        Group("Proxy", ("hub.proxy",)),
    )

    def after(self, group: Group) -> Iterator[Widget]:
        """The client secret: no answer of codehub.yaml, and never in the draft."""
        if group.title == "Who may log in":
            yield SecretField("Client secret", id=_FIELD)

    def show_fields(self) -> None:
        """Ask for the client secret where the login has one; offer the classes that the cluster has."""
        setup = self.session.draft.setup
        details = self.session.clusters.get(setup.target.context)
        classes = details.storage_classes or () if details else ()
        self.field("hub.storage.storage_class").offer(
            [(one.name, "the default" if one.default else one.provisioner) for one in classes]
        )
        super().show_fields()
        field = self.query_one(SecretField)
        field.display = setup.uses_oauth
        if not field.display:
            return
        if self.session.wants_client_secret:
            field.say("Is needed before the hub can be deployed.", "warning")
        elif self.session.client_secret:
            field.say("→ secrets.yaml, which only you can read; kept nowhere else")
        else:
            field.say("secrets.yaml has one already; leave this empty to keep it")

    @on(SecretField.Changed)
    def _secret_typed(self, event: SecretField.Changed) -> None:
        self.session.client_secret = event.value
        self.show_fields()
        self.show_frame()

    def show_field(self, path: str) -> None:
        """Focus a field, the client secret too."""
        if path == CLIENT_SECRET:
            self.query_one(SecretField).query_one(AnswerInput).focus()
            return
        super().show_field(path)

    def explain_focus(self) -> None:
        """The client secret has a help text of its own."""
        here = self.focused
        if here is not None and any(isinstance(node, SecretField) for node in here.ancestors):
            text = "From the provider's page for this app. It is not shown, and not kept in the draft."
            self.query_one(HelpLine).explain("Client secret", text)
            return
        super().explain_focus()
