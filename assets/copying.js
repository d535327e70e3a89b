/* Copying what was found: words alone, with pages, or with the sentences behind them. Text nodes only. */
() => {
  const words = (item) => item.querySelector('.said')?.textContent || '';
  const pagesOf = (item) => {
    const pages = Array.from(item.querySelectorAll('.chip'), (chip) => chip.dataset.page + (chip.dataset.ocr ? ' (OCR)' : ''));
    return pages.length ? ' (p. ' + pages.join(', ') + ')' : '';
  };
  const quotesOf = (item) => Array.from(item.querySelectorAll('.chip[data-quote]'), (chip) =>
    '   > ' + chip.dataset.quote + ' (p. ' + chip.dataset.page + ')');

  const kinds = {
    plain: (items) => items.map(words).join(' '),
    pages: (items) => items.map((item, index) => (index + 1) + '. ' + words(item) + pagesOf(item)).join('\n'),
    quotes: (items) => items.map((item, index) => [(index + 1) + '. ' + words(item), ...quotesOf(item)].join('\n')).join('\n'),
    answer: (items, result) => {
      const answer = result.querySelector('.answer'), question = result.querySelector('.question').textContent;
      if (!answer) return question + '\n' + kinds.pages(items);
      const said = answer.classList.contains('absent') ? answer.textContent : words(answer) + pagesOf(answer);
      return question + '\n' + said + ' \u2013 ' + result.querySelector('.confidence').textContent;
    },
  };

  /* A page that did not come over https, nor from this computer, has no clipboard; the old way may do. */
  function copySelected(text) {
    const field = document.createElement('textarea'), before = document.activeElement;
    field.value = text;
    field.style.cssText = 'position: fixed; top: 0; opacity: 0';
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    before?.focus({ preventScroll: true });
    return done;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { // there is none, or it is not allowed
      return copySelected(text);
    }
  }

  function wordsFor(control) {
    const { go, from, kind } = control.dataset, result = control.closest('.result');
    if (go === 'copy-text') return document.getElementById(from).textContent;
    return kinds[kind](Array.from(result.querySelectorAll('.sentences > li')), result);
  }

  document.addEventListener('click', async (event) => {
    const control = event.target.closest('[data-go=copy], [data-go=copy-text]');
    if (!control) return;
    const name = control.dataset.label ||= control.textContent;
    if (await copy(wordsFor(control))) {
      control.textContent = 'Copied';
      setTimeout(() => { control.textContent = name; }, 2000);
    } else document.dispatchEvent(new CustomEvent('precis-say', { detail: 'Copying is not allowed here. Select the text.' }));
  });
}
