"""`python -m qbsync` is the command `qbsync`."""

from qbsync.cli.main import main

main()
