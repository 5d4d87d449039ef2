"""A QuickBooks company file, a Web Connector and a Procore that exist only in memory or a small file.

They back the demo and the acceptance tests, and serve whoever extends qbsync. They are independent
witnesses: each reads the outside systems' rules for itself and imports nothing of qbsync but this package.
"""
