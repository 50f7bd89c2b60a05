"""Benchmarks: each measures codehub and a peer side by side in one run, and reports their ratio."""
