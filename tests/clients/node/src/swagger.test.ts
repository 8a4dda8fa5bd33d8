// Swagger UI as a person uses it: Authorize with a key, Try it out, read the answer. No request leaves
// the server.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";

import { type Browser, chromium } from "playwright-core";

import { type RunningServer, startServer } from "./server.js";

const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

let server: RunningServer;
let browser: Browser;
before(async () => {
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  assert.ok(executablePath, "Chromium is not installed: install the Debian package chromium, or set CHROMIUM to it");
  server = await startServer();
  browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("Authorize, Try it out, 200", { timeout: 120_000 }, async () => {
  const page = await browser.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));

  await page.goto(`${server.url}/v1/spec/`);
  await page.getByRole("button", { name: "Authorize" }).first().click();
  const dialog = page.locator(".auth-container", { hasText: "X-API-Key" });
  await dialog.locator("input").fill(server.key);
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  await page.locator(".btn-done").first().click();

  const path = "/v1/kubernetes/clusters";
  const operation = page.locator(".opblock-get", { has: page.locator(`[data-path="${path}"]`) });
  await page.locator("#operations-tag-clusters").click();
  await operation.locator(".opblock-summary-control").click();
  const tryIt = operation.getByRole("button", { name: "Try it out" });
  if (await tryIt.isVisible()) await tryIt.click();
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === path);
  await operation.getByRole("button", { name: "Execute" }).click();

  const answer = await answered;
  assert.equal(answer.status(), 200);
  assert.deepEqual(await answer.json(), { items: [] });
  const shown = operation.locator(".live-responses-table .response-col_status").last();
  await shown.waitFor();
  assert.match((await shown.textContent()) ?? "", /^200/);

  const elsewhere = requested.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith("data:"));
  assert.deepEqual(elsewhere, [], "requests that left the server");
  assert.deepEqual(complaints, [], "what the page complained about");
});
