// The assignment list's words of a refusal, whole and once: nbgrader's dialog does not break lines,
// and of a refused fetch the same sentence stands in each of its three lists. Written by hand in the
// form in which JupyterLab loads prebuilt extensions (module federation), so that nothing is built.
(function () {
  "use strict";
  const STYLE = [
    "#submission-message pre { white-space: pre-wrap; overflow-wrap: anywhere; }",
    "#released_assignments_list_error { overflow-wrap: anywhere; }",
    "#fetched_assignments_list_error, #submitted_assignments_list_error { display: none; }",
  ];

  function activate() {
    const style = document.createElement("style");
    style.textContent = STYLE.join("\n");
    document.head.append(style);
  }

  const plugin = { id: "synak-refusals:plugin", autoStart: true, requires: [], activate };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["synak-refusals"] = {
    init: function () {},
    get: async function () {
      return function () { return { __esModule: true, default: plugin }; };
    },
  };
})();
