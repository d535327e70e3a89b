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
      const said = answer.classList.contains('absent') ? answer.textContent : words(answer) + pagesOf(answer);
      return question + '\n' + said + ' \u2013 ' + result.querySelector('.confidence').textContent;
    },
  };

  document.addEventListener('click', (event) => {
    const control = event.target.closest('[data-go=copy]');
    if (!control) return;
    const result = control.closest('.result'), name = control.dataset.label ||= control.textContent;
    const items = Array.from(result.querySelectorAll('.sentences > li'));
    navigator.clipboard.writeText(kinds[control.dataset.kind](items, result)).then(() => {
      control.textContent = 'Copied';
      setTimeout(() => { control.textContent = name; }, 2000);
    });
  });
}
