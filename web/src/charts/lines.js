// lines.js - one line per answer: tokens as they arrived, and the time between them.
import { axis, logAxis, middle, squash, tallNote, tooltip } from './parts.js';
import { signed } from './signs.js';
import { escape, number } from './theme.js';

// A hue and a sign for each test, dashes for its repetitions.
const DASHES = ['solid', 'dashed', 'dotted'];

// More lines than this say nothing; then the first repetition of each test stands for the others.
const LINES_MAX = 27;

function linesOf(model, minEvents) {
  const some = model.tests.filter((test) => test.times.length >= minEvents);
  return some.length <= LINES_MAX ? some : some.filter((test) => test.repeat === 0);
}

// The repetitions of a test have one name, hue, sign and place in the legend; `answer` tells them apart.
function lineOf(t, model, test, points) {
  return signed({
    name: model.tests.find((other) => other.index === test.index).name,
    answer: test.name,
    type: 'line',
    data: points,
    sampling: 'lttb',
    lineStyle: { width: 1.8, type: DASHES[test.repeat % DASHES.length] },
    color: t.hues[test.index % t.hues.length],
    emphasis: { focus: 'series', lineStyle: { width: 3 } },
  }, test.index);
}

// Values of all lines where the pointer is, the largest first; more than TIPS_MAX are counted.
const TIPS_MAX = 12;

function tips(points, series, head, text) {
  const rows = [...points].sort((a, b) => b.value[1] - a.value[1])
    .map((p) => `${p.marker}${escape(series[p.seriesIndex].answer)}: ${text(p.value)}`);
  const more = rows.length > TIPS_MAX ? [`and ${rows.length - TIPS_MAX} more`] : [];
  return [head(points[0].value), ...rows.slice(0, TIPS_MAX), ...more].join('<br>');
}

function lineChart(t, series, x, y, format) {
  return {
    grid: { left: 62, right: 18, top: 14, bottom: 46 },
    tooltip: tooltip(t, { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: t.soft } }, formatter: format }),
    xAxis: axis(t, x, { splitLine: { show: false } }),
    yAxis: axis(t, y, { nameGap: 44 }),
    series,
  };
}

// The clock has no finer steps than a logarithmic axis needs.
const SOONEST_S = 1e-4;

// When the first token and each quarter of all had arrived.
const quarters = (times) => [0, ...[1, 2, 3, 4].map((q) => Math.ceil((q / 4) * times.length) - 1)].map((k) => number(times[k]));

function tokensSay(tests) {
  const last = tests.map((test) => test.times.at(-1));
  const slowest = tests[last.indexOf(Math.max(...last))];
  return `${tests.length} answers. Half of them were complete after ${number(middle(last))} seconds; the last one, `
    + `${slowest.name}, after ${number(Math.max(...last))} seconds with ${slowest.times.length} tokens.`;
}

export function tokenChart(t, model) {
  const tests = linesOf(model, 1);
  if (tests.length === 0) return false;
  const times = squash(tests.map((test) => test.times.at(-1)));
  const series = tests.map((test) => lineOf(t, model, test,
    test.times.map((time, k) => [times ? Math.max(time, SOONEST_S) : time, k + 1])));
  const chart = lineChart(t, series, 'seconds since the request', 'tokens',
    (points) => tips(points, series, (v) => `${number(v[0])} s`, (v) => `${v[1]} tokens after ${number(v[0])} s`));
  if (times) chart.xAxis = { ...logAxis(chart.xAxis), min: 'dataMin' };
  return { ...chart, note: times && `${tallNote(times)} A steady stream is curved on it.`, says: tokensSay(tests),
    figures: { columns: [['answer'], ['tokens'], ['first', 's'], ['quarter', 's'], ['half', 's'], ['three quarters', 's'], ['all', 's']],
      rows: tests.map((test) => [test.name, `${test.times.length}`, ...quarters(test.times)]) } };
}

// The median of each stretch of tokens: single gaps jump too much to show a trend.
function medians(times) {
  const stretch = Math.max(8, Math.ceil(times.length / 24));
  const out = [];
  for (let start = 1; start < times.length; start += stretch) {
    const gaps = times.slice(start, start + stretch).map((time, k) => (time - times[start + k - 1]) * 1000);
    out.push([start + (gaps.length - 1) / 2 + 1, middle(gaps)]);
  }
  return out;
}

// If most pieces came together with the one before, their gaps are those of the network.
const isTimed = (times) => times.filter((time, i) => i > 0 && time > times[i - 1]).length > times.length / 2;

export function gapChart(t, model) {
  const tests = linesOf(model, 2).filter((test) => isTimed(test.times));
  const gaps = tests.map((test) => medians(test.times));
  if (tests.length === 0) return false;
  const values = gaps.flat().map((point) => point[1]);
  const times = squash(values);
  const series = tests.map((test, i) => lineOf(t, model, test, times ? gaps[i].filter((point) => point[1] > 0) : gaps[i]));
  const chart = lineChart(t, series, 'token', 'ms',
    (points) => tips(points, series, (v) => `near token ${Math.round(v[0])}`, (v) => `${number(v[1])} ms`));
  chart.xAxis.min = 0;
  chart.yAxis = times ? logAxis(chart.yAxis) : { ...chart.yAxis, min: 0 };
  return { ...chart, note: tallNote(times),
    says: `${tests.length} answers. The medians are between ${number(Math.min(...values))} and ${number(Math.max(...values))} milliseconds.`,
    figures: { columns: [['answer'], ['first tokens', 'ms'], ['middle', 'ms'], ['last tokens', 'ms'], ['longest', 'ms']],
      rows: tests.map((test, i) => [test.name, gaps[i][0], gaps[i][Math.floor(gaps[i].length / 2)], gaps[i].at(-1),
        [0, Math.max(...gaps[i].map((point) => point[1]))]].map((cell) => (Array.isArray(cell) ? number(cell[1]) : cell))) } };
}
