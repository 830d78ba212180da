// Puts a button beside what is worth copying whole: addresses and hashes.
"use strict";
if (navigator.clipboard) {
  for (const each of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    const say = (words) => {
      button.textContent = words;
    };
    say(each.dataset.words);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(each.dataset.copy);
        say(each.dataset.done);
      } catch {
        say(each.dataset.failed);
      }
      setTimeout(() => say(each.dataset.words), 2000);
    });
    each.after(" ", button);
  }
}
