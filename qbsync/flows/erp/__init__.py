"""The ERP feed in motion: requests become jobs, their ends close request details."""
