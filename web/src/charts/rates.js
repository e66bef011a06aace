// rates.js - tokens per second of each test, as bars.
import { axis, tooltip } from './parts.js';
import { escape, isNarrow, isPaper, number } from './theme.js';

const mean = (values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : null);

// The repetitions of a test are one bar.
function pooled(tests) {
  const groups = new Map();
  tests.forEach((test) => groups.set(test.index, [...groups.get(test.index) ?? [], test]));
  return [...groups.values()].map((group) => ({
    name: group[0].name, n: group.length,
    decode: mean(group.map((test) => test.decode).filter((value) => value !== null)),
    overall: mean(group.map((test) => test.overall).filter((value) => value !== null)),
  }));
}

function ratesSay(tests) {
  const some = tests.filter((test) => test.overall !== null).sort((a, b) => a.overall - b.overall);
  if (some.length === 0) return `${tests.length} tests without a rate.`;
  const tell = (test) => `${test.name} with ${number(test.overall)} tokens a second`;
  return `${tests.length} tests. With the wait for the first token, the fastest is ${tell(some.at(-1))}, the slowest ${tell(some[0])}.`;
}

export function rateChart(t, model) {
  const tests = pooled(model.tests.filter((test) => test.times.length >= 2));
  if (tests.length === 0) return false;
  const bar = (name, key, color, itemStyle) => ({
    name, type: 'bar', color, barMaxWidth: isPaper() ? 6 : 12, barGap: '15%', itemStyle: { borderRadius: [0, 3, 3, 0], ...itemStyle },
    data: tests.map((test) => test[key]),
    label: { show: true, position: 'right', color: t.soft, fontSize: isPaper() ? 9 : 11, formatter: (p) => number(p.value) },
  });
  return {
    height: (isPaper() ? 24 : 38) * tests.length + 60,
    says: ratesSay(tests),
    figures: { columns: [['test'], ['answers'], ['after the first token', 'tok/s'], ['wait included', 'tok/s']],
      rows: tests.map((test) => [test.name, `${test.n}`, number(test.decode), number(test.overall)]) },
    grid: { left: 8, right: 52, top: 8, bottom: 30, containLabel: true },
    tooltip: tooltip(t, {
      trigger: 'axis',
      axisPointer: { type: 'none' },
      formatter: (bars) => `${escape(bars[0].name)}${tests[bars[0].dataIndex].n > 1 ? `, mean of ${tests[bars[0].dataIndex].n}` : ''}` + bars
        .map((b) => `<br>${b.marker}${b.seriesName} ${number(b.value)} tok/s`).join(''),
    }),
    xAxis: axis(t, 'tokens per second', { nameGap: 26 }),
    yAxis: {
      type: 'category', inverse: true, data: tests.map((test) => test.name), axisTick: { show: false },
      axisLine: { lineStyle: { color: t.line } },
      axisLabel: { color: t.ink, fontSize: isPaper() ? 9 : 12, interval: 0, width: isNarrow() ? 104 : 170, overflow: 'truncate' },
    },
    series: [bar('after the first token', 'decode', t.hues[0], {}),
      bar('wait included', 'overall', t.hues[1], { color: 'transparent', borderColor: t.hues[1], borderWidth: 1.5 })],
  };
}
