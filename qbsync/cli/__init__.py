"""The commands: one file a noun; stdout is data, stderr is words."""
