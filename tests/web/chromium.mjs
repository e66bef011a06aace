// chromium.mjs - a Chromium for tests, which loads nothing of its own accord.
//
// Needs playwright-core (web/node_modules) and a Chromium ($CHROMIUM, default /usr/bin/chromium).
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

// `more`: further arguments.  The caller closes the browser.
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-quic', ...more],
  });
}
