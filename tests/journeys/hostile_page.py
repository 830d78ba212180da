"""What a hostile user shows at an address of her own: everything that a script can try."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = r"""<!doctype html><title>Prize draw</title><h1>You have won</h1>
<iframe name="hole" hidden></iframe><iframe id="desk" src="DESK/desk/"></iframe>
<script>
const desk = 'DESK', permit = 'PERMIT', file = 'FILE';
const found = {};
async function attempt(name, act) {
  try { found[name] = String(await act()); }
  catch (error) { found[name] = 'stopped: ' + error.name; }
}
async function stolen(path, options) {
  const answer = await fetch(desk + path, {credentials: 'include', ...options});
  return answer.type + ':' + (await answer.text()).slice(0, 200);
}
const acts = ['/desk/permits/' + permit + '/suspend', '/desk/permits/' + permit + '/halt',
              '/desk/files/' + file + '/take-up', '/desk/files', '/desk/sign-out'];
const body = new URLSearchParams({reasons: 'hostile', understood: 'yes', _csrf: 'x', _key: 'y'});
function submitted(path) {
  const form = document.createElement('form');
  form.method = 'post'; form.action = desk + path; form.target = 'hole';
  for (const [name, value] of body) {
    const field = document.createElement('input');
    field.name = name; field.value = value; form.append(field);
  }
  document.body.append(form); form.submit();
  return 'sent';
}
async function attack() {
  for (const path of ['/desk/', '/desk/files', '/desk/api/v1/trial', '/hub/api/user'])
    await attempt('read ' + path, () => stolen(path));
  await attempt('read opaque', () => stolen('/desk/', {mode: 'no-cors'}));
  const frame = document.getElementById('desk');
  await attempt('read frame', () => frame.contentDocument.body.innerText);
  await attempt('read events', () => new Promise((done, fail) => {
    const live = desk + '/desk/permits/' + permit + '/live';
    const source = new EventSource(live, {withCredentials: true});
    source.onmessage = event => done(event.data);
    source.onerror = () => fail(new DOMException('', 'SecurityError'));
  }));
  await attempt('read window', async () => {
    const opened = window.open(desk + '/desk/');
    await new Promise(go => setTimeout(go, 1500));
    return opened.document.body.innerText;
  });
  for (const path of acts) {
    await attempt('post cors ' + path, () => stolen(path, {method: 'POST', body}));
    const blind = {method: 'POST', body, mode: 'no-cors'};
    await attempt('post opaque ' + path, () => stolen(path, blind));
    await attempt('post form ' + path, () => submitted(path));
    await new Promise(go => setTimeout(go, 200));
  }
  for (const name of ['synak_desk', 'synak_sign_in', '_xsrf', 'jupyterhub-session-id'])
    for (const place of ['/', '/desk/', '/hub/'])
      document.cookie = name + '=tossed; domain=synak.localhost; path=' + place;
  await attempt('post tossed', () => stolen(acts[0], {method: 'POST', body, mode: 'no-cors'}));
  window.found = found;
}
window.done = attack();
</script>"""


@contextmanager
def served(desk: str, permit: str, file: str) -> Iterator[int]:
    """Serve the page, aimed at a desk, a permit and a file; yields the port."""
    page = PAGE.replace("DESK", desk).replace("PERMIT", permit).replace("FILE", file).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
