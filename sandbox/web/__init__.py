"""The desk's pages: server-rendered, in three languages, usable without JavaScript."""
