// Checks a certificate on this computer alone, as `sandbox.domain.badges` and `badge_status` do.
// It is written into a page that is saved; the page's own policy allows no connection.
(() => {
  "use strict";
  const told = JSON.parse(document.getElementById("told").textContent);
  const LARGEST = 65536, LARGEST_LIST = 65536, PLACES = 131072;

  class Refused extends Error {
    constructor(code, params = {}) { super(code); this.code = code; this.params = params; }
  }
  const need = (holds, code, params) => { if (!holds) throw new Refused(code, params); };
  const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
  const sorted = (value) => Array.isArray(value) ? value.map(sorted)
    : value && typeof value === "object"
      ? Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]))
      : value;
  const text = (value) => { need(typeof value === "string", "badge.malformed"); return value; };

  function decoded(part) {
    need(/^[A-Za-z0-9_-]*$/.test(part) && part.length % 4 !== 1, "badge.malformed");
    const plain = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const again = btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    need(again === part, "badge.malformed");
    return Uint8Array.from(plain, (each) => each.charCodeAt(0));
  }

  function read(bytes) {
    try {
      const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      need(found && typeof found === "object" && !Array.isArray(found), "badge.malformed");
      return found;
    } catch { throw new Refused("badge.malformed"); }
  }

  function moment(value) {
    const found = new Date(text(value));
    need(!Number.isNaN(found.getTime()), "badge.malformed");
    need(found.toISOString().replace(".000Z", "Z") === value, "badge.malformed");
    return found;
  }

  async function signed(token, most) {
    const tidy = token.trim();
    need(new TextEncoder().encode(tidy).length <= most, "badge.too_large", { limit: most / 1024 });
    const parts = tidy.split(".");
    need(parts.length === 3, "badge.malformed");
    const [head, body, signature] = parts.map(decoded);
    const header = read(head);
    const algorithm = String(header.alg).slice(0, 20);
    need(header.alg === "EdDSA", "badge.other_algorithm", { algorithm });
    need(same(header, told.header), "badge.other_key");
    let holds;
    try {
      const kind = { name: "Ed25519" };
      const key = await crypto.subtle.importKey("raw", decoded(told.header.jwk.x), kind, false, ["verify"]);
      const said = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
      holds = await crypto.subtle.verify(kind, key, signature, said);
    } catch { throw new Refused("offline.old_browser"); }
    need(holds, "badge.wrong_signature");
    return read(body);
  }

  function claims(said) {
    const ends = said.validUntil === undefined ? {} : { exp: moment(said.validUntil) / 1000 };
    const since = moment(said.validFrom) / 1000;
    return { ...ends, iss: said.issuer.id, jti: said.id, nbf: since, sub: said.credentialSubject.id };
  }

  async function badge(token, now) {
    const said = await signed(token, LARGEST);
    let found;
    try {
      const subject = said.credentialSubject, status = said.credentialStatus;
      need(same(said.type, told.types) && same(said["@context"], told.contexts), "badge.malformed");
      need(said.issuer.id === told.issuer, "badge.malformed");
      for (const [name, value] of Object.entries(claims(said))) need(said[name] === value, "badge.malformed");
      need(status.type === "BitstringStatusListEntry", "badge.malformed");
      need(status.statusPurpose === "revocation", "badge.malformed");
      found = {
        issuer: text(said.issuer.name), course: text(subject.achievement.name),
        criteria: text(subject.achievement.criteria.narrative),
        since: moment(said.validFrom),
        until: said.validUntil === undefined ? null : moment(said.validUntil),
        names: subject.identifier.map((each) => ({
          text: text(each.identityHash), salt: each.hashed ? text(each.salt) : "",
        })),
        list: text(status.statusListCredential), place: Number(text(status.statusListIndex)),
      };
    } catch (error) { throw error instanceof Refused ? error : new Refused("badge.malformed"); }
    need(found.until === null || found.until > now, "badge.expired", { until: said.validUntil });
    need(found.since <= now, "badge.not_yet", { since: said.validFrom });
    return found;
  }

  async function unpacked(packed) {
    need(typeof DecompressionStream === "function", "offline.no_unpacking");
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const bits = new Uint8Array(PLACES / 8);
    let size = 0;
    for (const reader = stream.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (size + value.length > bits.length) { await reader.cancel(); size = -1; break; }
      bits.set(value, size);
      size += value.length;
    }
    need(size === bits.length, "badge.list_malformed");
    return bits;
  }

  async function listed(token, found, now) {
    const said = await signed(token, LARGEST_LIST);
    let bits, at;
    try {
      const subject = said.credentialSubject;
      need(same(said.type, told.listTypes) && said.issuer.id === told.issuer, "badge.list_malformed");
      need(subject.statusPurpose === "revocation", "badge.list_malformed");
      need(subject.encodedList.startsWith("u"), "badge.list_malformed");
      at = moment(said.validFrom);
      bits = await unpacked(decoded(subject.encodedList.slice(1)));
    } catch (error) { throw error instanceof Refused ? error : new Refused("badge.list_malformed"); }
    const inside = Number.isInteger(found.place) && found.place >= 0 && found.place < PLACES;
    need(said.id === found.list && inside, "badge.other_list", { address: found.list });
    need(found.since <= at && at <= now, "badge.list_of_another_time", { at: said.validFrom });
    need(!(bits[found.place >> 3] & (0x80 >> found.place % 8)), "badge.revoked");
    return said.validFrom;
  }

  async function whose(found, name) {
    for (const [place, each] of found.names.entries()) {
      let wanted = name;
      if (each.salt) {
        const made = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name + each.salt));
        wanted = `sha256$${[...new Uint8Array(made)].map((b) => b.toString(16).padStart(2, "0")).join("")}`;
      }
      if (each.text === wanted) return place ? "latin" : "same";
    }
    return "other";
  }

  const filled = (words, params) => words.replace(/\{(\w+)\}/g, (all, name) => params[name] ?? all);
  const day = (at) => at.toISOString().slice(0, 10);
  const field = (name) => document.getElementById(name);

  function show(good, heading, lines) {
    const result = field("result");
    result.className = good ? "good" : "bad";
    const title = document.createElement("h2");
    title.textContent = heading;
    const made = lines.map((line) => Object.assign(document.createElement("p"), { textContent: line }));
    result.replaceChildren(title, ...made);
    result.hidden = false;
    result.focus();
  }

  async function check() {
    const [chosen] = field("file").files, [list] = field("list").files;
    need(!chosen || chosen.size <= LARGEST, "badge.too_large", { limit: LARGEST / 1024 });
    need(!list || list.size <= LARGEST_LIST, "badge.too_large", { limit: LARGEST_LIST / 1024 });
    const token = chosen ? await chosen.text() : field("token").value;
    need(token.trim(), "badge.none");
    const now = new Date(), found = await badge(token, now), words = told.words;
    const status = list ? filled(words.listed, { at: await listed(await list.text(), found, now) }) : words.unlisted;
    const name = field("name").value.normalize("NFC").split(/\s+/).filter(Boolean).join(" ");
    const hidden = found.names.some((each) => each.salt);
    const holder = hidden ? words.hidden : found.names.map((each) => each.text).join(", ");
    const lines = [`${words.course}: ${found.course}`, `${words.holder}: ${holder}`,
      `${words.by}: ${found.issuer}`, `${words.since}: ${day(found.since)}`];
    if (found.until) lines.push(`${words.until}: ${day(found.until)}`);
    if (name) lines.push(filled(words[await whose(found, name)], { name }));
    show(true, words.holds, [...lines, status, ...found.criteria.split("\n\n")]);
  }

  // what was found of one certificate does not stand beside another
  field("form").addEventListener("input", () => { field("result").hidden = true; });
  field("form").addEventListener("submit", (event) => {
    event.preventDefault();
    field("result").hidden = true;
    check().catch((error) => {
      const known = error instanceof Refused && told.errors[error.code];
      const unable = known && error.code.startsWith("offline.");
      show(false, unable ? told.words.unable : told.words.fails, [filled(known || told.errors["badge.malformed"], error.params || {}), known ? error.code : ""]);
    });
  });
})();
