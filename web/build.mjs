// build.mjs - makes dist/NAME.js and dist/NAME.css of src/NAME.js and src/NAME.css, for each of the pages.
//
// The bundles are committed and built into the binary; tests/web/bundle.test.sh makes them again and compares bytes.
// An optional argument names another output folder.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const PAGES = ['report', 'review', 'trend'];
const out = path.resolve(process.argv[2] ?? path.join(here, 'dist'));

await build({
  absWorkingDir: here,
  entryPoints: PAGES.flatMap((page) => [`src/${page}.js`, `src/${page}.css`]),
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2020', 'chrome100', 'firefox100', 'safari15'],
  charset: 'ascii',
  legalComments: 'inline',
  define: { 'process.env.NODE_ENV': '"production"' },
});

// A bundle stands inside an element of a page: nothing in it may end that element or start a comment.
for (const [ending, forbidden] of [['js', /<\/script|<!--/i], ['css', /<\/style/i]]) {
  for (const page of PAGES) {
    if (forbidden.test(await readFile(path.join(out, `${page}.${ending}`), 'utf8'))) {
      console.error(`${page}.${ending} holds ${forbidden}; it cannot stand inside a page`);
      process.exit(1);
    }
  }
}
