"""What each target needs: its steps' work, connected to the tools."""
