// Tells the server that somebody is there; warns before an unused workspace is stopped, and says
// afterwards why. Written by hand in the form in which JupyterLab loads prebuilt extensions (module
// federation), so that nothing has to be built.
(function () {
  "use strict";
  const LOOK = 15000;
  let scope;

  async function shared(name) {
    const versions = scope[name];
    const factory = await versions[Object.keys(versions)[0]].get();
    return factory();
  }

  // What is open and changed; a save that the page makes is use as any other, so only what has to be.
  function save(shell) {
    for (const each of shell.widgets("main")) {
      const file = each.context;
      if (file && file.model.dirty && file.contentsModel && file.contentsModel.writable) file.save();
    }
  }

  async function activate(app) {
    const { Notification } = await shared("@jupyterlab/apputils");
    const { ServerConnection } = await shared("@jupyterlab/services");
    const settings = app.serviceManager.serverSettings;
    const url = settings.baseUrl + "synak/idle";
    let present = false;
    let shown = null;
    let words = null;

    for (const kind of ["keydown", "pointerdown", "wheel"]) {
      document.addEventListener(kind, function () { present = true; }, { capture: true, passive: true });
    }

    function hide() {
      if (shown !== null) Notification.dismiss(shown);
      shown = null;
    }

    // What did not arrive, on a slow network say, is told again.
    async function send(method) {
      let done = false;
      try {
        const answer = await ServerConnection.makeRequest(url, { method, redirect: "manual" }, settings);
        done = answer.ok;
        return answer;
      } finally {
        if (method === "POST" && !done) present = true;
      }
    }

    async function ask() {
      const there = present;
      present = false;
      const answer = await send(there ? "POST" : "GET");
      // Where no server is any more the proxy leads to the hub, on another host name.
      if (answer.type === "opaqueredirect" || answer.status === 424) return stopped();
      if (!answer.ok) return;
      const told = await answer.json();
      const before = words;
      words = told.warns ? told : null;
      if (!told.warns) return hide();
      if (before === null) save(app.shell);
      if (shown !== null && before !== null && before.warning === told.warning) return;
      hide();
      shown = Notification.warning(told.warning, {
        autoClose: false,
        actions: [{ label: told.go_on, callback: function () { present = true; look(); } }],
      });
    }

    // Only who was warned is told: a server that somebody stops says so itself.
    function stopped() {
      if (words === null) return;
      const told = words;
      words = null;
      hide();
      clearInterval(timer);
      Notification.error(told.stopped, {
        autoClose: false,
        actions: [{ label: told.start, callback: function () { location.reload(); } }],
      });
    }

    function look() {
      ask().catch(function () {}); // a server that does not answer now may do so the next time
    }

    const timer = setInterval(look, LOOK);
    look();
  }

  const plugin = { id: "synak-idle:plugin", autoStart: true, requires: [], activate };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["synak-idle"] = {
    init: function (given) { scope = given; },
    get: async function () {
      return function () { return { __esModule: true, default: plugin }; };
    },
  };
})();
