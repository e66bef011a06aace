// review.js - takes a person's scores of the answers that the page carries, and saves them as a file.
//
// Everything that comes from a model or a protocol is text, and reaches the page as text content only.  Nothing is sent or kept
// elsewhere: the scores are in this page until it is closed, so leaving it with scores that no file has is asked about.
import { element } from './element.js';

const data = JSON.parse(document.getElementById('data').textContent);
const at = (id) => document.getElementById(id);

const SCORES = [
  ['content', 'Content', 'says what was asked, whole and in order'],
  ['accuracy', 'Accuracy', 'what it says is right'],
  ['responsiveness', 'Responsiveness', 'came soon enough, and fast enough to read along'],
];
const FLAGS = [['repetition', 'repeats itself'], ['wrong', 'plain error'], ['cut', 'ends in the middle'], ['odd', 'odd']];

// ---- what is given -----------------------------------------------------------------------------------------------------

const empty = () => ({ content: null, accuracy: null, responsiveness: null, flags: [], note: '', unix_ms: 0 });
const given = data.answers.map((answer) => answer.given ?? empty());
const went = data.answers.map((answer) => answer.given !== null); // the person has gone on from there
let place = Math.max(0, given.findIndex((review) => !says(review)));
let isSaved = true;

function says(review) {
  return SCORES.some(([name]) => review[name] !== null) || review.flags.length > 0 || review.note !== '';
}

function change(edit) {
  edit(given[place]);
  given[place].unix_ms = Date.now();
  isSaved = false;
  showProgress();
}

// ---- building -----------------------------------------------------------------------------------------------------------

function choice(type, name, value, text, more = '') {
  return element('label', { class: `choice ${more}` }, element('input', { type, name, value }), text);
}

function scoreField([name, title, hint]) {
  const choices = [1, 2, 3, 4, 5].map((n) => choice('radio', name, n, n));
  const field = element('fieldset', {}, element('legend', {}, title), element('small', {}, `${hint}; 1 bad, 5 good`),
    element('div', { class: 'choices' }, ...choices, choice('radio', name, '', 'none', 'none')));
  field.addEventListener('change', (event) => change((review) => { review[name] = Number(event.target.value) || null; }));
  return field;
}

function flagChoice([name, title]) {
  const label = choice('checkbox', 'flag', name, title);
  label.addEventListener('change', (event) => change((review) => {
    review.flags = FLAGS.map(([flag]) => flag).filter((flag) => (flag === name ? event.target.checked : review.flags.includes(flag)));
  }));
  return label;
}

function build() {
  at('scores').append(...SCORES.map(scoreField));
  at('flags').append(...FLAGS.map(flagChoice));
  at('places').append(...data.answers.map((answer, i) => {
    const button = element('button', { type: 'button', title: answer.name }, i + 1);
    button.addEventListener('click', () => go(i));
    return element('li', {}, button);
  }));
  at('progress').max = data.answers.length;
  at('reviewer').value = data.reviewer;
}

// ---- showing ------------------------------------------------------------------------------------------------------------

// Lines between fences are set as code.
function setText(where, text) {
  const parts = [];
  let lines = [], isCode = false;
  const end = () => {
    if (lines.length > 0) parts.push(isCode ? element('code', {}, lines.join('\n')) : lines.join('\n'));
    lines = [];
  };
  for (const line of text.split('\n')) {
    if (/^\s*```/.test(line)) {
      end();
      isCode = !isCode;
    } else {
      lines.push(line);
    }
  }
  end();
  where.replaceChildren(...parts);
}

function showProgress() {
  const n = given.filter(says).length;
  at('progress').value = n;
  at('count').textContent = `${n} of ${given.length} scored${isSaved ? '' : ', not saved'}`;
  const button = at('places').children[place].firstChild;
  button.classList.toggle('given', says(given[place]));
}

function showGiven() {
  const review = given[place];
  for (const [name] of SCORES)
    at('form').querySelector(`[name=${name}][value="${review[name] ?? ''}"]`).checked = true;
  for (const [name] of FLAGS)
    at('form').querySelector(`[name=flag][value=${name}]`).checked = review.flags.includes(name);
  at('note').value = review.note;
  at('automatic').hidden = !went[place] || !says(review);
  at('automatic').textContent = data.answers[place].automatic;
}

function show() {
  const answer = data.answers[place];
  at('name').textContent = answer.name;
  at('where').textContent = [`${place + 1} of ${data.answers.length}`, answer.model, answer.times].filter(Boolean).join(', ');
  setText(at('prompt'), answer.prompt);
  setText(at('expected'), answer.expected);
  at('expected-fold').hidden = answer.expected === '';
  stop();
  for (const [i, item] of [...at('places').children].entries()) {
    item.firstChild.setAttribute('aria-current', i === place);
    item.firstChild.classList.toggle('given', says(given[i]));
  }
  at('back').disabled = place === 0;
  at('next').textContent = place + 1 === data.answers.length ? 'Done' : 'Next';
  showGiven();
  showProgress();
}

function say(text, isBad = false) {
  at('said').textContent = text;
  at('said').classList.toggle('bad', isBad);
}

// ---- playing ------------------------------------------------------------------------------------------------------------

const STEP_MS = 30;
let timer = null; // of an answer that is playing

function stop() {
  clearTimeout(timer);
  timer = null;
  at('text').style.minHeight = '';
  setText(at('text'), data.answers[place].answer);
  at('play').textContent = 'play as it came';
  at('play').hidden = data.answers[place].arrivals.length === 0;
}

// Shows as much of the answer as had come by then; its length stands for its bytes.
function play() {
  const { answer, arrivals } = data.answers[place];
  const begin = performance.now(), all = arrivals.at(-1)[1];
  const step = () => {
    const came = arrivals.filter(([ms]) => ms <= performance.now() - begin).at(-1)?.[1] ?? 0;
    setText(at('text'), answer.slice(0, Math.round(answer.length * came / all)));
    timer = came < all ? setTimeout(step, STEP_MS) : null;
    if (timer === null) stop();
  };
  at('play').textContent = 'stop';
  at('text').style.minHeight = `${at('text').offsetHeight}px`; // nothing below it moves
  step();
}

const playOrStop = () => (timer === null ? play() : stop());

// ---- going on -----------------------------------------------------------------------------------------------------------

function leave() {
  if (!says(given[place])) {
    say('');
    return;
  }
  went[place] = true;
  say(`${place + 1}: ${data.answers[place].automatic}`);
}

function go(to) {
  leave();
  place = to;
  show();
  at('answer').scrollIntoView({ block: 'nearest' });
  at('answer').focus({ preventScroll: true });
}

function next() {
  if (place + 1 < data.answers.length) {
    go(place + 1);
    return;
  }
  leave();
  showGiven();
  at('save').focus();
}

// ---- saving -------------------------------------------------------------------------------------------------------------

const bytes = (text) => new TextEncoder().encode(text).length;
// What JSON cannot hold of a text.
const plain = (text) => text.replace(/\0/g, '').replace(/\p{Surrogate}/gu, '\ufffd');

// Why the scores cannot be saved; '' if they can.
function fault(reviewer) {
  const long = given.findIndex((review) => bytes(plain(review.note)) > data.note_bytes);
  if (bytes(reviewer) > data.reviewer_bytes) return `the name may have ${data.reviewer_bytes} bytes`;
  if (long >= 0) return `the note on answer ${long + 1} may have ${data.note_bytes} bytes`;
  return given.some(says) ? '' : 'there are no scores yet';
}

function save() {
  const reviewer = plain(at('reviewer').value.trim());
  const why = fault(reviewer);
  if (why !== '') {
    say(`Nothing is saved: ${why}.`, true);
    return;
  }
  const reviews = data.answers.flatMap((answer, i) => (says(given[i])
    ? [{ ...answer.key, reviewer, ...given[i], note: plain(given[i].note) }] : []));
  const file = JSON.stringify({ spillway_reviews: data.version, run: data.run, reviews }, null, 1);
  const link = element('a', { href: URL.createObjectURL(new Blob([file], { type: 'application/json' })), download: data.file });
  link.click();
  URL.revokeObjectURL(link.href);
  isSaved = true;
  showProgress();
  say(`Saved as ${data.file}, in the folder of downloads: spillway bench review RUN --import ${data.file}`);
}

// ---- keys ---------------------------------------------------------------------------------------------------------------

// A digit is the score of the group that has the focus, or of the first one that is not given.
function score(digit) {
  const focused = document.activeElement?.closest('#scores fieldset')?.querySelector('input').name;
  const name = focused ?? SCORES.map(([score]) => score).find((score) => given[place][score] === null) ?? SCORES.at(-1)[0];
  change((review) => { review[name] = digit; });
  showGiven();
}

function press(key) {
  const flag = FLAGS.find(([name]) => name[0] === key);
  if (/^[1-5]$/.test(key)) score(Number(key));
  else if (flag) at('form').querySelector(`[name=flag][value=${flag[0]}]`).click();
  else if (key === ':') at('note').focus();
  else if (key === 'p' && !at('play').hidden) playOrStop();
  else if (key === 'n') next();
  else if (key === 'b' && place > 0) go(place - 1);
  else return false;
  return true;
}

document.addEventListener('keydown', (event) => {
  const isText = event.target.matches('textarea, #reviewer');
  if (isText && event.key === 'Escape') at('answer').focus();
  if (isText || event.ctrlKey || event.metaKey || event.altKey) return;
  if (press(event.key)) event.preventDefault();
});

at('form').addEventListener('submit', (event) => { event.preventDefault(); next(); });
at('back').addEventListener('click', () => go(place - 1));
at('note').addEventListener('input', (event) => change((review) => { review.note = event.target.value; }));
at('reviewer').addEventListener('input', () => { isSaved = !given.some(says); showProgress(); });
at('play').addEventListener('click', playOrStop);
at('save').addEventListener('click', save);
window.addEventListener('beforeunload', (event) => { if (!isSaved) event.preventDefault(); });

build();
show();
at('app').hidden = false;
