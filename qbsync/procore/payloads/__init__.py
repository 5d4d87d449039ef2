"""Procore's JSON as pydantic models: tolerant of what is extra or missing, strict on what is used."""
