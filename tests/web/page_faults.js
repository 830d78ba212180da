// What the eye would object to on a page, whatever its width: text outside or cut off, lines that lie
// on each other, a focus that cannot be seen. Answers a list of sentences.
() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const name = (each) => `${each.tagName.toLowerCase()}${each.id ? "#" + each.id : ""}.${[...each.classList].join(".")}`;
  const quiet = (each) => each.closest(".visually-hidden, .skip, svg, option, canvas, .u-legend, .qr-box");
  const clipped = (each) => {
    for (let up = each; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.clipPath !== "none" || (style.textOverflow === "ellipsis" && up.title)) return true;
    }
    return false;
  };
  const scrolls = (each) => {
    for (let up = each.parentElement; up; up = up.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(up).overflowX) && up.scrollWidth > up.clientWidth + 1) return up;
    }
    return null;
  };
  if (document.documentElement.scrollWidth > width) {
    found.push(`the page is ${document.documentElement.scrollWidth - width} px too wide`);
  }
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const said = node.data.trim();
    const home = node.parentElement;
    if (!said || quiet(home) || clipped(home) || !home.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 2) continue;
      const inside = scrolls(home);
      if (!inside && (box.right > width + 1 || box.left < -1)) found.push(`outside: ${said.slice(0, 40)} (${name(home)})`);
      if (!inside) lines.push([box, said, home]);
    }
    for (let up = home; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      const cut = style.overflowX === "hidden" || style.overflowX === "clip";
      if (cut && up.clientWidth > 1 && up.scrollWidth > up.clientWidth + 1 && !up.title) {
        found.push(`cut off: ${said.slice(0, 40)} (${name(up)})`);
        break;
      }
    }
  }
  lines.sort((one, other) => one[0].top - other[0].top);
  lines.forEach(([box, said, home], place) => {
    for (let next = place + 1; next < lines.length && lines[next][0].top < box.bottom - 5; next += 1) {
      const [other, words, there] = lines[next];
      const apart = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      if (apart > 3 && home !== there && said !== words) {
        found.push(`on each other: ${said.slice(0, 30)} / ${words.slice(0, 30)} (${name(home)}, ${name(there)})`);
      }
    }
  });
  for (const each of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!each.checkVisibility() || each.closest("[aria-hidden=true]")) continue;
    each.focus({ preventScroll: true, focusVisible: true });
    const style = getComputedStyle(each);
    if (document.activeElement === each && (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)) {
      found.push(`the focus is not seen: ${name(each)}`);
    }
  }
  return [...new Set(found)];
}
