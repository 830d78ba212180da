"""The page's part of the idle rule, in Node.js with a stand-in for JupyterLab."""

import json
import subprocess

from sandbox.toolchain.layout import CHECKOUT

PROGRAM = CHECKOUT / "hub_config" / "singleuser" / "labextensions" / "synak-idle" / "static"
LAB = """
const heard = {}, asked = [];
let look;
global.window = global;
global.document = { addEventListener: (kind, told) => { heard[kind] = told; } };
global.setInterval = (work) => { look = work; };
const answers = [
  () => ({ ok: true, json: async () => ({ warns: false }) }),
  () => { throw new Error("no network"); },
  () => ({ ok: false, status: 503 }),
  () => ({ ok: true, json: async () => ({ warns: false }) }),
  () => ({ ok: true, json: async () => ({ warns: false }) }),
];
const shared = {
  "@jupyterlab/apputils": { Notification: {} },
  "@jupyterlab/services": {
    ServerConnection: {
      makeRequest: async (_url, { method }) => { asked.push(method); return answers.shift()(); },
    },
  },
};
const scope = Object.fromEntries(
  Object.entries(shared).map(([name, one]) => [name, { 1: { get: async () => () => one } }]));
require(process.argv[1]);
(async () => {
  const page = window._JUPYTERLAB["synak-idle"];
  page.init(scope);
  const plugin = (await page.get())().default;
  await plugin.activate({ serviceManager: { serverSettings: { baseUrl: "/" } } });
  const settled = () => new Promise((done) => setImmediate(done));
  await settled();
  heard.keydown();
  for (let turn = 0; turn < 4; turn += 1) { look(); await settled(); }
  console.log(JSON.stringify(asked));
})();
"""


def test_a_key_that_was_not_told_is_told_again():
    node = CHECKOUT / ".node" / "node"
    line = [str(node), "-e", LAB, str(PROGRAM / "idle.js")]
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == ["GET", "POST", "POST", "POST", "GET"]
