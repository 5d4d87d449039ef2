"""An open, self-hosted connector between Procore and QuickBooks Desktop."""

__version__ = "0.1.0"
