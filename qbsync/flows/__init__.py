"""Each flow joins the store, Procore, the mappings and the session to do one thing for someone."""
