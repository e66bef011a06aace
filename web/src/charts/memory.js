// memory.js - the server's memory over the run.
import { axis, tooltip } from './parts.js';
import { number } from './theme.js';

// A resumed run has a hole in its samples; the line must not bridge it.
function withHoles(points) {
  const out = [];
  points.forEach((point, i) => {
    if (i > 0 && point[0] - points[i - 1][0] > 10) out.push([points[i - 1][0], null]);
    out.push(point);
  });
  return out;
}

// At most so many rows of samples, evenly over the run.
const ROWS_MAX = 13;

function memoryRows(points) {
  const n = Math.min(points.length, ROWS_MAX);
  return Array.from({ length: n }, (_, i) => points[Math.round(i * (points.length - 1) / (n - 1))])
    .map(([time, size]) => [`${number(time)} s`, number(size)]);
}

function memorySays(points) {
  const sizes = points.map((point) => point[1]).filter((size) => size !== null);
  if (sizes.length === 0) return 'no samples.';
  const most = sizes.reduce((a, b) => Math.max(a, b)); // too many for arguments of Math.max
  return `from ${number(sizes[0])} MiB at its start to ${number(sizes.at(-1))} MiB at its end, at most ${number(most)} MiB.`;
}

export function memoryChart(t, model) {
  if (model.memory.length < 2) return false;
  const spans = model.tests.map((test) => [
    { xAxis: test.start, itemStyle: { color: t.hues[test.index % t.hues.length], opacity: 0.1 }, name: test.name },
    { xAxis: test.start + (test.seconds ?? 0) },
  ]);
  const time = axis(t, 'seconds since the start', { splitLine: { show: false }, min: 'dataMin', max: 'dataMax' });
  return {
    says: memorySays(model.memory),
    figures: { columns: [['time'], ['memory', 'MiB']], rows: memoryRows(model.memory) },
    grid: { left: 62, right: 18, top: 14, bottom: 46 },
    tooltip: tooltip(t, {
      trigger: 'axis',
      formatter: (points) => `${number(points[0].value[0])} s<br>${number(points[0].value[1])} MiB`,
    }),
    xAxis: { ...time, axisLabel: { ...time.axisLabel, showMinLabel: false, showMaxLabel: false } },
    yAxis: axis(t, 'MiB', { nameGap: 46, min: 0 }),
    series: [{
      type: 'line', data: withHoles(model.memory), showSymbol: false, sampling: 'lttb', color: t.accent,
      lineStyle: { width: 1.8 }, areaStyle: { opacity: 0.12 },
      markArea: { silent: true, label: { show: false }, data: spans },
    }],
  };
}
