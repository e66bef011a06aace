// hostile_strings.mjs - the texts of tests/data/hostile_strings.txt; as a program, a protocol that asks for each:
//
//   hostile_strings.mjs > protocol.json
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../data/hostile_strings.txt', import.meta.url));

export const strings = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => {
  const value = JSON.parse(line);
  return typeof value === 'string' ? value : value.text.repeat(value.times);
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tests = strings.map((text, n) => ({ name: text.slice(0, 60) || '-', group: text.slice(0, 60), kind: 'prose',
    prompt: `#${n} ${text}`, max_tokens: 8 }));
  console.log(JSON.stringify({ name: 'hostile', version: 1, temperature: 0, seed: 1, pause_s: 0, tests }, null, 1));
}
