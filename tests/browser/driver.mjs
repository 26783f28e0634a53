// Drives one page of a browser through steps and tells what happened.
//
// Standard input: {"steps": [{"do": "goto", …}, …]} or the list alone. Standard output: a JSON object in one line for
// each step, {"ok": true, "value": …} or {"ok": false, "error": …}, where a failed step is the last; then one line
// {"log": {"console": […], "violations": […], "errors": […], "failed": […], "requests": […]}}.
//
//   goto        url or path (of a file), optional hash
//   reload      loads the page again
//   viewport    width, height
//   emulate     scheme ("dark", "light"), motion ("reduce", "no-preference"), media ("print", "screen")
//   offline     on: whether the network is cut off
//   type        text; selector: what is focused first
//   press       key, optional times
//   click       selector, or x and y
//   hover       x and y
//   wait        selector, or expression: until it is there or true
//   evaluate    expression; with "argument", the expression is a function of it; gives the value
//   script      path of a file that is run in the page, whatever its policy says
//   screenshot  path, optional full
//
// ARROWKG_BROWSER is the browser's program, ARROWKG_NODE the folder with node_modules.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.env.ARROWKG_NODE, "here.cjs"));
const puppeteer = require("puppeteer-core");

const patience = 20_000;
const log = { console: [], violations: [], errors: [], failed: [], requests: [] };
const write = (value) => process.stdout.write(JSON.stringify(value) + "\n");

async function readAll(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf-8");
}

const given = JSON.parse(await readAll(process.stdin));
const steps = Array.isArray(given) ? given : given.steps;

const browser = await puppeteer.launch({
  executablePath: process.env.ARROWKG_BROWSER,
  headless: true,
  args: [
    // Chromium's sandbox does not run for root; the pages are the tests' own.
    ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
  ],
});

// Whoever started this gives up after a while; the browser must not outlive it.
setTimeout(async () => {
  await browser.close();
  process.exit(1);
}, 150_000).unref();

function watch(page) {
  page.setDefaultTimeout(patience);
  page.on("console", (message) => {
    const text = message.text();
    if (text.startsWith("violation ")) log.violations.push(JSON.parse(text.slice("violation ".length)));
    else log.console.push({ type: message.type(), text });
  });
  page.on("pageerror", (error) => log.errors.push(String(error && error.message ? error.message : error)));
  page.on("request", (request) => log.requests.push(request.url()));
  page.on("requestfailed", (request) => log.failed.push(request.url()));
}

async function until(page, expression) {
  const end = Date.now() + patience;
  for (;;) {
    // While a page gives way to the next, there is nothing to ask.
    const found = await page.evaluate(`Boolean(${expression})`).catch(() => false);
    if (found) return true;
    if (Date.now() > end) throw new Error(`waited in vain for ${expression}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

let session = null;

const actions = {
  async goto(page, step) {
    const url = (step.url ?? pathToFileURL(resolve(step.path)).href) + (step.hash ?? "");
    await page.goto(url, { waitUntil: "load" });
    return page.url();
  },
  async reload(page) {
    await page.reload({ waitUntil: "load" });
  },
  async viewport(page, step) {
    await page.setViewport({ width: step.width, height: step.height });
  },
  async emulate(page, step) {
    const features = [];
    if (step.scheme) features.push({ name: "prefers-color-scheme", value: step.scheme });
    if (step.motion) features.push({ name: "prefers-reduced-motion", value: step.motion });
    // In one command: of two, each undoes what the other set.
    session ??= await page.createCDPSession();
    await session.send("Emulation.setEmulatedMedia", { media: step.media ?? "", features });
  },
  async offline(page, step) {
    await page.setOfflineMode(step.on);
  },
  async type(page, step) {
    if (step.selector) await page.focus(step.selector);
    await page.keyboard.type(step.text);
  },
  async press(page, step) {
    for (let time = 0; time < (step.times ?? 1); time++) await page.keyboard.press(step.key);
  },
  async click(page, step) {
    if (step.selector) await page.click(step.selector);
    else await page.mouse.click(step.x, step.y);
  },
  async hover(page, step) {
    await page.mouse.move(step.x, step.y);
  },
  async wait(page, step) {
    await until(page, step.expression ?? `document.querySelector(${JSON.stringify(step.selector)})`);
  },
  async evaluate(page, step) {
    if (!("argument" in step)) return page.evaluate(step.expression);
    return page.evaluate(`(${step.expression})(${JSON.stringify(step.argument)})`);
  },
  async script(page, step) {
    await page.evaluate(`${readFileSync(step.path, "utf-8")}; undefined`);
  },
  async screenshot(page, step) {
    await page.screenshot({ path: step.path, fullPage: step.full ?? false });
  },
};

try {
  const page = await browser.newPage();
  watch(page);
  // The events tell of every violation, also of one that the console would not.
  await page.evaluateOnNewDocument(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { violatedDirective, blockedURI, sourceFile, lineNumber, sample } = event;
      console.debug("violation " + JSON.stringify({ violatedDirective, blockedURI, sourceFile, lineNumber, sample }));
    });
  });
  for (const step of steps) {
    try {
      const action = actions[step.do];
      if (!action) throw new Error(`there is no step ${step.do}`);
      write({ ok: true, value: (await action(page, step)) ?? null });
    } catch (error) {
      write({ ok: false, error: String(error && error.message ? error.message : error) });
      break;
    }
  }
} finally {
  await browser.close();
}
write({ log });
