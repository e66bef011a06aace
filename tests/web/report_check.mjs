// report_check.mjs FILE HOSTILE DEMO - opens benchmark reports in Chromium and looks at them as a reader would: FILE is of the
// nine tests, HOSTILE of all hostile strings, DEMO of a demo model streamed and not.
import assert from 'node:assert/strict';

import { strings } from './hostile_strings.mjs';
import { assertNoOverflow, browser, open, picture, urlOf } from './report_page.mjs';

const [file, hostile, demo] = process.argv.slice(2).map(urlOf);

async function assertCharts(page) {
  const charts = await page.$$eval('figure[data-chart]:not([hidden])', (figures) => figures.map((figure) => {
    const svg = figure.querySelector('.chart svg');
    return { name: figure.dataset.chart, width: svg?.clientWidth ?? 0, height: svg?.clientHeight ?? 0,
      paths: svg?.querySelectorAll('path').length ?? 0, label: figure.querySelector('.chart').getAttribute('aria-label'),
      caption: figure.querySelector('figcaption').innerText };
  }));
  for (const name of ['tokens', 'gaps', 'rates', 'memory']) {
    const chart = charts.find((c) => c.name === name);
    assert.ok(chart, `the chart of ${name} was not drawn`);
    assert.ok(chart.width > 250 && chart.height > 250, `${name} has size ${chart.width} x ${chart.height}`);
    assert.ok(chart.paths >= 9, `${name} has ${chart.paths} paths`);
    assert.ok(chart.label.length > 20 && chart.caption.length > 20, `${name} has no description`);
  }
}

async function assertTables(page) {
  const streamed = page.locator('table', { has: page.locator('caption', { hasText: /^Streamed$/ }) });
  assert.equal(await streamed.locator('tbody tr').count(), 9);
  assert.equal(await streamed.locator('tbody th[scope=row] a').count(), 9);
  assert.equal(await page.locator('article').count(), 9);
}

const light = await open(file, { colorScheme: 'light' });
await assertTables(light.page);
await assertCharts(light.page);
await assertNoOverflow(light.page);
const text = await light.page.locator('article').last().textContent();
assert.ok(text.includes('</script> <!-- <img src=x onerror="window.pwned=1"> & "quotes" \u65e5\u672c\u8a9e'), text);
assert.ok(text.includes('hm0 hm1 hm2'));
assert.equal(await light.page.locator('h1').innerText(), 'Benchmark of org/<b>model</b>');
assert.equal(await light.page.evaluate(() => window.pwned), undefined);
// What the pointer is at has its figures.
await light.page.hover('figure[data-chart=tokens] .chart svg');
await light.page.waitForFunction(() => /tokens after .* s/.test(document.querySelector('figure[data-chart=tokens] .chart').innerText));
// Answers are folded together; a link to one opens it and what it is in.
await light.page.locator('tbody th[scope=row] a[href^="#answer"]').first().click();
await light.page.locator('article').first().waitFor({ state: 'visible' });
await picture(light.page, 'report-light');
await light.page.emulateMedia({ colorScheme: 'dark' });
await assertCharts(light.page);
await picture(light.page, 'report-dark');
assert.deepEqual(light.faults, []);
await light.close();

const phone = await open(file, { viewport: { width: 390, height: 800 } });
await assertNoOverflow(phone.page);
await assertCharts(phone.page);
await picture(phone.page, 'report-phone');
assert.deepEqual(phone.faults, []);
await phone.close();

const full_of_experts = await open(demo);
assert.equal(await full_of_experts.page.locator('#summary + dl > div').count() >= 6, true);
assert.equal(await full_of_experts.page.locator('figure[data-chart=experts] canvas').count(), 9);
const drawn = await full_of_experts.page.$eval('figure[data-chart=experts] canvas', (canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size;
});
assert.ok(drawn > 3, `the picture of experts has ${drawn} colours`);
await full_of_experts.page.hover('figure[data-chart=experts] canvas');
assert.match(await full_of_experts.page.locator('figure[data-chart=experts] output').innerText(), /layer \d+, expert \d+: .* % of the choices/);
assert.ok(await full_of_experts.page.locator('.group', { hasText: 'Most chosen experts' }).locator('tbody tr').count() >= 9);
// Code is set as code, and its fences are not seen.
const code = full_of_experts.page.locator('#answers ~ .group .text code').first();
await full_of_experts.page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
assert.match(await code.evaluate((element) => getComputedStyle(element).fontFamily), /mono/i);
assert.doesNotMatch(await code.innerText(), /```/);
assert.match(await code.textContent(), /^```/);
await picture(full_of_experts.page, 'report-demo');
assert.deepEqual(full_of_experts.faults, []);
await full_of_experts.close();

const plain = await open(file, { javaScriptEnabled: false });
await assertTables(plain.page);
assert.equal(await plain.page.locator('figure').first().isVisible(), false);
await plain.close();

// Control characters and changes of direction are shown by their number.
const shown = (s) => s.replace(/[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
  (c) => `<U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}>`).replace(/\r\n?/g, '\n');

const full = await open(hostile);
const answers = await full.page.$$eval('article', (articles) => articles.map((article) =>
  [...article.querySelectorAll('.text')].map((element) => element.textContent)));
assert.equal(answers.length, strings.length);
for (const texts of answers) {
  const n = Number(/^#(\d+) /.exec(texts[0])[1]); // they ended in any order
  assert.equal(texts[0], shown(`#${n} ${strings[n]}`));
  if (n % 5 !== 4) assert.equal(texts.at(-1), shown(strings[n]));
}
assert.equal(await full.page.evaluate(() => window.pwned), undefined);
assert.equal(await full.page.evaluate(() => document.scripts.length), 2);
await assertNoOverflow(full.page);
await full.page.hover('figure[data-chart=tokens] .chart svg');
assert.deepEqual(full.faults, []);
await full.close();

await browser.close();
