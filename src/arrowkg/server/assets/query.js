/* The query page: an editor with the example queries in tabs, which asks this server and nobody else. */
"use strict";

(() => {
  const endpoint = new URL("sparql", document.baseURI).href;
  const told = document.getElementById("cut");
  const examples = JSON.parse(document.getElementById("examples").textContent);

  // The editor does not show the headers of an answer, and one of them says whether the answer was cut.
  const send = window.fetch.bind(window);
  window.fetch = async (...request) => {
    const answer = await send(...request);
    const cut = answer.headers.get("Arrowkg-Cut");
    told.textContent = cut ? `The answer was cut after ${cut}; there is more.` : "";
    return answer;
  };

  const yasgui = new Yasgui(document.getElementById("yasgui"), {
    requestConfig: { endpoint, method: "POST" },
    endpointCatalogueOptions: { getData: () => [{ endpoint }], keys: [], renderItem: () => {} },
    persistenceId: "arrowkg",
    populateFromUrl: false,
    autoAddOnInit: false,
    autofocus: false,
  });

  // The IRIs of the graph's entities lead to their pages here, wherever they are to be published.
  const { base } = document.getElementById("yasgui").dataset;
  document.getElementById("yasgui").addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && link.href.startsWith(base)) link.href = new URL(link.href.slice(base.length), document.baseURI).href;
  });

  const add = (name, query, isShown) =>
    yasgui.addTab(isShown, { name, yasqe: { value: query }, requestConfig: { endpoint } });
  const given = new URLSearchParams(location.search).get("query");
  if (yasgui.persistentConfig.getTabs().length === 0) {
    examples.forEach(({ name, query }, place) => add(name, query, place === 0));
  }
  if (given !== null) add("Query", given, true);
})();
