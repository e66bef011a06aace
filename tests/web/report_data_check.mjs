// report_data_check.mjs PAGE CSV - downloads the file that the page holds, and follows its links as a reader would.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch } from './chromium.mjs';

const [page_file, csv_file] = process.argv.slice(2);
const url = pathToFileURL(path.resolve(page_file)).href;
const browser = await launch();

async function open(javaScriptEnabled) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled, acceptDownloads: true });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  return { page, close: () => context.close() };
}

async function assertDownload(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[download]')]);
  assert.equal(download.suggestedFilename(), 'tests.csv');
  assert.deepEqual(fs.readFileSync(await download.path()), fs.readFileSync(csv_file));
}

// Follows a link to an anchor and returns what it leads to, which is then on the screen.
async function follow(page, selector) {
  const link = page.locator(selector).first();
  const target = page.locator(await link.getAttribute('href'));
  assert.equal(await target.count(), 1);
  await link.click();
  await target.waitFor({ state: 'visible' });
  await page.waitForFunction((id) => {
    const { top, bottom } = document.getElementById(id).getBoundingClientRect();
    return top < window.innerHeight && bottom > 0;
  }, await target.getAttribute('id'));
  return target;
}

for (const javaScriptEnabled of [true, false]) {
  const { page, close } = await open(javaScriptEnabled);
  await assertDownload(page);
  // A figure of the summary, its mode's row, the table of its tests, a test's answer, and back to the row.
  await follow(page, '#summary + dl a[href^="#modes-1"]');
  await follow(page, '#modes-1-stream a');
  const answer = await follow(page, '#tests-1-stream tbody th a');
  assert.match(await answer.innerText(), /Answered/i);
  await follow(page, `#${await answer.getAttribute('id')} a[href^="#test-1"]`);
  await follow(page, '#models ~ .scroll thead a');
  await close();
}

await browser.close();
