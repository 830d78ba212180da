// Draws the networks from the tables beneath them, with Cytoscape; without this file the tables stay.
//
// Cytoscape wants to write one rule into a <style> element, which the content policy refuses: it
// leaves that out where an element of its id is there, as on this page, and desk.css has the rule.
// A click on a party or a line goes where the table's links go.
"use strict";
(() => {
  if (typeof cytoscape === "undefined") return;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colours = { customer: "--accent", merchant: "--good", team: "--warn", settlement: "--warn" };

  function read(box) {
    const parties = new Map(), lines = [];
    for (const row of document.querySelectorAll(`#${box.dataset.network} tbody tr`)) {
      const { from, fromKind, fromName, to, toKind, toName, share } = row.dataset;
      const links = row.querySelectorAll("a");
      parties.set(from, { id: from, kind: fromKind, name: fromName, link: links[0].href });
      parties.set(to, { id: to, kind: toKind, name: toName, link: links[1].href });
      lines.push({ source: from, target: to, width: 1 + Number(share) / 14,
        link: links[2] ? links[2].href : "" });
    }
    return [...[...parties.values()].map((data) => ({ data })), ...lines.map((data) => ({ data }))];
  }

  function draw(box) {
    const elements = read(box);
    if (!elements.length) return;
    box.classList.add("is-drawn");
    const drawn = cytoscape({
      container: box, elements, userZoomingEnabled: false, boxSelectionEnabled: false,
      layout: { name: "concentric", animate: false, minNodeSpacing: 28, padding: 24,
        concentric: (node) => node.degree(), levelWidth: () => 2 },
      style: [
        { selector: "node", style: { label: "data(name)", "font-size": 11, width: 18, height: 18,
          "font-family": "Inter Variable, sans-serif", color: token("--ink"), "text-margin-y": -4,
          "background-color": (node) => token(colours[node.data("kind")] || "--ink-soft") } },
        { selector: "edge", style: { width: "data(width)", "curve-style": "bezier",
          "line-color": token("--meter"), "target-arrow-color": token("--meter"),
          "target-arrow-shape": "triangle", opacity: 0.7 } },
      ],
    });
    drawn.on("tap", "node, edge", (event) => {
      const link = event.target.data("link");
      if (link) window.location.assign(link);
    });
  }

  document.querySelectorAll("[data-network]").forEach(draw);
})();
