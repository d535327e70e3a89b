/* What the reader has opened, written and is at, in parts of the page that are drawn anew. Gradio patches a
   part node by node, by place and not by what stands there: an opened <details> closes, what was written
   stands in another row, and the focus stays on the third button when the third row has become the fourth. */
() => {
  const REGION = '.block[id]';
  const IDENTITY = ['act', 'go', 'document', 'documents', 'job', 'page', 'start', 'end', 'kind', 'question',
    'one', 'other', 'summary', 'screen', 'theme', 'from'];

  /* What a node is about, whatever its place in its part of the page. */
  function keyOf(node) {
    const item = node.closest('[data-key], [data-answer]')?.dataset;
    const asked = node.closest('article')?.querySelector('.question')?.textContent;
    const words = node.matches('summary') ? node.textContent.replace(/\d+/g, '') : ''; // a count may change
    const own = IDENTITY.map((name) => node.dataset[name]);
    return JSON.stringify([
      node.closest(REGION)?.id, item?.key, item?.answer ?? asked, node.tagName, words, ...own,
      node.getAttribute('href'), node.getAttribute('name'), node.matches('[type=checkbox]') ? node.value : '',
    ]);
  }

  /* ---------------------------------------------------------------- opened */

  const opened = new Set();
  const sheets = () => Array.from(document.querySelectorAll(REGION + ' details:has(> summary)'));
  const keyOfSheet = (sheet) => keyOf(sheet.querySelector(':scope > summary'));

  document.addEventListener('click', (event) => { // before it opens; Enter and Space click as well
    const sheet = event.target.closest?.('details > summary')?.parentElement;
    if (!sheet?.closest(REGION)) return;
    if (sheet.open) opened.delete(keyOfSheet(sheet));
    else opened.add(keyOfSheet(sheet));
  }, true);

  document.addEventListener('precis-opened', (event) => { // what was open belongs to the document before
    if (!event.detail.other) return;
    for (const sheet of sheets()) {
      if (!sheet.open || !sheet.closest('#screen-document')) continue;
      opened.delete(keyOfSheet(sheet));
      sheet.open = false;
    }
  });

  /* ---------------------------------------------------------------- written, in fields beside a button */

  const written = new Map();
  const FIELDS = '.fields[data-key] input';

  document.addEventListener('input', (event) => {
    if (event.target.matches(FIELDS)) written.set(keyOf(event.target), event.target.value);
  });
  document.addEventListener('click', (event) => {
    const fields = event.target.closest('[data-act]')?.closest('.fields[data-key]');
    for (const field of fields?.querySelectorAll('input[name]') || []) written.delete(keyOf(field));
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('.fields input')) return;
    event.preventDefault();
    event.target.closest('.fields').querySelector('[data-act]')?.click();
  });

  /* ---------------------------------------------------------------- where the reader is */

  let at = null;
  document.addEventListener('focusin', (event) => {
    const region = event.target.closest(REGION);
    at = region && region !== event.target ? { region, key: keyOf(event.target) } : null;
  });
  document.addEventListener('pointerdown', () => { at = null; }, true);
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') at = null; }, true);

  function refocus() {
    const now = document.activeElement;
    if (!at || (now !== document.body && !at.region.contains(now))) return;
    if (now !== document.body && keyOf(now) === at.key) return;
    const all = at.region.querySelectorAll('button, input, select, textarea, a[href], summary, [tabindex]');
    const same = Array.from(all).find((node) => keyOf(node) === at.key);
    if (same) return same.focus({ preventScroll: true });
    // It is gone. What came into its place is something else: Enter must not do to it what was meant before.
    at.region.tabIndex = -1;
    at.region.focus({ preventScroll: true });
  }

  /* ---------------------------------------------------------------- begin */

  function restore() {
    for (const sheet of sheets()) if (!sheet.open && opened.has(keyOfSheet(sheet))) sheet.open = true;
    for (const field of document.querySelectorAll(FIELDS)) {
      const words = written.get(keyOf(field));
      if (words !== undefined && field.value !== words) field.value = words;
    }
    refocus();
  }

  new MutationObserver(restore).observe(document.querySelector('gradio-app') || document.body, {
    subtree: true, childList: true, attributes: true,
    attributeFilter: ['open', 'value', 'href', 'data-key', 'data-answer', ...IDENTITY.map((name) => 'data-' + name)],
  });
}
