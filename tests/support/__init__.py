"""Helpers of the tests: the tiers of real parts, where the parts are, and small servers."""
