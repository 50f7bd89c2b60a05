"""Answers from what was set up without codehub: the values of a JupyterHub release, or an old guide's folder; pure."""
