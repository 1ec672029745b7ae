"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // The table of sources: a button in each header sorts, what is not known comes last either way.
  const table = byId("source-table");
  const body = table.tBodies[0];
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key === undefined ? cell.textContent.trim().toLowerCase() : cell.dataset.key;
  };
  const compare = (a, b, isNumber) => (isNumber ? Number(a) - Number(b) || 0 : a.localeCompare(b, "en", { numeric: true }));
  const sort = (header, column) => {
    const isDown = header.getAttribute("aria-sort") === "ascending";
    const isNumber = header.classList.contains("number");
    const rows = Array.from(body.rows, (row) => ({ row, key: keyOf(row, column) }));
    rows.sort((a, b) => {
      if (a.key === "" || b.key === "") return (a.key === "") - (b.key === "");
      return (isDown ? -1 : 1) * compare(a.key, b.key, isNumber);
    });
    all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    body.append(...rows.map(({ row }) => row));
  };
  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sort(header, column));
    header.replaceChildren(button);
  });

  // The filter.
  const filter = () => {
    const words = byId("filter-text").value.trim().toLowerCase();
    const kind = byId("filter-kind").value;
    const least = Number(byId("filter-ts").value) || 0;
    const rows = Array.from(body.rows);
    rows.forEach((row) => {
      const hasWords = row.textContent.toLowerCase().includes(words);
      const hasTs = least <= 0 || (row.dataset.ts !== "" && Number(row.dataset.ts) >= least);
      row.hidden = !(hasWords && hasTs && (kind === "" || row.dataset.kind === kind));
    });
    byId("filter-count").value = `${rows.filter((row) => !row.hidden).length} of ${rows.length} sources`;
  };
  ["filter-text", "filter-kind", "filter-ts"].forEach((id) => byId(id).addEventListener("input", filter));
  document.querySelector("form.filter").addEventListener("submit", (event) => event.preventDefault());

  // Panels: a link to one opens it.
  const openLinked = () => {
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    const panel = target && target.closest("details");
    if (panel) {
      panel.open = true;
      (target === panel ? panel.querySelector("summary") : target).focus();
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openLinked);
  const setAll = (isOpen) => all("details.panel").forEach((panel) => { panel.open = isOpen; });
  byId("open-all").addEventListener("click", () => setAll(true));
  byId("close-all").addEventListener("click", () => setAll(false));

  // Figures: the library and what it draws are unpacked, then each figure is drawn when it comes into sight.
  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(byId(id).textContent.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axesOf = (layout) => Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  const colors = (layout) => {
    const change = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", "font.color": color("--ink") };
    axesOf(layout).forEach((key) => {
      change[`${key}.gridcolor`] = color("--grid");
      change[`${key}.linecolor`] = color("--line");
    });
    return change;
  };
  const drawn = new Set();
  const draw = async (element, shown) => {
    const figure = shown.figures[element.id];
    if (!figure || drawn.has(element)) return;
    drawn.add(element);
    const { data, layout, config } = figure.plot;
    if (figure.places !== undefined) data[0].text = shown.places[figure.places];
    element.replaceChildren();
    await Plotly.newPlot(element, data, layout, config);
    await Plotly.relayout(element, colors(layout));
    element.dataset.drawn = "yes";
  };

  // Keys move and zoom a figure that has the focus: arrows, + and -, 0 for all.
  const ranges = (element) => axesOf(element._fullLayout).map((key) => [key, element._fullLayout[key].range.map(Number)]);
  const moves = { ArrowLeft: ["x", -0.1], ArrowRight: ["x", 0.1], ArrowDown: ["y", -0.1], ArrowUp: ["y", 0.1] };
  const zooms = { "+": 0.8, "=": 0.8, "-": 1.25 };
  const onKey = (event) => {
    const element = event.currentTarget;
    if (!drawn.has(element) || event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return;
    const change = {};
    const set = (key, low, high) => { change[`${key}.range`] = [low, high]; };
    if (event.key === "0") {
      const { layout } = shownFigures.figures[element.id].plot;
      axesOf(element._fullLayout).forEach((key) => {
        if (layout[key] && layout[key].range) change[`${key}.range`] = originals.get(element)[key];
        else change[`${key}.autorange`] = true;
      });
    } else if (event.key in moves) {
      const [axis, part] = moves[event.key];
      ranges(element).filter(([key]) => key.startsWith(axis)).forEach(([key, [a, b]]) => set(key, a + part * (b - a), b + part * (b - a)));
    } else if (event.key in zooms) {
      const half = 0.5 * zooms[event.key];
      ranges(element).forEach(([key, [a, b]]) => set(key, 0.5 * (a + b) - half * (b - a), 0.5 * (a + b) + half * (b - a)));
    } else {
      return;
    }
    event.preventDefault();
    Plotly.relayout(element, change);
  };
  let shownFigures = null;
  const originals = new Map();

  const start = async () => {
    const figures = all("[data-figure]");
    if (typeof DecompressionStream === "undefined") {
      all(".waiting").forEach((note) => { note.textContent = "This browser is too old to draw figures: it cannot unpack them."; });
      return;
    }
    shownFigures = JSON.parse(await unpack("figure-data"));
    const library = document.createElement("script");
    library.textContent = await unpack("figure-library");
    document.head.append(library);
    all(".waiting").forEach((note) => { note.textContent = "Drawing ..."; });
    figures.forEach((element) => {
      const { layout } = shownFigures.figures[element.id].plot;
      const kept = axesOf(layout).filter((key) => layout[key].range).map((key) => [key, [...layout[key].range]]);
      originals.set(element, Object.fromEntries(kept));
      element.addEventListener("keydown", onKey);
    });
    const watcher = new IntersectionObserver((entries) => {
      entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
        watcher.unobserve(entry.target);
        draw(entry.target, shownFigures);
      });
    }, { rootMargin: "400px" });
    figures.forEach((element) => watcher.observe(element));
    const isOpen = (element) => element.offsetParent !== null;
    addEventListener("beforeprint", () => figures.filter(isOpen).forEach((element) => draw(element, shownFigures)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      drawn.forEach((element) => Plotly.relayout(element, colors(element.layout)));
    });
    document.documentElement.dataset.report = "ready";
  };
  openLinked();
  start();
})();
