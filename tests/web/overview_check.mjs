// overview_check.mjs FEW MANY - opens pages of three and of twelve runs in Chromium and looks at them as a reader would: wide, on a
// phone, in the dark, without scripts, by keyboard, on paper, and with axe-core.
import assert from 'node:assert/strict';

import { assertAccessibleEverywhere, assertNoOverflow, browser, open, picture, urlOf } from './report_page.mjs';

const [few, many] = process.argv.slice(2).map(urlOf);

// Every link leads to a place of this page, and every table has a head, named columns and rows.
async function assertStructure(page, nRuns) {
  const broken = await page.$$eval('a[href]', (links) => links.map((a) => a.getAttribute('href'))
    .filter((href) => !href.startsWith('#') || !document.getElementById(href.slice(1))));
  assert.deepEqual(broken, []);
  assert.equal(await page.locator('h3[id^=run-]').count(), nRuns);
  assert.equal(await page.locator('#models ~ .scroll').first().locator('tbody tr').count(), nRuns);
  const empty = await page.$$eval('thead th', (heads) => heads.filter((th) => th.textContent.trim() === '').length);
  assert.equal(empty, 0);
  const regions = await page.$$eval('.scroll', (all) => all.map((one) => one.getAttribute('aria-label')));
  assert.ok(regions.every((label) => label.length > 0));
  assert.equal(await page.locator('script').count(), 0);
}

// Bars are as long as their figures: the largest median of a table has the longest.
async function assertBars(page) {
  const tables = await page.$$eval('table', (all) => all.map((table) => [...table.querySelectorAll('tbody tr')]
    .filter((row) => row.querySelector('.bar')).map((row) => ({ median: Number(row.cells[1].textContent) || Number(row.cells[2].textContent),
      share: parseFloat(row.querySelector('.bar').style.getPropertyValue('--share')), width: row.querySelector('.bar').clientWidth,
      low: parseFloat(row.querySelector('.bar').style.getPropertyValue('--low')),
      high: parseFloat(row.querySelector('.bar').style.getPropertyValue('--high')) }))).filter((rows) => rows.length > 0));
  assert.ok(tables.length >= 2, `${tables.length} tables have bars`);
  for (const rows of tables) {
    for (const row of rows) {
      assert.ok(row.width >= 100 && row.low <= row.share && row.share <= row.high && row.high <= 100, JSON.stringify(row));
      const longest = rows.reduce((a, b) => (a.median > b.median ? a : b));
      assert.ok(Math.abs(row.share * longest.median - row.median * longest.share) <= 0.02 * row.share * longest.median + 1,
        JSON.stringify([row, longest]));
    }
  }
}

async function look(url, nRuns, name, options) {
  const { page, faults, close } = await open(url, options);
  await assertNoOverflow(page);
  await assertStructure(page, nRuns);
  await assertBars(page);
  await picture(page, name);
  assert.deepEqual(faults, []);
  await close();
}

const phone = { viewport: { width: 390, height: 844 } };
await look(few, 3, 'overview-wide', {});
await look(few, 3, 'overview-phone', phone);
await look(few, 3, 'overview-dark', { colorScheme: 'dark' });
await look(few, 3, 'overview-no-script', { javaScriptEnabled: false, ...phone, colorScheme: 'dark' });
await look(many, 12, 'overview-many', {});
await look(many, 12, 'overview-many-phone', phone);

await assertAccessibleEverywhere(many);

// By keyboard: what scrolls sideways takes the focus, and a link of a row leads to the run's part.  Each on a page of its own: the
// browser does not follow a link while a key still scrolls.
{
  const { page, close } = await open(many, phone);
  await page.locator('#models ~ .scroll').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.activeElement.scrollLeft > 0);
  await close();
}
{
  const { page, close } = await open(many, phone);
  await page.locator('tbody th a[href="#run-5"]').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => { // it may scroll there slowly
    const { top } = document.getElementById('run-5').getBoundingClientRect();
    return location.hash === '#run-5' && top >= -1 && top < window.innerHeight;
  });
  await close();
}

// In the dark, text and its page are of other colours than by day.
{
  const colours = [];
  for (const colorScheme of ['light', 'dark']) {
    const { page, close } = await open(few, { colorScheme });
    colours.push(await page.evaluate(() => [getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.querySelector('.bar')).backgroundColor]));
    await close();
  }
  colours[0].forEach((colour, i) => assert.notEqual(colour, colours[1][i]));
}

// On paper: some pages, on which nothing is cut off, and bars keep their colour.
{
  const { page, close } = await open(many);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('nav').first().isVisible(), false);
  assert.equal(await page.$eval('.bar', (bar) => getComputedStyle(bar).printColorAdjust), 'exact');
  const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
  const nPages = (pdf.match(/\/Type\s*\/Page\b/g) ?? []).length;
  assert.ok(nPages >= 3 && nPages <= 20, `${nPages} pages`);
  await close();
}

await browser.close();
