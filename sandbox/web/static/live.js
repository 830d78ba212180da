// Says so when the live part has lost its connection, and takes it back when it is there again.
"use strict";
const live = document.getElementById("live");
if (live) {
  const stale = (yes) => live.classList.toggle("is-stale", yes);
  live.addEventListener("htmx:sse:error", () => stale(true));
  live.addEventListener("stale", () => setTimeout(() => stale(true)));
  live.addEventListener("htmx:sse:close", () => stale(true));
  live.addEventListener("htmx:sse:after:connection", () => stale(false));
  live.addEventListener("htmx:sse:after:message", (event) => {
    if (event.detail?.message?.event !== "stale") stale(false);
  });
}
