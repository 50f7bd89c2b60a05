"""The screens of the wizard: each collects answers or shows events; the engine does the work."""
