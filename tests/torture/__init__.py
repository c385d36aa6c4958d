"""Fault trials: each names the promise of the service that it proves."""
