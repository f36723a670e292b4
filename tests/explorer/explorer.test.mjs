// Drives the gateway's explorer with a real browser, as a person would: types an operation, runs it, subscribes, reads
// the schema. Exits non-zero when anything is wrong, with a screenshot's path if SCREENSHOTS names a directory.
//
//   GATEWAY_URL (or the first argument)   the gateway, such as http://127.0.0.1:4000/
//   TOKEN                                 a caller's token; optional
//   BOOK_ID                               a book whose stock can be watched
//   CHROMIUM                              the browser, /usr/bin/chromium by default
import assert from 'node:assert/strict';
import path from 'node:path';
import { chromium } from 'playwright-core';

const url = process.argv[2] ?? process.env.GATEWAY_URL ?? 'http://127.0.0.1:4000/';
const token = process.env.TOKEN ?? '';
const bookId = process.env.BOOK_ID;
assert.ok(bookId, 'BOOK_ID names no book');

const steps = {
  async 'the page runs under its own policy, and loads nothing from elsewhere'({ requests, policy }) {
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    const foreign = requests.filter((request) => new URL(request).origin !== new URL(url).origin && !request.startsWith('data:'));
    assert.deepEqual(foreign, []);
  },

  async 'the schema is read and can be walked'({ page }) {
    await page.click('#docs-body button:text-is("Query")');
    await page.locator('#docs-body h2', { hasText: 'Query' }).waitFor();
    await page.locator('#docs-body li', { hasText: 'book(' }).getByRole('button', { name: 'Book', exact: true }).first().click();
    await page.locator('#docs-body h2', { hasText: /^Book$/ }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('bookStockChanged');
    await page.locator('#docs-body li', { hasText: 'Subscription.bookStockChanged' }).waitFor();
    await page.fill('#search', 'no such thing');
    await page.getByText('Nothing in the schema is called “no such thing”.').waitFor();
    await page.fill('#search', '');
  },

  async 'an operation is typed with completion, laid out and run'({ page }) {
    await page.fill('#operation', '');
    await page.locator('#operation').pressSequentially('query One($id: ID!) { book(id: $id) { titl');
    await page.locator('#completions li', { hasText: 'title' }).first().waitFor();
    await page.keyboard.press('Tab');
    await page.locator('#operation').pressSequentially(' available } }');
    await page.keyboard.press('Alt+Shift+F');
    assert.equal(await page.inputValue('#operation'), 'query One($id: ID!) {\n  book(id: $id) {\n    title\n    available\n  }\n}\n');
    await page.fill('#variables', JSON.stringify({ id: bookId }));
    await page.focus('#operation');
    await page.keyboard.press('Control+Enter');
    await status(page, /HTTP 200/);
    const { data } = JSON.parse(await page.textContent('#result'));
    assert.equal(typeof data.book.title, 'string');
    assert.equal(typeof data.book.available, 'number');
  },

  async 'bad JSON in the variables is named with its line, and nothing is sent'({ page, requests }) {
    await page.fill('#variables', '{\n  "id": "1",\n  oops: 1\n}');
    const sent = requests.length;
    await page.click('#run');
    await page.locator('#input-error', { hasText: 'Variables, line 3: expected a name in double quotes and a colon, found oops' }).waitFor();
    assert.equal(requests.length, sent);
    await page.fill('#variables', JSON.stringify({ id: bookId }));
    assert.equal(await page.textContent('#input-error'), '');
  },

  async 'an error is shown, and its line marked'({ page }) {
    await page.fill('#operation', '{\n  __typename\n  noSuchField\n}');
    await page.click('#run');
    await status(page, /1 error, HTTP 400/);
    assert.match(await page.textContent('#result'), /noSuchField/);
    assert.equal(await page.textContent('#operation-editor .gutter .bad'), '3');
  },

  async 'a refused token is told'({ page }) {
    await page.click('#tab-headers');
    await page.fill('#headers', '{ "Authorization": "Bearer not-a-token" }');
    await page.fill('#operation', '{ __typename }');
    await page.click('#run');
    await status(page, /HTTP 401/);
    await page.fill('#headers', token ? JSON.stringify({ Authorization: `Bearer ${token}` }) : '');
    await page.click('#run');
    await status(page, /HTTP 200/);
  },

  async 'the token goes with the operation'({ page }) {
    if (!token) return;
    await page.fill('#operation', '{ me { id } }');
    await page.click('#run');
    await status(page, /HTTP 200/);
    assert.equal(typeof JSON.parse(await page.textContent('#result')).data.me.id, 'string');
  },

  async 'a subscription shows its events until it is stopped'({ page }) {
    await page.click('#new-tab');
    await page.fill('#operation', 'subscription Stock($id: ID!) { bookStockChanged(bookId: $id) { id available } }');
    await page.click('#tab-variables');
    await page.fill('#variables', JSON.stringify({ id: bookId }));
    await page.focus('#operation');
    await page.keyboard.press('Control+Enter');
    const event = page.locator('#result .event').first();
    await event.waitFor();
    assert.equal(JSON.parse(await event.locator('pre').textContent()).data.bookStockChanged.id, bookId);
    await page.click('#stop');
    await status(page, /Stopped after [1-9]\d* events?\./);
    assert.ok(await page.isEnabled('#run'));
  },

  async 'tabs outlive a reload, headers stay out of links'({ page }) {
    await page.click('#share');
    assert.doesNotMatch(page.url(), /Bearer|Authorization/);
    assert.match(decodeURIComponent(page.url()), /bookStockChanged/);
    await page.reload();
    await page.locator('#docs-body ul').first().waitFor();
    assert.equal(await page.locator('#tabs [role=tab]').count(), 2);
    assert.match(await page.inputValue('#operation'), /^subscription Stock/);
    assert.equal((await page.inputValue('#headers')).includes('Bearer'), Boolean(token));
  },
};

async function status(page, pattern) {
  await page.waitForFunction(({ source }) => new RegExp(source).test(document.querySelector('#status').textContent), { source: pattern.source })
    .catch(async () => assert.match(await page.textContent('#status'), pattern));
}

async function main() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const page = await browser.newPage({ viewport: { width: 1360, height: 800 } });
  page.setDefaultTimeout(15_000);
  const requests = [], faults = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => faults.push(String(error)));
  // What the browser itself logs about a 4xx answer is expected; a breach of the policy is not.
  page.on('console', (message) => { if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text()); });
  let failed = false;
  try {
    const response = await page.goto(url);
    await page.locator('#docs-body ul').first().waitFor();
    const policy = response.headers()['content-security-policy'] ?? '';
    for (const [name, step] of Object.entries(steps)) {
      await step({ page, requests, policy });
      assert.deepEqual(faults, [], 'the page logged errors');
      console.log(`ok   ${name}`);
    }
  } catch (error) {
    failed = true;
    console.error(`FAIL ${error.stack ?? error}`);
    if (faults.length) console.error(faults.join('\n'));
    if (process.env.SCREENSHOTS) {
      const file = path.join(process.env.SCREENSHOTS, 'explorer-failure.png');
      await page.screenshot({ path: file }).then(() => console.error(`screenshot: ${file}`), () => {});
    }
  } finally {
    await browser.close();
  }
  process.exitCode = failed ? 1 : 0;
}

await main();
