"""The words of qbsync as frozen values: records, jobs, links, money."""
