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

export function memoryChart(t, model) {
  if (model.memory.length < 2) return false;
  const spans = model.tests.map((test) => [
    { xAxis: test.start, itemStyle: { color: t.hues[test.index % t.hues.length], opacity: 0.1 }, name: test.name },
    { xAxis: test.start + (test.seconds ?? 0) },
  ]);
  return {
    grid: { left: 62, right: 18, top: 14, bottom: 46 },
    tooltip: tooltip(t, {
      trigger: 'axis',
      formatter: (points) => `${number(points[0].value[0])} s<br>${number(points[0].value[1])} MiB`,
    }),
    xAxis: axis(t, 'seconds since the start', { splitLine: { show: false }, min: 'dataMin', max: 'dataMax',
      axisLabel: { color: t.soft, hideOverlap: true, showMinLabel: false, showMaxLabel: false } }),
    yAxis: axis(t, 'MiB', { nameGap: 46, min: 0 }),
    series: [{
      type: 'line', data: withHoles(model.memory), showSymbol: false, sampling: 'lttb', color: t.accent,
      lineStyle: { width: 1.8 }, areaStyle: { opacity: 0.12 },
      markArea: { silent: true, label: { show: false }, data: spans },
    }],
  };
}
