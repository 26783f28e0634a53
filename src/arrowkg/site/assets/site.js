/* What a browser adds to the pages: the choice of a theme, the search, the graph of co-authors, set formulas.
 *
 * Every page can be read without this script. It runs from a folder (file://) as from a server, so nothing is fetched:
 * data come as scripts that call `arrowkgShard` or `arrowkgGraph`. It runs under a policy that forbids inline scripts,
 * inline styles and evaluation; text from the data becomes text nodes, never markup.
 */
"use strict";

(() => {
  const root = document.documentElement;
  // Taken now: the element is known only while the script runs for the first time.
  const assets = new URL(".", document.currentScript.src).href;
  const themeChanged = new Event("arrowkg-theme");

  /* The address of a path of the site. An empty root becomes "./", so that no path is read as one with a scheme. */
  const address = (path) => (root.dataset.root || "./") + path;

  const counted = (number) => number.toLocaleString("en");

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function loadScript(src) {
    return new Promise((resolve, reject) => {
      const script = element("script", { src, onload: resolve, onerror: () => reject(new Error(`${src} is missing`)) });
      document.head.append(script);
    });
  }

  // Theme ------------------------------------------------------------------------------------------------------------

  const themeKey = "arrowkg-theme";
  const systemDark = matchMedia("(prefers-color-scheme: dark)");

  // Browsers throw here where storage is switched off.
  function rememberedTheme() {
    try {
      const theme = localStorage.getItem(themeKey);
      return theme === "dark" || theme === "light" ? theme : "";
    } catch {
      return "";
    }
  }

  function rememberTheme(theme) {
    try {
      if (theme) localStorage.setItem(themeKey, theme);
      else localStorage.removeItem(themeKey);
    } catch {
      // The choice then holds for this page only.
    }
  }

  function showTheme(theme) {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.dispatchEvent(themeChanged);
  }

  function startTheme() {
    const button = document.getElementById("theme");
    systemDark.addEventListener("change", () => document.dispatchEvent(themeChanged));
    if (!button) return;
    const label = () => {
      button.textContent = `Theme: ${root.dataset.theme || "automatic"}`;
    };
    button.addEventListener("click", () => {
      // The first step away from the system's theme must be seen, so it goes to the other one.
      const order = systemDark.matches ? ["", "light", "dark"] : ["", "dark", "light"];
      const theme = order[(order.indexOf(root.dataset.theme || "") + 1) % order.length];
      rememberTheme(theme);
      showTheme(theme);
      label();
    });
    label();
    button.hidden = false;
  }

  // Search: folding, the twin of folding.py --------------------------------------------------------------------------

  const devices = new Set(["aux", "con", "nul", "prn"]);

  function words(text) {
    const bare = text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
    return bare.split(/[^\p{L}\p{N}]+/u).filter((word) => word);
  }

  function shardFile(word) {
    const key = Array.from(word).slice(0, 3);
    const plain = key.join("");
    if (/^[a-z0-9]{1,3}$/.test(plain) && !devices.has(plain)) return plain;
    return "x" + key.map((char) => char.codePointAt(0).toString(16).padStart(4, "0")).join("-");
  }

  // Search: data -----------------------------------------------------------------------------------------------------

  const shards = new Map();
  const arrived = new Map();

  window.arrowkgShard = (file, records, left) => arrived.set(file, { records, left: left || 0 });

  /* The records of a file, each with the words of its label; null where there is no such file. Asked for once. */
  function shard(file) {
    if (!shards.has(file)) {
      const loaded = loadScript(address(`data/search/${file}.js`)).then(
        () => {
          const found = arrived.get(file);
          if (!found) throw new Error(`data/search/${file}.js holds no records`);
          arrived.delete(file);
          const records = found.records.map(([kind, label, detail, path]) => {
            return { kind, label, detail, path, words: words(label) };
          });
          return { records, left: found.left };
        },
        () => null,
      );
      shards.set(file, loaded);
    }
    return shards.get(file);
  }

  const most = 50;
  const least = 3;
  const kindOrder = ["author", "venue", "paper"];
  const length = (word) => Array.from(word).length;
  const alphabet = new Intl.Collator("en");

  /* The records in which every word of the query begins a word, best first. */
  function matching(records, query) {
    const whole = query.join(" ");
    const found = records.filter((record) => {
      return query.every((wanted) => record.words.some((word) => word.startsWith(wanted)));
    });
    const keys = new Map(
      found.map((record) => [record, [record.words.join(" ") === whole ? 0 : 1, kindOrder.indexOf(record.kind)]]),
    );
    return found.sort((a, b) => {
      const [exactA, kindA] = keys.get(a);
      const [exactB, kindB] = keys.get(b);
      return exactA - exactB || kindA - kindB || alphabet.compare(a.label, b.label);
    });
  }

  // Search: the form -------------------------------------------------------------------------------------------------

  const pause = 150;

  function startSearch() {
    const form = document.querySelector("form[role=search]");
    const input = document.getElementById("q");
    const status = document.getElementById("search-status");
    const results = document.getElementById("results");
    if (!form || !input || !status || !results) return;

    let turn = 0;
    let timer = 0;
    let shown = "";
    const links = () => Array.from(results.querySelectorAll("a"));

    function show(text, found = []) {
      status.textContent = text;
      results.replaceChildren(
        ...found.map((record) =>
          element(
            "li",
            {},
            element("a", { href: address(record.path) }, record.label),
            " ",
            element("span", { className: "kind" }, record.kind),
            " ",
            element("span", { className: "detail" }, record.detail),
          ),
        ),
      );
    }

    /* Look up what the field holds; what comes in late for an older text is thrown away. */
    async function search() {
      clearTimeout(timer);
      timer = 0;
      const text = input.value;
      const mine = ++turn;
      remember(text);
      const query = words(text);
      if (!query.length) {
        show(text.trim() ? "Type letters or numbers." : "");
        shown = text;
        return;
      }
      const longest = query.reduce((best, word) => (length(word) > length(best) ? word : best));
      let held;
      try {
        held = await shard(shardFile(longest));
      } catch {
        if (mine === turn) {
          show("The search data cannot be read.");
          shown = text;
        }
        return;
      }
      if (mine !== turn) return;
      const found = held ? matching(held.records, query) : [];
      const said = [];
      if (found.length > most) said.push(`${most} of ${counted(found.length)} shown.`);
      else if (found.length) said.push(`${counted(found.length)} found.`);
      else said.push(`Nothing found for “${text.trim()}”.`);
      if (held && held.left) {
        const start = Array.from(longest).slice(0, least).join("");
        said.push(`${counted(held.left)} more with words that begin with “${start}” are not in the search data.`);
      }
      if (length(longest) < least) {
        said.push(`Only whole words “${longest}” are looked up: the beginning of a word needs three letters.`);
      }
      show(said.join(" "), found.slice(0, most));
      shown = text;
    }

    // The way back from a result finds the query in the address. Browsers throw where they forbid the change.
    function remember(text) {
      try {
        const [page] = location.href.split("#");
        const wanted = text ? `${page}#q=${encodeURIComponent(text)}` : page;
        if (wanted !== location.href) history.replaceState(null, "", wanted);
      } catch {
        // The way back then finds an empty field.
      }
    }

    function remembered() {
      try {
        return location.hash.startsWith("#q=") ? decodeURIComponent(location.hash.slice(3)) : "";
      } catch {
        return "";
      }
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      turn++;
      timer = setTimeout(search, pause);
    });

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (shown !== input.value || timer) {
        await search();
        return;
      }
      const [first] = links();
      if (first) first.click();
    });

    input.addEventListener("keydown", (event) => {
      // While letters are being composed, the keys belong to the input method.
      if (event.isComposing) return;
      if (event.key === "ArrowDown") {
        const [first] = links();
        if (first) {
          event.preventDefault();
          first.focus();
        }
      } else if (event.key === "Escape") {
        event.preventDefault();
        input.value = "";
        search();
      }
    });

    results.addEventListener("keydown", (event) => {
      const all = links();
      const at = all.indexOf(document.activeElement);
      if (at < 0) return;
      let next;
      if (event.key === "ArrowDown") next = all[Math.min(at + 1, all.length - 1)];
      else if (event.key === "ArrowUp") next = at ? all[at - 1] : input;
      else if (event.key === "Escape") next = input;
      else return;
      event.preventDefault();
      next.focus();
    });

    form.hidden = false;
    if (!input.value) input.value = remembered();
    if (input.value) search();
  }

  // Graph ------------------------------------------------------------------------------------------------------------

  /* Starting places on a spiral, the first names inmost: no two alike, and the same in every run. */
  function place(index) {
    const turn = index * Math.PI * (3 - Math.sqrt(5));
    const far = 40 * Math.sqrt(index + 0.5);
    return { x: far * Math.cos(turn), y: far * Math.sin(turn) };
  }

  /* Push nodes apart that lie on each other, so that each can be clicked. */
  function separate(nodes) {
    const spots = nodes.map((node) => ({ ...node.position(), radius: node.data("size") / 2 + 2 }));
    for (let round = 0, moved = true; moved && round < 100; round++) {
      moved = false;
      for (let i = 0; i < spots.length; i++) {
        for (let j = 0; j < i; j++) {
          const [a, b] = [spots[i], spots[j]];
          let [x, y] = [a.x - b.x, a.y - b.y];
          const least = a.radius + b.radius;
          if (x * x + y * y >= least * least) continue;
          // On the same spot, each pair goes another way.
          if (!x && !y) [x, y] = [Math.cos(i + j), Math.sin(i + j)];
          const far = Math.hypot(x, y);
          const push = (least - Math.min(far, least)) / 2 / far + 0.001;
          a.x += x * push;
          a.y += y * push;
          b.x -= x * push;
          b.y -= y * push;
          moved = true;
        }
      }
    }
    nodes.forEach((node, index) => node.position({ x: spots[index].x, y: spots[index].y }));
  }

  function graphStyle() {
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue(name).trim();
    return [
      {
        selector: "node",
        style: {
          width: "data(size)",
          height: "data(size)",
          "background-color": colour("--accent"),
          "border-width": 1,
          "border-color": colour("--ground"),
          color: colour("--text"),
          "font-size": "data(letters)",
          "text-margin-y": -3,
          "text-outline-color": colour("--ground"),
          "text-outline-width": 2,
        },
      },
      { selector: "edge", style: { width: "data(width)", "line-color": colour("--line-strong"), opacity: 0.55 } },
      { selector: ".faint", style: { opacity: 0.15 } },
      { selector: "node.named, node.near", style: { label: "data(label)", "z-index": 5 } },
      { selector: "node.near", style: { "z-index": 9 } },
      { selector: "edge.near", style: { "line-color": colour("--accent"), opacity: 1 } },
    ];
  }

  function drawGraph(figure, canvas, data) {
    const elements = [
      ...data.nodes.map(([label, path, papers], index) => ({
        data: { id: `n${index}`, label, path, size: 8 + 4 * Math.sqrt(papers), letters: 12 },
        position: place(index),
      })),
      ...data.links.map(([from, to, papers], index) => ({
        data: { id: `l${index}`, source: `n${from}`, target: `n${to}`, width: 0.5 + Math.sqrt(papers) },
      })),
    ];
    const graph = window.cytoscape({
      container: canvas,
      elements,
      style: graphStyle(),
      layout: { name: "preset", fit: true, padding: 20 },
      minZoom: 0.05,
      maxZoom: 5,
      // The wheel scrolls the page, and a drag moves the whole picture.
      userZoomingEnabled: false,
      autoungrabify: true,
      boxSelectionEnabled: false,
      selectionType: "single",
    });
    graph
      .layout({
        name: "cose",
        randomize: false,
        animate: false,
        fit: false,
        numIter: 300,
        nodeRepulsion: () => 10000,
        idealEdgeLength: () => 50,
        componentSpacing: 60,
      })
      .run();
    separate(graph.nodes().toArray());
    graph.fit(undefined, 20);
    // With all in view there is room for the names with most papers; the others come with a closer look. Names keep
    // their size on the screen.
    const ranked = graph.nodes().sort((a, b) => b.data("size") - a.data("size"));
    const whole = graph.zoom();
    const chooseNames = () => {
      const level = graph.zoom();
      const room = 25 * (level / whole) ** 2;
      graph.batch(() => {
        ranked.forEach((node, rank) => {
          node.toggleClass("named", rank < room);
          node.data("letters", 12 / level);
        });
      });
    };
    graph.on("zoom", chooseNames);
    chooseNames();
    graph.on("tap", "node", (event) => location.assign(address(event.target.data("path"))));
    graph.on("mouseover", "node", (event) => {
      const near = event.target.closedNeighborhood();
      graph.elements().not(near).addClass("faint");
      near.addClass("near");
      canvas.classList.add("over");
    });
    graph.on("mouseout", "node", () => {
      graph.elements().removeClass("faint near");
      canvas.classList.remove("over");
    });
    document.addEventListener("arrowkg-theme", () => graph.style(graphStyle()));

    const zoom = (factor) => () => {
      graph.zoom({
        level: graph.zoom() * factor,
        renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 },
      });
    };
    const button = (text, name, onclick) => {
      const made = element("button", { type: "button", onclick, title: name }, text);
      made.setAttribute("aria-label", name);
      return made;
    };
    const tools = element(
      "div",
      { className: "zoom" },
      button("+", "Zoom in", zoom(1.4)),
      button("−", "Zoom out", zoom(1 / 1.4)),
      button("Fit", "Fit the graph into its frame", () => graph.fit(undefined, 20)),
    );
    canvas.after(tools);
  }

  async function startGraph() {
    const figure = document.getElementById("graph");
    const canvas = figure && figure.querySelector(".canvas");
    if (!canvas || !figure.dataset.source) return;
    const caption = figure.querySelector("figcaption");
    // The table beside the figure holds the same for those who cannot see a canvas.
    canvas.setAttribute("aria-hidden", "true");
    let data = null;
    window.arrowkgGraph = (given) => {
      data = given;
    };
    // Cytoscape adds a style element, which the policy forbids, unless it finds one of this name; site.css has its rule.
    const name = "__________cytoscape_stylesheet";
    if (!document.getElementById(name)) document.head.append(element("meta", { id: name }));
    try {
      await Promise.all([
        loadScript(`${assets}vendor/cytoscape/cytoscape.min.js`),
        loadScript(address(figure.dataset.source)),
      ]);
      if (!data) throw new Error(`${figure.dataset.source} holds no graph`);
      figure.classList.add("drawn");
      drawGraph(figure, canvas, data);
      if (caption) caption.textContent = `${counted(data.shown)} of ${counted(data.of)} names shown`;
    } catch (error) {
      figure.classList.remove("drawn");
      if (caption) caption.textContent = "The graph cannot be drawn; the table holds the same data.";
      console.warn(error);
    }
  }

  // Formulas ---------------------------------------------------------------------------------------------------------

  /* Do something while style attributes set by script go the way that the policy allows, property by property.
   *
   * KaTeX sets most styles so, but for errors, \pmb and \fcolorbox it sets the attribute.
   */
  function withoutStyleAttributes(act) {
    const original = Element.prototype.setAttribute;
    Element.prototype.setAttribute = function (name, value) {
      if (name === "style" && this.style) this.style.cssText = value;
      else original.call(this, name, value);
    };
    try {
      act();
    } finally {
      Element.prototype.setAttribute = original;
    }
  }

  // A comment in TeX; in a listing it is a percent sign whose backslash was forgotten.
  const barePercent = /(?<!\\)((?:\\\\)*)%/g;

  function setFormula(span) {
    const source = span.textContent;
    let refused = false;
    try {
      withoutStyleAttributes(() =>
        window.katex.render(source.replace(barePercent, "$1\\%"), span, {
          displayMode: span.classList.contains("display"),
          output: "htmlAndMathml",
          throwOnError: false,
          errorColor: "currentColor",
          // Links, images and styles are refused, and KaTeX would drop the text within; a formula with one stays source.
          trust: () => {
            refused = true;
            return false;
          },
          strict: false,
          maxExpand: 200,
          maxSize: 20,
        }),
      );
    } catch (error) {
      refused = true;
      console.warn(error);
    }
    if (refused || span.querySelector(".katex-error")) span.textContent = source;
    else span.classList.add("set");
  }

  async function startMath() {
    const spans = document.querySelectorAll(".math");
    if (!spans.length) return;
    const sheet = element("link", { rel: "stylesheet", href: `${assets}vendor/katex/katex.min.css` });
    // Without the sheet, what KaTeX makes shows every formula twice, so the formulas wait for it.
    const styled = new Promise((resolve, reject) => {
      sheet.onload = resolve;
      sheet.onerror = () => reject(new Error(`${sheet.href} is missing`));
    });
    document.head.append(sheet);
    try {
      await Promise.all([styled, loadScript(`${assets}vendor/katex/katex.min.js`)]);
    } catch (error) {
      console.warn(error);
      return;
    }
    spans.forEach(setFormula);
    root.dataset.math = "done";
  }

  // Start ------------------------------------------------------------------------------------------------------------

  window.arrowkg = Object.freeze({ words, shardFile });

  function start() {
    startTheme();
    startSearch();
    startGraph();
    startMath();
  }

  // Before the page is painted, if the script stands in its head.
  showTheme(rememberedTheme());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
