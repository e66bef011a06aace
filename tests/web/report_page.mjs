// report_page.mjs - a report opened from disk as a reader would, and what must hold of every page.
import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch } from './chromium.mjs';

export const browser = await launch();
const pictures = process.env.SPILLWAY_SCREENSHOTS;

export const urlOf = (name) => pathToFileURL(path.resolve(name)).href;

// A page that notes everything it should not do.
export async function open(url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => request.url() !== url && faults.push(`request: ${request.url()}`));
  page.on('framenavigated', (frame) => frame.url().split('#')[0] !== url && faults.push(`navigated: ${frame.url()}`));
  await page.goto(url, { waitUntil: 'load' });
  return { page, faults, close: () => context.close() };
}

// With $SPILLWAY_SCREENSHOTS set to a folder, pictures are left there.
export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

export async function assertNoOverflow(page) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
}
