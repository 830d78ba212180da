// Draws the charts from the tables beneath them, with uPlot; without this file the tables stay.
//
// Colours come from the page's own tokens, so both schemes fit; a chart is drawn again when its
// width or the scheme changes. Nothing is asked from anywhere.
"use strict";
(() => {
  const boxes = [...document.querySelectorAll("[data-chart]")];
  if (!boxes.length || typeof uPlot === "undefined") return;
  const lang = document.documentElement.lang;
  const short = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const day = (text) => `${text.slice(8, 10)}.${text.slice(5, 7)}`;

  function read(box) {
    const rows = [...document.querySelectorAll(`#${box.dataset.table} tbody tr`)];
    return {
      names: rows.map((row) => row.dataset.x),
      values: rows.map((row) => Number(row.dataset.y)),
    };
  }

  function options(box, data) {
    const classes = box.dataset.chart === "classes";
    const axis = { stroke: token("--ink-soft"), grid: { stroke: token("--line"), width: 1 },
      ticks: { stroke: token("--line"), width: 1 }, font: "12px Inter Variable, sans-serif" };
    const name = (at) => data.names[at] === undefined ? ""
      : box.dataset.chart === "items" ? data.names[at] : classes ? `${short.format(Number(data.names[at]))}+` : day(data.names[at]);
    const step = classes ? 1 : Math.max(1, Math.ceil(data.names.length / (box.clientWidth / 60)));
    const series = { label: box.dataset.label, stroke: token("--meter"), width: 2,
      fill: token("--accent-soft"), points: { show: false } };
    if (box.dataset.chart !== "line") {
      series.paths = uPlot.paths.bars({ size: [0.7, 60] });
      series.fill = token("--meter");
      series.width = 0;
    }
    const list = [{}, series];
    if (box.dataset.line) {
      list.push({ label: box.dataset.lineLabel, stroke: token("--bad"), width: 2, dash: [6, 4],
        points: { show: false } });
    }
    return {
      width: box.clientWidth, height: 200, legend: { show: false },
      cursor: { show: false }, padding: [14, 16, 0, 4], series: list,
      scales: { x: { time: false, range: [-0.6, data.names.length - 0.4] },
        y: { range: (_plot, low, high) => [Math.min(0, low), Math.max(1, high * 1.08)] } },
      axes: [
        { ...axis, grid: { show: false }, size: 34,
          splits: () => data.names.map((_, at) => at).filter((at) => at % step === 0),
          values: (_plot, at) => at.map(name) },
        { ...axis, size: 72, incrs: classes ? [1, 2, 5, 10, 25, 50, 100, 250, 500, 1e3, 1e4, 1e5, 1e6] : undefined,
          values: (_plot, at) => at.map((each) => short.format(each)) },
      ],
    };
  }

  function draw(box) {
    const data = read(box);
    if (!data.names.length || !box.clientWidth) return;
    box.replaceChildren();
    const columns = [data.names.map((_, at) => at), data.values];
    if (box.dataset.line) columns.push(data.values.map(() => Number(box.dataset.line)));
    box.classList.add("is-drawn");
    new uPlot(options(box, data), columns, box);
  }

  const widths = new Map();
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (widths.get(target) === target.clientWidth) continue;
      widths.set(target, target.clientWidth);
      draw(target);
    }
  });
  for (const box of boxes) watch.observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => boxes.forEach(draw));
})();
