// Keeps the live part alive and says so when it is not.
//
// The extension connects again after a stream that ended, but not when the very first request
// failed, and it would put that answer's error page in the live part's place: both are done here.
// What a reader has unfolded stays unfolded when news come.
"use strict";
const live = document.getElementById("live");
const AGAIN = 2000;
if (live) {
  let connected = false;
  let unfolded = [];
  const address = live.getAttribute("hx-sse:connect");
  const stale = (yes) => live.classList.toggle("is-stale", yes);
  const streams = (context) =>
    context?.response?.headers?.get("content-type")?.includes("text/event-stream");
  const again = () =>
    setTimeout(() => {
      if (!connected && live.isConnected) htmx.ajax("GET", address, { source: live });
    }, AGAIN);
  live.addEventListener("htmx:before:response", (event) => {
    if (!streams(event.detail?.ctx)) event.preventDefault();
  });
  live.addEventListener("htmx:finally:request", (event) => {
    if (connected || streams(event.detail?.ctx)) return;
    stale(true);
    again();
  });
  live.addEventListener("htmx:sse:error", () => stale(true));
  live.addEventListener("stale", () => setTimeout(() => stale(true)));
  live.addEventListener("htmx:sse:close", (event) => {
    connected = false;
    stale(true);
    if (event.detail?.reason === "ended") again();
  });
  live.addEventListener("htmx:sse:after:connection", () => {
    connected = true;
    stale(false);
  });
  live.addEventListener("htmx:sse:before:message", () => {
    unfolded = [...live.querySelectorAll("details[open][id]")].map((each) => each.id);
  });
  live.addEventListener("htmx:sse:after:message", (event) => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    if (event.detail?.message?.event !== "stale") stale(false);
  });
}
