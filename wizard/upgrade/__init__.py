"""Newer versions for a setup: which, what they change, what to know before, and what is to be migrated; pure."""
