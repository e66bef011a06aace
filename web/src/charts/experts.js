// experts.js - a picture of layers (rows) and experts (columns) for each test.
import { element } from '../element.js';
import { number } from './theme.js';

// As often as all others: pale; this many times as often, or more: the accent.
export const HEAT_FULL = 4;

function rgb(color) {
  const context = document.createElement('canvas').getContext('2d');
  context.fillStyle = color;
  return [1, 3, 5].map((at) => parseInt(context.fillStyle.slice(at, at + 2), 16));
}

const shareOf = ({ layers, experts, heat }, test, layer, expert) => heat[(test * layers + layer) * experts + expert] / 1e4;

function tell(experts, test, layer, expert) {
  const share = shareOf(experts, test, layer, expert);
  return `${experts.tests[test]}, layer ${layer + 1}, expert ${expert}: ${number(100 * share)} % of the choices, `
    + `${number(share * experts.experts)} times its even share`;
}

// The most chosen of all, in words.
function most(experts, test) {
  const n = experts.layers * experts.experts;
  const own = experts.heat.slice(test * n, (test + 1) * n);
  const at = own.indexOf(Math.max(...own));
  return tell(experts, test, Math.floor(at / experts.experts), at % experts.experts);
}

function heatCanvas(t, experts, test) {
  const { layers, experts: width } = experts;
  const [low, high] = [rgb(t.card), rgb(t.accent)];
  const canvas = element('canvas', { width, height: layers, role: 'img', 'aria-label': `Most chosen: ${most(experts, test)}` });
  const context = canvas.getContext('2d');
  const picture = context.createImageData(width, layers);
  for (let i = 0; i < layers * width; i++) {
    const share = Math.min(1, shareOf(experts, test, 0, i) * width / HEAT_FULL);
    low.forEach((from, k) => { picture.data[4 * i + k] = from + share * (high[k] - from); });
    picture.data[4 * i + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
  canvas.style.height = `${Math.min(240, Math.max(48, layers * 8))}px`;
  return canvas;
}

// What is chosen by these controls, or is under the pointer, is told in words.
function choiceOf(experts) {
  const output = element('output', {});
  const test = element('select', {}, ...experts.tests.map((name, i) => element('option', { value: i }, name)));
  const layer = element('input', { type: 'number', min: 1, max: experts.layers, value: 1 });
  const expert = element('input', { type: 'number', min: 0, max: experts.experts - 1, value: 0 });
  const within = (input) => Math.min(Number(input.max), Math.max(Number(input.min), Math.round(Number(input.value)) || 0));
  const say = () => { output.textContent = tell(experts, Number(test.value), within(layer) - 1, within(expert)); };
  const choose = (at) => {
    [test.value, layer.value, expert.value] = at;
    say();
  };
  const controls = element('div', { class: 'picker', input: say }, element('label', {}, 'test', test),
    element('label', {}, 'layer', layer), element('label', {}, 'expert', expert), output);
  say();
  return { controls, choose };
}

// Returns [test, layer, expert] as the controls count them.
function under(experts, test, canvas, event) {
  const box = canvas.getBoundingClientRect();
  const at = (position, size, n) => Math.min(n - 1, Math.max(0, Math.floor(position / size * n)));
  return [test, at(event.clientY - box.top, box.height, experts.layers) + 1, at(event.clientX - box.left, box.width, experts.experts)];
}

export function drawHeat(t, place, experts) {
  const { controls, choose } = choiceOf(experts);
  const pictures = experts.tests.map((name, test) => {
    const canvas = heatCanvas(t, experts, test);
    canvas.addEventListener('pointermove', (event) => choose(under(experts, test, canvas, event)));
    return element('div', {}, element('p', { dir: 'auto' }, name), canvas);
  });
  place.classList.add('heats');
  place.append(element('div', { class: 'heat' }, ...pictures), controls);
}

// What drawHeat needs; false: the server tells nothing of its experts.
export const expertChart = (t, model) => model.experts ?? false;
