"""The Web Connector's conversation as pure values: an event comes in, an action goes out."""
