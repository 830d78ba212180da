"""What people write who have no library for it: a graph of networkx, a deque of lots."""

from collections import deque

import networkx as nx
import polars as pl

from sandbox.forensics.accounts import ZERO


def haircut_on_a_graph(path, seeds):
    """Every movement an edge of a multigraph; edges walked in order, taint kept at the nodes."""
    graph = nx.MultiDiGraph()
    table = pl.read_parquet(path, columns=["payer", "payee", "amount"])
    for order, (payer, payee, amount) in enumerate(table.iter_rows()):
        graph.add_edge(payer, payee, order=order, amount=amount)
    for node in graph.nodes.values():
        node["balance"] = node["taint"] = 0
    nodes = graph.nodes
    for payer, payee, data in sorted(graph.edges(data=True), key=lambda edge: edge[2]["order"]):
        amount, moved = data["amount"], 0
        if payer != ZERO:
            source = nodes[payer]
            moved = source["taint"] * amount // source["balance"]
            source["balance"] -= amount
            source["taint"] -= moved
        if data["order"] in seeds:
            moved = amount
        nodes[payee]["balance"] += amount
        nodes[payee]["taint"] += moved
    return {name: node["taint"] for name, node in nodes.items() if node["taint"]}


def fifo_with_deques(path, seeds, *, joined):
    """For each address a deque of lots; ``joined``: neighbours of one kind become one lot."""
    table = pl.read_parquet(path, columns=["payer", "payee", "amount"])
    lots = {}
    for order, (payer, payee, amount) in enumerate(table.iter_rows()):
        if payer == ZERO:
            moved = [[amount, False]]
        else:
            moved, queue, left = [], lots[payer], amount
            while left:
                first = queue[0]
                if first[0] <= left:
                    queue.popleft()
                    left -= first[0]
                    moved.append(first)
                else:
                    first[0] -= left
                    moved.append([left, first[1]])
                    left = 0
        if order in seeds:
            moved = [[amount, True]]
        queue = lots.setdefault(payee, deque())
        for lot in moved:
            if joined and queue and queue[-1][1] == lot[1]:
                queue[-1][0] += lot[0]
            else:
                queue.append(lot)
    held = {name: sum(value for value, tainted in queue if tainted) for name, queue in lots.items()}
    return {name: value for name, value in held.items() if value}
