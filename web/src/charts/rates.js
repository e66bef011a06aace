// rates.js - tokens per second of each test, as bars.
import { axis, legend, tooltip } from './parts.js';
import { escape, isNarrow, number } from './theme.js';

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

export function rateChart(t, model) {
  const tests = pooled(model.tests.filter((test) => test.times.length >= 2));
  if (tests.length === 0) return false;
  const bar = (name, key, color) => ({
    name, type: 'bar', color, barMaxWidth: 12, barGap: '15%', itemStyle: { borderRadius: [0, 3, 3, 0] },
    data: tests.map((test) => test[key]),
    label: { show: true, position: 'right', color: t.soft, fontSize: 11, formatter: (p) => number(p.value) },
  });
  return {
    height: 42 * tests.length + 84,
    grid: { left: 8, right: 44, top: 8, bottom: 52, containLabel: true },
    legend: { ...legend(t), icon: 'roundRect', itemWidth: 12, itemHeight: 8 },
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
      axisLabel: { color: t.ink, interval: 0, width: isNarrow() ? 110 : 170, overflow: 'truncate' },
    },
    series: [bar('after the first token', 'decode', t.hues[0]), bar('wait included', 'overall', t.hues[1])],
  };
}
