"""Carrying a plan out: events, runner, logs, state, lock, cancel and resume."""
