def graph_update(update):
    """What a node gives, as fields of the state."""
    if isinstance(update, types.SimpleNamespace):
        return vars(update)
    if update is None or isinstance(update, dict):
        return update or {}
    raise TypeError(f"the node gave a {type(update).__name__}, which is no update of the state")
