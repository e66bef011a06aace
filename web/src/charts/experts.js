// experts.js - a picture of layers (rows) and experts (columns) for each test.
import { number } from './theme.js';

// As often as all others: pale; this many times as often, or more: the accent.
export const HEAT_FULL = 4;

function rgb(color) {
  const context = document.createElement('canvas').getContext('2d');
  context.fillStyle = color;
  return [1, 3, 5].map((at) => parseInt(context.fillStyle.slice(at, at + 2), 16));
}

function heatCanvas(t, experts, test) {
  const { layers, experts: width, heat } = experts;
  const [low, high] = [rgb(t.card), rgb(t.accent)];
  const canvas = Object.assign(document.createElement('canvas'), { width, height: layers });
  const context = canvas.getContext('2d');
  const picture = context.createImageData(width, layers);
  for (let i = 0; i < layers * width; i++) {
    const share = Math.min(1, (heat[test * layers * width + i] / 1e4) * width / HEAT_FULL);
    low.forEach((from, k) => { picture.data[4 * i + k] = from + share * (high[k] - from); });
    picture.data[4 * i + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
  canvas.style.height = `${Math.min(240, Math.max(48, layers * 8))}px`;
  return canvas;
}

// What is under the pointer, in words.
function tell(experts, test, canvas, output, event) {
  const box = canvas.getBoundingClientRect();
  const at = (position, size, n) => Math.min(n - 1, Math.max(0, Math.floor(position / size * n)));
  const layer = at(event.clientY - box.top, box.height, experts.layers);
  const expert = at(event.clientX - box.left, box.width, experts.experts);
  const share = experts.heat[(test * experts.layers + layer) * experts.experts + expert] / 1e4;
  output.textContent = `${experts.tests[test]}, layer ${layer + 1}, expert ${expert}: ${number(100 * share)} % of the choices, `
    + `${number(share * experts.experts)} times its even share`;
}

export function drawHeat(t, element, experts) {
  const output = Object.assign(document.createElement('output'), { textContent: 'Point at a picture for its figures.' });
  const grid = Object.assign(document.createElement('div'), { className: 'heat' });
  experts.tests.forEach((name, test) => {
    const canvas = heatCanvas(t, experts, test);
    canvas.addEventListener('pointermove', (event) => tell(experts, test, canvas, output, event));
    const cell = document.createElement('div');
    cell.append(Object.assign(document.createElement('h5'), { textContent: name }), canvas);
    grid.append(cell);
  });
  element.classList.add('heats');
  element.replaceChildren(grid, output);
}

// The options of drawHeat; false: the server tells nothing of its experts.
export function expertChart(t, model) {
  return model.experts ?? false;
}
