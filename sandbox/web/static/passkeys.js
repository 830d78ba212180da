// Asks the browser for a passkey when a form that needs one is sent, and sends it with the answer.
"use strict";
const fromText = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const read = (options) => {
  const key = options.publicKey;
  key.challenge = fromText(key.challenge);
  if (key.user) key.user.id = fromText(key.user.id);
  for (const list of [key.allowCredentials, key.excludeCredentials])
    for (const each of list || []) each.id = fromText(each.id);
  return options;
};

const written = (made) => {
  const said = made.response;
  const response = { clientDataJSON: toText(said.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (said[name]) response[name] = toText(said[name]);
  return JSON.stringify({
    id: made.id,
    rawId: toText(made.rawId),
    type: made.type,
    response,
    clientExtensionResults: made.getClientExtensionResults(),
  });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const failed = form.querySelector("[data-failed]");
  form.querySelector("[data-without]").hidden = true;
  if (!window.PublicKeyCredential) {
    failed.hidden = false;
    continue;
  }
  form.querySelector("[data-ask]").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    try {
      const options = read(JSON.parse(form.dataset.options));
      const made = await navigator.credentials[form.dataset.passkey](options);
      form.querySelector("[data-answer]").value = written(made);
    } catch {
      failed.hidden = false;
      failed.focus();
      return;
    }
    form.submit();
  });
}
