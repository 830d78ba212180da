"""At the hub: scopes, the spawner, pages, contexts, and the exchange of coursework."""
