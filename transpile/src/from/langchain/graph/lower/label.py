def graph_label(label):
    """The name of the way that a branch takes."""
    if isinstance(label, (list, tuple)) and len(label) == 1:
        label = label[0]
    label = getattr(label, "value", label)
    if isinstance(label, (str, bool)):
        return str(label)
    raise TypeError(f"the branch gave a {type(label).__name__}, which is the name of no node")
