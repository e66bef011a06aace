// report_check.mjs FILE - opens a benchmark report in Chromium and looks at it as a reader would.
//
// With $SPILLWAY_SCREENSHOTS set to a folder, pictures are left there.
import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { launch } from './chromium.mjs';

const url = pathToFileURL(path.resolve(process.argv[2])).href;
const pictures = process.env.SPILLWAY_SCREENSHOTS;

const browser = await launch();

// A page that notes everything it should not do.
async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => request.url() !== url && faults.push(`request: ${request.url()}`));
  await page.goto(url, { waitUntil: 'load' });
  return { page, faults, close: () => context.close() };
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

async function assertCharts(page) {
  const charts = await page.$$eval('figure:not([hidden]) .chart', (elements) => elements.map((element) => {
    const svg = element.querySelector('svg');
    return { id: element.id, width: svg?.clientWidth ?? 0, height: svg?.clientHeight ?? 0,
      paths: svg?.querySelectorAll('path').length ?? 0, label: element.getAttribute('aria-label') };
  }));
  for (const id of ['chart-tokens', 'chart-gaps', 'chart-rates', 'chart-memory']) {
    const chart = charts.find((c) => c.id === id);
    assert.ok(chart, `${id} was not drawn`);
    assert.ok(chart.width > 250 && chart.height > 250, `${id} has size ${chart.width} x ${chart.height}`);
    assert.ok(chart.paths >= 9, `${id} has ${chart.paths} paths`);
    assert.ok(chart.label.length > 20, `${id} has no description`);
  }
}

async function assertTable(page) {
  assert.equal(await page.locator('#results tbody tr').count(), 9);
  assert.equal(await page.locator('#results tbody th[scope=row]').count(), 9);
  assert.equal(await page.locator('article').count(), 9);
}

const light = await open({ colorScheme: 'light' });
await assertTable(light.page);
await assertCharts(light.page);
const text = await light.page.locator('article').last().innerText();
assert.ok(text.includes('</script> <!-- <img src=x onerror="window.pwned=1"> & "quotes" \u65e5\u672c\u8a9e'), text);
assert.ok(text.includes('hm0 hm1 hm2'));
assert.equal(await light.page.locator('h1').innerText(), 'org/<b>model</b>');
assert.equal(await light.page.evaluate(() => window.pwned), undefined);
await picture(light.page, 'report-light');
await light.page.emulateMedia({ media: 'print' });
assert.ok((await light.page.pdf()).length > 20000);
await light.page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
await assertCharts(light.page);
await picture(light.page, 'report-dark');
assert.deepEqual(light.faults, []);
await light.close();

const phone = await open({ viewport: { width: 375, height: 800 } });
const overflow = await phone.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide for a phone`);
await assertCharts(phone.page);
await picture(phone.page, 'report-phone');
assert.deepEqual(phone.faults, []);
await phone.close();

const plain = await open({ javaScriptEnabled: false });
await assertTable(plain.page);
assert.equal(await plain.page.locator('#charts').isVisible(), false);
await plain.close();

await browser.close();
