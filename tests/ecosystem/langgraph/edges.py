#!/usr/bin/env python3
"""Writes what LangGraph itself builds from transpile/tests/fixtures/langgraph/*.py, as *.edges: one graph after the other,
its nodes, then `source -> target`, conditional ones with `?`; a target that only the run decides is `*`.

usage: edges.py [--check]   (--check: fails where a file differs)"""
import pathlib, runpy, sys, warnings

ROOT = pathlib.Path(__file__).resolve().parents[3] / "transpile/tests/fixtures/langgraph"


def lines(name, graph):
    builder = graph.builder
    yield f"{name}: {', '.join(builder.nodes)}"
    edges = {(a, b, "") for a, b in builder.edges}
    edges |= {(a, target, "") for sources, target in builder.waiting_edges for a in sources}
    for source, branches in builder.branches.items():
        for branch in branches.values():
            edges |= {(source, target, "?") for target in (branch.ends.values() if branch.ends else ["*"])}
    for node, spec in builder.nodes.items():
        edges |= {(node, target, "?") for target in spec.ends or ()}
    for source, target, mark in sorted(edges):
        yield f"  {source} ->{mark} {target}"


def main():
    warnings.simplefilter("ignore")
    differ = []
    for path in sorted(ROOT.glob("*.py")):
        names = runpy.run_path(str(path))
        graphs = [(name, value) for name, value in names.items() if hasattr(value, "builder") and not name.startswith("_")]
        text = "".join(line + "\n" for name, graph in graphs for line in lines(name, graph))
        target = path.with_suffix(".edges")
        if "--check" in sys.argv:
            if target.read_text() != text:
                differ.append(path.name)
        else:
            target.write_text(text)
    if differ:
        sys.exit(f"LangGraph builds something else from {', '.join(differ)}")
    print(f"{len(list(ROOT.glob('*.py')))} files")


main()
