"""codehub: VS Code in the browser for a team, behind a JupyterHub login.

This package is the wizard and its engine; ``wizard.cli`` is the command.
"""

__version__ = "0.1.0"
