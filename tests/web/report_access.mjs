// report_access.mjs FILE DEMO - benchmark reports for those who read them otherwise: by keyboard, with a screen reader, on a
// phone, on paper, without scripts.  FILE is of the nine tests, DEMO of a demo model streamed and not.
import assert from 'node:assert/strict';

import { assertAccessible, assertNoOverflow, browser, open, picture, urlOf } from './report_page.mjs';

const [file, demo] = process.argv.slice(2).map(urlOf);

// Rows, answers and folds of one kind are alike: two of each are enough where every element costs time.
function trim() {
  document.querySelectorAll('tbody tr:nth-of-type(n+3), .group > details:nth-of-type(n+3), .legend li:nth-child(n+3)').forEach((one) => one.remove());
}

// ---- axe-core ----

// One fold of each kind is open: what is in the others is alike.
function unfold() {
  const folds = 'figure > details, section > details:first-of-type, #answers ~ .group, #answers ~ .group > details:first-of-type';
  document.querySelectorAll(folds).forEach((fold) => { fold.open = true; });
}

// ---- by keyboard ----

// What the focus comes to, from now on.
function watchFocus() {
  window.stops = [];
  document.addEventListener('focusin', ({ target }) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(target);
    const box = target.getBoundingClientRect();
    window.stops.push({ what: target.localName, text: target.textContent.slice(0, 40),
      isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && box.bottom > 0 && box.top < window.innerHeight });
  });
}

// Every control, in the order of the page, once; each is in sight and marked.
async function assertReached(page) {
  await page.evaluate(watchFocus);
  const n = await page.evaluate(() => [...document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]')]
    .filter((element) => element.checkVisibility({ contentVisibilityAuto: true })).length);
  await page.locator('h1').click();
  for (let i = 0; i < n; i++) await page.keyboard.press('Tab');
  const stops = await page.evaluate(() => window.stops);
  assert.equal(stops.length, n);
  assert.deepEqual(stops.filter((stop) => !stop.isSeen), []);
  for (const kind of ['a', 'button', 'input', 'summary']) assert.ok(stops.some((stop) => stop.what === kind), `a ${kind} was reached`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true, 'nothing comes after the last control');
}

const focusedText = (page) => page.evaluate(() => document.activeElement.textContent);

async function assertKeys(page) {
  // At most a link of the first lines comes before it.
  await page.keyboard.press('Tab');
  if (await focusedText(page) !== 'Skip the contents') await page.keyboard.press('Tab');
  assert.equal(await focusedText(page), 'Skip the contents');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => location.hash), '#summary');
  // The values along a chart, in words.
  const probe = page.locator('figure[data-chart=tokens] input[type=range]');
  await probe.focus();
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight');
  assert.match(await probe.getAttribute('aria-valuetext'), /^[\d.]+ s; .*: \d+ tokens after [\d.]+ s/);
  assert.ok(await page.locator('figure[data-chart=tokens] .tip').isVisible());
  // A series is hidden, and shown again.
  const lines = () => page.locator('figure[data-chart=tokens] .chart svg path[fill="none"][stroke-width="1.8"]').count();
  const before = await lines();
  const name = page.locator('figure[data-chart=tokens] .legend button').first();
  await name.focus();
  await page.keyboard.press('Space');
  assert.equal(await name.getAttribute('aria-pressed'), 'false');
  await page.waitForFunction((n) => document.querySelectorAll('figure[data-chart=tokens] .chart svg path[fill="none"][stroke-width="1.8"]').length < n, before);
  await page.keyboard.press('Space');
  // The table behind it has a row for each answer.
  await page.locator('figure[data-chart=tokens] summary').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('figure[data-chart=tokens] tbody tr').count(), 9);
  assert.ok(await page.locator('figure[data-chart=tokens] table').isVisible());
}

// The contents stay in sight, and say where the reader is.
async function assertContents(page) {
  await page.locator('#answers').scrollIntoViewIfNeeded();
  await page.evaluate(() => document.getElementById('answers').scrollIntoView());
  await page.waitForFunction(() => document.querySelector('nav [aria-current]')?.hash === '#answers');
  const box = await page.locator('nav a[href="#answers"]').boundingBox();
  assert.ok(box.y >= 0 && box.y < 60 && box.x >= 0, `the current entry of the contents is at ${box.x}, ${box.y}`);
}

// ---- on a phone ----

async function assertTaps(page) {
  const small = await page.$$eval('nav a, summary, button, select, input:not([type=range]), tbody th > a, dt > a', (controls) => controls
    .filter((control) => control.checkVisibility({ contentVisibilityAuto: true }) && control.getBoundingClientRect().height < 44)
    .map((control) => `${control.localName} '${control.textContent.slice(0, 30)}' ${control.getBoundingClientRect().height}`));
  assert.deepEqual(small, []);
}

// Tables that are too wide say so, and keep their first column.
async function assertScrolls(page) {
  const wide = page.locator('.scroll.wide').first();
  assert.match(await wide.evaluate((place) => getComputedStyle(place, '::before').content), /scrolls sideways/);
  const first = await wide.evaluate((place) => {
    place.scrollLeft = 200;
    return place.querySelector('tbody th').getBoundingClientRect().left - place.getBoundingClientRect().left;
  });
  assert.ok(first >= 0 && first < 3, `after scrolling the first column is at ${first}`);
}

// Labels of an axis do not cover each other.
async function assertLabels(page) {
  const covered = await page.$$eval('figure:not([hidden]) .chart svg', (charts) => charts.flatMap((svg) => {
    const boxes = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
    return boxes.flatMap(([name, a], i) => boxes.slice(i + 1).filter(([, b]) =>
      a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4).map(([other]) => `${name} / ${other}`));
  }));
  assert.deepEqual(covered, []);
}

// ---- on paper ----

const pagesOf = (pdf) => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;

// Dark screens print dark on white; charts are as wide as the paper; of the answers there is the beginning.
async function assertPaper(url, maxPages) {
  const { page, faults, close } = await open(url, { colorScheme: 'dark' });
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  assert.ok(pagesOf(pdf) <= maxPages, `${pagesOf(pdf)} pages`);
  // As the page is while it is printed.
  await page.setViewportSize({ width: 710, height: 1000 });
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
  const seen = await page.evaluate(() => {
    const isSeen = (element) => element.getClientRects().length > 0;
    const cut = [...document.querySelectorAll('table, figure, .chart svg, .facts, .tiles')].filter(isSeen)
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 || element.scrollWidth > element.clientWidth + 1)
      .map((element) => `${element.localName} ${element.closest('section').querySelector('h2').id}`);
    const ink = [...document.querySelectorAll('.chart svg text')].map((text) => getComputedStyle(text).fill);
    return { cut, ink: [...new Set(ink)], page: getComputedStyle(document.body).backgroundColor,
      controls: [...document.querySelectorAll('nav, input, select, .skip')].filter(isSeen).length,
      answers: [...document.querySelectorAll('article')].filter(isSeen).length,
      tall: [...document.querySelectorAll('article .text')].filter(isSeen).filter((text) => text.getBoundingClientRect().height > 110).length };
  });
  assert.deepEqual(seen.cut, []);
  assert.equal(seen.page, 'rgb(255, 255, 255)');
  const pale = seen.ink.filter((color) => color.match(/\d+/g).some((part) => part > 100));
  assert.deepEqual(pale, [], 'the text of charts is dark');
  assert.deepEqual([seen.controls, seen.answers, seen.tall], [0, 9, 0]);
  await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
  assert.deepEqual(faults, []);
  await close();
}

// ---- the reports ----

const prepare = [trim, unfold];
await Promise.all([
  assertAccessible(file, { colorScheme: 'light' }, { prepare }),
  assertAccessible(file, { colorScheme: 'dark' }, { prepare, rules: ['color-contrast'] }),
  assertAccessible(file, { viewport: { width: 390, height: 800 } }, { prepare, rules: ['color-contrast', 'target-size', 'scrollable-region-focusable'] }),
  assertAccessible(demo, {}, { prepare, where: 'figure[data-chart=experts]' }),
]);

// The policy of the page itself lets no other script in, whoever adds it.
const own = await open(file);
assert.equal(await own.page.evaluate(() => {
  const script = document.createElement('script');
  script.textContent = 'window.pwned = 1';
  document.body.append(script);
  return window.pwned;
}), undefined);
assert.match(own.faults.join(), /Content Security Policy/);
await own.close();

const keys = await open(file, { reducedMotion: 'reduce' });
await assertKeys(keys.page);
await assertContents(keys.page);
await keys.page.evaluate(trim);
await assertReached(keys.page);
assert.deepEqual(keys.faults, []);
await keys.close();

const phone = await open(demo, { viewport: { width: 390, height: 800 }, reducedMotion: 'reduce' });
await phone.page.evaluate(unfold);
await assertNoOverflow(phone.page);
await assertTaps(phone.page);
await assertScrolls(phone.page);
await assertLabels(phone.page);
await picture(phone.page, 'report-demo-phone');
assert.deepEqual(phone.faults, []);
await phone.close();

await assertPaper(demo, 14);

// Without scripts the charts are missed, and the page says where their figures are.
const plain = await open(file, { javaScriptEnabled: false });
assert.match(await plain.page.locator('.no-script').first().innerText(), /the figures are in the tables/);
assert.equal(await plain.page.locator('figure').first().isVisible(), false);
await plain.page.locator('#answers ~ details summary').first().click();
assert.ok(await plain.page.locator('#answers ~ details details').first().isVisible());
await plain.close();

await browser.close();
