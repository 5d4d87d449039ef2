"""Procore over its REST API: tokens, calls, payloads, feeds and write-backs."""
