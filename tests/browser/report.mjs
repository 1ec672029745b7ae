// The report in a browser: nothing is fetched, nothing complains, each figure is drawn, tables sort and filter, keys work, and the page is accessible
// in both colour schemes and valid.
//
//   node report.mjs CHROMIUM PAGE|PROGRAM FOLDER
//
// PAGE is a report, ending in .html; PROGRAM is roi-fit, whose demo writes one. FOLDER gets pictures of it, to be looked at. The exit code is that of a test.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const [named, given, folder] = process.argv.slice(2);
const onPath = (name) => process.env.PATH.split(delimiter).map((place) => join(place, name)).find(existsSync) ?? name;
const executablePath = named.includes(sep) ? named : onPath(named);
await mkdir(folder, { recursive: true });
const demo = () => {
  execFileSync(given, ["demo", "--quiet", "--out", join(folder, "demo")], { stdio: "inherit" });
  return join(folder, "demo", "report.html");
};
const file = given.endsWith(".html") ? given : demo();
const faults = [];
const check = (isGood, words) => {
  if (!isGood) faults.push(words);
};

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
page.setDefaultTimeout(60_000);
page.on("console", (message) => check(!["error", "warning"].includes(message.type()), `console: ${message.text()}`));
page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
const own = pathToFileURL(resolve(file)).href;
page.on("request", (request) => {
  const url = request.url();
  check(url.split("#")[0] === own || /^(data|blob):/.test(url), `fetched: ${url}`);
});
const picture = (name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });

await page.emulateMedia({ colorScheme: "light" });
await page.goto(own);
await page.waitForFunction(() => document.documentElement.dataset.report === "ready");

await drawsAllFigures();
await picture("light");
await sortsAndFilters();
await opensLinkedPanels();
await obeysKeys();
await isAccessible("light");
await page.emulateMedia({ colorScheme: "dark" });
await page.waitForTimeout(500);
await isAccessible("dark");
await page.evaluate(() => scrollTo(0, 0));
await picture("dark");
await page.emulateMedia({ media: "print", colorScheme: "light" });
await picture("print");
await browser.close();
await isValid();

if (faults.length > 0) {
  console.error(`${faults.length} fault(s):\n  ${[...new Set(faults)].join("\n  ")}`);
  process.exit(1);
}
console.log("the report draws, sorts, filters, obeys keys, is accessible and valid");

async function drawsAllFigures() {
  await page.click("#open-all");
  const ids = await page.$$eval("[data-figure]", (all) => all.map((figure) => figure.id));
  check(ids.length > 0, "the page has no figure");
  await page.$$eval("details", (all) => all.forEach((details) => { details.open = true; }));
  for (const id of ids) {
    await page.evaluate((id) => document.getElementById(id).scrollIntoView(), id);
    const isDrawn = (id) => document.getElementById(id).dataset.drawn === "yes";
    const drawn = await page.waitForFunction(isDrawn, id, { timeout: 20_000 }).then(() => true, () => false);
    check(drawn, `${id} is not drawn`);
    const marks = await page.$$eval(`#${id} .scatterlayer path, #${id} .barlayer path, #${id} .heatmaplayer image`, (all) => all.length);
    check(marks > 0, `${id} shows nothing`);
  }
  // A picture of some of them is enough: with all it would be too high for the browser.
  await page.$$eval("details", (all) => all.forEach((details, at) => { details.open = at < 3; }));
  await page.evaluate(() => scrollTo(0, 0));
}

async function sortsAndFilters() {
  const column = (at) => page.$$eval("#source-table tbody tr", (rows, at) => rows.map((row) => row.cells[at].dataset.key ?? row.cells[at].textContent), at);
  const header = (at) => page.locator("#source-table thead th").nth(at);
  for (const at of [4, 7, 8]) {
    for (const [order, sign] of [["ascending", 1], ["descending", -1]]) {
      await header(at).locator("button").click();
      check((await header(at).getAttribute("aria-sort")) === order, `column ${at} does not say that it is ${order}`);
      const keys = await column(at);
      const known = keys.filter((key) => key !== "").map(Number);
      const isSorted = known.every((key, i) => i === 0 || sign * (key - known[i - 1]) >= 0);
      check(isSorted && keys.slice(0, known.length).every((key) => key !== ""), `column ${at} is not ${order}: ${keys}`);
    }
  }
  await header(0).locator("button").click();
  const names = await column(0);
  check(names.every((name, i) => i === 0 || names[i - 1].localeCompare(name, "en", { numeric: true, sensitivity: "base" }) <= 0), `names are not sorted: ${names}`);
  const visible = () => page.$$eval("#source-table tbody tr", (rows) => rows.filter((row) => row.offsetParent !== null).length);
  const all = await visible();
  await page.fill("#filter-text", names[0].slice(0, 6).toUpperCase());
  const some = await visible();
  check(some >= 1 && some < all, `the filter of names shows ${some} of ${all}`);
  check((await page.inputValue("#filter-count").catch(() => page.textContent("#filter-count"))).startsWith(`${some} of ${all}`), "the count is not told");
  await page.fill("#filter-text", "no such source");
  check((await visible()) === 0, "a name that nobody has is shown");
  await page.fill("#filter-text", "");
  await page.fill("#filter-ts", "1e9");
  check((await visible()) < all, "the filter of TS does nothing");
  await page.fill("#filter-ts", "");
  await page.selectOption("#filter-kind", "fixed");
  const fixed = await visible();
  await page.selectOption("#filter-kind", "free");
  check((await visible()) + fixed === all, "free and held are not all");
  await page.selectOption("#filter-kind", "");
}

async function opensLinkedPanels() {
  await page.click("#close-all");
  const link = page.locator("#source-table tbody a").first();
  const target = (await link.getAttribute("href")).slice(1);
  await link.click();
  await page.waitForFunction((id) => document.getElementById(id).open, target);
}

async function obeysKeys() {
  const first = await page.$eval("[data-figure]", (figure) => figure.id);
  const range = () => page.$eval(`#${first}`, (figure) => figure._fullLayout.xaxis.range.map(Number));
  const width = ([a, b]) => Math.abs(b - a);
  await page.focus(`#${first}`);
  const before = await range();
  await page.keyboard.press("+");
  await page.waitForTimeout(200);
  const closer = await range();
  check(width(closer) < width(before), "+ does not zoom");
  await page.keyboard.press("ArrowRight");
  await page.waitForTimeout(200);
  const aside = await range();
  check(aside[0] !== closer[0] && Math.abs(width(aside) - width(closer)) < 1e-9 * width(closer), "an arrow does not move");
  await page.keyboard.press("0");
  await page.waitForTimeout(200);
  check(Math.abs(width(await range()) - width(before)) < 1e-6 * width(before), "0 does not show all again");
}

async function isAccessible(scheme) {
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  violations.forEach((rule) => faults.push(`${scheme}: ${rule.id}: ${rule.help}: ${rule.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`));
}

async function isValid() {
  // What is packed is letters, and many of them.
  const html = (await readFile(file, "utf8")).replace(/(<script type="application\/gzip"[^>]*>)[^<]*/g, "$1");
  const report = await new HtmlValidate({ root: true, extends: ["html-validate:standard"] }).validateString(html);
  report.results.flatMap((result) => result.messages).forEach((fault) => faults.push(`HTML, line ${fault.line}: ${fault.ruleId}: ${fault.message}`));
}
