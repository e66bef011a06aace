// lines.js - one line per answer: tokens as they arrived, and the time between them.
import { axis, legend, squash, tallNote, tooltip } from './parts.js';
import { escape, isNarrow, number } from './theme.js';

// A hue for each test, dashes for its repetitions.
const DASHES = ['solid', 'dashed', 'dotted'];

// More lines than this say nothing; then the first repetition of each test stands for the others.
const LINES_MAX = 27;

function linesOf(model, minEvents) {
  const some = model.tests.filter((test) => test.times.length >= minEvents);
  return some.length <= LINES_MAX ? some : some.filter((test) => test.repeat === 0);
}

// The repetitions of a test have one name, hue and place in the legend; `answer` tells them apart.
function lineOf(t, model, test, points) {
  return {
    name: model.tests.find((other) => other.index === test.index).name,
    answer: test.name,
    type: 'line',
    data: points,
    showSymbol: points.length < 2,
    symbolSize: 5,
    sampling: 'lttb',
    lineStyle: { width: 1.8, type: DASHES[test.repeat % DASHES.length] },
    color: t.hues[test.index % t.hues.length],
    emphasis: { focus: 'series', lineStyle: { width: 3 } },
  };
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
    grid: { left: 58, right: 18, top: 14, bottom: isNarrow() ? 70 : 88 },
    legend: legend(t, new Set(series.map((line) => line.name)).size),
    tooltip: tooltip(t, { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: t.soft } }, formatter: format }),
    xAxis: axis(t, x, { splitLine: { show: false } }),
    yAxis: axis(t, y, { nameGap: 42 }),
    series,
  };
}

export function tokenChart(t, model) {
  const tests = linesOf(model, 1);
  if (tests.length === 0) return false;
  const times = squash(tests.map((test) => test.times.at(-1)));
  const series = tests.map((test) => lineOf(t, model, test, test.times.map((time, k) => [times ? Math.max(time, 1e-4) : time, k + 1])));
  const chart = lineChart(t, series, 'seconds since the request', 'tokens',
    (points) => tips(points, series, (v) => `${number(v[0])} s`, (v) => `${v[1]} tokens after ${number(v[0])} s`));
  if (times) chart.xAxis = { ...chart.xAxis, type: 'log', min: 'dataMin', axisLabel: { ...chart.xAxis.axisLabel, formatter: number } };
  return { ...chart, note: times && `${tallNote(times)} A steady stream is curved on it.` };
}

// The median of each stretch of tokens: single gaps jump too much to show a trend.
function medians(times) {
  const stretch = Math.max(8, Math.ceil(times.length / 24));
  const out = [];
  for (let start = 1; start < times.length; start += stretch) {
    const gaps = times.slice(start, start + stretch).map((time, k) => (time - times[start + k - 1]) * 1000);
    const sorted = [...gaps].sort((a, b) => a - b);
    out.push([start + (gaps.length - 1) / 2 + 1, sorted[Math.floor(sorted.length / 2)]]);
  }
  return out;
}

// If most pieces came together with the one before, their gaps are those of the network.
const isTimed = (times) => times.filter((time, i) => i > 0 && time > times[i - 1]).length > times.length / 2;

export function gapChart(t, model) {
  const series = linesOf(model, 2).filter((test) => isTimed(test.times)).map((test) => lineOf(t, model, test, medians(test.times)));
  if (series.length === 0) return false;
  const chart = lineChart(t, series, 'token', 'ms',
    (points) => tips(points, series, (v) => `near token ${Math.round(v[0])}`, (v) => `${number(v[1])} ms`));
  const times = squash(series.flatMap((line) => line.data.map((point) => point[1])));
  chart.xAxis.min = 0;
  if (times) series.forEach((line) => { line.data = line.data.filter((point) => point[1] > 0); });
  if (times) chart.yAxis = { ...chart.yAxis, type: 'log', axisLabel: { ...chart.yAxis.axisLabel, formatter: number } };
  else chart.yAxis.min = 0;
  chart.legend = { show: false };
  chart.grid.bottom = 46;
  return { ...chart, note: tallNote(times) };
}
