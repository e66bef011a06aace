// report_page.mjs - a page opened from disk as a reader would, and what must hold of every page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch } from './chromium.mjs';

export const browser = await launch();
const pictures = process.env.SPILLWAY_SCREENSHOTS;

export const urlOf = (name) => pathToFileURL(path.resolve(name)).href;

// A page that notes everything it should not do; `questions` are what it asks before it is left.
export async function open(url, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [], questions = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    if (dialog.type() === 'beforeunload') questions.push(dialog.type());
    else faults.push(`dialog: ${dialog.message()}`);
    dialog.accept();
  });
  page.on('request', (request) => request.url() !== url && !request.url().startsWith('blob:') && faults.push(`request: ${request.url()}`));
  page.on('framenavigated', (frame) => frame.url().split('#')[0] !== url && faults.push(`navigated: ${frame.url()}`));
  await page.goto(url, { waitUntil: 'load' });
  return { page, faults, questions, close: () => context.close() };
}

// With $SPILLWAY_SCREENSHOTS set to a folder, pictures are left there.
export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

export async function assertNoOverflow(page) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
}

const axe = await readFile(new URL('../../web/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const ALL_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// axe-core finds nothing on the page: by all its rules for WCAG 2.2 A and AA and its best practice, or only by `rules`, in all of
// the page or in `where`.  The functions `prepare` run in the page before.  The page's own policy would not let axe's script in.
export async function assertAccessible(url, options, { rules = ALL_RULES, where = null, prepare = [] } = {}) {
  const { page, close } = await open(url, { bypassCSP: true, reducedMotion: 'reduce', ...options });
  for (const step of prepare) await page.evaluate(step);
  await page.evaluate(axe);
  const find = (place, runOnly) => page.evaluate(async ([context, chosen]) => {
    const { violations } = await window.axe.run(context ?? document, { runOnly: chosen, resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.length}, ${nodes[0].target}: ${nodes[0].failureSummary}`);
  }, [place, runOnly]);
  assert.deepEqual(await find(where, rules), []);
  // It would have found one.
  await page.$eval('h1', (title) => { title.style.color = 'var(--line)'; });
  assert.equal((await find('h1', ['color-contrast'])).length, 1);
  await close();
}

// By day, in the dark and on a phone.
export async function assertAccessibleEverywhere(url, more) {
  for (const options of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { viewport: { width: 390, height: 844 } }])
    await assertAccessible(url, options, more);
}
