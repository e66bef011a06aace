// trend_check.mjs USUAL HOSTILE - opens trend.html and comparison.html of both folders in Chromium, as a reader would.
import assert from 'node:assert/strict';
import path from 'node:path';

import { assertAccessibleEverywhere, browser, open, picture, urlOf as url } from './report_page.mjs';

const [usual, hostile] = process.argv.slice(2);
const urlOf = (folder, name) => url(path.join(folder, name));

// Inside the window, and every text of a picture inside the picture's figure.
async function assertFits(page, name) {
  const wide = await page.evaluate(() => {
    const outside = [...document.querySelectorAll('figure.drawing')].flatMap((figure) => {
      const frame = figure.getBoundingClientRect();
      return [...figure.querySelectorAll('svg text')].map((text) => [text.textContent, text.getBoundingClientRect()])
        .filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1).map(([text]) => text);
    });
    return { overflow: document.documentElement.scrollWidth - window.innerWidth, outside };
  });
  assert.ok(wide.overflow <= 0, `${name} is ${wide.overflow} pixels too wide`);
  assert.deepEqual(wide.outside, [], `${name} has labels outside their picture`);
}

// Each figure has a picture with a point for each of its eleven runs, the step and the change of version.
async function assertPictures(page) {
  const drawn = await page.$$eval('figure.drawing svg', (all) => all.map((svg) => ({
    title: svg.querySelector('title').textContent, width: svg.clientWidth,
    points: [...svg.querySelectorAll('.point title')].map((title) => title.textContent),
    steps: svg.querySelectorAll('.step').length, changed: svg.querySelectorAll('.changed').length,
    color: getComputedStyle(svg.querySelector('.point')).fill,
  })));
  const rate = drawn.find((picture) => picture.title.startsWith('overall_tps'));
  assert.ok(drawn.length >= 3 && rate, `pictures: ${JSON.stringify(drawn)}`);
  assert.equal(rate.points.length, 11);
  assert.match(rate.points[0], /^run 1: .* tok\/s/);
  assert.equal(rate.changed, 1);
  assert.ok(rate.steps >= 3, 'no step is drawn');
  assert.notEqual(rate.color, 'rgb(0, 0, 0)', 'the picture has no style');
  assert.ok(rate.width > 250);
}

async function checkTrend() {
  const { page, faults, close } = await open(urlOf(usual, 'trend.html'));
  await assertPictures(page);
  await assertFits(page, 'the trend');
  await picture(page, 'trend-1280');
  assert.match(await page.locator('.lede').innerText(), /worse/);
  const rate = page.locator('tr', { hasText: 'overall_tps' }).first();
  assert.match(await rate.innerText(), /falling: worse/);
  await rate.locator('a').first().click();
  assert.match(page.url(), /#figure-\d+$/);
  assert.match(await page.locator('section', { hasText: 'Left out' }).last().innerText(), /another CPU/);

  const figure = page.locator('figure.drawing').first(), output = figure.locator('output');
  await figure.locator('.point').nth(4).hover();
  assert.match(await output.innerText(), /^run 5: /);
  await figure.focus();
  await page.keyboard.press('ArrowRight');
  assert.match(await output.innerText(), /^run 6: /);
  await page.locator('summary', { hasText: 'Values' }).first().click();
  const values = page.locator('details[open] tbody tr');
  assert.equal(await values.count(), 11);
  await values.first().locator('a').first().click();
  assert.match(page.url(), /#run-1$/);
  assert.ok(await page.locator('#run-1').isVisible());
  const pdf = await page.pdf({ format: 'A4' });
  assert.ok(pdf.length > 20000, 'the PDF is empty');
  assert.deepEqual(faults, []);
  await close();
}

async function checkForms(folder, name) {
  const url = urlOf(folder, `${name}.html`);
  for (const [form, options] of [['390', { viewport: { width: 390, height: 844 } }], ['dark', { colorScheme: 'dark' }],
    ['no-script', { javaScriptEnabled: false }]]) {
    const { page, faults, close } = await open(url, options);
    if (form !== 'no-script') await assertFits(page, `${name} (${form})`);
    assert.ok((await page.locator('h1').innerText()).length > 5);
    assert.equal(await page.locator('svg.trend').count() > 0, name === 'trend');
    await picture(page, `${name}-${form}`);
    assert.deepEqual(faults, []);
    await close();
  }
}

async function checkComparison() {
  const { page, faults, close } = await open(urlOf(usual, 'comparison.html'));
  assert.equal(await page.locator('.lede .badge.bad').innerText(), 'regressed');
  assert.match(await page.locator('table', { hasText: 'Conditions that differ' }).innerText(), /version\s+1\s+2/);
  const rate = page.locator('tr', { hasText: 'overall_tps' }).first();
  assert.match(await rate.innerText(), /REGRESSION/);
  await assertFits(page, 'the comparison');
  await picture(page, 'comparison-1280');
  assert.deepEqual(faults, []);
  await close();
}

// What is in one fold of a kind is like what is in the others.
function unfold() {
  document.querySelectorAll('details:first-of-type').forEach((fold) => { fold.open = true; });
}

async function checkHostile(name) {
  const { page, faults, close } = await open(urlOf(hostile, `${name}.html`));
  assert.equal(await page.locator('script').count(), 1);
  assert.equal(await page.locator('img').count(), 0);
  assert.match(await page.locator('h2').first().innerText(), /<script>alert\(1\)/);
  assert.deepEqual(faults, []);
  await close();
}

await checkTrend();
await checkComparison();
for (const name of ['trend', 'comparison']) {
  await checkForms(usual, name);
  await checkHostile(name);
  await assertAccessibleEverywhere(urlOf(usual, `${name}.html`), { prepare: [unfold] });
}
await browser.close();
