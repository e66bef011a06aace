// parts.js - what all charts share: axes, tooltips, and axes that one large value does not squash.
import { isPaper, number } from './theme.js';

// A longest value of so many times the median squashes all others, unless the axis is logarithmic.
const SQUASHED = 5;

export function axis(t, name, more = {}) {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: { color: t.soft, fontSize: isPaper() ? 9 : 12 },
    axisLabel: { color: t.soft, fontSize: isPaper() ? 9 : 12, hideOverlap: true },
    axisLine: { lineStyle: { color: t.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: t.line } },
    ...more,
  };
}

export function tooltip(t, more) {
  return {
    confine: true,
    className: 'tip',
    transitionDuration: 0,
    backgroundColor: t.card,
    borderColor: t.line,
    textStyle: { color: t.ink, fontSize: 13 },
    ...more,
  };
}

// The axis of a value, of which some may be too large for the others to be seen.
export function logAxis(one) {
  return { ...one, type: 'log', axisLabel: { ...one.axisLabel, formatter: number } };
}

export const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// How many times the median the largest is, if so many that the others would be squashed; else 0.
export function squash(values) {
  const some = values.filter((value) => value > 0);
  const times = some.length < 3 ? 0 : Math.max(...some) / middle(some);
  return times >= SQUASHED ? times : 0;
}

export const tallNote = (times) => times && `The axis is logarithmic: the largest is ${number(times)} times the median.`;
