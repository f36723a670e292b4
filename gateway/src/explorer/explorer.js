// The explorer: edit an operation, run it, read the schema. No dependencies, no build step, nothing from elsewhere.
// Order of the file: language, storage, editors, completion, running, schema, wiring.
'use strict';

const $ = (id) => document.getElementById(id);
const endpoint = new URL(location.pathname, location.href).href;
$('endpoint').textContent = endpoint;

// Text only ever enters the page as text: nothing here parses HTML.
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-') || key === 'role') node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// ---- Language: tokens of GraphQL and JSON ----

const GRAPHQL = /(?<c>#[^\n]*)|(?<s>"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*")|(?<v>\$\w+)|(?<n>-?\d[\w.+-]*)|(?<w>[A-Za-z_]\w*)|(?<p>\.\.\.|[{}()[\]:!=|@&])|(?<space>[\s,\uFEFF]+)|(?<x>.)/gsu;
const JSON_TOKENS = /(?<f>"(?:[^"\\\n]|\\.)*"(?=\s*:))|(?<s>"(?:[^"\\\n]|\\.)*")|(?<n>-?\d[\d.eE+-]*)|(?<k>true|false|null)|(?<p>[{}[\]:,])|(?<space>\s+)|(?<x>[A-Za-z_]\w*|.)/gsu;
const KEYWORDS = new Set(['query', 'mutation', 'subscription', 'fragment', 'on', 'true', 'false', 'null']);

function tokenize(text, pattern = GRAPHQL) {
  const tokens = [];
  for (const match of text.matchAll(pattern)) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    tokens.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length });
  }
  return tokens;
}

function paint(target, text, pattern) {
  const parts = tokenize(text, pattern).map(({ kind, text: part }) => {
    const name = kind === 'w' ? (KEYWORDS.has(part) ? 'k' : 'f') : kind;
    return name === 'p' || name === 'space' ? part : el('span', { className: name }, part);
  });
  // A last empty line has no height without something on it.
  target.replaceChildren(...parts, '\n');
}

// The operations of a document, each with the place of its text.
function operationsIn(text) {
  const found = [];
  let depth = 0, open = null;
  const tokens = tokenize(text).filter(({ kind }) => kind !== 'space' && kind !== 'c');
  tokens.forEach((token, index) => {
    if (depth === 0 && !open) {
      const type = token.text === '{' ? 'query' : token.text;
      const name = token.text !== '{' && tokens[index + 1]?.kind === 'w' ? tokens[index + 1].text : null;
      if (['query', 'mutation', 'subscription', 'fragment'].includes(type)) open = { type, name, start: token.start };
    }
    if ('{(['.includes(token.text)) depth += 1;
    if ('})]'.includes(token.text)) depth -= 1;
    if (open && depth === 0 && token.text === '}') {
      found.push({ ...open, end: token.end });
      open = null;
    }
  });
  if (open) found.push({ ...open, end: text.length });
  return found.filter(({ type }) => type !== 'fragment');
}

// Lays an operation out anew, token by token: what it does not understand it does not lose.
function prettify(text) {
  const tokens = tokenize(text).filter(({ kind }) => kind !== 'space');
  const open = [];
  let out = '', before = '', beforeThat = '';
  const inValue = () => open.some((bracket) => bracket !== 'selection');
  const line = () => {
    out = out.trimEnd();
    if (out) out += open.length ? '\n' : '\n\n';
    out += '  '.repeat(open.length);
  };
  for (const { kind, text: token } of tokens) {
    if (kind === 'x') throw new Error(`cannot lay this out: unexpected ${token}`);
    if (kind === 'c') {
      if (out) out = `${out.trimEnd()}${before === '}' && !open.length ? '\n\n' : '\n'}${'  '.repeat(open.length)}`;
      out += token;
    } else if (before[0] === '#' && !inValue() && token !== '}') {
      out = `${out.trimEnd()}\n${'  '.repeat(open.length)}${token}`;
      if (token === '{') open.push('selection');
    } else if ('})]'.includes(token)) {
      if (!open.length) throw new Error(`cannot lay this out: ${token} closes nothing`);
      const closed = open.pop();
      if (closed === 'selection') { out = `${out.trimEnd()}\n${'  '.repeat(open.length)}`; }
      out += token;
    } else if (inValue()) {
      if (before[0] === '#') out += `\n${'  '.repeat(open.length)}`;
      else if ('!:)('.includes(token)) out += '';
      else if (token === '=' || token === '@' || token === '|' || before === '=' || before === ':' || before === '|') out += ' ';
      else if (!'([{@'.includes(before)) out += ', ';
      out += token;
      if ('([{'.includes(token)) open.push('value');
    } else if (token === '{') {
      if (out && !out.endsWith('\n')) out = `${out.trimEnd()}${open.length || (before && before !== '}') ? ' ' : '\n\n'}`;
      out += token;
      open.push('selection');
    } else if (token === '(' || token === '[') {
      out += token;
      open.push('value');
    } else if (token === ':') {
      out += token;
    } else if (token === '@' || before === ':' || (before === 'on' && beforeThat === '...') || token === '=' || before === '=') {
      out += ` ${token}`;
    } else if (before === '@') {
      out += token;
    } else if (before === '...') {
      out += token === 'on' ? ' on' : token;
    } else if (open.length || !before || before === '}') {
      line();
      out += token;
    } else {
      out += ` ${token}`;
    }
    [beforeThat, before] = [before, token];
  }
  if (open.length) throw new Error('cannot lay this out: a bracket is not closed');
  return out && `${out.trimEnd()}\n`;
}

// Where a JSON text goes wrong. Browsers word their own messages differently, and some name no place.
function jsonFault(text) {
  const tokens = tokenize(text, JSON_TOKENS).filter(({ kind }) => kind !== 'space');
  let at = 0;
  const fail = (expected) => {
    const token = tokens[at];
    throw { index: token ? token.start : text.length, reason: `expected ${expected}, found ${token ? token.text : 'the end'}` };
  };
  const take = (expected) => (tokens[at]?.text === expected ? (at += 1, true) : false);
  const list = (close, item) => {
    if (take(close)) return;
    do item(); while (take(','));
    if (!take(close)) fail(`, or ${close}`);
  };
  const value = () => {
    if (take('{')) {
      list('}', () => {
        if (tokens[at]?.kind !== 'f') fail('a name in double quotes and a colon');
        at += 1;
        if (!take(':')) fail(':');
        value();
      });
    } else if (take('[')) list(']', value);
    else if (['s', 'n', 'k'].includes(tokens[at]?.kind)) at += 1;
    else fail('a value');
  };
  try {
    value();
    if (tokens[at]) fail('the end');
  } catch (fault) {
    return fault;
  }
  return { index: text.length, reason: 'not valid JSON' };
}

function readObject(what, text) {
  if (!text.trim()) return {};
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    const { index, reason } = jsonFault(text);
    const line = text.slice(0, index).split('\n').length;
    throw Object.assign(new Error(`${what}, line ${line}: ${reason}`), { pane: what.toLowerCase(), line });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw Object.assign(new Error(`${what}, line 1: must be an object, such as { "name": "value" }`), { pane: what.toLowerCase(), line: 1 });
  }
  return value;
}

// ---- Storage: tabs outlive the browser, headers (they hold tokens) only last as long as this window ----

const EXAMPLE = '# Ctrl+Enter runs the operation at the cursor, Ctrl+Space completes.\n\nquery Example {\n  __typename\n}\n';
const TABS = 'explorer.tabs', HEADERS = 'explorer.headers';

function load(storage, key) {
  try { return JSON.parse(storage.getItem(key)); } catch { return null; }
}
function store(storage, key, value) {
  // Storage may be full or forbidden; the page works without.
  try { storage.setItem(key, JSON.stringify(value)); } catch { /* nothing to be done */ }
}

const stored = load(localStorage, TABS);
const valid = Array.isArray(stored?.tabs) && stored.tabs.length && stored.tabs.every((tab) => typeof tab?.operation === 'string');
const state = valid ? { tabs: stored.tabs, selected: Math.min(stored.selected | 0, stored.tabs.length - 1) } : { tabs: [{ operation: EXAMPLE, variables: '' }], selected: 0 };
const current = () => state.tabs[state.selected];
const titleOf = ({ operation }) => operationsIn(operation).map(({ name, type }) => name ?? type)[0] ?? 'Empty';
const save = () => store(localStorage, TABS, state);

function openShared() {
  if (location.hash.length < 2) return;
  try {
    const { operation, variables } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    if (typeof operation !== 'string') return;
    state.selected = state.tabs.findIndex((tab) => tab.operation === operation && tab.variables === (variables ?? ''));
    if (state.selected < 0) state.selected = state.tabs.push({ operation, variables: String(variables ?? '') }) - 1;
  } catch { say('The link is damaged.', 'bad'); }
}

function showTabs() {
  $('tabs').replaceChildren(...state.tabs.map((tab, index) => {
    const selected = index === state.selected;
    const pick = el('button', { type: 'button', role: 'tab', 'aria-selected': String(selected), tabIndex: selected ? 0 : -1, onclick: () => select(index) }, titleOf(tab));
    pick.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) { select((index + step + state.tabs.length) % state.tabs.length); $('tabs').querySelector('[aria-selected=true]').focus(); }
      if (event.key === 'Delete') { close(index); $('tabs').querySelector('[aria-selected=true]').focus(); }
    };
    const cross = el('button', { type: 'button', className: 'close', 'aria-label': `Close ${titleOf(tab)}`, onclick: () => close(index) }, '×');
    return el('div', { className: selected ? 'tab selected' : 'tab', role: 'presentation' }, pick, cross);
  }));
}
function select(index) {
  state.selected = index;
  editors.operation.set(current().operation);
  editors.variables.set(current().variables);
  complain(null);
  showTabs();
  save();
}
function close(index) {
  state.tabs.splice(index, 1);
  if (!state.tabs.length) state.tabs.push({ operation: '', variables: '' });
  select(Math.min(index < state.selected ? state.selected - 1 : state.selected, state.tabs.length - 1));
}

// ---- Editors: a textarea over its own painted text ----

function editor(id, pattern, changed) {
  const area = $(id);
  const [gutter, painted] = area.closest('.editor').querySelectorAll('pre');
  let bad = new Set();
  const scroll = () => {
    painted.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
    gutter.scrollTop = area.scrollTop;
  };
  const draw = () => {
    paint(painted, area.value, pattern);
    const lines = area.value.split('\n').map((_, index) => el('span', { className: bad.has(index + 1) ? 'bad' : '' }, String(index + 1)));
    gutter.replaceChildren(...lines);
    scroll();
  };
  area.addEventListener('input', () => { bad = new Set(); draw(); changed(area.value); });
  area.addEventListener('scroll', scroll);
  area.addEventListener('keydown', (event) => {
    const line = area.value.slice(area.value.lastIndexOf('\n', area.selectionStart - 1) + 1, area.selectionStart);
    if ('})]'.includes(event.key) && /^(  )+$/.test(line)) {
      event.preventDefault();
      insert(area, area.selectionStart - 2, area.selectionEnd, event.key);
    }
    // Keeps the indentation. Tab stays the way out, for people without a mouse.
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const before = area.value.slice(0, area.selectionStart);
    const indent = line.match(/^ */)[0];
    const opens = /[{([]\s*$/.test(before), closes = /^\s*[})\]]/.test(area.value.slice(area.selectionEnd));
    event.preventDefault();
    insert(area, area.selectionStart, area.selectionEnd, `\n${indent}${opens ? '  ' : ''}`, opens && closes ? `\n${indent}` : '');
  });
  return {
    area, draw,
    set(text) { area.value = text; bad = new Set(); draw(); },
    replace(text) {
      if (text === area.value) return;
      area.focus();
      if (document.activeElement === area) insert(area, 0, area.value.length, text);
      else { area.value = text; area.dispatchEvent(new Event('input')); }
    },
    mark(lines) { bad = new Set(lines); draw(); },
  };
}

// Through the browser's own editing, so that undo works; that way is deprecated but has no successor.
function insert(area, start, end, text, behind = '') {
  area.setSelectionRange(start, end);
  if (!document.execCommand('insertText', false, text + behind)) {
    area.setRangeText(text + behind, start, end, 'end');
    area.dispatchEvent(new Event('input'));
  }
  area.setSelectionRange(start + text.length, start + text.length);
}

const editors = {
  operation: editor('operation', GRAPHQL, (text) => { current().operation = text; showTabs(); save(); complete(false); }),
  variables: editor('variables', JSON_TOKENS, (text) => { current().variables = text; complain(null); save(); }),
  headers: editor('headers', JSON_TOKENS, (text) => { complain(null); store(sessionStorage, HEADERS, text); }),
};

function showPane(name) {
  for (const pane of ['variables', 'headers']) {
    const shown = pane === name;
    $(`${pane}-editor`).hidden = !shown;
    $(`tab-${pane}`).setAttribute('aria-selected', String(shown));
    $(`tab-${pane}`).tabIndex = shown ? 0 : -1;
  }
  editors[name].draw();
}
function complain(error) {
  $('input-error').textContent = error?.message ?? '';
  if (error?.pane) { showPane(error.pane); editors[error.pane].mark([error.line]); editors[error.pane].area.focus(); }
}

// ---- Completion: the type at the cursor, from the tokens before it ----

let schema = null;
const bare = (type) => (type?.ofType ? bare(type.ofType) : type?.name);
const typeNamed = (name) => schema?.types.get(name);
const rootType = (operation) => typeNamed(schema[`${operation}Type`]?.name);
const TYPENAME = { name: '__typename', args: [], type: { kind: 'NON_NULL', ofType: { kind: 'SCALAR', name: 'String' } }, description: 'The name of the object’s type.' };
const fieldOf = (type, name) => (name === '__typename' ? TYPENAME : type?.fields?.find((field) => field.name === name));

function suggestions(text, cursor) {
  if (!schema) return null;
  const tokens = tokenize(text.slice(0, cursor)).filter(({ kind }) => kind !== 'space');
  if (['c', 's'].includes(tokens.at(-1)?.kind) && tokens.at(-1).end === cursor) return null;
  const partial = tokens.at(-1)?.kind === 'w' && tokens.at(-1).end === cursor ? tokens.pop() : null;
  const types = [];
  let pending = null, field = null, parens = 0, argument = null;
  tokens.forEach(({ kind, text: token }, index) => {
    const before = tokens[index - 1]?.text;
    if (token === '(') parens += 1;
    else if (token === ')') { parens -= 1; argument = null; }
    else if (parens) { if (token === ':') argument = before; else if (before !== ':') argument = null; }
    else if (token === '{') { types.push(pending ?? (types.length ? types.at(-1) : rootType('query'))); pending = field = null; }
    else if (token === '}') { types.pop(); pending = field = null; }
    else if (kind === 'w' && !types.length) pending = before === 'on' ? typeNamed(token) : (rootType(token) ?? pending);
    else if (kind === 'w' && before === 'on' && tokens[index - 2]?.text === '...') pending = typeNamed(token);
    else if (token === '...') pending = null;
    else if (kind === 'w' && before !== '@' && before !== '...') { field = fieldOf(types.at(-1), token); pending = typeNamed(bare(field?.type)); }
  });
  const last = tokens.at(-1)?.text;
  const from = partial?.start ?? cursor;
  const offer = (items, describe) => ({ from, partial: partial?.text ?? '', items: items.map((item) => ({ name: item.name, type: describe(item) })) });
  if (parens) {
    const of = field?.args.find(({ name }) => name === argument);
    if (of && last === ':') return offer(typeNamed(bare(of.type))?.enumValues ?? [], () => bare(of.type));
    return field && types.length ? offer(field.args, ({ type }) => printType(type)) : null;
  }
  if (last === '@') return offer(schema.directives, () => 'directive');
  if (last === 'on') return offer([...schema.types.values()].filter(({ kind }) => ['OBJECT', 'INTERFACE', 'UNION'].includes(kind)), ({ kind }) => kind.toLowerCase());
  if (last === '...' || !types.length) return null;
  return offer([...(types.at(-1)?.fields ?? []), TYPENAME], ({ type }) => printType(type));
}

const list = $('completions');
let offered = null;
function complete(asked) {
  const area = editors.operation.area;
  const found = area.selectionStart === area.selectionEnd ? suggestions(area.value, area.selectionStart) : null;
  const wanted = found?.partial.toLowerCase() ?? '';
  const items = found?.items.filter(({ name }) => name.toLowerCase().includes(wanted) && (asked || name !== found.partial))
    .sort((a, b) => b.name.toLowerCase().startsWith(wanted) - a.name.toLowerCase().startsWith(wanted)) ?? [];
  if (!items.length || (!asked && !wanted)) return hideCompletions();
  offered = { ...found, items: items.slice(0, 50), index: 0 };
  const lines = area.value.slice(0, found.from).split('\n');
  const probe = el('span', {}, 'm'.repeat(100));
  area.closest('.surface').querySelector('.paint').append(probe);
  const width = probe.getBoundingClientRect().width / 100;
  probe.remove();
  list.style.left = `${Math.max(0, Math.min(10 + lines.at(-1).length * width - area.scrollLeft, area.clientWidth - 220))}px`;
  list.style.top = `${10 + lines.length * 20 - area.scrollTop}px`;
  showCompletions();
}
function showCompletions() {
  list.replaceChildren(...offered.items.map(({ name, type }, index) => el('li', {
    id: `completion-${index}`, role: 'option', 'aria-selected': String(index === offered.index),
    onmousedown: (event) => { event.preventDefault(); accept(index); },
  }, name, el('span', { className: 'type' }, type))));
  list.hidden = false;
  list.children[offered.index].scrollIntoView({ block: 'nearest' });
  editors.operation.area.setAttribute('aria-activedescendant', `completion-${offered.index}`);
}
function hideCompletions() {
  offered = null;
  list.hidden = true;
  editors.operation.area.removeAttribute('aria-activedescendant');
}
function accept(index) {
  const { from, partial, items } = offered;
  insert(editors.operation.area, from, from + partial.length, items[index].name);
  hideCompletions();
}
// Before the editor's own listener, which would break the line.
editors.operation.area.addEventListener('keydown', (event) => {
  if (event.ctrlKey && event.code === 'Space') { event.preventDefault(); complete(true); return; }
  if (!offered || event.ctrlKey || event.metaKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { offered.index = (offered.index + step + offered.items.length) % offered.items.length; showCompletions(); }
  else if (event.key === 'Enter' || event.key === 'Tab') accept(offered.index);
  else if (event.key === 'Escape') hideCompletions();
  else return;
  event.preventDefault();
}, true);
editors.operation.area.addEventListener('blur', hideCompletions);
editors.operation.area.addEventListener('click', hideCompletions);

// ---- Running ----

let running = null;
function say(text, tone = '') {
  $('status').textContent = text;
  $('status').className = tone;
}
function setRunning(stop) {
  running = stop;
  $('stop').disabled = !stop;
  $('run').disabled = Boolean(stop);
}
const pretty = (value) => JSON.stringify(value, null, 2);
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`);
function jsonBlock(text) {
  const block = el('pre');
  // Painting is for reading; nobody reads this much, and it would take seconds.
  if (text.length > 200_000) block.textContent = text;
  else paint(block, text, JSON_TOKENS);
  return block;
}
function markErrors(errors) {
  editors.operation.mark((errors ?? []).flatMap((error) => (error?.path ? [] : (error?.locations ?? []).map(({ line }) => line))));
}

function chosen() {
  const operations = operationsIn(editors.operation.area.value);
  if (!operations.length) throw new Error('There is no operation to run.');
  const cursor = editors.operation.area.selectionStart;
  return { several: operations.length > 1, ...(operations.find(({ start, end }) => cursor >= start && cursor <= end) ?? operations[0]) };
}

function run() {
  if (running) return;
  complain(null);
  let operation, request, headers;
  try {
    operation = chosen();
    const variables = readObject('Variables', editors.variables.area.value);
    headers = readObject('Headers', editors.headers.area.value);
    request = { query: editors.operation.area.value, variables };
    if (operation.name) request.operationName = operation.name;
    if (operation.several && !operation.name) throw new Error('Name the operations, so that one of them can be chosen.');
  } catch (error) {
    complain(error.pane ? error : null);
    say(error.pane ? 'Nothing was sent: see below the operation.' : error.message, 'bad');
    return;
  }
  if (operation.type === 'subscription') subscribe(request, headers);
  else send(request, headers);
}

async function post(request, headers, signal) {
  const response = await fetch(endpoint, {
    method: 'POST', signal, body: JSON.stringify(request),
    headers: { accept: 'application/graphql-response+json, application/json;q=0.9', ...headers, 'content-type': 'application/json' },
  });
  const text = await response.text();
  let body = null;
  try { body = JSON.parse(text); } catch { /* shown as it came */ }
  return { response, text, body };
}

async function send(request, headers) {
  const abort = new AbortController();
  const started = performance.now();
  setRunning(() => abort.abort());
  say('Running…');
  try {
    const { response, text, body } = await post(request, headers, abort.signal);
    const errors = Array.isArray(body?.errors) ? body.errors : [];
    const verdict = errors.length ? `${errors.length} error${errors.length > 1 ? 's' : ''}, ` : '';
    say(`${verdict}HTTP ${response.status}, ${Math.round(performance.now() - started)} ms, ${size(text.length)}`, errors.length || !response.ok ? 'bad' : 'good');
    $('result').replaceChildren(body === null ? el('pre', {}, text) : jsonBlock(pretty(body)));
    markErrors(errors);
  } catch (error) {
    if (error.name === 'AbortError') say('Stopped.');
    else say(`The gateway cannot be reached: ${error.message}`, 'bad');
  } finally {
    setRunning(null);
  }
}

const CLOSE_MEANS = { 1001: 'the gateway is going away', 1006: 'the connection broke', 1013: 'try again later', 4401: 'not signed in', 4403: 'the token was refused', 4408: 'too slow to begin', 4429: 'begun twice' };
const LOG_LIMIT = 500;

function subscribe(request, headers) {
  const socket = new WebSocket(endpoint.replace(/^http/, 'ws'), 'graphql-transport-ws');
  let count = 0, over = false;
  const write = (message) => socket.send(JSON.stringify(message));
  const end = (text, tone) => {
    if (over) return;
    over = true;
    say(`${text} ${count} event${count === 1 ? '' : 's'}.`, tone);
    setRunning(null);
    socket.close(1000);
  };
  const log = (label, value) => {
    count += 1;
    const entry = el('article', { className: 'event' }, el('h3', {}, `${label} · ${new Date().toLocaleTimeString()}`), jsonBlock(pretty(value)));
    const result = $('result');
    const follows = result.scrollTop + result.clientHeight > result.scrollHeight - 40;
    result.append(entry);
    while (result.children.length > LOG_LIMIT) result.firstChild.remove();
    if (follows) result.scrollTop = result.scrollHeight;
  };
  $('result').replaceChildren();
  markErrors([]);
  say('Connecting…');
  setRunning(() => { if (socket.readyState === WebSocket.OPEN) write({ id: '1', type: 'complete' }); end('Stopped after', ''); });
  socket.onopen = () => write({ type: 'connection_init', payload: headers });
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (over) return;
    if (message.type === 'connection_ack') { write({ id: '1', type: 'subscribe', payload: request }); say('Subscribed, waiting for events…'); }
    else if (message.type === 'ping') write({ type: 'pong' });
    else if (message.type === 'next') { log(`#${count + 1}`, message.payload); say(`Subscribed, ${count} event${count === 1 ? '' : 's'}.`, 'good'); }
    else if (message.type === 'error') { log('error', { errors: message.payload }); count -= 1; markErrors(message.payload); end('Ended with an error after', 'bad'); }
    else if (message.type === 'complete') end('Completed after', 'good');
  };
  socket.onclose = ({ code, reason }) => end(`Closed (${code}, ${CLOSE_MEANS[code] ?? (reason || 'no reason given')}) after`, 'bad');
}

// ---- Schema ----

const TYPE_REF = `kind name ${'ofType { kind name '.repeat(7)}${'}'.repeat(7)}`;
const INPUT = `name description defaultValue isDeprecated deprecationReason type { ${TYPE_REF} }`;
const INTROSPECTION = `query Introspection { __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  directives { name description args { ${INPUT} } }
  types { kind name description
    fields(includeDeprecated: true) { name description isDeprecated deprecationReason args(includeDeprecated: true) { ${INPUT} } type { ${TYPE_REF} } }
    inputFields(includeDeprecated: true) { ${INPUT} } interfaces { name } possibleTypes { name }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } } } }`;

const printType = (type) => (type.kind === 'NON_NULL' ? `${printType(type.ofType)}!` : type.kind === 'LIST' ? `[${printType(type.ofType)}]` : type.name);

let trail = [];
async function readSchema() {
  $('docs-body').replaceChildren(el('p', {}, 'Reading the schema…'));
  try {
    const { response, body } = await post({ query: INTROSPECTION, operationName: 'Introspection' }, readObject('Headers', editors.headers.area.value));
    const found = body?.data?.__schema;
    if (!found) throw new Error(body?.errors?.[0]?.message ?? `HTTP ${response.status}`);
    schema = { ...found, types: new Map(found.types.map((type) => [type.name, type])) };
    trail = [];
    showDocs();
  } catch (error) {
    schema = null;
    $('trail').replaceChildren();
    $('docs-body').replaceChildren(el('p', {}, `The schema cannot be read: ${error.message}. Give the needed headers and press Reload.`));
  }
}

function go(name, focus = true) {
  $('search').value = '';
  trail = trail.includes(name) ? trail.slice(0, trail.indexOf(name) + 1) : [...trail, name];
  showDocs();
  if (focus) $('docs-body').focus();
}
const link = (name, text = name) => el('button', { type: 'button', className: 'link', onclick: () => go(name) }, text);
function typeLink(type) {
  const [before, after] = printType(type).split(bare(type));
  return el('span', {}, before, link(bare(type)), after);
}
const paragraph = (text) => (text ? el('p', {}, text) : null);
function entry(item, owner) {
  const args = (item.args ?? []).map((argument) => el('span', { className: 'argument' }, el('span', { className: 'v' }, argument.name), ': ', typeLink(argument.type),
    argument.defaultValue === null ? null : ` = ${argument.defaultValue}`, paragraph(argument.description)));
  const signature = el('div', { className: 'signature' }, owner ? link(owner) : null, owner ? '.' : null, el('span', { className: 'f' }, item.name),
    args.length ? '(' : null, ...args, args.length ? ')' : null, item.type ? ': ' : null, item.type ? typeLink(item.type) : null,
    item.defaultValue === null || item.defaultValue === undefined ? null : ` = ${item.defaultValue}`);
  return el('li', { className: item.isDeprecated ? 'deprecated' : '' }, signature, paragraph(item.description),
    item.isDeprecated ? paragraph(`Deprecated: ${item.deprecationReason ?? 'no reason given'}`) : null);
}
const part = (title, items) => (items?.length ? [el('h3', {}, title), el('ul', {}, ...items)] : []);
const typeItem = (type) => el('li', {}, el('span', { className: 'signature' }, link(type.name)), paragraph(type.description));

function showDocs() {
  if (!schema) return;
  const wanted = $('search').value.trim().toLowerCase();
  const crumb = (text, action) => el('button', { type: 'button', className: 'link', onclick: action }, text);
  $('trail').replaceChildren(crumb('Schema', () => { trail = []; $('search').value = ''; showDocs(); }), ...trail.flatMap((name) => ['›', crumb(name, () => go(name))]));
  const visible = [...schema.types.values()].filter(({ name }) => !name.startsWith('__'));
  let content;
  if (wanted) {
    const matches = ({ name }) => name.toLowerCase().includes(wanted);
    const types = visible.filter(matches).map(typeItem);
    const fields = visible.flatMap((type) => [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])].filter(matches).map((field) => entry(field, type.name)));
    content = [...part('Types', types), ...part('Fields', fields.slice(0, 100))];
    if (!content.length) content = [el('p', {}, `Nothing in the schema is called “${wanted}”.`)];
  } else if (trail.length) {
    const type = typeNamed(trail.at(-1));
    content = [el('h2', {}, type.name), el('p', {}, type.kind.toLowerCase().replace('_', ' ')), paragraph(type.description),
      ...part('Implements', type.interfaces?.map(({ name }) => typeItem(typeNamed(name)))), ...part('Fields', (type.fields ?? type.inputFields)?.map((field) => entry(field))),
      ...part('Values', type.enumValues?.map((value) => entry(value))), ...part('Possible types', type.possibleTypes?.map(({ name }) => typeItem(typeNamed(name))))];
  } else {
    const roots = ['query', 'mutation', 'subscription'].map(rootType).filter(Boolean);
    const kinds = { OBJECT: 'Objects', INTERFACE: 'Interfaces', UNION: 'Unions', INPUT_OBJECT: 'Inputs', ENUM: 'Enums', SCALAR: 'Scalars' };
    const rest = visible.filter((type) => !roots.includes(type)).sort((a, b) => a.name.localeCompare(b.name));
    content = [...part('Operations', roots.map(typeItem)), ...Object.entries(kinds).flatMap(([kind, title]) => part(title, rest.filter((type) => type.kind === kind).map((type) => el('li', {}, el('span', { className: 'signature' }, link(type.name))))))];
  }
  $('docs-body').replaceChildren(...content.filter(Boolean));
  $('docs-body').scrollTop = 0;
}

// ---- Wiring ----

function layOut() {
  try {
    editors.operation.replace(prettify(editors.operation.area.value));
    for (const [name, what] of [['variables', 'Variables'], ['headers', 'Headers']]) {
      const text = editors[name].area.value;
      if (!text.trim()) continue;
      const laidOut = pretty(readObject(what, text));
      if (laidOut !== text) editors[name].replace(laidOut);
    }
    editors.operation.area.focus();
  } catch (error) {
    complain(error.pane ? error : null);
    if (!error.pane) say(error.message, 'bad');
  }
}
async function share() {
  const { operation, variables } = current();
  const url = `${endpoint}#${encodeURIComponent(JSON.stringify({ operation, variables }))}`;
  history.replaceState(null, '', url);
  try {
    await navigator.clipboard.writeText(url);
    say('The link is in the clipboard; it holds no headers.', 'good');
  } catch {
    say('The link is in the address bar; it holds no headers.', 'good');
  }
}
function toggleDocs(shown = $('docs').hidden) {
  $('docs').hidden = !shown;
  document.querySelector('main').classList.toggle('no-docs', !shown);
  $('toggle-docs').setAttribute('aria-expanded', String(shown));
}

$('run').onclick = run;
$('stop').onclick = () => running?.();
$('prettify').onclick = layOut;
$('share').onclick = share;
$('toggle-docs').onclick = () => toggleDocs();
$('reload').onclick = readSchema;
$('search').oninput = showDocs;
$('new-tab').onclick = () => { select(state.tabs.push({ operation: '', variables: '' }) - 1); editors.operation.area.focus(); };
for (const pane of ['variables', 'headers']) {
  $(`tab-${pane}`).onclick = () => showPane(pane);
  $(`tab-${pane}`).onkeydown = (event) => {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
    const other = pane === 'variables' ? 'headers' : 'variables';
    showPane(other);
    $(`tab-${other}`).focus();
  };
}
document.addEventListener('keydown', (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === 'Enter') { event.preventDefault(); hideCompletions(); run(); }
  else if (command && event.key.toLowerCase() === 'k') { event.preventDefault(); toggleDocs(true); $('search').focus(); }
  else if (event.altKey && event.shiftKey && event.code === 'KeyF') { event.preventDefault(); layOut(); }
});
addEventListener('hashchange', () => { openShared(); select(state.selected); });

editors.headers.set(load(sessionStorage, HEADERS) ?? '');
openShared();
select(state.selected);
readSchema();
