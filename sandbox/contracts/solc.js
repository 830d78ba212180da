// SPDX-License-Identifier: Apache-2.0
// Drives the npm solc: one standard JSON input on stdin, one standard JSON output on stdout.
//
//   node solc.js compile <node_modules> <src>      imports are served from the two folders only:
//                                                  @openzeppelin/contracts/… and synak/…
//   node solc.js --version                         what forge asks a compiler for
//   node solc.js --standard-json                   what forge calls; all sources come inline
"use strict";
const fs = require("fs");
const path = require("path");

const [mode, modules = process.env.SYNAK_NODE_MODULES, source] = process.argv.slice(2);
const packages = mode === "compile" ? modules : process.env.SYNAK_NODE_MODULES;
const solc = require(path.join(packages, "solc"));

/** Reads one import; a path that leaves its folder, or has another prefix, is not found. */
function findImport(name) {
  const roots = { "@openzeppelin/contracts/": packages, "synak/": source };
  const prefix = Object.keys(roots).find((candidate) => name.startsWith(candidate));
  if (prefix === undefined) return { error: "only @openzeppelin/contracts/… and synak/… can be imported" };
  if (name.split("/").some((part) => part === ".." || part === "." || part === "")) return { error: "not a plain path" };
  try {
    return { contents: fs.readFileSync(path.join(roots[prefix], name), "utf8") };
  } catch {
    return { error: "no such file" };
  }
}

if (process.argv.includes("--version")) {
  // forge reads the version only when it looks like a native build's.
  const version = solc.version().replace("Emscripten.clang", "Linux.g++");
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else {
  const input = fs.readFileSync(0, "utf8");
  const output = mode === "compile" ? solc.compile(input, { import: findImport }) : solc.compile(input);
  process.stdout.write(output);
}
