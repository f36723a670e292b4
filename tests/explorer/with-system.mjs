// Runs a test against an all-in-one that is started for it, with a reader's token and a book's id.
//
//   node with-system.mjs <the circulate program> <the test>
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const [program, test] = process.argv.slice(2);
const data = await mkdtemp(path.join(tmpdir(), 'circulate-explorer-'));
const system = spawn(program, ['--data', data, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, RUST_LOG: 'warn' } });
const ended = new Promise((resolve) => system.once('exit', resolve));
process.on('exit', () => system.kill());

try {
  const url = await address();
  const { patron } = JSON.parse(await readFile(path.join(data, 'accounts.json'), 'utf8'));
  const { signIn } = await ask(url, 'mutation($card: String!, $password: String!) { signIn(card: $card, password: $password) { token } }', patron);
  const { books } = await ask(url, '{ books(first: 1) { edges { node { id } } } }');
  const env = { ...process.env, GATEWAY_URL: url, TOKEN: signIn.token, BOOK_ID: books.edges[0].node.id };
  process.exitCode = await new Promise((resolve) => {
    spawn(process.execPath, [test], { stdio: 'inherit', env }).once('exit', (code) => resolve(code ?? 1));
  });
} catch (error) {
  console.error(`FAIL ${error.stack ?? error}`);
  process.exitCode = 1;
} finally {
  system.kill();
  await ended;
  await rm(data, { recursive: true, force: true });
}

// What the system prints once it is ready names its public endpoint.
async function address() {
  for await (const line of createInterface({ input: system.stdout })) {
    const found = line.match(/explorer\s+(http:\S+)/);
    if (found) {
      system.stdout.resume();
      return found[1];
    }
  }
  throw new Error('the system ended before it was ready');
}

async function ask(url, query, variables = {}) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
