"""qbXML without I/O: schema facts, text, build, parse, limits and versions."""
