// The browser's tab is named after the heading of the page that it shows, so that ten open firms are ten different tabs
// and the history can be read.
(function () {
  const brand = document.title;
  function name() {
    const heading = document.querySelector("#page h1");
    const words = heading ? heading.textContent.trim() : "";
    const title = words ? words + " · " + brand : brand;
    if (document.title !== title) document.title = title;
  }
  new MutationObserver(name).observe(document.body, {childList: true, subtree: true, characterData: true});
})();
