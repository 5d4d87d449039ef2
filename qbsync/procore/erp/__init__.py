"""Procore's ERP Integrations platform: its requests, their details, and what it is told."""
