// Loaded into the proxy before anything else: what it prints holds no credential.
//
// A permit key may be the last part of a path, and the proxy names paths when it cannot reach
// what is behind them. Whatever follows the chain in such a path is left out, and so are an
// invitation code of the customer's page and everything that looks like a key or a token.
"use strict";

const PATH = /(\/rpc\/[^/\s?"']*\/)[^\s?"']+/g;
const CODE = /(\/desk\/c\/join\/)[^\s?"'&]+/g;
const CREDENTIAL = /\b(spk|sct)_[A-Za-z0-9_-]+/g;

function clean(chunk) {
  const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
  return text.replace(PATH, "$1…").replace(CODE, "$1…").replace(CREDENTIAL, "$1_…");
}

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...rest) => write(clean(chunk), ...rest);
}
