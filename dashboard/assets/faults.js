// Whatever a page asks of the server and does not get, its reader is told: an ended session leads to sign-in, anything
// else raises the message of shell.py that fits. Dash alone would write a line to the console, which nobody reads.
(function () {
  const ask = window.fetch;

  function raise(kind) {
    const letter = document.getElementById("fault");
    if (!letter) return;
    letter.querySelectorAll("[data-fault]").forEach(function (words) {
      words.hidden = words.dataset.fault !== kind;
    });
    letter.hidden = false;
  }

  function leave() {
    const here = window.location.pathname + window.location.search;
    window.location.assign("/sign-in?" + new URLSearchParams({next: here}));
  }

  window.fetch = async function (resource, options) {
    const address = typeof resource === "string" ? resource : (resource && resource.url) || "";
    if (!address.includes("_dash-update-component")) return ask(resource, options);
    let answer;
    try {
      answer = await ask(resource, options);
    } catch (error) {
      if (!(error && error.name === "AbortError")) raise("away");
      throw error;
    }
    if (answer.status === 401) leave();
    else if (answer.status === 403 || answer.status === 404) raise("refused");
    else if (answer.status === 400) raise("stale");
    else if (answer.status === 507) raise("full");
    else if (answer.status >= 402) raise("broken");
    return answer;
  };

  document.addEventListener("click", function (event) {
    if (event.target.closest("#fault-reload")) window.location.reload();
    if (event.target.closest("#fault-close")) document.getElementById("fault").hidden = true;
  });
})();
