// review_check.mjs PAGE HOSTILE OUT - scores answers on a page in Chromium, as a person does: PAGE has four answers, HOSTILE has
// all hostile strings in its names and answers; the file that the page saves is written to OUT.
import assert from 'node:assert/strict';

import { assertAccessibleEverywhere, assertNoOverflow, browser, open, picture, urlOf } from './report_page.mjs';

const [file, hostile] = process.argv.slice(2, 4).map(urlOf);
const out = process.argv[4];

const said = (page) => page.locator('#said').innerText();
const count = (page) => page.locator('#count').innerText();

async function save(page, to) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  assert.match(download.suggestedFilename(), /^reviews-\d{8}-\d{6}\.json$/);
  await download.saveAs(to);
}

// ---- by keyboard alone, but for the saving ----
const first = await open(file, { acceptDownloads: true });
const { page } = first;
assert.equal(await count(page), '0 of 4 scored');
assert.equal(await page.locator('#name').innerText(), 'first');
assert.match(await page.locator('#where').innerText(), /^1 of 4, demo-phimoe, first word after .*, complete after /);
assert.equal(await page.locator('#automatic').isVisible(), false);
assert.doesNotMatch(await page.locator('body').innerText(), /says 68|automatic:/, 'nothing tells before the person has scored');
await page.click('#save');
assert.match(await said(page), /Nothing is saved: there are no scores yet/);
await page.keyboard.press('Tab'); // the keys count wherever the focus is
await page.keyboard.type('42w:');
assert.equal(await page.evaluate(() => document.activeElement.id), 'note');
await page.keyboard.type('12345 <b>n</b> \u202e"');
assert.equal(await count(page), '1 of 4 scored, not saved');
await page.keyboard.press('Escape');
await page.keyboard.press('n');
assert.equal(await page.evaluate(() => document.activeElement.id), 'answer');
assert.match(await said(page), /^1: automatic: mark 1.00 of 5; checks 0\/1.*failed: says 68$/);
assert.match(await page.locator('#where').innerText(), /^2 of 4, demo-b/);
await page.keyboard.type('555n');
await page.keyboard.press('b');
assert.equal(await page.locator('#automatic').isVisible(), true);
await page.keyboard.press('n');
await picture(page, 'review-light');
// Radio buttons by Tab and arrows; the third answer is left out.
await page.keyboard.press('n');
assert.match(await page.locator('#where').innerText(), /^4 of 4/);
await page.locator('input[name=accuracy]').first().focus();
await page.keyboard.press('ArrowRight');
await page.keyboard.press('3');
await page.keyboard.press('Enter'); // Done
assert.equal(await count(page), '3 of 4 scored, not saved');
assert.equal(await page.evaluate(() => document.activeElement.id), 'save');
// ---- a score is taken back, and a note that is too long is not saved ----
await page.locator('label.none', { has: page.locator('input[name=accuracy]') }).click();
assert.equal(await count(page), '2 of 4 scored, not saved');
await page.fill('#note', '\u00e9'.repeat(2049));
await page.click('#save');
assert.match(await said(page), /the note on answer 4 may have 4096 bytes/);
await page.fill('#note', '\u00e9'.repeat(2048));
await page.fill('#reviewer', 'Grace <i>');
await save(page, out);
assert.equal(await count(page), '3 of 4 scored');
assert.deepEqual(first.questions, []);
await page.reload();
assert.deepEqual(first.questions, [], 'what was saved can be left');
await page.keyboard.type('1');
await page.reload();
assert.deepEqual(first.questions, ['beforeunload'], 'what was not saved is asked about');
await page.emulateMedia({ colorScheme: 'dark' });
await picture(page, 'review-dark');
assert.deepEqual(first.faults, []);
await first.close();

// ---- an answer is played as it came, by a clock that the test turns ----
const slow = await open(file);
await slow.page.evaluate(() => { document.getElementById('play').focus(); });
await slow.page.clock.install({ time: 1000 });
await slow.page.clock.pauseAt(3600000);
const full_text = await slow.page.locator('#text').innerText();
await slow.page.keyboard.press('p');
const begun = await slow.page.locator('#text').innerText();
assert.equal(begun, '', 'nothing has come at first');
assert.equal(await slow.page.locator('#play').innerText(), 'stop');
await slow.page.clock.runFor(60000);
assert.equal(await slow.page.locator('#text').innerText(), full_text);
assert.equal(await slow.page.locator('#play').innerText(), 'play as it came');
await slow.page.keyboard.press('p');
await slow.page.keyboard.press('n'); // going on ends it
assert.equal(await slow.page.locator('#play').innerText(), 'play as it came');
assert.deepEqual(slow.faults, []);
await slow.close();

// ---- a phone ----
const phone = await open(file, { viewport: { width: 390, height: 800 }, hasTouch: true });
await assertNoOverflow(phone.page);
await phone.page.locator('label', { has: phone.page.locator('input[name=content][value="4"]') }).tap();
assert.equal(await count(phone.page), '1 of 4 scored, not saved');
const small = await phone.page.$$eval('.choice, .steps button', (all) => all.map((e) => e.getBoundingClientRect()).filter((r) => r.height < 40 || r.width < 40).length);
assert.equal(small, 0, 'a finger finds every choice');
await picture(phone.page, 'review-phone');
assert.deepEqual(phone.faults, []);
await phone.close();

// ---- without script ----
const plain = await open(file, { javaScriptEnabled: false });
assert.match(await plain.page.locator('noscript').innerText(), /scripts are switched off/);
assert.equal(await plain.page.locator('#app').isVisible(), false);
await plain.close();

// ---- with axe-core, all parts in sight ----
await assertAccessibleEverywhere(file, { prepare: [() => {
  document.querySelector('#app details').open = true;
  document.querySelector('#automatic').hidden = false;
}] });

// ---- names, prompts and answers from outside ----
const bad = await open(hostile);
const n = await bad.page.locator('#places li').count();
assert.equal(n, 8); // no two are equal
for (let i = 0; i < n; i++) {
  assert.ok((await bad.page.locator('#text').textContent()).includes('onerror'));
  await assertNoOverflow(bad.page);
  await bad.page.keyboard.type('3n');
}
assert.equal(await bad.page.evaluate(() => window.pwned), undefined);
assert.equal(await bad.page.evaluate(() => document.scripts.length), 2);
assert.equal(await bad.page.evaluate(() => document.querySelectorAll('#answer img, #answer script, #answer a, #answer iframe').length), 0);
assert.deepEqual(bad.faults, []);
await bad.close();

await browser.close();
